"""The six stages of a run, one file each. upsert pulls the tickets: filter and normalise run inside it, row by row."""

from types import ModuleType

from fleetfeed.stages import archive, filter, history, normalise, source, upsert  # noqa: A004 (a stage's name)

STAGES: dict[str, ModuleType] = {
    "source": source,
    "filter": filter,
    "normalise": normalise,
    "upsert": upsert,
    "archive": archive,
    "history": history,
}

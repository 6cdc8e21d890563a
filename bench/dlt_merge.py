"""The peer: the same CSV merged into PostgreSQL by dlt, in a process of its own.

Called by the bench as `python -m bench.dlt_merge WAY CSV URL STATE_FOLDER`; prints one JSON document. WAY is one of

- `csv`: pyarrow reads the file, dlt writes CSV, COPY loads it: what `pip install dlt[postgres] pyarrow` gives;
- `adbc`: pyarrow reads the file, dlt writes Parquet, ADBC loads it, as its documentation recommends for speed;
- `file`: dlt hands the export itself to COPY and looks at no row of it, which is faster still.

The merge strategy is dlt's default, delete-insert. `upsert`, with and without `skip_unchanged_rows`, came out within a
tenth of it, once ahead and once behind, and it fails where an export holds a key twice.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from bench.exports import FEED
from bench.memory import peak_megabytes
from fleetfeed import Degrees, Moment, Whole, YesNo

os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",  # it would ask the network
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
}
FORMATS = {"csv": "csv", "adbc": "parquet", "file": "csv"}


def main(way: str, path: str, url: str, state: str) -> None:
    """Merge one export."""
    import dlt  # after the environment is set

    resource = dlt.resource(
        _file(path) if way == "file" else _batches(path),
        name="inc",
        primary_key="ticket_id",
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns=_columns(path),
    )
    pipeline = dlt.pipeline(
        "inc", pipelines_dir=state, destination=dlt.destinations.postgres(_credentials(url)), dataset_name="dlt_inc"
    )
    start = perf_counter()
    pipeline.run(resource, loader_file_format=FORMATS[way])
    seconds = perf_counter() - start
    steps = {step.step: (step.finished_at - step.started_at).total_seconds() for step in pipeline.last_trace.steps}
    del steps["run"]
    print(json.dumps({"seconds": seconds, "stages": steps, "peak_mb": peak_megabytes()}))


def _file(path: str) -> Iterator[Any]:
    import dlt

    yield dlt.mark.with_file_import(path, "csv")


def _batches(path: str) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow

    types = {"bool": pa.bool_(), "double": pa.float64(), "timestamp": pa.timestamp("s"), "text": pa.string()}
    convert = arrow.ConvertOptions(
        column_types={name: types[hint["data_type"]] for name, hint in _columns(path).items()},
        strings_can_be_null=True,
    )
    with arrow.open_csv(path, arrow.ReadOptions(block_size=16 << 20), convert_options=convert) as batches:
        yield from batches


def _columns(path: str) -> dict[str, dict[str, Any]]:
    """Give dlt the types that fleetfeed's table has; the times are local ones."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file))
    kinds = {Moment: "timestamp", YesNo: "bool", Whole: "double", Degrees: "double"}
    typed = {column.name: kinds.get(type(column), "text") for column in FEED.columns}
    columns: dict[str, dict[str, Any]] = {name: {"data_type": typed.get(name, "text")} for name in header}
    for hint in columns.values():
        if hint["data_type"] == "timestamp":
            hint["timezone"] = False
    return columns


def _credentials(url: str) -> dict[str, Any]:
    """Name the server's socket in dlt's words; libpq takes the last host that is named, and needs no password."""
    known = conninfo_to_dict(url)
    return {
        "host": "localhost",
        "query": {"host": known["host"]},
        "username": known["user"],
        "password": "-",
        "database": known["dbname"],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])

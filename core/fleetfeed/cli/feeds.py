"""`fleetfeed feeds`: begin a feed, check one, and compare exports."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.errors import PluginError, UsageError
from fleetfeed.project import Project
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Begin a feed, check it, compare its exports.")


@app.command()
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The feed's name: its folder, its table.")],
    export: Annotated[Path | None, typer.Option("--from", help="A real export, to guess the columns from.")] = None,
) -> None:
    """Write a new feed's folder, guessed from a real export: declaration, sample and test. Overwrites nothing."""
    from fleetfeed.cli.output.feeds_report import beginning
    from fleetfeed.scaffold.folder import write
    from fleetfeed.scaffold.new import check_name, new_feed

    context: Context = ctx.obj
    check_name(name)
    project = context.load()
    shadowed = _shadowed(project, name)
    made = new_feed(name, export, project.loaded.settings.project.timezone)
    folder = project.folder / "feeds" / name
    write(folder, made.files)
    for line in beginning(made, folder, project.loaded, export):
        typer.echo(printable(line))
    if shadowed:
        typer.echo(f"It is used instead of the {name} that comes with fleetfeed: {printable(shadowed)}")


@app.command()
@only_prints
def check(
    ctx: typer.Context, name: Annotated[str, typer.Argument(help="A feed of the project.")], as_json: AsJson = False
) -> None:
    """List every mistake of a feed at once, each with its line and a hint. Exits 2 if there is one."""
    from fleetfeed.cli.output.feeds_report import declared, findings
    from fleetfeed.pipeline.transform import why_by_row
    from fleetfeed.runtime.stdout import plugin_output
    from fleetfeed.scaffold.check import Finding
    from fleetfeed.scaffold.check import check as checked
    from fleetfeed.text.redact import redact

    context: Context = ctx.obj
    project = context.load()
    plugin = project.plugins.found.get(name) or project.plugins.get(name)  # raises PluginError
    with plugin_output(name):  # what its folds print is not part of the result
        section = project.loaded.settings.feeds.get(name)
        found = checked(plugin, project.loaded.path, listed=section is not None)
    if found.feed:
        try:
            found.by_row = why_by_row(found.feed, project.manager(found.feed, section.plugins if section else ()))
        except PluginError as error:  # of another plugin, which the section names
            found.mistakes.append(Finding(error.cause, str(project.loaded.path), hint=error.next_step))
    if as_json:
        document = {
            "feed": name,
            "file": str(found.file),
            "sound": not found.mistakes,
            "mistakes": [asdict(finding) for finding in found.mistakes],
            "notes": [asdict(finding) for finding in found.notes],
            "declares": dict(declared(found.feed)) if found.feed else None,
            "by_row": found.by_row or None,
        }
        print_json(**document)
    else:
        for line in findings(found):
            typer.echo(redact(printable(line)))
    if found.mistakes:
        raise typer.Exit(UsageError.exit_code)


@app.command()
@only_prints
def diff(
    ctx: typer.Context,
    old: Annotated[Path, typer.Argument(help="An export as it was.")],
    new: Annotated[Path, typer.Argument(help="One as it is now.")],
    feed: Annotated[
        str | None, typer.Option(help="The feed that reads them: also show the effects on its tickets.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a changed export would mean: columns, cells that can no longer be read, values never seen before."""
    from fleetfeed.cli.output.feeds_report import difference
    from fleetfeed.runtime.stdout import plugin_output
    from fleetfeed.scaffold.diff import diff as compared

    context: Context = ctx.obj
    declared = context.load().plugins.feed(feed) if feed else None
    with plugin_output(feed or ""):
        found = compared(old, new, declared)
    if as_json:
        document: dict[str, Any] = {"feed": feed}
        for key, path, (records, columns) in (("old", old, found.old), ("new", new, found.new)):
            document[key] = {"file": str(path), "records": records, "columns": columns}
        print_json(**document, changes=[asdict(change) for change in found.changes])
        return
    for line in difference(found, old, new, feed):
        typer.echo(printable(line))


def _shadowed(project: Project, name: str) -> str:
    """Return the origin of a bundled feed with this name, or "". Raises UsageError for any other plugin."""
    from fleetfeed.plugins.registry import BUNDLED

    found = project.plugins.found.get(name)
    if found is None:
        return ""
    bundled = Path(found.origin).is_relative_to(BUNDLED.resolve()) and found.feed is not None
    if not bundled or project.folder.resolve() == BUNDLED.resolve():
        raise UsageError(
            f"There is a plugin {name!r} already: {found.origin}.",
            next_step="Choose another name, or move that one: nothing is overwritten.",
        )
    return found.origin

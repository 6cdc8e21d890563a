"""The command line: one file per command."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fleetfeed.cli.context import Context
from fleetfeed.cli.group import Group
from fleetfeed.cli.output.exits import ended_by_signal, report_error
from fleetfeed.cli.output.streams import called, never_failing
from fleetfeed.errors import FleetfeedError, as_expected
from fleetfeed.runtime import logs

app = typer.Typer(
    name="fleetfeed",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Turn a scheduled CSV export of tickets into a trustworthy, mapped, historical PostGIS table.",
)


class LogFormat(StrEnum):
    """The format of lines on stderr."""

    text = "text"
    json = "json"


def _version(wanted: bool) -> None:
    if wanted:
        from fleetfeed._version import __version__

        typer.echo(f"fleetfeed {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    project: Annotated[Path | None, typer.Option(help="Folder of fleetfeed.toml (else the nearest above).")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress and no warnings on stderr.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="More details on stderr.")] = False,
    log_format: Annotated[LogFormat, typer.Option(help="Lines on stderr: for people, or JSON.")] = LogFormat.text,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Turn a scheduled CSV export of tickets into a trustworthy, mapped, historical PostGIS table."""
    as_json = log_format is LogFormat.json
    logs.set_up(as_json=as_json, quiet=quiet, verbose=verbose)
    called.append(ctx.invoked_subcommand or "")
    ctx.obj = Context(project, debug, quiet, verbose, as_json)


def main() -> None:
    """Run the command line; an expected error is printed without a traceback."""
    with never_failing():
        _main()


def _main() -> None:
    debug = "--debug" in sys.argv
    logs.set_up()
    try:
        with ended_by_signal():
            app()
    except FleetfeedError as error:
        report_error(error, debug=debug)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 (a bug: print its traceback, redacted)
        report_error(as_expected(error))
        sys.exit(1)

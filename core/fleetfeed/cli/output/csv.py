"""CSV on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer

from fleetfeed.cli.output.streams import is_lost
from fleetfeed.text.escape import printable


def write_csv(lines: Iterable[bytes]) -> None:
    """Write CSV line by line; on a terminal, with control characters escaped."""
    shown = sys.stdout.isatty()
    for line in lines:
        if is_lost():
            break
        if shown:
            typer.echo(printable(line[:-2].decode()))
        else:
            sys.stdout.buffer.write(line)
    sys.stdout.flush()

"""`fleetfeed init`: begin a project, which is a folder with a fleetfeed.toml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fleetfeed.errors import UsageError

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context

NEXT = """
Next:
  fleetfeed demo            # see it work first: on a private database and store
  export DATABASE_URL=postgresql://USER:PASSWORD@HOST/DATABASE    # or url = "embedded" in [database]
  export RUSTFS_ENDPOINT=https://… RUSTFS_ACCESS_KEY=… RUSTFS_SECRET_KEY=…    # or the AWS_* variables
  fleetfeed config show     # every setting, and where it came from; [feeds.…] names the folders of exports
  fleetfeed doctor          # what is wrong so far, and what to do about it
  fleetfeed migrate --plan  # what it would create; without --plan it does
  fleetfeed run --all       # the exact diff; with --apply it is written
  fleetfeed plugins         # what is bundled; a folder in feeds/ adds a feed"""


def init(ctx: typer.Context) -> None:
    """Write a commented fleetfeed.toml into this folder, or that of --project; it never overwrites one."""
    from fleetfeed.config.loader import FILE
    from fleetfeed.plugins.registry import BUNDLED

    context: Context = ctx.obj
    folder = (context.project or Path(os.environ.get("FLEETFEED_PROJECT") or ".")).expanduser().absolute()
    file = folder if folder.name == FILE else folder / FILE
    content = (BUNDLED / FILE).read_bytes()
    try:
        with file.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise UsageError(f"There is a {file} already.", next_step="Change that one, or name another folder.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from None
    typer.echo(f"{file} is written; its comments explain it.\n{NEXT}")

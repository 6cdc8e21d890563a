"""`fleetfeed backfill`: a rebuild with exports that were never loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from fleetfeed.cli.output.documents import AsJson
from fleetfeed.cli.rebuild import Apply, Kind, opened, replay
from fleetfeed.cli.times import time_in

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context

_Since = Annotated[str, typer.Option("--from", help="Take exports written since then; as in `asof`.")]
_Until = Annotated[str | None, typer.Option("--to", help="Take none written later.")]


def backfill(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    since: _Since,
    until: _Until = None,
    apply: Apply = False,
    executor: Kind = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild a feed with exports that were never loaded, each in its place; `rebuild --swap` follows."""
    from fleetfeed.rebuild.past import Window

    context: Context = ctx.obj
    zone = ZoneInfo(context.load().loaded.settings.project.timezone)
    window = Window(time_in(since, zone, "--from"), time_in(until, zone, "--to") if until else None)
    if window.until and window.until < window.since:
        raise typer.BadParameter("it is before --from", param_hint="--to")
    with opened(context, feed, executor, as_json=as_json) as work:
        replay(work, feed, window, apply=apply, as_json=as_json)

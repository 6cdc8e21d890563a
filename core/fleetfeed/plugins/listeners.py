"""Lets everyone hear of a run, each by itself: a failure is a warning of the run, and stops nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import FleetfeedError, NotEntered, NotHeard, PluginFault
from fleetfeed.model import RunReport
from fleetfeed.runtime.stdout import spoken

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database


def cause(error: Exception) -> str:
    """Tell what went wrong, for a warning: what is committed stays, so the effect of the error is not told."""
    return error.cause if isinstance(error, FleetfeedError) else f"{type(error).__name__}: {error}"


def tell_history(manager: pluggy.PluginManager, run: RunReport, db: Database, **arguments: Any) -> None:
    """Let everyone hear of an applied run that did not fail; it says whether the core's own capture was among them."""
    heard = list(_each(manager, "feed_history", run, db, arguments))
    run.history = any(name.startswith("core.") for name in heard)


def tell_end(manager: pluggy.PluginManager, run: RunReport, db: Database | None) -> None:
    """Let everyone hear of the end of an applied run, whatever its outcome; `db` is None where none can be had."""
    with spoken():
        list(_each(manager, "feed_ended", run, db, {}))


def _each(
    manager: pluggy.PluginManager, hook: str, run: RunReport, db: Database | None, arguments: dict[str, Any]
) -> Iterator[str]:
    """Call a hook of each plugin, the core's first, and name those that did not fail."""
    plugins = [impl.plugin for impl in getattr(manager.hook, hook).get_hookimpls()]
    plugins.sort(key=lambda plugin: not (manager.get_name(plugin) or "").startswith("core."))
    for plugin in plugins:
        name, others = manager.get_name(plugin) or "", [other for other in plugins if other is not plugin]
        try:
            manager.subset_hook_caller(hook, others)(run=run, db=db, **arguments)
            yield name
        except (NotHeard, NotEntered) as error:  # it says by itself whom it speaks of
            run.warnings.append(error.cause)
        except Exception as error:  # noqa: BLE001 (a listener may fail in any way)
            told = cause(error) if isinstance(error, PluginFault) else f"{name} failed: {cause(error)}"
            run.warnings.append(f"{hook.removeprefix('feed_')}: {told}")
        if db is not None:
            db.end_transaction()  # one that a listener left open would swallow what the others write

"""Calls the notification hooks of a run one by one: a failure becomes a warning and does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import FleetfeedError, NotDelivered, NotRecorded, PluginFault
from fleetfeed.model import RunReport
from fleetfeed.runtime.stdout import plugin_output

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database


def cause(error: Exception) -> str:
    """Return the text of an error for a warning, without its effect: what is committed stays."""
    return error.cause if isinstance(error, FleetfeedError) else f"{type(error).__name__}: {error}"


def notify_history(manager: pluggy.PluginManager, run: RunReport, db: Database, **arguments: Any) -> bool:
    """Call `feed_history` after a successful applied run; return whether the core's capture worked."""
    called = list(_each(manager, "feed_history", run, db, arguments))
    return any(name.startswith("core.") for name in called)


def notify_end(manager: pluggy.PluginManager, run: RunReport, db: Database | None) -> None:
    """Call `feed_ended` after an applied run with any outcome; `db` is None if there is no connection."""
    with plugin_output():
        list(_each(manager, "feed_ended", run, db, {}))


def _each(
    manager: pluggy.PluginManager, hook: str, run: RunReport, db: Database | None, arguments: dict[str, Any]
) -> Iterator[str]:
    """Call a hook of each plugin, the core's first; yield the names of those that did not fail."""
    plugins = [impl.plugin for impl in getattr(manager.hook, hook).get_hookimpls()]
    plugins.sort(key=lambda plugin: not (manager.get_name(plugin) or "").startswith("core."))
    for plugin in plugins:
        name, others = manager.get_name(plugin) or "", [other for other in plugins if other is not plugin]
        try:
            manager.subset_hook_caller(hook, others)(run=run, db=db, **arguments)
            yield name
        except (NotDelivered, NotRecorded) as error:  # its message names the plugin
            run.warnings.append(error.cause)
        except Exception as error:  # noqa: BLE001 (a plugin may raise anything)
            text = cause(error) if isinstance(error, PluginFault) else f"{name} failed: {cause(error)}"
            run.warnings.append(f"{hook.removeprefix('feed_')}: {text}")
        if db is not None:
            db.end_transaction()  # a transaction left open would include the writes of the other plugins

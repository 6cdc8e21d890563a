"""What authors of feeds and plugins import, and `Project` to run feeds from Python; `public.py` lists the names.

They are imported on first use, so that `fleetfeed --help` does not wait for what only a run needs.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetfeed.public import *  # noqa: F403 (exactly its __all__)
else:

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name.startswith("__") and name not in ("__all__", "__version__"):
            raise AttributeError(name)
        public = import_module("fleetfeed.public")
        found = vars(public).get(name, globals().get(name))  # or a module that it has imported: fleetfeed.errors
        if found is None:
            raise AttributeError(f"module 'fleetfeed' has no attribute {name!r}")
        globals()[name] = found
        return found

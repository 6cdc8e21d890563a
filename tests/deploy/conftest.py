"""An environment without anybody's credentials, and sites on a store, as the command line's tests have them."""

from __future__ import annotations

from tests.cli.conftest import clean_environ, new_site, rclone_store

__all__ = ["clean_environ", "new_site", "rclone_store"]

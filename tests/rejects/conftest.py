"""The sites of the command line."""

from tests.cli.conftest import clean_environ, moto_store, new_site, rclone_store, site

__all__ = ["clean_environ", "moto_store", "new_site", "rclone_store", "site"]

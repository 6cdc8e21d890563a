"""The database that these tests share."""

from tests.shared_database import empty, own_url, shared_url, url

__all__ = ["empty", "own_url", "shared_url", "url"]

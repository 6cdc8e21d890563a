"""A project whose settings hold secrets."""

from tests.config.conftest import bare_environment, nothing_remembered, write

__all__ = ["bare_environment", "nothing_remembered", "write"]

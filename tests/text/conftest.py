"""A project whose settings hold secrets."""

from tests.config.conftest import bare_environment, write

__all__ = ["bare_environment", "write"]

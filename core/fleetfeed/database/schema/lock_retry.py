"""How `migrate` waits for locks: in short attempts, so that readers go first, for half a minute in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import Error
from psycopg.pq import TransactionStatus

from fleetfeed.database.connection import Database

if TYPE_CHECKING:
    from tenacity import Retrying

_TEMPORARY = ("55P03", "40P01")  # lock not available, deadlock
_PATIENCE = 30  # seconds


def while_locked(db: Database) -> Retrying:
    """Retry while others hold a lock; inside a transaction try once, as its own locks keep others waiting."""
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_fixed

    idle = db.connection.info.transaction_status == TransactionStatus.IDLE
    stop = stop_after_delay(_PATIENCE) if idle else stop_after_attempt(1)
    return Retrying(retry=retry_if_exception(_is_temporary), stop=stop, wait=wait_fixed(2), reraise=True)


def short_timeout(db: Database) -> float:
    """Return how many seconds to wait for a lock while holding others: less than `deadlock_timeout`."""
    timeout = db.one("SELECT setting::float / 1000 FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'")
    return 0.9 * float(timeout)


def _is_temporary(error: BaseException) -> bool:
    return isinstance(error.__cause__, Error) and error.__cause__.sqlstate in _TEMPORARY

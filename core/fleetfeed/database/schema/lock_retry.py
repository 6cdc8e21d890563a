"""How `migrate` waits for locks: briefly at a time, so that those who read go before, and again for half a minute."""

from __future__ import annotations

from psycopg import Error
from psycopg.pq import TransactionStatus
from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_fixed

from fleetfeed.database.connection import Database

_PASSES = ("55P03", "40P01")  # lock not available, deadlock: the other one goes on, and is done some time
_LONG = 30  # seconds


def while_locked(db: Database) -> Retrying:
    """Try again while others hold a lock; in a transaction only once, as what it holds keeps others waiting."""
    idle = db.connection.info.transaction_status == TransactionStatus.IDLE
    stop = stop_after_delay(_LONG) if idle else stop_after_attempt(1)
    return Retrying(retry=retry_if_exception(_passes), stop=stop, wait=wait_fixed(2), reraise=True)


def shortly(db: Database) -> float:
    """Tell for how many seconds one may wait holding other locks: less than it takes anyone to call it a deadlock."""
    timeout = db.one("SELECT setting::float / 1000 FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'")
    return 0.9 * float(timeout)


def _passes(error: BaseException) -> bool:
    return isinstance(error.__cause__, Error) and error.__cause__.sqlstate in _PASSES

"""Workers are those of a Dask scheduler. The only module that imports Dask, and translates its errors."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fleetfeed.errors import FleetfeedError, UsageError
from fleetfeed.executors.chunk import Answer, Chunk
from fleetfeed.executors.order import AGAIN, STAYS
from fleetfeed.executors.worker import prepare_chunk
from fleetfeed.text.install import install

if TYPE_CHECKING:
    from distributed import Client, Future

INSTALL = f"Install it {install('dask')}"
_TLS = "distributed.comm.tls"
_REPLY = 5.0  # seconds


class Cluster:
    """The workers of a scheduler. Dask itself repeats the chunks of a worker that died, on another one."""

    def __init__(self, client: Client, scheduler: str, timeout: float) -> None:
        self._client, self._scheduler, self._timeout = client, scheduler, timeout
        self._workers = 0

    @property
    def ahead(self) -> int:
        """How many chunks are prepared, or wait, at the same time; workers may join on the way."""
        if self._client.status == "running":
            with suppress(OSError):  # a scheduler that is lost: the next answer says so
                self._workers = self._count_workers()
        return 2 * max(1, self._workers)

    def _count_workers(self) -> int:
        """Ask the scheduler. `Client.nthreads` does the same, but waits long for one that is lost."""
        scheduler = self._client.scheduler
        return len(self._client.sync(scheduler.ncores, callback_timeout=_REPLY)) if scheduler else 0

    def send(self, chunk: Chunk) -> Callable[[], Answer]:
        """Hand a chunk to the scheduler."""
        with self._translated(chunk):
            future = self._client.submit(prepare_chunk, chunk, pure=False)
        return lambda: self._answer(chunk, future)

    def _answer(self, chunk: Chunk, future: Future[Answer]) -> Answer:
        with self._translated(chunk):
            while True:
                try:
                    answer: Answer = future.result(timeout=self._timeout)
                except TimeoutError:
                    if not self._count_workers():  # Dask would wait for ever
                        raise FleetfeedError(
                            f"The scheduler {self._scheduler} has had no worker for {self._timeout:g} s.",
                            effect=STAYS,
                            next_step=f"Start workers with `fleetfeed worker`. {AGAIN}",
                        ) from None
                else:
                    return answer

    @contextmanager
    def _translated(self, chunk: Chunk) -> Iterator[None]:
        from distributed import KilledWorker

        try:
            yield
        except KilledWorker:
            raise FleetfeedError(
                f"Several workers died, each while it prepared {chunk.name}.",
                effect=STAYS,
                next_step="Look at their memory. --executor serial goes on from there.",
            ) from None
        except FleetfeedError:
            raise
        except (CancelledError, OSError) as error:  # all futures of a scheduler are lost with it
            raise FleetfeedError("The scheduler is lost.", effect=STAYS, next_step=AGAIN) from error
        except Exception as error:  # what a worker without fleetfeed raises
            raise FleetfeedError(
                f"A worker could not prepare {chunk.name} ({type(error).__name__}: {error}).",
                effect=STAYS,
                next_step="Start workers with `fleetfeed worker`, of the same version.",
            ) from error


def check_tls(scheduler: str) -> None:
    """Check that Dask knows certificates, if it needs some: its own error would not name them. Raises UsageError."""
    import distributed  # noqa: F401 (its defaults)
    from dask import config

    if scheduler.startswith("tls:") and not config.get(f"{_TLS}.ca-file", None):
        raise UsageError(
            f"The scheduler {scheduler} cannot be reached: Dask knows no certificates for TLS.",
            next_step=f"Name them in Dask's configuration, {_TLS}; docs/scale.md.",
        )


def wait_for(scheduler: str, timeout: float) -> None:
    """Wait until a scheduler can be reached. Raises FleetfeedError after so many seconds."""
    address, deadline = urlsplit(scheduler), time.monotonic() + timeout
    while True:
        try:
            socket.create_connection((address.hostname or "", address.port or 0), timeout).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise _unreachable(scheduler, error.strerror or str(error)) from error
            time.sleep(0.5)
        else:
            return


def _unreachable(scheduler: str, why: object) -> FleetfeedError:
    return FleetfeedError(
        f"The scheduler {scheduler} cannot be reached: {why}.",
        effect="Nothing was loaded.",
        next_step="Start it with `dask scheduler`, or correct [executor] scheduler.",
    )


@contextmanager
def cluster(scheduler: str, timeout: float) -> Iterator[Cluster]:
    """Connect to a scheduler; wait so many seconds for it. TLS is Dask's own configuration. Raises FleetfeedError."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("The executor dask needs Dask, which is not installed.", next_step=INSTALL) from None
    check_tls(scheduler)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it logs of a lost scheduler is our error
    try:
        client = Client(scheduler, timeout=timeout, set_as_default=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreachable(scheduler, error) from error
    try:
        yield Cluster(client, scheduler, timeout)
    finally:
        with suppress(TimeoutError, OSError):  # of a scheduler that is lost: the first error says so
            client.close(timeout=_REPLY)

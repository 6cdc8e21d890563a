"""A folder as a bucket: files are objects, file names are keys."""

from __future__ import annotations

import filecmp
import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import TYPE_CHECKING, BinaryIO

from fleetfeed.buckets.shared import CHUNK, STAYS, cannot_archive, changed, is_export, whole_file
from fleetfeed.errors import BucketError, ObjectMissing, UsageError
from fleetfeed.model import StoredObject
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.interfaces import Bucket

_log = logging.getLogger("fleetfeed")


class FolderBucket:
    """See `Bucket`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._links: set[str] = set()  # symbolic links that were reported already

    @property
    def url(self) -> str:
        """The URL of the folder."""
        return f"file://{self._root.absolute()}/"

    def key_for(self, name: str) -> str:
        """Return the key of a file of the folder."""
        return name

    def exports(self) -> list[StoredObject]:
        """List the exports, newest last."""
        with _translated(f"The folder {self._root} cannot be listed"), os.scandir(self._root) as entries:
            # Names that are not UTF-8 cannot be stored in the database; exporters do not use them.
            named = [entry for entry in entries if entry.name.isprintable() and is_export(entry.name, size=1)]
        links = {entry.name for entry in named if entry.is_symlink()}
        if new := links - self._links:  # they could point to any file that this process may read
            _log.warning("%s: links are not followed: %s", self._root, ", ".join(sorted(new)))
            self._links |= new
        found = (self.stat(entry.name) for entry in named if entry.name not in links)
        return sorted(stored for stored in found if stored and is_export(stored.key, stored.size))

    def stat(self, key: str) -> StoredObject | None:
        """Return one file's state; None if there is none."""
        path = self._path(key)
        try:
            with _translated(f"{path} cannot be looked at", effect=STAYS, missing=ObjectMissing):
                found = path.lstat()
        except ObjectMissing:
            return None
        return _describe(found, key) if S_ISREG(found.st_mode) else None

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Copy exactly the file that was listed, and return the SHA-256 of its bytes in hex."""
        with self._opened(stored) as source, whole_file(into) as target:
            return self._copy(stored, source, target)

    def copy_to(self, stored: StoredObject, archive: Bucket, key: str) -> None:
        """Copy to another folder, with the file's time; never overwrites a file."""
        if not isinstance(archive, FolderBucket):
            raise cannot_archive(self.url, archive.url, "that is another store")
        target = archive._path(key)
        with _translated(f"{target} cannot be written", effect=STAYS):
            archive._root.mkdir(exist_ok=True)
            if (archive._root.resolve(), key) == (
                self._root.resolve(),
                stored.key,
            ):  # the source is deleted next
                raise cannot_archive(self.url, archive.url, "that is the source itself")
            with self._opened(stored) as source, tempfile.TemporaryDirectory(dir=archive._root, prefix=".") as beside:
                copy = Path(beside) / "copy"
                self._copy_whole(stored, source, copy)
                archive._publish(copy, key)

    def _copy_whole(self, stored: StoredObject, source: BinaryIO, copy: Path) -> None:
        with copy.open("xb") as file:
            self._copy(stored, source, file)
            file.flush()
            found = os.fstat(source.fileno())
            os.fchmod(file.fileno(), S_IMODE(found.st_mode))  # the same readers as the export
            os.utime(file.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))
            os.fsync(file.fileno())

    def _publish(self, copy: Path, key: str) -> None:
        try:
            os.link(copy, self._path(key))  # unlike a rename, this never overwrites
        except FileExistsError as exc:
            if self.stat(key) is None or not filecmp.cmp(copy, self._path(key), shallow=False):
                raise BucketError(f"{self._path(key)} exists already, with other content.", effect=STAYS) from exc
        _sync(self._root)

    def delete(self, stored: StoredObject) -> None:
        """Delete a file, if it exists. Raises ObjectChanged if it was replaced."""
        path = self._path(stored.key)
        with suppress(ObjectMissing), _translated(f"{path} cannot be deleted", effect=STAYS, missing=ObjectMissing):
            if not _is_same(path.lstat(), stored):
                raise changed(str(path))
            path.unlink()

    def _path(self, key: str) -> Path:
        if "/" in key or key in ("", ".", ".."):
            raise BucketError(f"{key!r} is not the name of a file in {self._root}.")
        return self._root / key

    @contextmanager
    def _opened(self, stored: StoredObject) -> Iterator[BinaryIO]:
        path = self._path(stored.key)
        with _translated(f"{path} cannot be read", missing=ObjectMissing):
            source = open(path, "rb", opener=_no_link)  # noqa: SIM115 (closed below)
        with source:
            self._compare(stored, source)
            yield source

    def _copy(self, stored: StoredObject, source: BinaryIO, target: BinaryIO) -> str:
        digest = hashlib.sha256()
        while chunk := self._read(stored, source):
            digest.update(chunk)
            target.write(chunk)
        self._compare(stored, source)
        return digest.hexdigest()

    def _read(self, stored: StoredObject, source: BinaryIO) -> bytes:
        with _translated(f"{self._path(stored.key)} cannot be read", missing=ObjectMissing):
            return source.read(CHUNK)

    def _compare(self, stored: StoredObject, source: BinaryIO) -> None:
        if not _is_same(os.fstat(source.fileno()), stored):
            raise changed(str(self._path(stored.key)))


def stored_file(path: Path) -> StoredObject:
    """Return the state of a file named by hand; its ETag is the MD5 of its bytes, as in S3. Raises UsageError."""
    try:
        with path.open("rb") as file:
            etag = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            found = os.fstat(file.fileno())
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}.", next_step="Name a file that can be read.") from exc
    if not path.name.isprintable():
        message = f"The name of {printable(str(path))} is not plain UTF-8 text, and cannot be written down."
        raise UsageError(message, next_step="Rename the file.")
    return StoredObject(_modified(found), f"file:{path.name}", etag, found.st_size)


def _describe(found: os.stat_result, key: str) -> StoredObject:
    etag, mark = f"{found.st_mtime_ns:x}-{found.st_size:x}", f"{found.st_ctime_ns:x}-{found.st_ino:x}"
    return StoredObject(_modified(found), key, etag, found.st_size, mark)


def _is_same(found: os.stat_result, stored: StoredObject) -> bool:
    now = _describe(found, stored.key)
    return now.etag == stored.etag and stored.mark in ("", now.mark)


def _modified(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(found.st_mtime, UTC)


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)  # O_NONBLOCK: do not wait at a pipe


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(
    what: str, *, effect: str = "Nothing was written.", missing: type[BucketError] = BucketError
) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        kind = missing if isinstance(exc, FileNotFoundError) else BucketError
        next_step = "Check the path, and who may read and write it."
        raise kind(f"{what}: {exc.strerror}.", effect=effect, next_step=next_step) from exc

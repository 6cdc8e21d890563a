"""What all buckets share: which files are exports, the form of ETags, errors, spooling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fleetfeed.errors import BucketError, ConfigError, ObjectChanged

STAYS = "The export stays where it is."
CHUNK = 1 << 20


def norm_etag(etag: str) -> str:
    """Normalise an ETag for comparison: servers quote it in some answers and not in others."""
    return etag.strip().removeprefix("W/").replace("&quot;", "").strip('" ').lower()


def is_export(name: str, size: int) -> bool:
    """Whether a file is an export, and no folder marker or unfinished upload."""
    return size > 0 and "/" not in name and name.casefold().endswith(".csv")


def changed(what: str) -> ObjectChanged:
    """Return the error for an object that was replaced."""
    return ObjectChanged(f"{what} was replaced after it was listed.", next_step="The next run reads it again.")


def cannot_archive(source: str, archive: str, why: str) -> ConfigError:
    """Return the error for an archive that cannot be used with a source."""
    return ConfigError(
        f"{source} cannot be archived under {archive}: {why}.",
        effect=STAYS,
        next_step="Set the feed's archive to another folder of the same store, or to false.",
    )


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file that appears under its name only when complete. Raises BucketError."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as exc:
        raise BucketError(
            f"{path} cannot be written: {exc.strerror}.", next_step="Make room, or allow writing there."
        ) from exc
    finally:
        with suppress(OSError):
            part.unlink()

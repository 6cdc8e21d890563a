"""Short digests of texts."""

from __future__ import annotations

import hashlib


def digest(*texts: str) -> str:
    """Return a digest of texts, in order, as 32 hexadecimal digits."""
    found = hashlib.blake2b(digest_size=16)
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        found.update(len(encoded).to_bytes(8, "big") + encoded)
    return found.hexdigest()

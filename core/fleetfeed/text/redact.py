"""Redact secrets in messages, logs and reports."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

MASK = "***"
SHORTEST = 4  # a shorter secret would mask parts of ordinary words

# These run on text from anywhere, so their time must grow linearly. A password in a URL ends at the last @, as it may
# contain one; it is searched in two steps because a single pattern would try every start.
_WORD = re.compile(r"""[^\s"'<>]+""")
_USER_OF_URL = re.compile(r"://[^:/@]*:(?=.)", re.DOTALL)
_IN_CONNINFO = re.compile(r"""(password\s*=\s*)('(?:\\.|[^'\\])*'|'?[^\s&"']+)""", re.IGNORECASE)
_IN_QUERY = re.compile(
    r"""([?&](?:key|token|access_token)=|api_?key=|X-Amz-(?:Signature|Credential|Security-Token)=)[^\s&"'<>]+""",
    re.IGNORECASE,
)

_USER = r"(?:[\w.%-]+(?::\*\*\*)?@)?"
_HOST = r"(?:[\w.%-]*|\[[\w:]+\])(?::[0-9]+)?"
_PLAIN = re.compile(rf"(embedded|postgresql://{_USER}{_HOST}(?:,{_HOST})*(?:/[\w.%-]*)?)(?:\?[^@]*)?")

_remembered: set[str] = set()


def remember(secret: str) -> None:
    """Make `redact` mask this text from now on."""
    if len(secret) >= SHORTEST:
        _remembered.add(secret)


def redact(text: str) -> str:
    """Mask every remembered secret in any encoding, and what looks like a password in a URL or conninfo."""
    if _remembered:
        text = _pattern(frozenset(_remembered)).sub(MASK, text)
    text = _WORD.sub(_without_password, text)
    text = _IN_CONNINFO.sub(rf"\1{MASK}", text)
    return _IN_QUERY.sub(rf"\1{MASK}", text)


def _without_password(word: re.Match[str]) -> str:
    url, found = word[0], _password_in(word[0])
    return f"{url[: found[0]]}{MASK}{url[found[1] :]}" if found else url


def _password_in(url: str) -> tuple[int, int] | None:
    """Return the start and end of the password in a URL."""
    end = url.rfind("@")
    user = _USER_OF_URL.search(url, 0, end) if end > 0 else None
    return (user.end(), end) if user else None


def redacted(value: Any) -> Any:
    """Redact each text of a structure separately; in serialised form a mask could swallow a quote."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(str(name)): redacted(inner) for name, inner in value.items()}
    return [redacted(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def look_up(name: str, env: Mapping[str, str]) -> tuple[str, str] | None:
    """Read a secret from a variable, or from the file named by <VARIABLE>_FILE. Returns the variable's name too.

    Raises ValueError if it cannot be read, without content or path: either may be a secret set by mistake.
    """
    from_file = f"{name}_FILE"
    if not env.get(from_file):
        return (name, env[name]) if env.get(name) else None
    if env.get(name):
        raise ValueError(f"{from_file}: {name} is set too; keep one of them")
    try:
        secret = Path(env[from_file]).read_text("utf-8").rstrip("\r\n")
    except OSError as exc:
        reason = exc.strerror or "unknown reason"
    except ValueError:
        reason = "it is not UTF-8 text"
    else:
        reason = "" if secret else "it is empty"
    if reason:
        raise ValueError(f"{from_file}: the file it names cannot be used: {reason}")
    return from_file, secret


def passwords(dsn: str) -> Iterator[str]:
    """Yield the passwords in a database URL or conninfo, as written and decoded."""
    found = _password_in(dsn)
    for written in (*([dsn[slice(*found)]] if found else []), *(match[2] for match in _IN_CONNINFO.finditer(dsn))):
        bare = written[1:-1] if written.startswith("'") and written.endswith("'") else written
        yield from (bare, unquote(bare), re.sub(r"\\(.)", r"\1", bare))


def parts(secret: str) -> Iterator[str]:
    """Yield a secret and, for a web address, its sensitive parts: libraries report host, path and query separately."""
    yield secret
    if secret.lower().startswith(("http://", "https://")):
        yield from passwords(secret)
        host, _, path = secret.partition("://")[2].partition("/")
        target = f"/{path}{host.partition('?')[2]}"
        for written in (*target.split("{feed}"), *re.split(r"[/?&=]", target)):
            if _is_token(written):
                yield from (written, unquote(written))


def _is_token(piece: str) -> bool:
    """Whether a piece looks like a token rather than a word such as `hooks`, which must not be masked everywhere."""
    return len(piece) >= 16 or (len(piece) >= 6 and any(char.isdigit() for char in piece))


def masked(dsn: str) -> str:
    """Return a database address without password and options; MASK if its form is unusual."""
    plain = _PLAIN.fullmatch(_WORD.sub(_without_password, dsn))
    return plain[1] if plain and redact(plain[1]) == plain[1] else MASK


@lru_cache(maxsize=1)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(secrets, key=len, reverse=True)
    return re.compile("|".join("".join(map(_character, secret)) for secret in longest_first))


def _character(char: str) -> str:
    """Return a pattern for one character: as it is, percent-encoded (libraries differ), or as in JSON or a repr."""
    encoded = "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    forms = {char, json.dumps(char)[1:-1], repr(char)[1:-1], f"\\{char}", "+" if char == " " else char}
    longest_first = sorted(forms, key=len, reverse=True)
    return "(?:" + "|".join([f"(?i:{encoded})", *map(re.escape, longest_first)]) + ")"


class RedactingFilter(logging.Filter):
    """Redact a whole log record: message, arguments, exception and stack. For handlers, not loggers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record; always keep it."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 (a log call with wrong arguments must not end a run)
            message = f"{record.msg} (its arguments do not fit)"
        record.msg, record.args = redact(message), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        record.exc_info = None  # otherwise the handler would format it again, unredacted
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def plain(text: object) -> str:
    """Make foreign text safe to store and show: no NUL, no broken characters, no secrets."""
    return redact(str(text).replace("\0", "").encode("utf-8", "replace").decode())

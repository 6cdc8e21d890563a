"""Logging to stderr: lines for people, or one JSON object per line for programs. Redacted."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from fleetfeed.text.escape import printable, shortened
from fleetfeed.text.redact import RedactingFilter, redact, redacted

DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR
_KEYS = ("feed", "run_id", "stage", "event", "counts")  # of each JSON line, beside ts and level
_LABELS = {"cause": "error:", "effect": "effect:", "next_step": "next:", "read": "read:"}
_log = logging.getLogger("fleetfeed")


def set_up(*, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
    """Send the logs of all libraries through one redacting handler on stderr."""
    root = logging.getLogger()
    for old in _ours():
        root.removeHandler(old)
    handler = _handler(ERROR if quiet else DEBUG, _Json() if as_json else _Text())
    if not as_json:
        handler.addFilter(lambda record: not getattr(record, "shown", False))
    root.addHandler(handler)
    logging.captureWarnings(True)  # else warnings bypass the redacting handler
    # Other libraries log at WARNING and above only: below that they log whole requests.
    _log.setLevel(DEBUG if verbose else INFO)


def log(
    level: int, message: str, *, event: str, shown: bool = False, trace: BaseException | None = None, **fields: Any
) -> None:
    """Log an event; `shown`: it is printed on stdout too, so only JSON logs need it."""
    _log.log(level, message, exc_info=trace, extra={"fields": {"event": event, **fields}, "shown": shown})


def log_printed(plugin: str, line: str) -> None:
    """Log a line that a plugin printed; bypass the loggers, as a handler of the plugin could print it again."""
    text = f"plugin {plugin}: {line}".expandtabs() if plugin else f"a plugin: {line}".expandtabs()
    fields = {"event": "printed", "plugin": plugin}
    record = logging.makeLogRecord({"levelno": INFO, "levelname": "INFO", "msg": text, "fields": fields})
    for handler in _ours() or [_handler(DEBUG, _Text())]:
        handler.handle(record)


def _ours() -> list[logging.Handler]:
    return [handler for handler in logging.getLogger().handlers if isinstance(handler, _Stderr)]


def _handler(level: int, formatter: logging.Formatter) -> logging.Handler:
    handler = _Stderr(level)
    handler.addFilter(RedactingFilter())
    handler.setFormatter(formatter)
    return handler


class _Stderr(logging.Handler):
    """Write to the current sys.stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # a closed stderr must not fail a load
            print(self.format(record), file=sys.stderr)


class _Text(logging.Formatter):
    """Format a line for people; for an error its traceback, cause, effect and next step."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        lines = [f"{label:<8}{fields[name]}" for name, label in _LABELS.items() if fields.get(name)]
        warning = "warning: " * (record.levelno == WARNING)
        parts = map(_indented, lines or [warning + record.getMessage()])
        whole = redact("\n".join(filter(None, (_indented(record.exc_text or ""), *parts))))
        return "\n".join(map(shortened, whole.split("\n")))


def _indented(text: str) -> str:
    """Escape control characters, and indent all lines but the first, so that no export or key can forge a log line."""
    first, *others = map(printable, text.rstrip("\n").split("\n"))
    return "\n".join([first, *(line if line.startswith("  ") else f"  {line}" for line in others)])


class _Json(logging.Formatter):
    """Format one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", None) or {"event": "log", "logger": record.name}
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **dict.fromkeys(_KEYS),
            **fields,
            "message": record.getMessage(),
        }
        cut = {name: shortened(value) if isinstance(value, str) else value for name, value in redacted(line).items()}
        if record.exc_text:
            cut["traceback"] = redact(record.exc_text)
        return json.dumps(cut, default=lambda value: redact(str(value)))

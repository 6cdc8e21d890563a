"""What is told on stderr while a command is at work: lines for people, or one JSON object a line for programs."""

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
    """Send all that is logged, by whichever library, through one handler that takes the secrets out."""
    root = logging.getLogger()
    for old in _ours():
        root.removeHandler(old)
    handler = _handler(ERROR if quiet else DEBUG, _Json() if as_json else _Text())
    if not as_json:
        handler.addFilter(lambda record: not getattr(record, "shown", False))
    root.addHandler(handler)
    logging.captureWarnings(True)  # else they go past the handler, with what secrets they hold
    # Other libraries are heard from WARNING on: below that they log whole requests.
    _log.setLevel(DEBUG if verbose else INFO)


def tell(
    level: int, message: str, *, event: str, shown: bool = False, trace: BaseException | None = None, **fields: Any
) -> None:
    """Log an event; `shown`: a person has it on stdout, so that only programs need it here."""
    _log.log(level, message, exc_info=trace, extra={"fields": {"event": event, **fields}, "shown": shown})


def said(plugin: str, line: str) -> None:
    """Tell what a plugin printed; past the loggers, for a handler of the plugin's own may print it again."""
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
    """Write to what is stderr at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # that nobody can read it is no reason for a load to fail
            print(self.format(record), file=sys.stderr)


class _Text(logging.Formatter):
    """Write a line for people; of an error cause, effect and next step, after its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        lines = [f"{label:<8}{fields[name]}" for name, label in _LABELS.items() if fields.get(name)]
        warning = "warning: " * (record.levelno == WARNING)
        told = map(_in_one_piece, lines or [warning + record.getMessage()])
        whole = redact("\n".join(filter(None, (_in_one_piece(record.exc_text or ""), *told))))
        return "\n".join(map(shortened, whole.split("\n")))


def _in_one_piece(text: str) -> str:
    """Show what a terminal would act upon; whatever an export or a key says, it begins no line of its own."""
    first, *others = map(printable, text.rstrip("\n").split("\n"))
    return "\n".join([first, *(line if line.startswith("  ") else f"  {line}" for line in others)])


class _Json(logging.Formatter):
    """Write one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", None) or {"event": "log", "logger": record.name}
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **dict.fromkeys(_KEYS),
            **fields,
            "message": record.getMessage(),
        }
        cut = {name: shortened(told) if isinstance(told, str) else told for name, told in redacted(line).items()}
        if record.exc_text:
            cut["traceback"] = redact(record.exc_text)
        return json.dumps(cut, default=lambda value: redact(str(value)))

"""Plugins that do wrong, each in its own way, and what is to be reported of it."""

from __future__ import annotations

from tests.plugins.dropped import DECLARED

HEAD = (
    DECLARED.strip()
    + """
from dataclasses import replace
from datetime import datetime
from fleetfeed import Changes, Row, RowRejected, Snapshot, StoredObject, Ticket
"""
)
PLAIN = "\n@hookimpl\ndef {}():\n    {}\n"
ROW = "\n@hookimpl\ndef {}(row):\n    {}\n"
WRAPPER = "\n@hookimpl(wrapper=True)\ndef {}():\n    {}\n"
SOURCE = "\n@hookimpl(wrapper=True)\ndef feed_source():\n    found = yield\n    return replace(found, {})\n"
TICKET = "\n@hookimpl(wrapper=True)\ndef feed_normalise():\n    ticket = yield\n    return replace(ticket, {})\n"
LINE = HEAD.count("\n") + 2  # of the hook's decorator
DIVISION = "raised ZeroDivisionError: division by zero"

# Feed: its code, and what is reported of its hook. The run fails, and nothing of it is written.
FAILS: dict[str, tuple[str, str]] = {
    **{
        f"raises_in_{hook}": (PLAIN.format(f"feed_{hook}", "1 / 0"), f"`feed_{hook}` {DIVISION}")
        for hook in ("source", "filter", "normalise", "upsert")
    },
    "exits": (PLAIN.format("feed_filter", "raise SystemExit(0)"), "`feed_filter` raised SystemExit: 0"),
    "interrupts": (PLAIN.format("feed_filter", "raise KeyboardInterrupt"), "`feed_filter` raised KeyboardInterrupt"),
    "stops": (PLAIN.format("feed_normalise", "raise StopIteration"), "`feed_normalise` raised StopIteration"),
    "rejects_early": (PLAIN.format("feed_filter", "raise RowRejected('x')"), "`feed_filter` raised RowRejected: x"),
    "rejects_oddly": (PLAIN.format("feed_normalise", "raise RowRejected(7)"), "`feed_normalise` raised RowRejected: 7"),
    "wrapper_raises": (WRAPPER.format("feed_normalise", "yield; 1 / 0"), f"`feed_normalise` {DIVISION}"),
    "wrapper_first": (WRAPPER.format("feed_normalise", "1 / 0; yield"), f"`feed_normalise` {DIVISION}"),
    "wrapper_forgets": (
        WRAPPER.format("feed_normalise", "yield"),
        "`feed_normalise` answered None; it has to be",
    ),
    "wrapper_counts": (WRAPPER.format("feed_upsert", "yield"), "`feed_upsert` answered None; it has to be Changes"),
    "wrapper_twice": (WRAPPER.format("feed_filter", "yield; yield"), "`feed_filter` yields twice"),
    "wrapper_never": (WRAPPER.format("feed_filter", "if False: yield"), "`feed_filter` never yields"),
    "source_text": (
        PLAIN.format("feed_source", "return 'x.csv'"),
        "answered 'x.csv' (of type str); it has",
    ),
    "source_path": (SOURCE.format("path=str(found.path)"), "answered a Snapshot whose path is '"),
    "source_no_file": (SOURCE.format("path=found.path / 'x'"), "and no Path of a file"),
    "source_listed": (SOURCE.format("listed=None"), "answered a Snapshot whose listed is None, and no tuple"),
    "source_stored": (SOURCE.format("stored='x'"), "a Snapshot whose stored is 'x' (of type str), and no StoredObject"),
    "source_naive": (
        SOURCE.format("stored=replace(found.stored, last_modified=datetime(2026, 1, 1))"),
        "and no time with a zone",
    ),
    "filter_number": (PLAIN.format("feed_filter", "return 7"), "answered 7 (of type int); it has to be a reason"),
    "filter_true": (PLAIN.format("feed_filter", "return True"), "answered True (of type bool); it has to be a reason"),
    "filter_empty": (PLAIN.format("feed_filter", "return ''"), "answered '' (of type str); it has to be a reason"),
    "filter_nul": (PLAIN.format("feed_filter", "return 'a\\0'"), "answered 'a\\x00' (of type str); it has"),
    "ticket_dict": (
        PLAIN.format("feed_normalise", "return {'id': '1'}"),
        "answered {'id': '1'} (of type dict)",
    ),
    "ticket_key": (TICKET.format("key=1"), "answered a Ticket whose key is 1 (of type int)"),
    "ticket_no_key": (TICKET.format("key=''"), "answered a Ticket whose key is '' (of type str)"),
    "ticket_long_key": (TICKET.format("key='x' * 501"), "and no text of 1 to 500 characters"),
    "ticket_null": (
        TICKET.format("raw=dict(ticket.raw, status=None)"),
        "a Ticket whose raw['status'] is None",
    ),
    "ticket_int": (TICKET.format("raw=dict(ticket.raw, mttr=5)"), "a Ticket whose raw['mttr'] is 5 (of type int)"),
    "ticket_nul": (TICKET.format("raw=dict(ticket.raw, status='\\0')"), "a Ticket whose raw['status'] is '\\x00'"),
    "ticket_half": (
        TICKET.format("raw=dict(ticket.raw, status='\\ud800')"),
        "a Ticket whose raw['status'] is '\\ud800'",
    ),
    "ticket_raw": (TICKET.format("raw=[]"), "a Ticket whose raw is [] (of type list)"),
    "ticket_row": (TICKET.format("row=None"), "a Ticket whose row is None, and not the row it was made of"),
    "upsert_dict": (PLAIN.format("feed_upsert", "return {}"), "answered {} (of type dict); it has to be Changes"),
    "upsert_count": (
        PLAIN.format("feed_upsert", "return Changes(inserted='1')"),
        "Changes whose inserted is ",
    ),
    "upsert_nothing": (PLAIN.format("feed_upsert", "return Changes()"), "1 of them is not accounted for"),
}
# What goes wrong after the commit is a warning: the load stays.
WARNS: dict[str, tuple[str, str]] = {
    "raises_in_archive": (PLAIN.format("feed_archive", "1 / 0"), f"`feed_archive` {DIVISION}"),
    "archive_text": (
        PLAIN.format("feed_archive", "return 'moved'"),
        "answered 'moved' (of type str); it has",
    ),
    "archive_bytes": (
        PLAIN.format("feed_archive", "return [b'x']"),
        "answered [b'x'] (of type list); it has",
    ),
    "raises_in_history": (PLAIN.format("feed_history", "1 / 0"), f"`feed_history` {DIVISION}"),
    "history_exits": (PLAIN.format("feed_history", "exit(1)"), "`feed_history` raised SystemExit: 1"),
    "history_wrapper": (WRAPPER.format("feed_history", "yield; 1 / 0"), f"`feed_history` {DIVISION}"),
    "history_answers": (PLAIN.format("feed_history", "return 7"), "answered 7 (of type int); it has to be nothing"),
}
# What cannot even be used: nothing of it is run.
UNUSABLE: dict[str, tuple[str, str]] = {
    "no_import": ("import nowhere\n", "line 1: ModuleNotFoundError: No module named 'nowhere'"),
    "exits_at_once": ("raise SystemExit(0)\n", "line 1: SystemExit: 0"),
    "misspelt": (
        HEAD + PLAIN.format("feed_fliter", "pass"),
        "there is no hook `feed_fliter`; did you mean",
    ),
    "twice": (HEAD.replace('Text("status")', 'Text("status"), Text("at")'), "column 'at' is declared twice"),
    "quote": (HEAD.replace('Text("status")', "Text('a\"b')"), "'a\"b' is not a possible column name"),
    "long": (HEAD.replace('Text("status")', 'Text("x" * 200)'), "is not a possible column name"),
    "key_ignored": (HEAD.replace('key="id",', 'key="id", ignore=("id",),'), "the key 'id' is ignored"),
    "no_tuple": (
        HEAD.replace('("closed",)', '"closed"'),
        "roles.closed_statuses is 'closed', and not a tup",
    ),
    "shared": (HEAD, "2 plugins have this name: "),
    "older": (f"FLEETFEED_API = 0\n{HEAD}", "line 1: it is written for version 0 of the hooks"),
}
KEYWORDS = HEAD.replace('Text("status")', 'Text("status"), Text("select"), Text("user"), Text("order")')
LOUD = {
    "prints": "\n@hookimpl\ndef feed_filter(row):\n    print('saw', row.key)\n",
    "prints_around": WRAPPER.format("feed_normalise", "print('before'); found = yield; print('after'); return found"),
}
GEOCODERS = {
    "exits": ("raise SystemExit(3)", "it failed: Plugin exits: `geocode` raised SystemExit: 3 ("),
    "raises": ("print('asked'); 1 / 0", f"it failed: Plugin raises: `geocode` {DIVISION} ("),
    "texts": ("return 'over there'", "texts gave a str, not a GeocodeResult."),
}

"""The error for an unknown ticket: similar ids, and why it may not have been loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import table
from fleetfeed.errors import UsageError
from fleetfeed.feed import Feed
from fleetfeed.text.escape import printable
from fleetfeed.text.parse import WHITE_SPACE

if TYPE_CHECKING:
    from fleetfeed.database import Database

_INVISIBLE = WHITE_SPACE + "\u200b\u200c\u200d\u2060\ufeff"
_LONGEST = 100  # characters of an id shown
_DROPPED = """
SELECT r.counts -> 'dropped' FROM tickets.import_meta AS m JOIN tickets.import_runs AS r
    ON r.run_id::text = m.metadata ->> 'run_id'
WHERE m.feed = %s
"""


def unknown(db: Database, feed: Feed, ticket: str, rejects: Sequence[int]) -> UsageError:
    """Return the error for a ticket that is in neither table nor history."""
    sentences = [*_near(db, feed, ticket), *_rejected(rejects)]
    if not sentences:
        loaded = db.one("SELECT EXISTS (SELECT FROM tickets.import_meta WHERE feed = %s)", [feed.name])
        nothing = f"Nothing of this feed is loaded yet: `fleetfeed run {feed.name} --apply`."
        sentences = ["Check its spelling, and whether the latest export lists it." if loaded else nothing]
    sentences += _dropped(db.one(_DROPPED, [feed.name]) or {})
    return UsageError(f"Feed {feed.name} has no ticket {quote(ticket)}.", effect="", next_step=" ".join(sentences))


def quote(ticket: str) -> str:
    """Quote a ticket's id for a message."""
    return f"`{printable(ticket if len(ticket) <= _LONGEST else ticket[: _LONGEST - 1] + '…')}`"


def _near(db: Database, feed: Feed, ticket: str) -> Iterator[str]:
    """Yield similar ids: in another case, or with other white space."""
    plain = ticket.translate(dict.fromkeys(map(ord, _INVISIBLE)))
    sql = (
        f"SELECT ticket_id FROM {table(feed)} WHERE translate(lower(ticket_id), %s, '') = lower(%s) ORDER BY 1 LIMIT 5"
    )
    if plain and (found := db.all(sql, [_INVISIBLE, plain])):
        yield f"Did you mean {', '.join(quote(key) for (key,) in found)}?"


def _rejected(rejects: Sequence[int]) -> Iterator[str]:
    if rejects:
        numbers = ", ".join(map(str, rejects[:5])) + " …" * (len(rejects) > 5)
        yield f"Records that name it were rejected: `fleetfeed rejects show` {numbers}."


def _dropped(counts: Mapping[str, int]) -> Iterator[str]:
    """Mention what filters dropped; only counts of it are kept."""
    if counts:
        reasons = ", ".join(f"{count:,} {printable(reason)}" for reason, count in counts.items())
        yield f"The last load also dropped records, of which only the count is kept: {reasons}."

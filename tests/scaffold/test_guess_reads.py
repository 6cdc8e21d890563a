"""Whatever an export holds, what is guessed of it can be read; and cells are judged as the database reads them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed import Degrees, Feed, Moment, Whole, YesNo
from fleetfeed.database import Database
from fleetfeed.scaffold.cell_types import reader_of
from fleetfeed.scaffold.time_formats import formats_of
from fleetfeed.testing.feed.cells import JUNK
from fleetfeed.testing.feed.exports import Made, Maker
from fleetfeed.testing.feed.sample_table import Table, read
from fleetfeed.text.parse import clean
from tests.kit import CRQ, ROOT
from tests.kit import FEED as INC
from tests.pipeline.test_other_feeds import DESK
from tests.reader.samples import SMALL
from tests.scaffold.drafts import bare, guessed_of, only
from tests.scaffold.test_guess import TIMES

if TYPE_CHECKING:
    import pytest

spelt = st.sampled_from([SMALL, INC, CRQ, DESK]).flatmap(
    lambda feed: st.tuples(st.just(feed), Maker(feed, sample_of(feed)).typed(distinct=True))
)


def sample_of(feed: Feed) -> Table:
    """Read the sample of a feed that has one."""
    path = ROOT / "feeds" / feed.name / "sample.csv"
    return read(feed, path.read_bytes()) if path.is_file() else bare(feed)


@settings(max_examples=25)
@given(spelt)
def test_a_guess_from_an_export_reads_every_cell_of_it(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Feed, Made]
) -> None:
    feed, export = drawn
    draft = guessed_of(tmp_path_factory.mktemp("guess"), export.content(feed)).draft
    assert draft.records == len(export.rows)
    assert {guess.name: guess.bad for guess in draft.columns if guess.bad} == {}


@settings(max_examples=25)
@given(
    st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2060, 12, 31)), min_size=1, max_size=12),  # noqa: DTZ001
    st.sampled_from(["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M:%S", "%d-%b-%Y", "%d.%m.%y %H:%M:%S"]),
)
def test_a_column_of_times_in_any_format_is_read_as_those_times(
    tmp_path_factory: pytest.TempPathFactory, times: list[datetime], form: str
) -> None:
    times = [*times, times[0].replace(day=28)]
    cells = [time.strftime(form) for time in times]
    kind, formats, bad = only(tmp_path_factory.mktemp("times"), "at", cells)
    assert (kind, bad) == ("Moment", 0)
    spell = Moment("at", formats=formats).spelling or str
    for time, cell in zip(times, cells, strict=True):
        assert datetime.fromisoformat(spell(cell)) == datetime.strptime(cell, form)  # noqa: DTZ007
        assert abs(datetime.fromisoformat(spell(cell)) - time) < timedelta(days=1)


@given(st.text(max_size=30))
def test_no_text_breaks_the_look_for_formats(text: str) -> None:
    for form in formats_of(text):
        assert datetime.strptime(text, form)  # noqa: DTZ007


NUMBERS = (
    *("1.234", "12.345", "0.123", "1.234,5", "1,234.5", "12,5", "1.234.567", "1,234,567.", "12 345", "12\u00a0345,5"),
    *(
        "1'234.5",
        "1\u2019234",
        "1.23.456",
        "-1.234",
        "+12,",
        "1_234",
        "1234567890,1",
        "123.456.789.012",
        ",5",
        "1..234",
    ),
)
ZONED = (
    *("2026-11-03T08:10Z", "2026-11-03 08:10:00+03:00", "2026-11-03 08:10 +0300", "2026-11-03 08:10+03", "2026-11-03Z"),
    *("2026-11-03 08:10:00 UTC", "2026-02-30T08:10Z", "2026-11-03 08:10+24:00", "2026-11-03 08:10:00.123456-11:30"),
)
SPELT = ("2026-02-29 10:00", "2199-12-31 23:59:59.999999", *TIMES, *ZONED)
TEXTS = sorted({*JUNK, *NUMBERS, *SPELT, "+5", "5.", "123456789", "1234567890"})


def test_cells_are_judged_as_the_database_reads_them(db: Database) -> None:
    texts = [text for text in TEXTS if clean(text) == text]
    readers = {
        "tickets.whole(t)": Whole("x"),
        "tickets.whole(t, ',', '.')": Whole("x", decimal=",", thousands="."),
        "tickets.whole(t, ',', ' ')": Whole("x", decimal=",", thousands=" "),
        "tickets.whole(t, '.', ',')": Whole("x", decimal=".", thousands=","),
        "tickets.whole(t, '.', $$'$$)": Whole("x", decimal=".", thousands="'"),
        "tickets.whole(t, '.', '')": Whole("x", decimal="."),
        "tickets.local_ts(t)": Moment("x"),
        # A format that reads none of them, but says that times may have an offset.
        "tickets.instant(t, 'UTC')": Moment("x", formats=("%z %Y",)),
        "tickets.degrees(t)": Degrees("x"),
        "(CASE WHEN lower(t) = ANY ('{true,t,yes,y,1,false,f,no,n,0}') THEN 1 END)": YesNo("x"),
    }
    for sql, column in readers.items():
        read_by_database = db.all(
            f"SELECT {sql} IS NOT NULL FROM unnest(%s::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n", [texts]
        )
        assert [reader_of(column)(text) for text in texts] == [found for (found,) in read_by_database], sql

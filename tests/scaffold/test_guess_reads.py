"""Whatever an export holds, what is guessed of it can be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed import Feed, Moment
from fleetfeed.feed import Choice
from fleetfeed.scaffold.time_formats import formats_of
from fleetfeed.testing.feed.exports import make, without_ties
from fleetfeed.testing.feed.sample_table import Table, read
from tests.kit import CRQ, ROOT, examples
from tests.kit import FEED as INC
from tests.pipeline.test_other_feeds import DESK
from tests.reader.samples import SMALL
from tests.scaffold.drafts import bare, guessed_of, only

if TYPE_CHECKING:
    import pytest


def sample_of(feed: Feed) -> Table:
    """Read the sample of a feed that has one."""
    path = ROOT / "feeds" / feed.name / "sample.csv"
    return read(feed, path.read_bytes()) if path.is_file() else bare(feed)


@settings(max_examples=examples(25))
@given(st.sampled_from([SMALL, INC, CRQ, DESK]), st.integers(0, 10_000))
def test_a_guess_from_an_export_reads_every_cell_of_it(
    tmp_path_factory: pytest.TempPathFactory, feed: Feed, seed: int
) -> None:
    export = replace(without_ties(feed, make(feed, sample_of(feed), Random(seed))), broken=(), last="")
    draft = guessed_of(tmp_path_factory.mktemp("guess"), export.content(feed)).draft
    assert draft.records == len(export.rows)
    asked = {guess.name for guess in draft.columns if any(isinstance(form, Choice) for form in guess.formats)}
    assert {guess.name: guess.bad for guess in draft.columns if guess.bad and guess.name not in asked} == {}


@settings(max_examples=examples(20))
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

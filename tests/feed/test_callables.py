"""A function of a declaration that fails costs one record, or is named with column, cell and line."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed import Degrees, Drop, Feed, Moment, RowRejected, Text, Whole
from fleetfeed.errors import PluginFault
from fleetfeed.feed.callables import FoldFailed, spelling_of
from fleetfeed.stages.filter import feed_filter
from fleetfeed.stages.normalise import feed_normalise
from tests.reader.samples import SMALL, changed, read, row, rows_of, written


def in_seconds(cell: str) -> str:
    return str(int(cell) * 60)


def with_fold(fold: Callable[[Any], Any], column: str = "mttr") -> Feed:
    columns = tuple(item for item in SMALL.columns if item.name != column)
    return changed(columns=(*columns, Whole(column, fold=fold)))


FAILS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "raises": (in_seconds, "fold of mttr raised ValueError"),
    "raises what is no ValueError": (lambda cell: {}[cell], "fold of mttr raised KeyError"),
    "ends the process": (lambda cell: exit(cell), "fold of mttr raised SystemExit"),
    "gives a number": (lambda cell: 12, "fold of mttr gave no text"),
    "gives None": (lambda cell: None, "fold of mttr gave no text"),
    "gives bytes": (str.encode, "fold of mttr gave no text"),
    "gives half of a character": (lambda cell: "\ud800", "fold of mttr gave no text"),
    "has an error that cannot be reported": (partial(int, base=99), "fold of mttr raised ValueError"),
}


@pytest.mark.parametrize("what", FAILS)
def test_a_record_whose_fold_fails_is_rejected_with_the_reason(what: str) -> None:
    fold, reason = FAILS[what]
    with pytest.raises(RowRejected) as caught:
        feed_normalise(with_fold(fold), row({"id": "T1", "status": "open", "mttr": "x"}))
    assert caught.value.reason == reason
    assert caught.value.detail.startswith("on 'x'")


def test_the_line_of_a_fold_that_fails_is_named() -> None:
    line = in_seconds.__code__.co_firstlineno + 1
    with pytest.raises(FoldFailed, match="raised ValueError") as caught:
        with_fold(in_seconds).spellings["mttr"]("x")
    assert caught.value.detail.endswith(f"invalid literal for int() with base 10: 'x' ({__file__}, line {line})")


def test_the_reason_is_one_for_all_cells_and_the_cell_is_cut() -> None:
    spelling = with_fold(in_seconds).spellings["mttr"]
    reasons = set[str]()
    for cell in ("x", "y", "z" * 9_000):
        with pytest.raises(FoldFailed) as caught:
            spelling(cell)
        reasons.add(caught.value.reason)
        assert len(caught.value.detail) < 600
    assert reasons == {"fold of mttr raised ValueError"}


@pytest.mark.parametrize("nothing", ["", " ", "\0", "\u00a0"])
def test_a_fold_that_gives_nothing_leaves_the_cell_out(nothing: str) -> None:
    ticket = feed_normalise(with_fold(lambda _: nothing), row({"id": "T1", "status": "open", "mttr": "x"}))
    assert "mttr" not in ticket.raw


def test_a_fold_that_gives_no_text_is_named_under_formats_and_decimal_too() -> None:
    columns = (Moment("at", formats=("%Y",), fold=lambda _: 5), Degrees("lat", decimal=",", fold=lambda _: 5))  # type: ignore[arg-type,return-value]
    for column in columns:
        spelling = spelling_of(column)
        assert spelling
        with pytest.raises(FoldFailed, match=f"fold of {column.name} gave no text"):
            spelling("x")


@dataclass(frozen=True)
class Epoch(Moment):
    """A column with a spelling of its own."""

    @property
    def spelling(self) -> Callable[[str], str]:
        return self.of_seconds

    def of_seconds(self, cell: str) -> str:
        return f"1970-01-01 00:00:{int(cell):02}"


def test_a_spelling_of_a_columns_own_class_is_guarded() -> None:
    feed = changed(columns=(*SMALL.columns, Epoch("when")))
    assert feed.spellings["when"]("7") == "1970-01-01 00:00:07"
    with pytest.raises(FoldFailed, match="fold of when raised ValueError"):
        feed.spellings["when"]("x")


def test_a_fold_may_reject_a_record_with_a_reason_of_its_own() -> None:
    def refuse(cell: str) -> str:
        raise RowRejected("not ours", cell)

    with pytest.raises(RowRejected, match="not ours"):
        feed_normalise(with_fold(refuse), row({"id": "T1", "status": "open", "mttr": "x"}))


def test_a_signal_is_no_fault_of_the_fold_that_it_interrupts() -> None:
    def interrupted(cell: str) -> str:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            with_fold(interrupted).spellings["mttr"]("x")
    finally:
        signal.signal(signal.SIGINT, before)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_a_fold_gives_is_a_text_that_is_trimmed(text: str) -> None:
    spelling = spelling_of(Text("x", fold=lambda _: text))
    assert spelling
    assert spelling("cell") == spelling("cell").strip()
    assert "\0" not in spelling("cell")


def test_a_feed_with_a_named_fold_pickles_after_use() -> None:
    feed = with_fold(in_seconds)
    assert feed.spellings["mttr"]("2") == "120"
    assert pickle.loads(pickle.dumps(feed)).spellings["mttr"]("2") == "120"  # noqa: S301 (our own)


def day_of(cell: str) -> str:
    return f"2026-11-{int(cell):02} 10:00"


def with_winner(nulls: tuple[str, ...] = ()) -> Feed:
    columns = tuple(item for item in SMALL.columns if item.name != "touched")
    return changed(columns=(*columns, Moment("touched", fold=day_of)), nulls=nulls)


def test_a_record_whose_winner_cannot_be_folded_competes_with_none() -> None:
    rows = [("T1", "open", "3"), ("T1", "closed", "4"), ("T1", "gone", "x"), ("T2", "open", "y")]
    feed = with_winner()
    found = rows_of(written(("id", "status", "touched"), rows), feed)
    assert [found.values["status"] for found in found] == ["closed", "gone", "open"]
    for failing in found[1:]:
        with pytest.raises(FoldFailed, match="fold of touched raised ValueError"):
            feed_normalise(feed, failing)


def test_the_fold_of_a_winner_never_sees_what_means_nothing() -> None:
    rows = [("T1", "open", "?"), ("T1", "closed", "4"), ("T2", "open", ""), ("T2", "closed", " ")]
    with read(written(("id", "status", "touched"), rows), with_winner(("?",))) as export:
        assert export.superseded == 2


class Late(Drop):
    """A drop that reads a number."""

    def matches(self, values: Mapping[str, str | None]) -> bool:
        return int(values.get("mttr") or "0") > 100


def test_a_drop_that_fails_is_named_with_ticket_column_cell_and_line() -> None:
    feed = changed(drops=(Late("mttr", (), "late"),))
    assert feed_filter(feed, row({"id": "T1", "mttr": "101"})) == "late"
    with pytest.raises(PluginFault) as caught:
        feed_filter(feed, row({"id": "T1", "mttr": "soon"}))
    reported = caught.value.cause
    assert "Plugin small: the drop 'late' raised ValueError" in reported
    assert "on ticket 'T1', where mttr is 'soon'" in reported
    assert f"({__file__}, line {Late.matches.__code__.co_firstlineno + 1})" in reported

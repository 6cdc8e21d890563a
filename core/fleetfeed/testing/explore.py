"""Tries a law on many examples; an example that breaks it is made smaller for as long as a person would wait."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

FEW = 5  # examples where Hypothesis' own profile has its hundred: one that runs a load takes a tenth of a second
SHRINKING = 3.0  # seconds

T = TypeVar("T")


def explore(
    examples: st.SearchStrategy[T], law: Callable[[T], None], few: int = FEW, seconds: float = SHRINKING
) -> None:
    """Hold that a law is so for each of some examples. Raises what the smallest bad one raises.

    How many there are goes with `max_examples` of Hypothesis' profile: `few` for its default of 100.
    """
    many = max(1, few * settings().max_examples // 100)
    known: dict[str, Exception] = {}
    found_at: list[float] = []

    @settings(
        max_examples=many,
        derandomize=many <= few,  # a feed that passed yesterday passes today; whoever looks for longer looks elsewhere
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(examples)
    def holds(example: T) -> None:
        # What was bad is bad whenever it is asked for again, and what is tried too late counts as good: so the search
        # ends in time, and with an example that was really seen to break the law.
        told = known.get(repr(example))
        if told is None and (not found_at or monotonic() - found_at[0] < seconds):
            told = _judged(law, example)
        if told is not None:
            known[repr(example)] = told
            found_at.append(monotonic())
            raise told

    holds()


def _judged(law: Callable[[T], None], example: T) -> Exception | None:
    try:
        law(example)
    except Exception as error:  # noqa: BLE001 (it is raised again)
        return error
    return None

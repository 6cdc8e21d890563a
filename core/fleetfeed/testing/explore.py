"""Tries a law on some examples: the simplest first, so that a bad one is shown as it is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

FEW = 5  # examples where Hypothesis' own profile has its hundred: one that runs a load takes a tenth of a second

T = TypeVar("T")


def explore(examples: st.SearchStrategy[T], law: Callable[[T], None], few: int = FEW) -> None:
    """Hold that a law is so for each of some examples. Raises what the first bad one raises.

    How many there are goes with `max_examples` of Hypothesis' profile: `few` for its default of 100.
    """
    many = max(1, few * settings().max_examples // 100)
    found: list[Exception] = []

    @settings(
        max_examples=many,
        derandomize=many <= few,  # a feed that passed yesterday passes today; whoever looks for longer looks elsewhere
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(examples)
    def holds(example: T) -> None:
        if found:  # Hypothesis asks for it again, and what depends on the time or on dice need not be bad twice
            raise found[0]
        try:
            law(example)
        except Exception as error:
            found.append(error)
            raise

    holds()

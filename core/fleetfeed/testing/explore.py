"""Run a law on generated examples, the simplest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

FEW = 5  # examples, at Hypothesis' default of 100: a load takes a tenth of a second

T = TypeVar("T")


def explore(examples: st.SearchStrategy[T], law: Callable[[T], None], few: int = FEW) -> None:
    """Check a law on some examples. Raises what the first failing one raises.

    `few` examples at Hypothesis' default `max_examples` of 100, proportionally more at others.
    """
    many = max(1, few * settings().max_examples // 100)
    found: list[Exception] = []

    @settings(
        max_examples=many,
        derandomize=many <= few,  # the default run always takes the same examples, longer runs take new ones
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(examples)
    def holds(example: T) -> None:
        if found:  # Hypothesis replays a failure, which may depend on time or chance
            raise found[0]
        try:
            law(example)
        except Exception as error:
            found.append(error)
            raise

    holds()

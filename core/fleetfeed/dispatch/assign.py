"""The exact assignment: the pairs of least total cost, each row and each column at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from fleetfeed.dispatch.costs import Matrix


def assign(cost: Matrix) -> list[tuple[int, int]]:
    """Return the chosen (row, column) pairs, by row.

    A row stays free rather than take a pair whose cost is positive; infinite costs are never chosen.
    """
    rows, columns = cost.shape
    with_idle = np.hstack([cost, np.zeros((rows, rows))])
    chosen = zip(*(index.tolist() for index in linear_sum_assignment(with_idle)), strict=True)
    return [(row, column) for row, column in chosen if column < columns]

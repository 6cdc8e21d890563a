"""Draws the times at 200,000 rows as bars, with a line from the least to the greatest."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from bench.results import Results, spread
from bench.workloads import USUAL, WORKLOADS

COLOURS = {"fleetfeed": "#1f6f8b", "floor": "#9aa5ad", "floor, no places": "#c9d0d4"}
DLT = "#d9a864"
WIDTH, LEFT, LINE, GAP = 760, 300, 16, 14


def draw(results: Results) -> str:
    """Draw it as SVG."""
    rows = list(_rows(results))
    most = max((values[2] for _, _, values in rows), default=1.0)
    height = GAP + sum(LINE + GAP * bool(title) for title, _, _ in rows)
    body = "\n".join(_bars(rows, (WIDTH - LEFT - 120) / most))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11">\n<rect width="{WIDTH}" height="{height}" fill="white"/>\n{body}\n</svg>\n'
    )


def _rows(results: Results) -> Iterator[tuple[str, str, list[float]]]:
    """Yield the title of each group with its first bar, whose bar it is, and its values."""
    for workload in WORKLOADS:
        title = workload.title.replace("`", "")
        for taker in workload.takers:
            if values := spread(results.values(USUAL, workload.name, taker)):
                yield title, taker, values
                title = ""


def _bars(rows: list[tuple[str, str, list[float]]], scale: float) -> Iterator[str]:
    top = 0
    for title, taker, (middle, least, most) in rows:
        top += GAP * bool(title)
        centre = top + LINE / 2
        start, end = LEFT + least * scale, LEFT + most * scale
        yield f'<text x="{LEFT - 8}" y="{centre + 4}" text-anchor="end">{escape(title)}</text>'
        size = f'width="{middle * scale:.1f}" height="{LINE - 4}"'
        yield f'<rect x="{LEFT}" y="{top + 2}" {size} fill="{COLOURS.get(taker, DLT)}"/>'
        yield f'<path d="M{start:.1f} {centre}H{end:.1f}" stroke="black"/>'
        yield f'<text x="{end + 6:.1f}" y="{centre + 4}">{middle:.2f} s, {taker}</text>'
        top += LINE

"""Writes what was measured into README.md, between its markers; `python -m bench.report` does it again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bench.children import ROOT
from bench.plot import draw
from bench.results import Results, Taken, spread, stages
from bench.targets import TARGETS
from bench.workloads import USUAL, WORKLOADS

RESULTS = ROOT / "build" / "bench.json"
HERE = ROOT / "bench"
BEGIN, END = "<!-- what follows is written by `make bench` -->\n", "<!-- until here -->\n"


def write(results: Results, folder: Path = HERE) -> None:
    """Put the plot and the tables where people read them."""
    (folder / "results.svg").write_text(draw(results), encoding="utf-8")
    readme = folder / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    text = f"\n![Seconds at {USUAL:,} rows](results.svg)\n\n{tables(results)}\n"
    readme.write_text(f"{before}{BEGIN}{text}{END}{after}", encoding="utf-8")


def tables(results: Results) -> str:
    """Write all tables as Markdown."""
    parts = [*_failures(results), *_promises(results), *_times(results), *_stages(results), *_about(results)]
    return "\n".join(parts) + "\n"


def _failures(results: Results) -> Iterator[str]:
    for what, why in results.failed.items():
        yield f"**Not measured: {what}** ({why.splitlines()[-1]})\n"


def _promises(results: Results) -> Iterator[str]:
    yield f"### What was to be reached\n\n{USUAL:,} rows unless said; {results.runs} runs of each load.\n"
    yield "| | to reach | measured | from – to | |\n|---|---|---|---|---|"
    for target in TARGETS:
        wanted = f"{'≥' if target.at_least else '≤'} {_number(target.limit)} {target.unit}"
        found = target.measured(results)
        if found:
            verdict = "met" if target.met(found[0]) else "**missed**"
            yield f"| {target.what} | {wanted} | {_number(found[0])} {target.unit} | {_range(found)} | {verdict} |"
        else:
            yield f"| {target.what} | {wanted} | | | not measured |"


def _times(results: Results) -> Iterator[str]:
    for size in sorted({one.size for one in results.taken}):
        yield f"\n### {size:,} rows\n"
        yield "| | | seconds | from – to | with start-up | CPU s | peak MB | rows written | WAL MB |"
        yield "|---|---|---|---|---|---|---|---|---|"
        for workload, taker, taken in _groups(results, size):
            cells = [
                spread([one.seconds for one in taken]),
                spread([one.process for one in taken]),
                spread([one.cpu for one in taken]),
                spread([one.peak_mb for one in taken if one.peak_mb]),
                [] if taker.startswith("dlt") else spread([one.written for one in taken]),
                spread([one.wal_mb for one in taken]),
            ]
            seconds, *others = (_number(cell[0]) if cell else "" for cell in cells)
            yield f"| {workload} | {taker} | {seconds} | {_range(cells[0])} | {' | '.join(others)} |"


def _stages(results: Results) -> Iterator[str]:
    yield "\n### Where the time goes\n\nSeconds, medians; `rest` is what no stage accounts for.\n"
    yield "| rows | | | |\n|---|---|---|---|"
    for size in sorted({one.size for one in results.taken}):
        for workload, taker, taken in _groups(results, size):
            text = ", ".join(f"{name} {seconds:.2f}" for name, seconds in stages(taken).items())
            yield f"| {size:,} | {workload} | {taker} | {text} |"


def _about(results: Results) -> Iterator[str]:
    for title, found in results.about.items():
        yield f"\n**{title.capitalize()}**: " + ", ".join(f"{name} {value}" for name, value in found.items())


def _groups(results: Results, size: int) -> Iterator[tuple[str, str, list[Taken]]]:
    for workload in WORKLOADS:
        for taker in workload.takers:
            if taken := results.of(size, workload.name, taker):
                yield workload.title, taker, taken


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def _range(found: list[float]) -> str:
    return f"{_number(found[1])} – {_number(found[2])}"


if __name__ == "__main__":
    write(Results.from_plain(json.loads(RESULTS.read_text(encoding="utf-8"))))

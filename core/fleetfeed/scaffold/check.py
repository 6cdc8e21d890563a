"""Check a feed: its declaration, sample and settings. Each mistake has a place and a hint."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fleetfeed.feed import Feed
from fleetfeed.feed.problems import BadDeclaration, Problem
from fleetfeed.plugins.discovery import INIT
from fleetfeed.plugins.loading import Plugin
from fleetfeed.plugins.validation import Mistake
from fleetfeed.scaffold.sample_check import never_met, sample_problems
from fleetfeed.scaffold.source_lines import Lines

_DECLARING = Path(inspect.getfile(Feed)).parent  # the package that builds and validates declarations


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake or note: what, where and how to fix it."""

    what: str
    file: str = ""
    line: int | None = None
    about: str = ""
    hint: str = ""


@dataclass
class Checked:
    """The result of a check."""

    name: str
    file: Path
    feed: Feed | None = None  # None if it cannot be loaded
    mistakes: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    by_row: str = ""  # why Python reads its rows one by one; empty if SQL does


def check(plugin: Plugin, settings: Path, *, listed: bool) -> Checked:
    """Check a feed plugin; `listed` is whether the settings file has a section for it."""
    found = Checked(plugin.name, _file(plugin), None if plugin.mistakes else plugin.feed)
    if plugin.mistakes:
        found.mistakes += _unloadable(plugin, found.file)
    elif found.feed is None:
        hint = "it needs a `FEED = Feed(…)`; docs/plugins.md shows one"
        found.mistakes.append(Finding("it declares no feed", str(found.file), hint=hint))
    else:
        _check_sample(found, found.feed, repaired="feed_normalise" in plugin.hooks)
    if not listed:
        hint = 'add it, with source = "s3://BUCKET/FOLDER/" or "file:///FOLDER/": where its exports arrive'
        found.mistakes.append(Finding(f"there is no [feeds.{plugin.name}]", str(settings), hint=hint))
    return found


def _file(plugin: Plugin) -> Path:
    """Return the file that declares the feed, or where it was expected if it cannot be loaded."""
    if (file := getattr(plugin.module, "__file__", None)) is not None:
        return Path(file)
    origin = Path(plugin.origin)
    return origin / INIT if origin.is_dir() else origin


def _unloadable(plugin: Plugin, file: Path) -> Iterator[Finding]:
    if isinstance(plugin.cause, BadDeclaration):
        where, near = _declared(plugin.cause, file)
        lines = Lines(where.read_bytes(), near)
        for problem in plugin.cause.problems:
            yield _finding(problem, where, lines)
        return
    for mistake in plugin.mistakes:
        yield Finding(mistake.what, mistake.file or str(file), mistake.line or _line_of(mistake, file))


def _declared(error: BaseException, file: Path) -> tuple[Path, int]:
    """Return the file and line in which Feed was called."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != "<string>" and Path(frame.filename).parent != _DECLARING
    ]
    return (Path(frames[-1].filename), frames[-1].lineno or 0) if frames else (file, 0)


def _line_of(mistake: Mistake, file: Path) -> int | None:
    """Return the line of the part of a file that a mistake is about."""
    try:
        lines = Lines(file.read_bytes())
    except (OSError, SyntaxError, ValueError):  # the mistake itself reports these
        return None
    return lines.of(Problem("", "", part="name")) if mistake.about == "name" else lines.assigned(mistake.about)


def _finding(problem: Problem, file: Path, lines: Lines) -> Finding:
    return Finding(problem.what, str(file), lines.of(problem), problem.about, problem.hint)


def _check_sample(found: Checked, declared: Feed, *, repaired: bool) -> None:
    lines = Lines(found.file.read_bytes())
    found.mistakes += [_finding(problem, found.file, lines) for problem in never_met(declared)]
    sample = found.file.with_name("sample.csv")
    if not sample.is_file():
        hint = "put a few records of a real export there: the tests of the feed are made from them"
        found.mistakes.append(Finding("there is no sample", str(sample), hint=hint))
        return
    for problem, sure in sample_problems(declared, sample, repaired=repaired):
        finding = (
            _finding(problem, found.file, lines)
            if problem.part
            else Finding(problem.what, str(sample), hint=problem.hint)
        )
        (found.mistakes if sure else found.notes).append(finding)

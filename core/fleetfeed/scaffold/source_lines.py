"""Find the line of a mistake in a plugin's file, by parsing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fleetfeed.feed.problems import Problem


class Lines:
    """Find names in the source of a plugin."""

    def __init__(self, source: bytes, near: int = 0) -> None:
        """Parse the source; `near` is a line of the Feed call, if there are several."""
        tree = ast.parse(source)
        self._assigned = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "Feed"]
        self._near = near
        self._feed = next((call for call in calls if call.lineno <= near <= (call.end_lineno or 0)), None)
        self._feed = self._feed or (calls[0] if calls else None)

    def of(self, problem: Problem) -> int | None:
        """Return the line of a problem, or the nearest one; None if the file has no declaration."""
        argument = self._argument(problem.part)
        if argument is None:
            return self._feed.lineno if self._feed else self._near or None
        nodes = list(self._within(argument.value, set()))
        lines = [line for node in nodes if (line := _line(node, problem.about))]
        if problem.part == "columns":
            # Of a column that is declared twice, report the second.
            calls = [node for node in nodes if isinstance(node, ast.Call)]
            lines = sorted(line for call in calls if (line := _line_of_name(call, problem.about)))[-1:] or lines
        named = [node.value.lineno for node in nodes if isinstance(node, ast.keyword) and node.arg == problem.about]
        return next(iter(lines + named), argument.value.lineno)

    def assigned(self, name: str) -> int | None:
        """Return the line in which a name is assigned."""
        node = self._assigned.get(name)
        return node.lineno if node else None

    def _argument(self, part: str) -> ast.keyword | None:
        return next((item for item in self._feed.keywords if item.arg == part), None) if self._feed else None

    def _within(self, node: ast.AST, followed: set[str]) -> Iterator[ast.AST]:
        """Walk through a value and the values of the names in it."""
        for inner in ast.walk(node):
            yield inner
            if isinstance(inner, ast.Name) and inner.id in self._assigned and inner.id not in followed:
                followed.add(inner.id)
                yield from self._within(self._assigned[inner.id], followed)


def _called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _line_of_name(call: ast.Call, name: str) -> int:
    """Return the line in which a call names a column, as first argument or as `name`; 0 if it does not."""
    named = [*call.args[:1], *(item.value for item in call.keywords if item.arg == "name")]
    return next((line for node in named if (line := _line(node, name))), 0)


def _line(node: ast.AST, text: str) -> int:
    return node.lineno if isinstance(node, ast.Constant) and node.value == text else 0

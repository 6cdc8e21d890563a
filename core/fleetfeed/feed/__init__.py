"""The declaration of a feed. No I/O and no SQL."""

from fleetfeed.feed.columns import Column, Degrees, Moment, Text, Untyped, Whole, YesNo
from fleetfeed.feed.feed import Feed
from fleetfeed.feed.parts import Drop, Roles, is_true
from fleetfeed.feed.problems import BadDeclaration, Choice, choose

__all__ = [
    "BadDeclaration",
    "Choice",
    "Column",
    "Degrees",
    "Drop",
    "Feed",
    "Moment",
    "Roles",
    "Text",
    "Untyped",
    "Whole",
    "YesNo",
    "choose",
    "is_true",
]

"""The declaration of a feed: a plain table that can be printed, compared and tested."""

from __future__ import annotations

import hashlib
import json
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property

from fleetfeed.feed.callables import Spelling, spelling_of
from fleetfeed.feed.checks import problems
from fleetfeed.feed.columns import Moment
from fleetfeed.feed.fields import Fields
from fleetfeed.feed.fingerprint import plain
from fleetfeed.feed.layout import Layout
from fleetfeed.feed.names import SHADOW
from fleetfeed.feed.problems import BadDeclaration
from fleetfeed.text.parse import as_seen


@dataclass(frozen=True, kw_only=True)
class Feed(Fields):
    """Declare a feed: which columns its export has, and what they mean.

    Raises BadDeclaration, a ValueError, if the parts do not fit together.
    """

    def __post_init__(self) -> None:
        if found := problems(self):
            raise BadDeclaration(self.name, found)

    @cached_property
    def ignored(self) -> frozenset[str]:
        """Names of the columns that do not go into `raw`."""
        return frozenset(self.ignore)

    @property
    def layout(self) -> Layout:
        """Layout of its exports."""
        return Layout(self.delimiter, self.encoding, self.headers, self.key, self.known, self.skip)

    @cached_property
    def header_spellings(self) -> dict[str, frozenset[str]]:
        """Possible header texts of each declared column, normalised with as_seen()."""
        spelt = {name: {as_seen(name)} for name in self.known}
        for text, name in self.headers.items():
            spelt[name].add(as_seen(text))
        return {name: frozenset(texts) for name, texts in spelt.items()}

    @cached_property
    def header_words(self) -> frozenset[str]:
        """All possible header texts of declared columns, normalised with as_seen()."""
        return frozenset().union(*self.header_spellings.values())

    @cached_property
    def spellings(self) -> dict[str, Spelling]:
        """Functions that normalise cells, by column; only for columns that need one."""
        return {column.name: spelling for column in self.columns if (spelling := spelling_of(column))}

    @cached_property
    def winners(self) -> tuple[Moment, ...]:
        """Columns whose times decide which of several records of a ticket wins."""
        moments = {column.name: column for column in self.columns if isinstance(column, Moment)}
        return tuple(moments[name] for name in self.winner)

    @cached_property
    def zone(self) -> str:
        """Time zone of the feed's days: that of its closing times or, without them, of its first creation times."""
        name = self.roles.closed or self.roles.created[0]
        return next(item.zone_name for item in self.columns if isinstance(item, Moment) and item.name == name)

    def in_zone(self, zone: str) -> Feed:
        """Return the feed with `zone` in each Moment that declares none. The fingerprint stays the declaration's."""
        columns = [
            replace(column, zone=zone) if isinstance(column, Moment) and not column.zone else column
            for column in self.columns
        ]
        resolved = replace(self, columns=tuple(columns))
        resolved.__dict__["fingerprint"] = self.fingerprint
        return resolved

    @property
    def shadow(self) -> Feed:
        """The same feed under the name of the tables that a rebuild fills. The fingerprint stays the declaration's."""
        made = copy(self)
        # Not by replace(): the mark in the name is refused in declarations.
        made.__dict__.update(name=f"{self.name}{SHADOW}", fingerprint=self.fingerprint)
        return made

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the whole declaration: it changes whenever rows could come out differently."""
        text = json.dumps(plain(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

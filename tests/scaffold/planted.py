"""A sound feed with its sample, and the mistakes that are planted in it."""

from __future__ import annotations

GOOD = """from fleetfeed import Degrees, Drop, Feed, Moment, Roles, Text, Untyped, Whole, YesNo, choose, hookimpl

TIMES = (
    "%d/%m/%Y %H:%M",
)
FEED = Feed(
    name="thing",
    key="id",
    winner=(
        "touched",
    ),
    sentinel="STOPPED",
    drops=(
        Drop("alarm", ("yes",), "alarm"),
    ),
    ignore=(
        "junk",
    ),
    columns=(
        Text("status"),
        Text("team"),
        Text("alarm"),
        Whole("count"),
        YesNo("urgent"),
        Moment("begun", formats=TIMES),
        Moment("ended", formats=TIMES),
        Moment("touched"),
    ),
    bookkeeping=(
        "touched",
    ),
    aliases={},
    codes=(
        "^x",
    ),
    delimiter=",",
    encoding="utf-8",
    nulls=(
        "?",
    ),
    headers={
        "Team": "team",
    },
    roles=Roles(
        status="status",
        closed_statuses=("closed", "void"),
        closed="ended",
        created=("begun",),
        team="team",
        cancelled_statuses=("void",),
    ),
)
"""
SAMPLE = """id,status,Team,alarm,count,urgent,begun,ended,touched,junk
T1,open,a,no,1,yes,01/02/2026 10:00,,2026-02-01 10:00,x
T2,closed,b,yes,2,no,01/02/2026 10:00,14/02/2026 10:00,2026-02-14 10:00,x
T3,void,b,no,?,no,01/02/2026 10:00,14/02/2026 10:00,2026-02-14 10:00,x
"""
HERE = "  # HERE"  # the line that is wrong

Planted = tuple[str, str]  # what stands in GOOD, and what stands there instead


def instead(there: str, other: str) -> Planted:
    """Put something else in the place of a line, or of the end of one."""
    return there, other + HERE


def after(there: str, more: str) -> Planted:
    """Put one more line after another."""
    line = next(line for line in GOOD.splitlines() if there in line)
    indent = line[: len(line) - len(line.lstrip())] or "    "
    return there, f"{there}\n{indent}{more}{HERE}"


TEAM, WINNER, CLOSED = 'Text("team"),', '"touched",\n    ),\n    sentinel', 'closed_statuses=("closed", "void"),'
ROLES = '        team="team",'
# What is reported, and what is planted.
PLANTED = {
    "a feed's name matches": instead('name="thing",', 'name="Thing",'),
    "is not one of alarms, captured_runs": instead('name="thing",', 'name="rejects",'),
    "the key 'id' is not declared as a column; it is implied": after(TEAM, 'Text("id"),'),
    "the key 'id' is ignored": after('        "junk",', '"id",'),
    "column 'team' is declared twice": after('Whole("count"),', 'Text("team"),'),
    "'two words' is not a possible column name": (TEAM, f'{TEAM}\n Text(\n "two words",{HERE}\n ),'),
    "column 'geom' is one every feed's table has": after(TEAM, 'Text("geom"),'),
    "column 'p_limit' would clash": after(TEAM, 'Text(name="p_limit"),'),
    "column 'team' is both declared and ignored": after('        "junk",', '"team",'),
    "winner 'tuched' is not a declared Moment": (WINNER, WINNER.replace('"touched",', f'"tuched",{HERE}')),
    "the format '%H:%M' of 'begun' does not contain year, month and day": after('    "%d/%m/%Y %H:%M",', '"%H:%M",'),
    "role 'crew' is not a declared column": instead(ROLES, '        team="crew",'),
    "role 'began' is not a declared column": instead('created=("begun",),', 'created=("begun", "began"),'),
    "role 'count' is not a Moment": instead('closed="ended",', 'closed="count",'),
    "role 'alarm' is not a Whole": after(ROLES, 'mttr="alarm",'),
    "the role 'closed_statuses' is missing": instead(CLOSED, "closed_statuses=(),"),
    "the owner 'boss' gets no column": after(ROLES, 'owner="boss",'),
    "the cancelled status 'gone'": instead('cancelled_statuses=("void",),', 'cancelled_statuses=("gone",),'),
    "bookkeeping 'nothing'": after("    bookkeeping=(", '"nothing",'),
    "drop on 'ghost'": after("    drops=(", 'Drop("ghost", ("x",), "y"),'),
    "the code 'x('": after('        "^x",', '"x(",'),
    "the delimiter ';;'": instead('delimiter=",",', 'delimiter=";;",'),
    "there is no encoding 'utf-9'": instead('encoding="utf-8",', 'encoding="utf-9",'),
    "the null ' ?' can never be a cell": after('        "?",', '" ?",'),
    "the header 'Crew' names the column 'crew'": after('"Team": "team",', '"Crew": "crew",'),
    "but is declared itself": after('"Team": "team",', '"alarm": "team",'),
    "a choice is left to you: when?": instead('closed="ended",', 'closed=choose("when?"),'),
    "a choice is left to you: which?": instead('Moment("touched"),', 'Moment("touched", formats=(choose("which?"),)),'),
    "nulls is '?', and not a tuple of texts": instead('        "?",', '        "?"'),
    "closed_statuses is 'closed', and not a tuple of texts": instead(CLOSED, 'closed_statuses=("closed"),'),
    "created is 'begun', and not a tuple of texts": instead('created=("begun",),', 'created=("begun"),'),
    "formats is '%d', and not a tuple of texts": after(TEAM, 'Moment("when", formats=("%d")),'),
    # What keeps the file from being run, and what is wrong beside the declaration.
    "SyntaxError": instead('sentinel="STOPPED",', 'sentinel="STOPPED,'),
    "NameError": instead("TIMES = (", "TIMES = nothing("),
    "TypeError": instead("FEED = Feed(", "FEED = Feed(colour=1,"),
    "declares a feed 'other' under the name 'thing'": instead('name="thing",', 'name="other",'),
    "did you mean `feed_filter`": ("\nTIMES", f"\n@hookimpl{HERE}\ndef feed_fliter(row): ...\nTIMES"),
    "it is not marked with @hookimpl": ("\nTIMES", f"\ndef feed_filter(row): ...{HERE}\nTIMES"),
    "FEED is no fleetfeed.Feed": instead("FEED = Feed(", "FEED = dict("),
    # What only the sample shows.
    "the column 'stats' is not in sample.csv": after(TEAM, 'Text("stats"),'),
    "the key 'number' is not in sample.csv": instead('key="id",', 'key="number",'),
    "3 of 3 cells of 'team' are no Whole: 'b', 'a'": instead(TEAM, 'Whole("team"),'),
    "2 of 2 cells of 'ended' are no Moment": instead('Moment("ended", formats=TIMES),', 'Moment("ended"),'),
    "on 2 of 2 cells of 'count' its fold fails: fold of count raised ZeroDivisionError": instead(
        'Whole("count"),', 'Whole("count", fold=lambda cell: str(int(cell) // 0)),'
    ),
    "on 3 of 3 cells of 'team' its fold fails: fold of team gave no text": instead(TEAM, 'Text("team", fold=len),'),
    "on 1 of 3 cells of 'touched' its fold fails": instead(
        'Moment("touched"),', 'Moment("touched", fold=lambda cell: cell if "02-14" in cell else 1 // 0),'
    ),
    "the drop 'alarm' raised ZeroDivisionError": instead(
        'Drop("alarm", ("yes",), "alarm"),',
        'type("Late", (Drop,), {"matches": lambda self, values: 1 // 0})("alarm", ("yes",), "alarm"),',
    ),
    # What no cell can be.
    "no cell of 'alarm' is 'YES'": instead('Drop("alarm", ("yes",), "alarm"),', 'Drop("alarm", ("YES",), "alarm"),'),
    "no cell of 'urgent' is 'Y'": instead('YesNo("urgent"),', 'YesNo("urgent", yes=("yes", "Y"), no=("no",)),'),
    "no status in sample.csv is a closed one": instead(CLOSED, 'closed_statuses=("shut", "void"),'),
}

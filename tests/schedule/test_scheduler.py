"""What comes due is run: not twice at once, not never, and no run for ever."""

from __future__ import annotations

import pytest

from tests.schedule.played import Played, Script, at

INC, CRQ = "*/20 6-20 * * *", "10 6-20 * * *"
HANGS = float("inf")
THIRDS = [f"{hour:02}:{minute:02}:00" for hour in range(6, 21) for minute in (0, 20, 40)]
TENS = [f"{hour:02}:10:00" for hour in range(6, 21)]


def test_a_day_is_run_tick_by_tick_in_the_projects_zone() -> None:
    day = Played("00:00", {"inc": INC, "crq": CRQ}, last={"inc": "-1 20:40", "crq": "-1 20:10"})
    day.until("+1 00:00")
    assert (day.starts("inc"), day.starts("crq")) == (THIRDS, TENS)
    assert {run.result for run in day.runs} == {0}


def test_a_day_of_hang_crash_outage_and_sleep_loses_and_doubles_no_run() -> None:
    outage = {("inc", time): Script(lasts=10, code=1) for time in ("14:00", "14:20", "14:40", "15:00")}
    outage |= {("crq", "14:10"): Script(lasts=10, code=1)}
    day = Played(
        "05:00",
        {"inc": INC, "crq": CRQ},
        last={"inc": "-1 20:40", "crq": "-1 20:10"},
        scripts={
            ("inc", "07:00"): Script(lasts=HANGS),
            ("inc", "08:00"): Script(lasts=HANGS, heeds=False),
            ("inc", "09:20"): Script(lasts=1, code=-11),
            ("inc", "10:00"): Script(startable=False),
            **outage,
        },
    )
    day.until("12:05")
    day.sleep("13:30")
    day.until("+1 00:00")

    slept_through = {"12:20:00", "12:40:00", "13:00:00", "13:20:00"}
    inc = sorted({*THIRDS, "13:30:00"} - slept_through - {"10:00:00"})
    assert day.starts("inc") == inc
    assert day.starts("crq") == sorted({*TENS, "13:30:00"} - {"12:10:00", "13:10:00"})
    assert day.overlapping() == []
    assert [(f"{run.began:%H:%M}", run.pressed, run.result) for run in day.runs if run.pressed] == [
        ("07:00", [300], 143),
        ("08:00", [300, 310], -9),
    ]

    exports = [at(f"{hour:02}:05") for hour in range(5, 20)]
    loads = {feed: [run.began for run in day.runs if run.feed == feed and run.result == 0] for feed in ("inc", "crq")}
    for began in loads.values():
        waited = [min(load for load in began if load >= export) - export for export in exports]
        assert max(waited).total_seconds() < 100 * 60


def test_after_a_long_run_only_one_of_the_missed_runs_follows() -> None:
    day = Played("06:00", {"inc": "* * * * *"}, last={"inc": "06:00"}, scripts={("inc", "06:01"): Script(lasts=200)})
    day.until("06:06")
    assert day.starts("inc") == ["06:01:00", "06:04:20", "06:05:00"]


@pytest.mark.parametrize(
    ("begins", "last", "starts"),
    [
        ("06:30", {"inc": "06:20"}, ["06:40:00"]),
        ("06:30", {"inc": "06:10"}, ["06:30:00", "06:40:00"]),
        ("06:30", {"inc": "-3 20:40"}, ["06:30:00", "06:40:00"]),
        ("06:30", {}, ["06:30:00", "06:40:00"]),
        ("02:00", {"inc": "-1 20:40"}, []),
        ("06:30", {"inc": "+1 06:20"}, ["06:40:00"]),
    ],
    ids=["nothing missed", "one tick", "three days", "never ran", "night", "another machine's clock is ahead"],
)
def test_a_tick_that_nobody_was_there_for_is_caught_up_once(
    begins: str, last: dict[str, str], starts: list[str]
) -> None:
    day = Played(begins, {"inc": INC}, last)
    day.until("06:45" if begins == "06:30" else "05:00")
    assert day.starts("inc") == starts


def test_a_clock_that_is_put_back_makes_no_pause() -> None:
    day = Played("10:00", {"inc": INC}, {"inc": "10:00"})
    day.until("10:21")
    day.sleep("09:10")
    day.until("09:41")
    assert day.starts("inc") == ["10:20:00", "09:20:00", "09:40:00"]


def test_a_clock_that_is_put_forward_ends_no_run_that_is_at_work() -> None:
    day = Played("06:20", {"inc": INC}, {"inc": "06:00"}, scripts={("inc", "06:20"): Script(lasts=60)})
    day.until("06:20:30")
    day.sleep("09:00")
    day.until("09:05")
    assert [(run.pressed, run.result) for run in day.runs] == [([], 0)] * 2


@pytest.mark.parametrize(
    ("script", "pressed", "result", "seconds"),
    [
        (Script(lasts=4), [], 0, 5),
        (Script(lasts=HANGS), [5], 143, 7),
        (Script(lasts=HANGS, heeds=False), [5, 25], -9, 27),
    ],
    ids=["one that finishes", "one that rolls back", "one that heeds nothing"],
)
def test_after_sigterm_nothing_starts_and_all_runs_end_in_30_seconds(
    script: Script, pressed: list[float], result: int, seconds: float
) -> None:
    day = Played("06:20", {"inc": INC, "crq": "20 * * * *"}, {"inc": "06:00"}, {("inc", "06:20"): script})
    day.look(0)
    day.scheduler.stop()
    while not day.scheduler.stopped:
        day.look(1)
    first = day.runs[0]
    assert (first.pressed, first.result, day.clock.passed) == (pressed, result, seconds)
    day.until("07:30")
    assert [run.feed for run in day.runs] == ["inc", "crq"]


def test_what_is_started_and_how_it_ended_is_reported() -> None:
    scripts = {("inc", "06:20"): Script(lasts=30, code=1), ("inc", "06:40"): Script(startable=False)}
    day = Played("06:20", {"inc": INC}, {"inc": "06:00"}, scripts)
    day.until("07:00")
    assert day.said == [
        ("inc", "run started"),
        ("inc", "run ended with exit code 1 after 30 s"),
        ("inc", "the run could not be started: Cannot allocate memory; the next tick tries again"),
    ]


def test_the_end_of_a_run_that_hangs_is_reported_once() -> None:
    day = Played(
        "08:00", {"inc": INC}, {"inc": "07:40"}, {("inc", "08:00"): Script(HANGS, heeds=False, dies_within=60)}
    )
    day.until("08:19")
    assert [text for _, text in day.said] == [
        "run started",
        "the run is at work for 300 s; it is asked to roll back and end",
        "the run does not end; it is killed, and the database rolls it back",
        "run ended with signal 9 after 370 s",
    ]


@pytest.mark.parametrize(("lasts", "pressed", "code"), [(2_000, [], 0), (HANGS, [21_630], 143)])
def test_a_first_load_has_hours_and_no_more(lasts: float, pressed: list[float], code: int) -> None:
    day = Played("06:00", {"inc": "0 6 * * *"}, scripts={("inc", "06:00"): Script(lasts=lasts)})
    day.until("12:30")
    assert [(run.pressed, run.result) for run in day.runs] == [(pressed, code)]


def test_only_the_first_load_has_hours_and_none_once_all_shall_end() -> None:
    scripts = {("inc", "06:00"): Script(lasts=2_000), ("inc", "08:00"): Script(lasts=HANGS)}
    day = Played(
        "06:00", {"inc": "0 6,8 * * *", "crq": "0 6 * * *"}, scripts=scripts | {("crq", "06:00"): Script(lasts=HANGS)}
    )
    day.until("08:30")
    assert [run.pressed for run in day.runs if run.feed == "inc"] == [[], [300]]
    day.scheduler.stop()
    day.until("08:31")
    assert day.scheduler.stopped

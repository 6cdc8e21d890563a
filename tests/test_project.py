"""A feed is run from Python, as a job of somebody's own scheduler would."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed import Project
from fleetfeed.errors import ConfigError
from tests.kit import export, ticket


@pytest.fixture
def project(url: str, tmp_path: Path) -> Project:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "export.csv").write_bytes(export([ticket("INC1"), ticket("INC2")]))
    (tmp_path / "fleetfeed.toml").write_text(
        f"""
        [project]
        timezone = "Africa/Nairobi"
        [database]
        url = "{url}"
        [feeds.inc]
        source = "file://{tmp_path}/inbox/"
        """
    )
    return Project.load(str(tmp_path))


def test_a_dry_run_counts_and_writes_nothing(project: Project) -> None:
    report = project.run("inc")
    assert (report.outcome, report.rows.inserted, report.error) == ("loaded", 2, None)
    with project.database("test") as db:
        assert db.one("SELECT count(*) FROM tickets.inc") == 0


def test_an_applied_run_loads_and_the_next_finds_nothing_new(project: Project) -> None:
    assert [project.run("inc", apply=True, archive=False, deadline=60).outcome for _ in range(2)] == [
        "loaded",
        "unchanged",
    ]
    with project.database("test") as db:
        assert db.one("SELECT count(*) FROM tickets.inc") == 2


def test_what_goes_wrong_is_in_the_report(project: Project) -> None:
    (project.folder / "inbox" / "export.csv").write_text("no,header\n")
    report = project.run("inc", apply=True)
    assert (report.outcome, type(report.error).__name__) == ("refused", "ExportRefused")
    for apply in (False, True):
        assert type(project.run("nope", apply=apply).error).__name__ == "PluginError"
        assert type(project.run("crq", apply=apply).error).__name__ in ("ConfigError", "SchemaBehind")


def test_only_stages_that_are_done_are_reported_as_done(project: Project) -> None:
    done: list[str] = []
    assert project.run("inc", apply=True, archive=False, progress=lambda _, stage: done.append(stage)).error is None
    assert done == ["source", "upsert", "history"]
    (project.folder / "inbox" / "export.csv").unlink()
    (project.folder / "inbox").rmdir()
    assert project.run("inc", progress=lambda _, stage: done.append(stage)).error
    assert done == ["source", "upsert", "history"]


def test_rejected_records_are_read_again(project: Project) -> None:
    (project.folder / "inbox" / "export.csv").write_bytes(export([ticket("INC1")]) + b"INC2,too,short\r\n")
    assert project.run("inc", apply=True).rows.rejected.total() == 1
    (batch,) = project.replay("inc", apply=True)
    assert ([outcome.what for outcome in batch.outcomes], batch.report.outcome) == (["rejected"], "loaded")
    (batch,) = project.replay("inc", [batch.outcomes[0].reject.reject_id], line=line("INC2"), apply=True)
    assert ([outcome.what for outcome in batch.outcomes], batch.report.rows.inserted) == (["inserted"], 1)


def line(key: str) -> str:
    return export([ticket(key)]).decode().splitlines()[1]


def test_a_folder_without_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no fleetfeed\.toml"):
        Project.load(tmp_path)


def test_an_unknown_option_is_a_mistake_of_the_caller(project: Project) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'aply'"):
        project.run("inc", aply=True)  # type: ignore[call-arg]

"""A rebuild that is killed goes on where it was; a killed swap has done nothing, and the next one does all of it."""

from __future__ import annotations

import signal

from tests.crash.faults import Fault, Place, Talk, places
from tests.crash.scene import Scene
from tests.crash.stage import Stage, chosen, is_statement

SWAP = ("rebuild", "inc", "--swap", "--accept", "by hand")
EDIT = """
UPDATE tickets.inc SET raw = raw || '{"owner": "X"}' WHERE ticket_id < 'INC0005';
DELETE FROM tickets.ticket_changes WHERE kind = 'absent';
DELETE FROM tickets.inc WHERE ticket_id = 'INC0007'
"""


def _rebuilt(scene: Scene) -> None:
    scene.rows(EDIT)
    assert scene.run("rebuild", "inc", "--apply").code == 0


def _statements(talk: Talk) -> list[Place]:
    """Give the statements from the lock on: what comes before is a replay, in transactions of its own."""
    every = [place for place in places(talk.said) if is_statement(*place)]
    begun = next(number for number, (words, _) in enumerate(every) if words.startswith("LOCK TABLE"))
    committed = next(n for n, (words, _) in enumerate(every) if n > begun and words == "COMMIT")
    return every[begun : committed + 1]


def test_killed_at_each_statement_of_the_swap(stage: Stage) -> None:
    talk = Talk()
    with stage.scene() as scene:
        _rebuilt(scene)
        assert scene.run(*SWAP, database=talk).code == 0
        after = scene.state()
    statements = _statements(talk)
    assert len(statements) > 40
    with stage.scene() as scene:
        _rebuilt(scene)
        before = scene.state()
        for place in [*chosen(statements[:-1], 32), statements[-1]]:
            killed = scene.run(*SWAP, database=Talk(Fault(place, "before", scene.victim.kill)))
            assert killed.code == -signal.SIGKILL, place
            scene.wait_until_nobody_is_at_work()
            assert scene.state() == before, place
        killed = scene.run(*SWAP, database=Talk(Fault(statements[-1], "after", scene.victim.kill)))
        assert killed.code == -signal.SIGKILL
        scene.wait_until_nobody_is_at_work()
        assert scene.state() == after


def test_killed_on_the_way_a_rebuild_goes_on_and_is_equal(stage: Stage) -> None:
    talk, apply = Talk(), ("rebuild", "inc", "--apply")
    with stage.scene() as scene:
        assert scene.run(*apply, database=talk).code == 0
        assert scene.run("rebuild", "inc", "--drop").code == 0
        before = scene.state()
        statements = [place for place in places(talk.said) if is_statement(*place)]
        begun = next(number for number, (words, _) in enumerate(statements) if words.startswith("CREATE TABLE"))
        for place in chosen(statements[begun:], 120, first=20):
            killed = scene.run(*apply, database=Talk(Fault(place, "after", scene.victim.kill)))
            assert killed.code == -signal.SIGKILL, place
            scene.wait_until_nobody_is_at_work()
            again = scene.run(*apply)
            assert (again.code, "  equal  " in again.out) == (0, True), again.err
            assert scene.run("rebuild", "inc", "--drop").code == 0
            assert scene.state() == before, place

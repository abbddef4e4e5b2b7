"""One installation for one database file: elsewhere it is refused, and moved only after the account was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Verdict
from bot.core import guarding, taking_over
from bot.core.counting import CallCount
from bot.core.desk import Desk
from bot.errors import NetworkRefusedError, PersonNeededError
from bot.lifecycle import state_of
from bot.model import Account, PostState, Standing
from bot.publishers import LookError, Publisher
from bot.storage import Storage
from bot.storage.copying import copy_to_file
from tests.campaigns import FaultyNetwork, Stage, a_stage, lost_answer
from tests.samples import a_post

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
TUESDAY_0 = datetime(2027, 3, 9, tzinfo=UTC)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A started campaign, bound to this computer."""
    made = a_stage(tmp_path).plan_and_sign().start()
    guarding.require_installation(made.bot.record, "here")
    yield made
    made.storage.close()


@pytest.fixture
def copied(stage: Stage, tmp_path: Path) -> Iterator[Desk]:
    """A copy from before Monday, while Monday's posts are out."""
    copy_to_file(stage.storage.database, tmp_path / "copied.db")
    stage.run_until(TUESDAY_0)
    storage = Storage(f"sqlite:///{tmp_path / 'copied.db'}", durable=False, now=stage.clock.now)
    yield replace(stage.bot.record, storage=storage)
    storage.close()


def a_copy(stage: Stage, folder: Path) -> Storage:
    """The database as it is now, on another computer."""
    copy_to_file(stage.storage.database, folder / "copy.db")
    return Storage(f"sqlite:///{folder / 'copy.db'}", durable=False, now=stage.clock.now)


def test_a_copy_is_refused_elsewhere_and_welcome_at_home(copied: Desk) -> None:
    guarding.require_installation(copied, "here")
    with pytest.raises(PersonNeededError, match="--take-over"):
        guarding.require_installation(copied, "elsewhere")


def test_a_move_adopts_what_is_out_before_it_moves(stage: Stage, copied: Desk) -> None:
    out = {post.code for post in stage.bot.posts() if state_of(post) is PostState.POSTED}
    assert len(out) > 3
    adopted = taking_over.move_here(copied, "elsewhere", lambda _account: stage.network)
    assert set(adopted) == out
    assert {post.code for post in copied.posts() if state_of(post) is PostState.POSTED} == out
    guarding.require_installation(copied, "elsewhere")


def taken_over(copied: Desk, stage: Stage) -> list[str]:
    """What a take-over says of a copy."""
    said: list[str] = []
    taking_over.move_here(copied, "elsewhere", lambda _account: stage.network, tell=said.append)
    return said


def test_a_copy_that_did_not_know_what_is_out_is_paused_and_waits_for_a_person(
    stage: Stage, copied: Desk, tmp_path: Path
) -> None:
    (said,) = taken_over(copied, stage)
    assert "the last thing that this copy of the campaign knows of is fri 5 mar 12:00 gmt, 3 days 12" in said.lower()
    assert said.endswith("What was decided elsewhere after that is not in it.")
    doubt = copied.storage.installation.identity().doubt
    assert doubt == "taken over from another computer and did not know of w20, o01, w19 and 5 more, out already"
    assert copied.record().pause_reason == doubt
    guarding.require_installation(copied, "elsewhere")
    with pytest.raises(PersonNeededError, match="db verify"):
        guarding.refuse_older_copy(copied, CallCount(tmp_path / "state", "none"))


def test_a_copy_at_whose_age_posts_fell_due_waits_for_a_person_too(stage: Stage, copied: Desk) -> None:
    """Who has withdrawn since, or what was skipped, cannot be read from the account."""
    stage.clock.advance_to(TUESDAY_0)
    stage.network = FaultyNetwork(stage.clock)
    taken_over(copied, stage)
    assert copied.storage.installation.identity().doubt == (
        "taken over from another computer and knew of nothing after Fri 5 Mar 12:00 GMT, "
        "since when w20, o01, w19 and 5 more fell due"
    )


def test_a_copy_that_knows_all_there_is_goes_straight_on(stage: Stage, tmp_path: Path) -> None:
    stage.run_until(TUESDAY_0)
    stage.clock.advance(timedelta(hours=8))
    storage = a_copy(stage, tmp_path)
    desk = replace(stage.bot.record, storage=storage)
    (said,) = taken_over(desk, stage)
    assert "ago" in said
    assert storage.installation.identity().doubt == ""
    assert desk.record().paused_at is None
    guarding.refuse_older_copy(desk, CallCount(tmp_path / "state", "none"))
    storage.close()


def test_a_call_whose_end_nobody_knew_proves_nothing_about_the_age_of_a_copy(stage: Stage, tmp_path: Path) -> None:
    """The computer died in the moment of sending: the copy knows of that call."""
    stage.network.faults.append(lost_answer)
    stage.run_until(MONDAY_9)
    storage = a_copy(stage, tmp_path)
    desk = replace(stage.bot.record, storage=storage)
    assert taking_over.move_here(desk, "elsewhere", lambda _account: stage.network) == ("w20",)
    assert storage.installation.identity().doubt == ""
    storage.close()


def test_a_copy_that_somebody_vouched_for_is_as_young_as_that(stage: Stage, copied: Desk) -> None:
    guarding.verify(copied, lambda _account: stage.network)
    guarding.confirm(copied)
    taken_over(copied, stage)
    assert copied.storage.installation.identity().doubt == ""


@pytest.mark.parametrize("reason", ["", "restored from a backup (monday.db)"])
def test_a_take_over_that_cannot_read_the_account_changes_nothing(stage: Stage, copied: Desk, reason: str) -> None:
    def blind(_account: Account) -> Publisher:
        raise LookError(Outcome(verdict=Verdict.NOT_SENT, reason="No connection."))

    copied.storage.installation.record_doubt(reason)
    before = copied.storage.installation.identity(), copied.posts()
    with pytest.raises(NetworkRefusedError):
        taking_over.move_here(copied, "elsewhere", blind)
    assert (copied.storage.installation.identity(), copied.posts()) == before


def test_a_take_over_that_was_cut_off_leaves_a_doubt(stage: Stage, copied: Desk) -> None:
    """What it had adopted would be no evidence any more for the next one."""

    class PowerCutError(Exception):
        pass

    def dies(_account: Account) -> Publisher:
        raise PowerCutError

    with pytest.raises(PowerCutError):
        taking_over.move_here(copied, "elsewhere", dies)
    taken_over(copied, stage)
    assert copied.storage.installation.identity().doubt.endswith("and that was cut off")


@pytest.mark.parametrize(
    ("standing", "fell"),
    [(Standing.APPROVED, True), (Standing.DRAFT, True), (Standing.MISSED, False), (Standing.SKIPPED, False)],
)
def test_what_may_have_been_signed_off_and_sent_elsewhere_has_fallen_due(standing: Standing, fell: bool) -> None:
    post = a_post(code="w07", standing=standing)
    due = post.slot.due_at
    minute = timedelta(minutes=1)
    assert taking_over.fell_due((post,), since=due - minute, now=due) == (("w07",) if fell else ())
    assert taking_over.fell_due((post,), since=due, now=due + minute) == ()
    assert taking_over.fell_due((post,), since=due - 2 * minute, now=due - minute) == ()

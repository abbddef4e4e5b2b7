"""How the runner looks for what an unclear call has made: what a reading may be trusted with, and when it began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.calls import Outcome, Refusal, SeenPost, Verdict
from bot.core.settling import CLOCK_SKEW, MAX_LOOKS, UNREADABLE_FOR
from bot.errors import DatabaseError, Problem
from bot.lifecycle import SETTLE_WINDOW, reason_of, state_of
from bot.model import PostState
from bot.publishers import LookError
from bot.storage import schema
from bot.storage.leases import Lease
from tests.campaigns import SENDS_AGAIN, FaultyNetwork, Stage, a_stage, lost_answer, lost_request

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
FIRST = "w20"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A campaign at its first slot that sends once more what X neither answered nor shows."""
    made = a_stage(tmp_path, **SENDS_AGAIN).plan_and_sign().start()
    made.clock.advance_to(MONDAY_9)
    yield made
    made.storage.close()


class Unreadable(FaultyNetwork):
    """Posts can be made, and cannot be read until an instant."""

    readable_at = datetime.max.replace(tzinfo=UTC)
    why = Outcome(verdict=Verdict.UNKNOWN, reason="X had trouble of its own.")

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        seen = super().recent(since)
        if self._clock.now() < self.readable_at:
            raise LookError(self.why)
        return seen


class Slow(FaultyNetwork):
    """A reading shows what was there when it began, and takes its time."""

    takes = timedelta(seconds=20)

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        seen = super().recent(since)
        self._clock.advance(self.takes)
        return seen


def test_an_account_that_cannot_be_read_proves_nothing_however_often_it_is_tried(stage: Stage) -> None:
    network = stage.network = Unreadable(stage.clock)
    network.faults.append(lost_answer)
    stage.run_until(MONDAY_9 + UNREADABLE_FOR)
    assert len(network.calls) == 1
    assert MAX_LOOKS < network.looks < 40
    assert state_of(stage.posts[FIRST]) is PostState.UNKNOWN
    stage.run_until(MONDAY_9 + UNREADABLE_FOR + timedelta(minutes=2))
    assert state_of(stage.posts[FIRST]) is PostState.HELD
    assert "did not settle it" in reason_of(stage.posts[FIRST])


@pytest.mark.parametrize("minutes", [1, 8, 25])
def test_once_a_network_that_could_not_be_read_answers_again_nobody_is_asked(stage: Stage, minutes: int) -> None:
    network = stage.network = Unreadable(stage.clock)
    network.faults.append(lost_answer)
    network.readable_at = MONDAY_9 + timedelta(minutes=minutes)
    stage.run_until(network.readable_at + timedelta(minutes=2))
    assert len(network.calls) == 1
    assert state_of(stage.posts[FIRST]) is PostState.POSTED


@pytest.mark.parametrize("refusal", [Refusal.FORBIDDEN, Refusal.UNAUTHORISED, Refusal.NO_CREDIT])
def test_a_network_that_refuses_to_show_the_account_is_not_asked_for_half_an_hour(
    stage: Stage, refusal: Refusal
) -> None:
    network = stage.network = Unreadable(stage.clock)
    network.why = Outcome(verdict=Verdict.REFUSED, refusal=refusal, reason="X says no.")
    network.faults.append(lost_answer)
    stage.run_until(MONDAY_9 + timedelta(minutes=9))
    assert network.looks == MAX_LOOKS
    assert state_of(stage.posts[FIRST]) is PostState.HELD


def test_a_clock_that_goes_back_while_the_account_cannot_be_read_makes_no_rush(stage: Stage) -> None:
    network = stage.network = Unreadable(stage.clock)
    network.faults.append(lost_answer)
    runner = stage.runner()
    stage.run_until(MONDAY_9 + timedelta(minutes=3), runner)
    before = network.looks
    stage.clock.jump(-timedelta(hours=2))
    stage.run_until(stage.clock.now() + timedelta(minutes=5), runner)
    assert 0 < network.looks - before <= 8


def test_an_account_that_can_be_read_again_is_believed_then(stage: Stage) -> None:
    network = stage.network = Unreadable(stage.clock)
    network.readable_at = MONDAY_9 + 2 * SETTLE_WINDOW
    network.faults.append(lost_answer)
    stage.run_until(MONDAY_9 + timedelta(minutes=10))
    receipt = stage.posts[FIRST].messages[0].receipt
    assert len(network.calls) == 1
    assert receipt is not None
    assert receipt.adopted


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(minutes=-4), timedelta(minutes=4)])
def test_a_look_that_a_clock_has_put_far_away_is_not_waited_for(stage: Stage, jump: timedelta) -> None:
    runner = stage.runner()
    stage.network.faults.append(lost_answer)
    runner.tick()
    assert stage.network.looks == 0
    stage.clock.jump(jump)
    runner.tick()
    assert stage.network.looks >= 1


def test_the_next_look_is_waited_for(stage: Stage) -> None:
    stage.network.faults.append(lost_request)
    runner, looked_after = stage.runner(), []
    for second in range(60):
        before = stage.network.looks
        runner.tick()
        looked_after += [second] if stage.network.looks > before else []
        stage.clock.advance(timedelta(seconds=1))
    assert looked_after == [5, 15, 45]


def test_a_clock_that_goes_back_behind_the_end_of_a_call_keeps_nobody_waiting_for_that_moment(stage: Stage) -> None:
    stage.network.faults.append(lost_answer)
    stage.network.blind = True
    runner = stage.runner()
    stage.run_until(MONDAY_9 + timedelta(seconds=20), runner)
    stage.clock.jump(-timedelta(minutes=10))
    runner.tick()
    call = stage.storage.delivery.open_attempt(stage.bot.account().account_id)
    assert call is not None
    assert call.settle_from == stage.clock.now()


def test_a_reading_that_tells_nothing_does_not_count_among_those_that_tell_absence(stage: Stage) -> None:
    delivery, now, account = stage.storage.delivery, stage.clock.now(), stage.bot.account().account_id
    fence, post = delivery.claim(account, "one", now=now), stage.posts[FIRST]
    assert fence is not None
    lease = Lease(account_id=account, runner_id="one", fence=fence)
    call = delivery.record_intent(post, post.messages[0], in_reply_to=None, lease=lease, now=now)
    for absent in (False, True, False):
        assert call is not None
        delivery.record_look(call, absent=absent, lease=lease, now=now)
        call = delivery.open_attempt(account)
    assert call is not None
    assert (call.looks, call.absent_looks) == (3, 1)


def test_the_settle_window_begins_when_the_call_has_ended(stage: Stage) -> None:
    takes = timedelta(seconds=20)

    def slow(_network: object, _outgoing: object) -> Outcome:
        stage.clock.advance(takes)
        return Outcome(verdict=Verdict.UNKNOWN, reason="The connection broke.")

    stage.network.faults.append(slow)
    stage.runner().tick()
    call = stage.storage.delivery.open_attempt(stage.bot.account().account_id)
    assert call is not None
    assert (call.called_at, call.settle_from) == (MONDAY_9, MONDAY_9 + takes)


def test_a_reading_goes_back_no_further_than_it_must(stage: Stage) -> None:
    """Each post that is read costs: what is older than a day is no measure of a reading."""
    network = stage.network
    stage.run_until(MONDAY_9 + timedelta(minutes=1))
    with stage.storage.database.write() as connection:
        connection.execute(sa.update(schema.messages).values(posted_at=MONDAY_9 - timedelta(days=3)))
    begun: list[datetime] = []
    inner = network.recent

    def noted(since: datetime) -> Sequence[SeenPost]:
        begun.append(since)
        return inner(since)

    network.recent = noted  # type: ignore[method-assign]
    network.faults.append(lost_answer)
    stage.run_until(stage.bot.posts()[1].slot.due_at + timedelta(minutes=1))
    assert begun == [network.calls[1][0] - CLOCK_SKEW]


def test_an_account_that_lags_behind_what_is_known_to_be_there_proves_nothing(stage: Stage) -> None:
    stage.run_until(MONDAY_9 + timedelta(minutes=1))
    network, second = stage.network, stage.bot.posts()[1]
    network.blind = True
    network.faults.append(lost_answer)
    stage.run_until(second.slot.due_at + timedelta(minutes=20))
    assert len(network.calls) == 2
    assert "did not settle it" in reason_of(stage.posts[second.code])


def test_an_account_that_may_not_be_read_so_often_is_waited_for(stage: Stage) -> None:
    network = stage.network = Unreadable(stage.clock)
    network.why = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.RATE_LIMITED, reason="X asks to wait.")
    network.faults.append(lost_answer)
    stage.run_until(MONDAY_9 + UNREADABLE_FOR)
    assert network.looks > MAX_LOOKS
    assert state_of(stage.posts[FIRST]) is PostState.UNKNOWN


def test_a_call_of_its_own_has_ended_though_the_runner_could_not_note_its_end(stage: Stage) -> None:
    troubles = [DatabaseError(Problem(what="The disk is full."))]

    def fail_once(step: str) -> None:
        if step == "after call" and troubles:
            raise troubles.pop()

    stage.network.faults.append(lost_request)
    runner = stage.runner(fail_once, sender_gone=False)
    with pytest.raises(DatabaseError, match="disk is full"):
        runner.tick()
    stage.run_until(MONDAY_9 + timedelta(minutes=10), runner)
    assert len(stage.network.calls) == 2
    assert state_of(stage.posts[FIRST]) is PostState.POSTED


def test_a_reading_tells_of_the_moment_at_which_it_began(stage: Stage) -> None:
    network = stage.network = Slow(stage.clock)
    network.takes = SETTLE_WINDOW - timedelta(seconds=30)
    began: list[datetime] = []
    inner = network.recent

    def noted(since: datetime) -> Sequence[SeenPost]:
        began.append(stage.clock.now())
        return inner(since)

    network.recent = noted  # type: ignore[method-assign]
    network.faults.append(lost_request)
    stage.run_until(MONDAY_9 + timedelta(minutes=10))
    (first, _), (second, _) = network.calls
    assert max(instant for instant in began if instant < second) - first >= SETTLE_WINDOW

"""Delivery through the real engine and real databases: once, on time, in order, or visibly waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.calls import Outcome, Refusal, Verdict
from bot.errors import PersonNeededError
from bot.lifecycle import SETTLE_WINDOW, state_of
from bot.model import MessageState, Post, PostState
from tests.campaigns import SENDS_AGAIN, Fault, Stage, a_stage, answer, lost_answer, lost_request

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
FIRST = "w20"


@pytest.fixture
def new_stage(tmp_path: Path, database_url: str) -> Iterator[Callable[..., Stage]]:
    """Makes a campaign with the sample list, and closes its database at the end."""
    made: list[Stage] = []

    def make(**replacements: str) -> Stage:
        made.append(a_stage(tmp_path, database_url, **replacements))
        return made[-1]

    yield make
    for stage in made:
        stage.storage.close()


@pytest.fixture
def stage(new_stage: Callable[..., Stage]) -> Stage:
    """A signed-off and started campaign."""
    return new_stage().plan_and_sign().start()


def expected_texts(stage: Stage) -> list[str]:
    return [message.draft.text for post in stage.bot.posts() for message in post.messages]


def state(stage: Stage, code: str) -> PostState:
    return state_of(stage.posts[code])


def refused(kind: Refusal, retry_at: datetime | None = None) -> Outcome:
    return Outcome(verdict=Verdict.REFUSED, refusal=kind, reason="X says no.", retry_at=retry_at)


def test_a_whole_week_goes_out_once_in_order_and_at_its_slots(stage: Stage) -> None:
    wanted = expected_texts(stage)
    beat = stage.run_to_the_end()
    assert beat.finished
    assert stage.network.texts() == wanted
    slots = [post.slot.due_at for post in stage.bot.posts()]
    heads = [at for at, outgoing in stage.network.calls if outgoing.in_reply_to is None]
    assert heads == slots
    assert {state_of(post) for post in stage.bot.posts()} == {PostState.POSTED}


def test_each_part_of_the_winner_thread_replies_to_the_one_before(stage: Stage) -> None:
    stage.run_to_the_end()
    thread = stage.posts["winner"].messages
    on_network = {post.network_id: post for post in stage.network.accepted}
    ids = [message.receipt.network_id for message in thread if message.receipt]
    assert len(ids) == len(thread) > 3
    assert [on_network[network_id].in_reply_to for network_id in ids] == [None, *ids[:-1]]


def test_nothing_goes_out_before_a_person_has_started_it(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage().plan_and_sign()
    stage.clock.advance_to(MONDAY_9)
    stage.runner().tick()
    assert stage.network.calls == []


def test_an_unsigned_post_is_missed_and_the_others_go_out(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    code = stage.bot.plan().plan_code
    codes = [post.code for post in stage.bot.posts() if post.code != FIRST]
    stage.bot.approve(codes=codes, plan_code=code, by="Ann Example")
    stage.start().run_to_the_end()
    assert state(stage, FIRST) is PostState.MISSED
    assert "signed off" in stage.posts[FIRST].standing_reason
    assert len([post for post in stage.bot.posts() if state_of(post) is PostState.POSTED]) == len(codes)


def test_a_lost_answer_is_settled_by_looking_and_never_sent_again(stage: Stage) -> None:
    stage.network.faults.append(lost_answer)
    stage.run_until(MONDAY_9 + timedelta(minutes=5))
    assert stage.network.texts() == [stage.posts[FIRST].messages[0].draft.text]
    assert len(stage.network.calls) == 1
    receipt = stage.posts[FIRST].messages[0].receipt
    assert receipt is not None
    assert receipt.adopted


def test_a_lost_request_is_held_for_a_person_and_never_sent_again_by_itself(stage: Stage) -> None:
    stage.network.faults.append(lost_request)
    stage.run_until(MONDAY_9 + timedelta(hours=8))
    text = stage.posts[FIRST].messages[0].draft.text
    assert state(stage, FIRST) is PostState.HELD
    assert [outgoing.text for _, outgoing in stage.network.calls].count(text) == 1
    assert len(stage.network.accepted) > 5
    problem = stage.bot.problem(FIRST)
    assert "does not show it" in problem.reason
    assert problem.command == f"campaign-bot resolve {FIRST}"


def test_a_campaign_may_choose_that_a_lost_request_is_sent_again_after_the_settle_window(
    new_stage: Callable[..., Stage],
) -> None:
    stage = new_stage(**SENDS_AGAIN).plan_and_sign().start()
    stage.network.faults.append(lost_request)
    stage.run_until(MONDAY_9 + timedelta(minutes=10))
    (first, _), (second, _) = stage.network.calls
    assert second - first >= SETTLE_WINDOW
    assert stage.network.texts() == [stage.posts[FIRST].messages[0].draft.text]


def test_an_unknown_outcome_of_a_sender_that_may_live_is_held(stage: Stage) -> None:
    def freeze(name: str) -> None:
        if name == "after intent":
            raise KeyboardInterrupt

    stage.clock.advance_to(MONDAY_9)
    with pytest.raises(KeyboardInterrupt):
        stage.runner(freeze).tick()
    stage.run_until(MONDAY_9 + timedelta(minutes=20), stage.runner(sender_gone=False))
    assert state(stage, FIRST) is PostState.HELD
    assert stage.network.calls == []
    assert stage.bot.mending.settle_not_there(FIRST).slot.due_at == stage.clock.now()
    stage.runner().tick()
    assert state(stage, FIRST) is PostState.POSTED


def test_what_a_person_found_counts_as_posted(stage: Stage) -> None:
    stage.network.faults += [answer(refused(Refusal.REJECTED))]
    stage.run_until(MONDAY_9 + timedelta(minutes=1))
    assert state(stage, FIRST) is PostState.FAILED
    post = stage.bot.mending.settle_found(FIRST, "https://x.com/example_charity/status/1234567890")
    assert state_of(post) is PostState.POSTED
    assert post.messages[0].receipt is not None
    assert post.messages[0].receipt.network_id == "1234567890"


def test_a_held_post_does_not_hold_up_the_ones_after_it(stage: Stage) -> None:
    stage.network.faults.append(answer(refused(Refusal.REJECTED)))
    stage.run_until(MONDAY_9 + timedelta(hours=3))
    assert state(stage, FIRST) is PostState.FAILED
    assert len(stage.network.accepted) >= 2


def test_a_rate_limit_waits_for_its_window_without_asking_again(stage: Stage) -> None:
    until = MONDAY_9 + timedelta(minutes=12)
    stage.network.faults.append(answer(refused(Refusal.RATE_LIMITED, retry_at=until)))
    stage.run_until(MONDAY_9 + timedelta(minutes=20))
    assert [at for at, _ in stage.network.calls] == [MONDAY_9, until]
    assert state(stage, FIRST) is PostState.POSTED


@pytest.mark.parametrize("kind", [Refusal.UNAUTHORISED, Refusal.NO_CREDIT, Refusal.FORBIDDEN])
def test_an_account_that_may_not_post_stops_and_loses_nothing(stage: Stage, kind: Refusal) -> None:
    stage.network.faults.append(answer(refused(kind)))
    stage.run_until(MONDAY_9 + timedelta(minutes=10))
    assert len(stage.network.calls) == 1
    assert state(stage, FIRST) is PostState.APPROVED
    account = stage.bot.account()
    assert account.stopped == "X says no."
    stage.bot.record_proof(account, user_id="1", fingerprint="f")
    stage.runner().tick()
    assert state(stage, FIRST) is PostState.POSTED


def test_a_stopped_account_is_left_in_peace(stage: Stage) -> None:
    stage.network.faults.append(answer(refused(Refusal.UNAUTHORISED)))
    stage.clock.advance_to(MONDAY_9)
    runner = stage.runner()
    runner.tick()
    next_at = runner.tick().next_at
    assert next_at is not None
    assert next_at - stage.clock.now() >= timedelta(minutes=29)
    assert len(stage.network.calls) == 1


def test_while_an_account_is_stopped_what_becomes_too_late_asks(stage: Stage) -> None:
    stage.network.faults.append(answer(refused(Refusal.NO_CREDIT)))
    stage.run_until(MONDAY_9 + timedelta(minutes=40))
    assert state(stage, FIRST) is PostState.MISSED


def test_a_refused_connection_is_tried_again_within_the_limit(stage: Stage) -> None:
    no_route = answer(Outcome(verdict=Verdict.NOT_SENT, reason="No connection."))
    stage.network.faults += [no_route, no_route]
    stage.run_until(MONDAY_9 + timedelta(minutes=2))
    assert [at - MONDAY_9 for at, _ in stage.network.calls] == [
        timedelta(0), timedelta(seconds=5), timedelta(seconds=20),
    ]  # fmt: skip
    assert state(stage, FIRST) is PostState.POSTED


def test_after_a_short_outage_late_posts_go_out_spaced(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(spacing='spacing = "5m"', window='window = "09:00-10:55"')
    stage.plan_and_sign().start()
    due = [post for post in stage.bot.posts() if post.slot.due_at < MONDAY_9 + timedelta(minutes=29)]
    assert len(due) >= 2
    stage.clock.advance_to(MONDAY_9 + timedelta(minutes=29))
    stage.run_until(MONDAY_9 + timedelta(minutes=32))
    times = [at for at, _ in stage.network.calls]
    assert stage.network.texts()[: len(due)] == [post.messages[0].draft.text for post in due]
    assert all(later - earlier >= timedelta(seconds=30) for earlier, later in pairwise(times))


def test_after_a_long_outage_nothing_bursts_and_what_was_missed_asks(stage: Stage) -> None:
    stage.clock.advance_to(MONDAY_9 + timedelta(days=2))
    stage.runner().tick()
    missed = [post for post in stage.bot.posts() if state_of(post) is PostState.MISSED]
    assert missed
    assert len(stage.network.calls) == 1
    assert stage.network.calls[0][0] == MONDAY_9 + timedelta(days=2)


def test_no_call_begins_after_pause_has_returned(stage: Stage) -> None:
    stage.clock.advance_to(MONDAY_9 - timedelta(seconds=1))
    assert stage.bot.pause("a day of mourning").sending == ()
    stage.run_until(MONDAY_9 + timedelta(days=1))
    assert stage.network.calls == []


def test_a_post_whose_slot_falls_into_a_pause_is_missed(stage: Stage) -> None:
    stage.clock.advance_to(MONDAY_9 - timedelta(seconds=1))
    stage.bot.pause("a day of mourning")
    stage.run_until(MONDAY_9 + timedelta(minutes=1))
    assert state(stage, FIRST) is PostState.MISSED
    assert stage.posts[FIRST].standing_reason == "Its slot fell into a pause."


def test_a_pause_beats_a_send_that_was_already_chosen(stage: Stage) -> None:
    def pause_in_between(name: str) -> None:
        if name == "before intent":
            stage.bot.pause("stop")

    stage.clock.advance_to(MONDAY_9)
    stage.runner(pause_in_between).tick()
    assert stage.network.calls == []
    assert state(stage, FIRST) is PostState.MISSED or state(stage, FIRST) is PostState.APPROVED


def test_resume_lists_what_was_missed_and_sends_none_of_it(stage: Stage) -> None:
    stage.clock.advance_to(MONDAY_9 - timedelta(hours=1))
    stage.bot.pause()
    stage.clock.advance_to(MONDAY_9 + timedelta(minutes=10))
    assert stage.bot.resume() == (FIRST,)
    stage.run_until(MONDAY_9 + timedelta(minutes=20))
    assert stage.network.calls == []
    stage.bot.move(FIRST, stage.bot.slot_now())
    stage.runner().tick()
    assert state(stage, FIRST) is PostState.POSTED


def winner_in_progress(stage: Stage, parts: int) -> Post:
    """Let the winner thread fail after so many parts."""
    for post in stage.bot.posts():
        if post.code != "winner":
            stage.bot.skip(post.code)
    stage.clock.advance_to(stage.posts["winner"].slot.due_at - timedelta(seconds=1))
    stage.network.faults += [lambda inner, outgoing: inner.publish(outgoing)] * parts
    stage.network.faults.append(answer(refused(Refusal.REJECTED)))
    stage.run_to_the_end()
    return stage.posts["winner"]


def test_a_thread_stops_at_the_part_that_failed_and_goes_on_from_there(stage: Stage) -> None:
    post = winner_in_progress(stage, 2)
    assert state_of(post) is PostState.PARTIAL
    assert [message.state for message in post.messages[:4]] == [
        MessageState.POSTED, MessageState.POSTED, MessageState.FAILED, MessageState.PENDING,
    ]  # fmt: skip
    stage.bot.retry("winner")
    stage.run_to_the_end()
    assert stage.network.texts() == [message.draft.text for message in post.messages]
    parents = [seen.in_reply_to for seen in stage.network.accepted]
    assert parents == [None, *[seen.network_id for seen in stage.network.accepted[:-1]]]


@pytest.mark.parametrize("fault", [lost_request, lost_answer])
def test_a_thread_that_got_no_answer_goes_on_below_the_part_that_a_person_settled(stage: Stage, fault: Fault) -> None:
    """The second part got no answer, and the account is shown only to the person: found or sent anew, part 3 replies to it."""
    for post in stage.bot.posts():
        if post.code != "winner":
            stage.bot.skip(post.code)
    stage.network.faults += [lambda inner, outgoing: inner.publish(outgoing), fault]
    stage.network.blind = True
    stage.clock.advance_to(stage.posts["winner"].slot.due_at)
    stage.run_until(stage.clock.now() + timedelta(minutes=20))
    assert state(stage, "winner") is PostState.PARTIAL
    parts = len(stage.posts["winner"].messages)
    assert stage.bot.problem("winner").reason.startswith(f"1 of {parts} posted. X gave no clear answer")
    assert len(stage.network.calls) == 2
    with pytest.raises(PersonNeededError, match="resolve winner"):
        stage.bot.retry("winner")
    if fault is lost_answer:
        stage.bot.mending.settle_found("winner", stage.network.accepted[-1].network_id)
    else:
        stage.bot.mending.settle_not_there("winner")
    stage.run_to_the_end()
    assert stage.network.texts() == [message.draft.text for message in stage.posts["winner"].messages]
    ids = [seen.network_id for seen in stage.network.accepted]
    assert [seen.in_reply_to for seen in stage.network.accepted] == [None, *ids[:-1]]


def test_a_deleted_post_is_never_sent_again(stage: Stage) -> None:
    stage.run_until(MONDAY_9 + timedelta(minutes=1))
    stage.bot.mending.delete(FIRST, stage.network)
    assert state(stage, FIRST) is PostState.DELETED
    calls = len(stage.network.calls)
    stage.bot.plan()
    stage.runner().tick()
    assert len(stage.network.calls) == calls


def test_a_correction_needs_its_own_sign_off_and_replies_to_the_post(stage: Stage) -> None:
    stage.run_until(MONDAY_9 + timedelta(minutes=1))
    slot = stage.bot.next_slot(FIRST)
    correction = stage.bot.mending.correct_by_reply(FIRST, "Correction: it is Hyacinthe, with an e.", slot)
    assert state(stage, correction.code) is PostState.DRAFT
    plan_code = stage.bot.record.planned().plan_code
    stage.bot.approve(codes=[correction.code], plan_code=plan_code, by="Ann Example")
    stage.run_until(slot.due_at + timedelta(minutes=1))
    sent = next(post for post in stage.network.accepted if post.text.startswith("Correction"))
    receipt = stage.posts[FIRST].messages[0].receipt
    assert receipt is not None
    assert sent.in_reply_to == receipt.network_id


def test_what_may_be_out_is_not_sent_again_by_retry_or_a_new_slot_or_a_new_plan(stage: Stage) -> None:
    stage.network.faults += [lost_request] * 3
    stage.run_until(MONDAY_9 + timedelta(minutes=50))
    assert state(stage, FIRST) is PostState.HELD
    text = stage.posts[FIRST].messages[0].draft.text
    for decision in (stage.bot.retry, lambda code: stage.bot.move(code, stage.bot.next_slot(code))):
        with pytest.raises(PersonNeededError, match="resolve"):
            decision(FIRST)
    (stage.bot.config.templates / "worker.txt.j2").write_text("Other words for {{ worker.name }}.", "utf-8")
    stage.bot.plan(respread=True)
    assert stage.posts[FIRST].messages[0].draft.text == text
    assert state(stage, FIRST) is PostState.HELD

"""Where a post stands and what may happen to it next, by its standing and its parts: tables without clock or database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.calls import Outcome, Verdict
from bot.lifecycle import (
    LOOK_AFTER,
    RETRY_AFTER,
    SETTLE_WINDOW,
    Miss,
    Policy,
    Rest,
    Send,
    Step,
    Wait,
    after_outcome,
    has_begun,
    is_final,
    needs_person,
    next_look_at,
    next_step,
    state_of,
    too_late_at,
)
from bot.model import Message, MessageState, Post, PostState, Receipt, Standing
from tests.samples import (
    APPROVED,
    DELETED,
    DRAFT,
    FAILED,
    HELD,
    MISSED,
    PENDING,
    POSTED,
    SENDING,
    SKIPPED,
    UNKNOWN,
    a_message,
    a_post,
    a_slot,
)

DUE = a_slot().due_at
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
POLICY = Policy()


def a(standing: Standing, *states: MessageState, posted_at: datetime = DUE) -> Post:
    """A post whose parts are in these states; what is out went out at ``posted_at``."""
    return a_post(standing=standing, messages=tuple(part(number, one, posted_at) for number, one in enumerate(states)))


def part(number: int, state: MessageState, posted_at: datetime) -> Message:
    out = state in {POSTED, DELETED}
    receipt = Receipt(network_id=f"{number + 1}", url="", posted_at=posted_at) if out else None
    made = a_message(f"Part {number}.", position=number, state=state, message_id=number + 1)
    return replace(made, receipt=receipt, in_doubt=state in {SENDING, UNKNOWN})


def step(post: Post, after_slot: timedelta, *, last_sent_at: datetime | None = None) -> Step:
    return next_step(post, now=DUE + after_slot, policy=POLICY, last_sent_at=last_sent_at)


@pytest.mark.parametrize(
    ("post", "state", "final", "asks", "begun"),
    [
        (a(DRAFT, PENDING), PostState.DRAFT, False, False, False),
        (a(APPROVED, PENDING), PostState.APPROVED, False, False, False),
        (a(MISSED, PENDING), PostState.MISSED, False, True, False),
        (a(SKIPPED, PENDING), PostState.SKIPPED, True, False, False),
        (a(APPROVED, SENDING), PostState.SENDING, False, False, True),
        (a(SKIPPED, SENDING), PostState.SENDING, False, False, True),
        (a(APPROVED, UNKNOWN), PostState.UNKNOWN, False, False, True),
        (a(SKIPPED, UNKNOWN), PostState.UNKNOWN, False, False, True),
        (a(APPROVED, POSTED, UNKNOWN), PostState.UNKNOWN, False, False, True),
        (a(APPROVED, POSTED), PostState.POSTED, True, False, True),
        (a(APPROVED, DELETED), PostState.DELETED, True, False, True),
        (a(APPROVED, FAILED), PostState.FAILED, False, True, False),
        (a(APPROVED, HELD), PostState.HELD, False, True, False),
        (a(APPROVED, POSTED, PENDING), PostState.PARTIAL, False, False, True),
        (a(APPROVED, POSTED, FAILED), PostState.PARTIAL, False, True, True),
        (a(APPROVED, DELETED, PENDING), PostState.PARTIAL, False, True, True),
        (a(SKIPPED, POSTED, PENDING), PostState.PARTIAL, True, False, True),
    ],
)
def test_where_a_post_stands_follows_from_its_standing_and_its_parts(
    post: Post, state: PostState, final: bool, asks: bool, begun: bool
) -> None:
    assert (state_of(post), is_final(post), needs_person(post), has_begun(post)) == (state, final, asks, begun)


def test_what_nobody_has_signed_is_missed_at_its_slot_and_not_a_second_before() -> None:
    assert step(a(DRAFT, PENDING), -SECOND) == Rest()
    assert step(a(DRAFT, PENDING), timedelta(0)) == Miss(reason="It was not signed off in time.")


def test_a_part_waits_its_distance_after_the_one_before_it() -> None:
    thread = a(APPROVED, POSTED, PENDING, posted_at=DUE + 5 * SECOND)
    assert step(thread, 5 * SECOND) == Wait(until=DUE + 5 * SECOND + POLICY.thread_gap)
    assert step(thread, 5 * SECOND + POLICY.thread_gap) == Send(message=thread.messages[1], in_reply_to="1")


def test_a_thread_that_began_late_is_not_given_up_in_the_middle() -> None:
    """A later part is as late as it comes after the part before it, however long after the slot that was."""
    thread = a(APPROVED, POSTED, PENDING, posted_at=DUE + POLICY.lateness_limit)
    last = DUE + POLICY.lateness_limit + POLICY.thread_gap + POLICY.lateness_limit
    assert isinstance(step(thread, POLICY.lateness_limit + MINUTE), Send)
    assert too_late_at(thread, now=DUE + POLICY.lateness_limit + MINUTE, policy=POLICY) == last
    assert isinstance(step(thread, last - DUE), Send)
    assert isinstance(step(thread, last - DUE + SECOND), Miss)


@pytest.mark.parametrize("late", [timedelta(0), POLICY.catch_up_spacing])
def test_a_punctual_post_does_not_wait_for_the_one_before_it(late: timedelta) -> None:
    assert isinstance(step(a(APPROVED, PENDING), late, last_sent_at=DUE + late - SECOND), Send)


def test_a_late_post_keeps_its_distance_to_the_latest_one() -> None:
    sent_at = DUE + 10 * MINUTE
    assert step(a(APPROVED, PENDING), 10 * MINUTE, last_sent_at=sent_at) == Wait(
        until=sent_at + POLICY.catch_up_spacing
    )


def test_the_head_of_a_correction_replies_to_what_it_corrects() -> None:
    correction = replace(a(APPROVED, PENDING), in_reply_to="77")
    assert step(correction, timedelta(0)) == Send(message=correction.messages[0], in_reply_to="77")


@pytest.mark.parametrize("standing", [MISSED, SKIPPED])
def test_what_waits_for_a_person_or_was_refused_by_one_rests(standing: Standing) -> None:
    assert step(a(standing, PENDING), MINUTE) == Rest()


def test_each_call_that_surely_sent_nothing_waits_longer_than_the_one_before() -> None:
    waits = [
        after_outcome(Outcome(verdict=Verdict.NOT_SENT), attempt_no=number, now=DUE).not_before
        for number in range(1, 7)
    ]
    assert waits == [DUE + wait for wait in (*RETRY_AFTER, *RETRY_AFTER[-1:] * 2)]


def test_the_readings_after_an_unclear_call_reach_past_the_settle_window() -> None:
    """Absence is believed after two readings, the second of them after the window: those come without a long wait."""
    at, readings = DUE, []
    for looks in range(8):
        at = next_look_at(at, looks)
        readings.append(at - DUE)
    assert [one - before for before, one in zip([timedelta(0), *readings], readings, strict=False)] == [
        *LOOK_AFTER,
        *LOOK_AFTER[-1:] * 2,
    ]
    assert SETTLE_WINDOW <= next(one for one in readings if one >= SETTLE_WINDOW) <= SETTLE_WINDOW + MINUTE

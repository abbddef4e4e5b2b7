"""What people may decide about a post, by where it stands: each decision in each state, as one table. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.calls import ALREADY_THERE, PARENT_GONE
from bot.core.watching import problem_of
from bot.decisions import Decision, MessageUpdate, deleted, found, miss, not_there, reschedule, retry, skip
from bot.errors import CampaignBotError, PersonNeededError, UsageError
from bot.lifecycle import needs_person, state_of
from bot.model import Approval, Message, MessageState, Post, PostState, Receipt, Standing
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

LATER = a_slot(days=1)
RECEIPT = Receipt(network_id="77", url="https://x.com/name/status/77", posted_at=a_slot().due_at, adopted=True)


def a(*states: MessageState, standing: Standing = APPROVED, signed: bool = True, doubt: bool = False) -> Post:
    """A post whose parts, with ids from 1, are in these states; ``doubt`` is about those that are held or failed."""
    parts = tuple(part(number, state, doubt) for number, state in enumerate(states))
    post = a_post(code="w07", standing=standing, messages=parts)
    approval = Approval(by="Ann Example", at=post.slot.due_at, digest=post.digest, plan_code="ABCD")
    return replace(post, approval=approval if signed else None, standing_reason="So far.")


def part(number: int, state: MessageState, doubt: bool) -> Message:
    in_doubt = state in {SENDING, UNKNOWN} or (doubt and state in {HELD, FAILED})
    return replace(a_message(f"Part {number}.", position=number, state=state, message_id=number + 1), in_doubt=in_doubt)


PLACES = {
    "draft": a(PENDING, standing=DRAFT, signed=False),
    "approved": a(PENDING),
    "missed": a(PENDING, standing=MISSED),
    "skipped": a(PENDING, standing=SKIPPED),
    "sending": a(SENDING),
    "unknown": a(UNKNOWN),
    "posted": a(POSTED),
    "deleted": a(DELETED),
    "failed": a(FAILED),
    "held": a(HELD),
    "held in doubt": a(HELD, doubt=True),
    "failed in doubt": a(FAILED, doubt=True),
    "half-way in doubt": a(POSTED, HELD, PENDING, doubt=True),
    "stopped half-way": a(POSTED, FAILED, PENDING),
    "half-way": a(POSTED, PENDING),
    "torn": a(DELETED, HELD),
    "missed, unsigned": a(PENDING, standing=MISSED, signed=False),
    "failed, unsigned": a(FAILED, signed=False),
    "half-way, unsigned": a(POSTED, FAILED, signed=False),
}
DECISIONS: dict[str, Callable[[], Decision]] = {
    "skip": lambda: skip("Because."),
    "retry": lambda: retry(LATER),
    "reschedule": lambda: reschedule(LATER),
}
BUSY = "at this moment: it is being sent"
REFUSED = {
    "skip": {
        "sending": BUSY,
        "unknown": BUSY,
        "posted": "it is posted",
        "deleted": "it is deleted",
        "skipped": "it is skipped",
    },
    "retry": {
        "draft": "not signed off",
        "approved": "waiting for its slot",
        "sending": BUSY,
        "unknown": BUSY,
        "posted": "it is posted",
        "deleted": "it is deleted",
        "held in doubt": "Nobody knows",
        "failed in doubt": "Nobody knows",
        "half-way in doubt": "Nobody knows",
        "torn": "was deleted",
        "missed, unsigned": "w07 is not signed off.",
        "failed, unsigned": "w07 is not signed off.",
        "half-way, unsigned": "cannot be signed again",
    },
    "reschedule": {
        "sending": BUSY,
        "unknown": BUSY,
        "posted": "it is posted",
        "deleted": "it is deleted",
        "failed": "it is failed",
        "held in doubt": "Nobody knows",
        "failed in doubt": "it is failed",
        "half-way in doubt": "it is partial",
        "stopped half-way": "it is partial",
        "half-way": "it is partial",
        "torn": "it is partial",
        "failed, unsigned": "it is failed",
        "half-way, unsigned": "it is partial",
    },
}
ASKS_A_PERSON = {BUSY, "Nobody knows"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_is_refused_where_it_makes_no_sense_and_nowhere_else(name: str, place: str) -> None:
    said = REFUSED[name].get(place)
    if said is None:
        DECISIONS[name]()(PLACES[place])
        return
    with pytest.raises(CampaignBotError, match=re.escape(said)) as caught:
        DECISIONS[name]()(PLACES[place])
    assert type(caught.value) is (PersonNeededError if said in ASKS_A_PERSON else UsageError)


@pytest.mark.parametrize("place", ["draft", "approved", "missed", "failed", "held", "half-way", "torn"])
def test_what_is_skipped_keeps_its_parts_and_its_slot(place: str) -> None:
    update = skip("Because.")(PLACES[place])
    assert (update.standing, update.standing_reason, update.slot, update.messages) == (SKIPPED, "Because.", None, ())


@pytest.mark.parametrize(
    ("place", "again"),
    [("missed", ()), ("skipped", ()), ("failed", (1,)), ("held", (1,)), ("stopped half-way", (2,)), ("half-way", ())],
)
def test_a_retry_takes_up_what_is_stuck_and_nothing_else(place: str, again: tuple[int, ...]) -> None:
    update = retry(LATER)(PLACES[place])
    assert (update.standing, update.standing_reason, update.slot) == (APPROVED, "", LATER)
    assert update.messages == tuple(MessageUpdate(message_id=number, state=PENDING) for number in again)


@pytest.mark.parametrize(
    ("place", "standing", "again"),
    [
        ("draft", DRAFT, ()),
        ("approved", APPROVED, ()),
        ("missed", APPROVED, ()),
        ("skipped", APPROVED, ()),
        ("missed, unsigned", DRAFT, ()),
        ("held", APPROVED, (1,)),
    ],
)
def test_what_is_moved_stays_signed_off_if_it_was_and_is_never_signed_off_by_it(
    place: str, standing: Standing, again: tuple[int, ...]
) -> None:
    update = reschedule(LATER)(PLACES[place])
    assert (update.standing, update.standing_reason, update.slot) == (standing, "", LATER)
    assert update.messages == tuple(MessageUpdate(message_id=number, state=PENDING) for number in again)


def test_a_post_of_which_nothing_is_out_is_missed_as_a_whole() -> None:
    update = miss("Too late.")(a(PENDING, PENDING))
    assert (update.standing, update.standing_reason, update.messages) == (MISSED, "Too late.", ())


def test_of_a_thread_that_has_begun_the_next_part_is_held() -> None:
    update = miss("Too late.")(a(POSTED, PENDING, PENDING))
    assert (update.standing, update.standing_reason) == (APPROVED, "So far.")
    assert update.messages == (MessageUpdate(message_id=2, state=HELD, reason="Too late."),)


@pytest.mark.parametrize(
    ("post", "standing"),
    [
        (a(POSTED), APPROVED),
        (a(POSTED, POSTED), APPROVED),
        (a(POSTED, PENDING), SKIPPED),
        (a(POSTED, HELD), SKIPPED),
        (a(POSTED, FAILED), SKIPPED),
    ],
)
def test_when_a_part_is_deleted_what_was_not_sent_never_is(post: Post, standing: Standing) -> None:
    update = deleted(1)(post)
    assert update.standing is standing
    assert update.standing_reason == ("So far." if standing is APPROVED else "Deleted before all of it was sent.")
    (part,) = update.messages
    assert (part.message_id, part.state, part.receipt) == (1, DELETED, post.messages[0].receipt)
    assert part.receipt is not None


def test_what_is_deleted_keeps_its_own_receipt() -> None:
    post = a(POSTED, POSTED, POSTED)
    (part,) = deleted(2)(post).messages
    assert (part.message_id, part.receipt) == (2, post.messages[1].receipt)


@pytest.mark.parametrize("state", [UNKNOWN, HELD, FAILED])
def test_what_a_person_has_found_is_out(state: MessageState) -> None:
    update = found(RECEIPT)(a(POSTED, state, PENDING))
    assert (update.standing, update.standing_reason, update.slot) == (APPROVED, "So far.", None)
    assert update.messages == (MessageUpdate(message_id=2, state=POSTED, receipt=RECEIPT),)


@pytest.mark.parametrize("state", [UNKNOWN, HELD, FAILED])
def test_what_a_person_has_not_found_is_sent_at_the_slot_that_is_given(state: MessageState) -> None:
    update = not_there(LATER)(a(POSTED, state, PENDING))
    assert (update.standing, update.standing_reason, update.slot) == (APPROVED, "", LATER)
    assert update.messages == (MessageUpdate(message_id=2, state=PENDING),)


@pytest.mark.parametrize("decision", [found(RECEIPT), not_there(LATER)])
@pytest.mark.parametrize("place", ["draft", "approved", "missed", "sending", "posted", "deleted", "half-way"])
def test_where_there_is_no_doubt_there_is_nothing_to_settle(place: str, decision: Decision) -> None:
    with pytest.raises(UsageError, match="nothing to settle"):
        decision(PLACES[place])


@pytest.mark.parametrize(
    ("post", "said"),
    [(a(HELD, signed=False), "w07 is not signed off."), (a(POSTED, HELD, signed=False), "cannot be signed")],
)
def test_what_is_not_signed_off_any_more_is_not_sent_because_it_is_not_there(post: Post, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        not_there(LATER)(post)


def test_the_places_are_what_they_are_called() -> None:
    plain = {place: post for place, post in PLACES.items() if place in set(PostState)}
    assert {place: state_of(post).value for place, post in plain.items()} == {place: place for place in plain}
    assert LATER.due_at - a_slot().due_at == timedelta(days=1)


WAYS_OUT: dict[str, Callable[[], Decision]] = {
    "retry": lambda: retry(LATER),
    "skip": lambda: skip("Because."),
    "reschedule": lambda: reschedule(LATER),
    "resolve": lambda: found(RECEIPT),
}


@pytest.mark.parametrize("place", [name for name, post in PLACES.items() if needs_person(post)])
def test_the_command_that_is_named_to_a_person_never_refuses(place: str) -> None:
    post = PLACES[place]
    command = problem_of(post).command.split()
    assert (command[0], command[2]) == ("campaign-bot", post.code)
    WAYS_OUT[command[1]]()(post)


@pytest.mark.parametrize(
    ("place", "reason", "command"),
    [
        ("held in doubt", "", "resolve"),
        ("failed in doubt", "", "resolve"),
        ("half-way in doubt", "", "resolve"),
        ("failed", f"X has {ALREADY_THERE}.", "resolve"),
        ("failed", f"{PARENT_GONE}, or hidden.", "skip"),
        ("failed", "X says the text is too long.", "retry"),
        ("held", "", "retry"),
    ],
)
def test_what_may_be_out_is_looked_for_before_anything_else(place: str, reason: str, command: str) -> None:
    post = PLACES[place]
    post = replace(post, messages=tuple(replace(message, reason=reason) for message in post.messages))
    assert problem_of(post).command.split()[1] == command

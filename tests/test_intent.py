"""The transaction of the intent looks at everything again: what moved since delivery chose is not sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.model import MessageState
from bot.storage import schema
from tests.campaigns import Stage, a_stage

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
FIRST = "w20"


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    """A signed-off and started campaign at its first slot."""
    made = a_stage(tmp_path, database_url).plan_and_sign().start()
    made.clock.advance_to(MONDAY_9)
    yield made
    made.storage.close()


def write(stage: Stage, statement: sa.Insert | sa.Update) -> None:
    """Behind everybody's back."""
    with stage.storage.database.write() as connection:
        connection.execute(statement)


def an_attempt(stage: Stage, code: str, number: int = 1, **more: object) -> sa.Insert:
    """An open call for the first message of a post."""
    post = stage.posts[code]
    values = {
        "campaign_id": post.campaign_id,
        "account_id": post.key.account_id,
        "message_id": post.messages[0].message_id,
        "attempt_no": number,
        "runner_id": "another",
        "text_hash": "",
        "called_at": MONDAY_9,
        **more,
    }
    return sa.insert(schema.attempts).values(values)


def unsign(stage: Stage) -> None:
    write(stage, sa.update(schema.posts).values(approved_digest="other words were signed"))


def refuse(stage: Stage) -> None:
    stage.bot.skip(FIRST)


def stop_the_account(stage: Stage) -> None:
    write(stage, sa.update(schema.accounts).values(stopped="X says no."))


def move(stage: Stage) -> None:
    stage.bot.move(FIRST, stage.bot.next_slot(FIRST))


def call(stage: Stage) -> None:
    write(stage, an_attempt(stage, "w19"))


MOVES: dict[str, Callable[[Stage], None]] = {
    "the sign-off": unsign,
    "a persons no": refuse,
    "the account": stop_the_account,
    "the slot": move,
    "an open call": call,
}


@pytest.fixture
def winner(tmp_path: Path) -> Iterator[Stage]:
    """The same, and only the thread is left, at its slot."""
    made = a_stage(tmp_path).plan_and_sign().start()
    for post in made.bot.posts():
        if post.code != "winner":
            made.bot.skip(post.code)
    made.clock.advance_to(made.posts["winner"].slot.due_at)
    yield made
    made.storage.close()


@pytest.mark.parametrize("moved", MOVES)
def test_an_intent_is_refused_when_what_it_rests_on_has_changed(stage: Stage, moved: str) -> None:
    reached: list[str] = []

    def change(name: str) -> None:
        if name == "before intent":
            reached.append(name)
            MOVES[moved](stage)

    stage.runner(change).tick()
    assert reached == ["before intent"]
    assert stage.network.calls == []


def test_an_intent_for_a_later_part_is_refused_when_the_part_before_has_gone(winner: Stage) -> None:
    passed: list[str] = []

    def change(name: str) -> None:
        passed.append(name)
        if passed.count("before intent") == 2:
            head = winner.posts["winner"].messages[0].message_id
            write(
                winner, sa.update(schema.messages).where(schema.messages.c.message_id == head).values(state="deleted")
            )

    winner.run_until(winner.clock.now() + timedelta(seconds=30), winner.runner(change))
    assert passed.count("before intent") >= 2
    assert len(winner.network.calls) == 1


def test_the_database_itself_keeps_one_open_call_for_an_account(stage: Stage) -> None:
    write(stage, an_attempt(stage, "w19", closed_at=MONDAY_9))
    write(stage, an_attempt(stage, "w19", 2))
    with pytest.raises(sa.exc.IntegrityError):
        write(stage, an_attempt(stage, FIRST))


def test_the_database_itself_keeps_a_receipt_for_one_message(stage: Stage) -> None:
    messages = schema.messages
    one, other = (stage.posts[code].messages[0].message_id for code in (FIRST, "w19"))
    write(stage, sa.update(messages).where(messages.c.message_id == one).values(network_id="7"))
    with pytest.raises(sa.exc.IntegrityError):
        write(stage, sa.update(messages).where(messages.c.message_id == other).values(network_id="7"))


def test_an_account_that_changes_hands_at_the_same_moment_is_left_alone(stage: Stage) -> None:
    """Between the look at who is gone and the taking, another runner has been quicker."""
    claim, account, now = stage.storage.delivery.claim, stage.bot.account().account_id, stage.clock.now()
    first = claim(account, "dead", now=now)
    assert first is not None

    def quicker(_runner_id: str) -> bool:
        assert claim(account, "quick", now=now, is_gone=lambda _: True) == first + 1
        return True

    assert claim(account, "slow", now=now, is_gone=quicker) is None
    assert claim(account, "quick", now=now) == first + 1


class FrozenError(BaseException):
    """The process stands still here. Not an Exception: nothing may catch it."""


def test_a_call_that_its_runner_left_open_is_in_doubt_at_once(stage: Stage) -> None:
    def freeze(name: str) -> None:
        if name == "after intent":
            raise FrozenError

    with pytest.raises(FrozenError):
        stage.runner(freeze, sender_gone=False).tick()
    stage.clock.advance(timedelta(minutes=5))
    stage.runner(sender_gone=False).tick()
    (message,) = stage.posts[FIRST].messages
    assert message.state is MessageState.UNKNOWN
    assert "ended while this was being sent" in message.reason

"""The transaction of the intent looks at everything again: what moved since delivery chose is not sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.calls import Attempt, Outcome, Refusal, Verdict
from bot.core.delivering import BEGIN_WITHIN
from bot.decisions import not_there
from bot.lifecycle import Change, Policy, reason_of
from bot.model import Media, MessageState, PostState
from bot.publishers import UploadError
from bot.storage import schema
from bot.storage.leases import Lease
from tests.campaigns import FaultyNetwork, Stage, a_stage
from tests.small import a_small_campaign
from tests.torture.world import MONDAY, Sketch

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


def adopt(stage: Stage) -> None:
    """Somebody has found it on the account, and so it is out."""
    message_id = stage.posts[FIRST].messages[0].message_id
    here = schema.messages.c.message_id == message_id
    write(stage, sa.update(schema.messages).where(here).values(state="posted", network_id="7", posted_at=MONDAY_9))


MOVES: dict[str, Callable[[Stage], None]] = {
    "the sign-off": unsign,
    "a persons no": refuse,
    "the account": stop_the_account,
    "the slot": move,
    "an open call": call,
    "its own state": adopt,
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


def test_a_result_that_comes_after_a_person_has_decided_changes_nothing(stage: Stage) -> None:
    delivery, now, account_id = stage.storage.delivery, stage.clock.now(), stage.bot.account().account_id
    fence = delivery.claim(account_id, "one", now=now)
    assert fence is not None
    lease, post = Lease(account_id=account_id, runner_id="one", fence=fence), stage.posts[FIRST]
    attempt = delivery.record_intent(post, post.messages[0], in_reply_to=None, lease=lease, now=now)
    assert attempt is not None
    unclear, entry = Outcome(verdict=Verdict.UNKNOWN), stage.bot.record.entry("test")
    doubt = Change(state=MessageState.UNKNOWN, closes=False)
    assert delivery.record_result(attempt, unclear, doubt, lease=lease, now=now, entry=entry) is not None
    before = delivery.decide(post.campaign_id, post.post_id, not_there(post.slot), entry=entry)
    held = Change(state=MessageState.HELD, reason="It may be out.")
    assert delivery.record_result(attempt, unclear, held, lease=lease, now=now, entry=entry) is None
    assert stage.posts[FIRST] == before


class SlowPictures(FaultyNetwork):
    """A picture goes up for longer than a post may be late."""

    def upload(self, media: Media, content: bytes) -> str:
        media_id = super().upload(media, content)
        self._clock.advance(Policy().lateness_limit + timedelta(seconds=1))
        return media_id


def test_a_post_that_has_become_too_late_while_its_picture_went_up_is_not_sent(tmp_path: Path) -> None:
    sketch = Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",), picture=True)
    small = a_small_campaign(tmp_path, sketch)
    network = small.networks["acorn"] = SlowPictures(small.clock, "acorn")
    runner = small.runner()
    for _ in range(2):
        runner.tick()
    assert network.calls == []
    assert small.state("a1") is PostState.MISSED
    small.storage.close()


class NoPictures(FaultyNetwork):
    """No picture goes up."""

    uploads = 0
    why = Outcome(verdict=Verdict.NOT_SENT, reason="X could not be reached.")

    def upload(self, _media: Media, _content: bytes) -> str:
        self.uploads += 1
        raise UploadError(self.why)


def test_a_picture_that_cannot_go_up_is_tried_again_after_longer_and_longer_waits_and_says_why(tmp_path: Path) -> None:
    sketch = Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",), picture=True)
    small = a_small_campaign(tmp_path, sketch)
    network = small.networks["acorn"] = NoPictures(small.clock, "acorn")
    runner = small.runner()
    for _ in range(60):
        runner.tick()
        small.clock.advance(timedelta(seconds=1))
    assert 1 < network.uploads <= 4
    assert reason_of(small.posts["a1"]) == "X could not be reached."
    small.storage.close()


def test_an_account_that_may_not_even_send_a_picture_stops(tmp_path: Path) -> None:
    sketch = Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",), picture=True)
    small = a_small_campaign(tmp_path, sketch)
    network = small.networks["acorn"] = NoPictures(small.clock, "acorn")
    network.why = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.UNAUTHORISED, reason="X does not know the secrets.")
    runner = small.runner()
    for _ in range(60):
        runner.tick()
        small.clock.advance(timedelta(seconds=1))
    assert network.uploads == 1
    assert small.storage.campaigns.ensure_account("x", "acorn").stopped == "X does not know the secrets."
    small.storage.close()


def test_a_call_that_was_counted_too_slowly_is_not_made(tmp_path: Path) -> None:
    """The computer stood still, or its disk did: another runner may have the account by now."""
    small = a_small_campaign(tmp_path, Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",)))
    runner = small.runner()

    def count(_attempt: Attempt) -> None:
        small.clock.advance(BEGIN_WITHIN + timedelta(seconds=1))

    runner.deliverer = replace(runner.deliverer, count=count)
    runner.tick()
    assert small.networks["acorn"].calls == []
    assert small.state("a1") is PostState.APPROVED
    small.storage.close()


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

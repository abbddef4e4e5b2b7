"""The look at the account before a person's “it is not there” is believed: what it finds, and what it does not trust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Outgoing, Refusal, SeenPost, Verdict
from bot.core.desk import Desk
from bot.core.second_look import look_once_more
from bot.errors import PersonNeededError
from bot.model import PostState
from bot.publishers import LookError
from tests.campaigns import Fault, FaultyNetwork, answer, lost_answer, lost_request
from tests.small import Small, a_small_campaign
from tests.torture.world import CAMPAIGN, MONDAY, Sketch

REFUSED = answer(Outcome(verdict=Verdict.REFUSED, reason="No.", refusal=Refusal.REJECTED))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """Two posts that say the same, one twenty minutes after the other."""
    made = a_small_campaign(
        tmp_path,
        Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",)),
        Sketch(code="a2", account="acorn", due_at=MONDAY + timedelta(minutes=20), texts=("Acorn one",)),
    )
    yield made
    made.storage.close()


def look(small: Small, code: str = "a1") -> str:
    desk = Desk(storage=small.storage, clock=small.clock, campaign=CAMPAIGN, actor="Ann Example")
    return look_once_more(desk, code, small.networks["acorn"])


def after(small: Small, fault: Fault, minutes: float = 5) -> None:
    """The first call ends like this, nobody can read the account, and so much time goes by."""
    network = small.networks["acorn"]
    network.faults.append(fault)
    network.blind = True
    small.run_until(MONDAY + timedelta(minutes=minutes), small.runner())
    network.blind = False


@pytest.mark.parametrize(("fault", "state"), [(lost_answer, PostState.HELD), (lost_answer, PostState.UNKNOWN)])
def test_what_is_there_after_all_is_not_sent(small: Small, fault: Fault, state: PostState) -> None:
    after(small, fault, minutes=5 if state is PostState.HELD else 1)
    assert small.state("a1") is state
    with pytest.raises(PersonNeededError, match="very words of a1") as caught:
        look(small)
    assert small.networks["acorn"].accepted[0].url in str(caught.value)


def test_what_was_refused_and_is_there_all_the_same_is_not_sent(small: Small) -> None:
    after(small, REFUSED)
    assert small.state("a1") is PostState.FAILED
    small.networks["acorn"].publish(Outgoing(text="Acorn one"))
    with pytest.raises(PersonNeededError, match="very words of a1"):
        look(small)


def test_what_is_not_there_may_be_sent(small: Small) -> None:
    after(small, lost_request)
    small.networks["acorn"].publish(Outgoing(text="Something else"))
    assert look(small) == "@acorn was read once more, and a1 is not shown."


def test_the_same_words_with_a_link_that_nobody_explains_may_be_it(small: Small) -> None:
    after(small, lost_request)
    small.networks["acorn"].publish(Outgoing(text="Acorn one https://t.co/abc"))
    with pytest.raises(PersonNeededError, match="may be a1: it has its words, and X does not say where its link leads"):
        look(small)


def test_the_same_words_with_another_link_are_named_and_left_to_the_person(small: Small) -> None:
    after(small, lost_request)
    small.networks["acorn"].publish(Outgoing(text="Acorn one https://example.org/shop"))
    there = small.networks["acorn"].accepted[-1].url
    assert look(small) == (
        f"@acorn was read once more, and a1 is not shown. Something with the same words and other links is: {there}"
    )


def test_a_post_that_is_on_record_as_another_one_is_not_taken_for_it(small: Small) -> None:
    after(small, lost_request, minutes=25)
    assert small.state("a2") is PostState.POSTED
    assert "is not shown" in look(small)


def test_an_earlier_call_of_the_same_week_is_found_too(small: Small) -> None:
    after(small, lost_answer)
    small.clock.advance(timedelta(days=6))
    with pytest.raises(PersonNeededError, match="very words"):
        look(small)


class Behind(FaultyNetwork):
    """Shows nothing newer than an instant."""

    shows_until = MONDAY

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        return [post for post in super().recent(since) if post.posted_at < self.shows_until]


def test_an_account_that_lags_behind_is_said_to(small: Small) -> None:
    network = small.networks["acorn"] = Behind(small.clock, "acorn")
    network.faults.append(lost_request)
    small.run_until(MONDAY + timedelta(minutes=25), small.runner())
    assert small.state("a2") is PostState.POSTED
    assert "X is behind: better wait some minutes" in look(small)
    network.shows_until = small.clock.now()
    assert "X is behind" not in look(small)
    network.shows_until = MONDAY
    small.clock.advance(timedelta(days=30))
    network.publish(Outgoing(text="Something else"))
    assert "X is behind" in look(small)


def test_what_cannot_be_read_leaves_it_to_the_person(small: Small) -> None:
    class Unreadable(FaultyNetwork):
        def recent(self, since: datetime) -> Sequence[SeenPost]:
            raise LookError(Outcome(verdict=Verdict.UNKNOWN, reason=f"No answer since {since:%Y}."))

    after(small, lost_request)
    small.networks["acorn"] = Unreadable(small.clock, "acorn")
    assert look(small) == "@acorn could not be read (No answer since 2027.), so only what you have seen counts."

"""What the account must show before a post that a person names goes on record; on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Outgoing, Refusal, Verdict
from bot.core.claiming import Claim, check_claim, network_id_in
from bot.core.desk import Desk
from bot.errors import CampaignBotError, PersonNeededError, UsageError
from bot.lifecycle import SETTLE_WINDOW
from bot.model import PostState
from bot.publishers.snowflake import first_id_of
from tests.campaigns import answer, lost_request
from tests.small import Small, a_small_campaign
from tests.torture.world import CAMPAIGN, MONDAY, Sketch

REFUSED = answer(Outcome(verdict=Verdict.REFUSED, reason="No.", refusal=Refusal.REJECTED))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """A post that was refused, a thread whose second part was refused, and one that comes later."""
    made = a_small_campaign(
        tmp_path,
        Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",)),
        Sketch(code="a2", account="acorn", due_at=MONDAY + 20 * MINUTE, texts=("Head", "Middle", "End")),
        Sketch(code="a3", account="acorn", due_at=MONDAY + 90 * MINUTE, texts=("Acorn three",)),
    )
    network = made.networks["acorn"]
    network.faults += [REFUSED, lambda inner, outgoing: inner.publish(outgoing), REFUSED]
    made.run_until(MONDAY + 60 * MINUTE, made.runner())
    yield made
    made.storage.close()


def claim(small: Small, address: str, code: str = "a1", *, unseen: bool = False) -> Claim:
    desk = Desk(storage=small.storage, clock=small.clock, campaign=CAMPAIGN, actor="Ann Example")
    return check_claim(desk, code, address, small.networks["acorn"], unseen=unseen)


def put(small: Small, text: str, in_reply_to: str | None = None) -> str:
    """Somebody writes this by hand."""
    receipt = small.networks["acorn"].publish(Outgoing(text=text, in_reply_to=in_reply_to)).receipt
    assert receipt is not None
    return receipt.network_id


def head_of(small: Small) -> str:
    receipt = small.posts["a2"].messages[0].receipt
    assert receipt is not None
    return receipt.network_id


def test_what_the_account_shows_fits_or_does_not(small: Small) -> None:
    assert (small.state("a1"), small.state("a2")) == (PostState.FAILED, PostState.PARTIAL)
    assert claim(small, put(small, "Acorn one")) == Claim(wanted="Acorn one", shown="Acorn one")
    assert claim(small, put(small, "Acorn on")) == Claim(wanted="Acorn one", shown="Acorn on", fits=False)
    assert claim(small, put(small, "Acorn one https://t.co/abc")).fits
    assert not claim(small, put(small, "Acorn one https://example.org/a")).fits


@pytest.mark.parametrize("text", ["Acorn three", "Middle", "End"])
def test_what_another_post_or_part_is_to_say_is_refused(small: Small, text: str) -> None:
    with pytest.raises(UsageError, match="is to say, so it is not a1"):
        claim(small, put(small, text), unseen=True)


def test_a_part_of_a_thread_replies_to_the_part_before_it(small: Small) -> None:
    parent = head_of(small)
    assert claim(small, put(small, "Middle", parent), "a2").fits
    with pytest.raises(UsageError, match=r"Part 2 of a2 replies to .*, and that one is no reply"):
        claim(small, put(small, "Middle by hand"), "a2")
    with pytest.raises(UsageError, match="and that one replies to"):
        claim(small, put(small, "Middle, once more", put(small, "Elsewhere")), "a2")
    with pytest.raises(UsageError, match="says what part 3 of a2 is to say, so it is not a2"):
        claim(small, put(small, "End", parent), "a2")
    with pytest.raises(UsageError, match=r"Another post of this account \(a2\) is on record"):
        claim(small, parent, "a2", unseen=True)


def test_what_a_good_reading_does_not_show_is_not_put_on_record_whatever_a_person_says(small: Small) -> None:
    missing = str(first_id_of(small.clock.now() - 30 * MINUTE))
    for unseen in (False, True):
        with pytest.raises(PersonNeededError, match="shows no post with that number") as caught:
            claim(small, missing, unseen=unseen)
        assert "campaign-bot skip a1" in str(caught.value)


@pytest.mark.parametrize("age", [SETTLE_WINDOW - timedelta(seconds=1), timedelta(0)])
def test_what_is_too_new_to_be_shown_may_be_vouched_for(small: Small, age: timedelta) -> None:
    fresh = str(first_id_of(small.clock.now() - age))
    with pytest.raises(PersonNeededError, match="X may be behind"):
        claim(small, fresh)
    assert claim(small, fresh, unseen=True) == Claim(wanted="Acorn one")


def test_what_is_shown_is_compared_even_if_a_person_says_that_it_is_not(small: Small) -> None:
    assert not claim(small, put(small, "Something else"), unseen=True).fits


def test_a_deleted_post_is_none(small: Small) -> None:
    there = put(small, "Acorn one")
    small.networks["acorn"].delete(there)
    small.clock.advance(10 * MINUTE)
    with pytest.raises(PersonNeededError, match="If it was there and is deleted"):
        claim(small, there)


def test_a_call_that_never_arrived_leaves_nothing_to_claim(tmp_path: Path) -> None:
    made = a_small_campaign(tmp_path, Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",)))
    made.networks["acorn"].faults.append(lost_request)
    made.run_until(MONDAY + 30 * MINUTE, made.runner())
    assert made.state("a1") is PostState.HELD
    with pytest.raises(PersonNeededError, match="shows no post"):
        claim(made, str(first_id_of(MONDAY)), unseen=True)
    made.storage.close()


@pytest.mark.parametrize(
    "address", ["", "abc", "https://x.com/acorn", "https://x.com/acorn/status/abc", "-1", "1" * 20]
)
def test_what_is_no_address_of_a_post_is_refused(address: str) -> None:
    with pytest.raises(CampaignBotError, match="is not the address of a post"):
        network_id_in(address)

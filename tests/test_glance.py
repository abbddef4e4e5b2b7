"""One glance at all accounts tells a runner which of them it has to look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.choosing import Idle, leave_alone
from bot.core.running import Beat
from bot.model import Account, Mode, PostState
from bot.storage.leases import LEASE, RENEW_BELOW
from bot.storage.looking import Glance
from tests.databases import statements
from tests.small import SECOND, FrozenError, Small, a_small_campaign, freeze_at
from tests.torture.world import MONDAY, Sketch

LATER = MONDAY + timedelta(hours=1)
ACCOUNTS = tuple(f"account{number:02}" for number in range(12))


@pytest.fixture
def small(tmp_path: Path, database_url: str) -> Iterator[Small]:
    """Twelve accounts with a post each: the first one's is due, the others' an hour later."""
    sketches = [
        Sketch(code=f"p{number:02}", account=handle, due_at=LATER if number else MONDAY, texts=(f"Post {number}",))
        for number, handle in enumerate(ACCOUNTS)
    ]
    made = a_small_campaign(tmp_path, *sketches, url=database_url)
    yield made
    made.storage.close()


def seen(*, due: bool = False, is_open: bool = False, holder: str = "", next_due_at: datetime | None = LATER) -> Glance:
    account = Account(account_id=1, network="x", handle="acorn")
    return Glance(account=account, any_due=due, any_open=is_open, next_due_at=next_due_at, holder=holder)


@pytest.mark.parametrize(
    ("glance", "until"),
    [
        (seen(), LATER),
        (seen(next_due_at=None), None),
        (seen(holder="alive"), LATER),
        (seen(due=True, holder="alive"), MONDAY + LEASE - RENEW_BELOW),
        (seen(is_open=True, holder="alive"), MONDAY + LEASE - RENEW_BELOW),
        (seen(due=True, is_open=True, holder="alive"), MONDAY + LEASE - RENEW_BELOW),
    ],
)
def test_an_account_is_left_alone_while_nothing_is_due_or_another_runner_has_it(
    glance: Glance, until: datetime | None
) -> None:
    assert leave_alone(glance, MONDAY, lambda owner: owner == "gone") == Idle(until=until)


@pytest.mark.parametrize(
    "glance",
    [
        seen(due=True),
        seen(is_open=True, next_due_at=None),
        seen(due=True, holder="gone"),
        seen(is_open=True, holder="gone"),
    ],
)
def test_what_is_due_or_open_is_served_when_nobody_has_it_or_its_runner_surely_is_gone(glance: Glance) -> None:
    assert leave_alone(glance, MONDAY, lambda owner: owner == "gone") is None


def test_a_beat_with_nothing_to_do_asks_one_question_for_all_accounts(small: Small) -> None:
    runner = small.runner()
    runner.tick()
    assert small.state("p00") is PostState.POSTED
    runner.tick()  # the last look at the account that was served
    small.clock.advance(SECOND)
    beats: list[Beat] = []
    asked = statements(small.storage, lambda: beats.append(runner.tick()))
    assert beats[0].next_at == LATER
    assert len([said for said in asked if said.lstrip().startswith("SELECT")]) == 1


def test_a_glance_tells_what_is_due_what_is_open_what_comes_and_who_has_it(small: Small) -> None:
    with pytest.raises(FrozenError):
        small.runner("frozen", freeze_at("after intent")).tick()

    def glances(runner: str, now: datetime) -> dict[str, Glance]:
        found = small.storage.delivery.glance(Mode.LIVE, now=now, runner_id=runner)
        return {glance.account.handle: glance for glance in found}

    for_another = glances("another", MONDAY)
    assert list(for_another) == list(ACCOUNTS)
    first, second = (for_another[handle] for handle in ACCOUNTS[:2])
    assert (first.any_due, first.any_open, first.next_due_at, first.holder) == (True, True, None, "frozen")
    assert (second.any_due, second.any_open, second.next_due_at, second.holder) == (False, False, LATER, "")
    assert glances("frozen", MONDAY)[ACCOUNTS[0]].holder == ""
    assert glances("another", LATER)[ACCOUNTS[1]].any_due
    small.clock.advance(LEASE)
    assert glances("another", MONDAY)[ACCOUNTS[0]].holder == ""
    assert glances("another", MONDAY - SECOND)[ACCOUNTS[0]].any_due is False


def test_a_lease_from_a_clock_that_has_gone_back_since_keeps_nobody_asking(small: Small) -> None:
    """It seems to last for a day; what is due there waits for a person, so a closer look finds that nothing comes."""
    small.clock.jump(timedelta(days=1))
    small.storage.delivery.claim(small.accounts[ACCOUNTS[0]], "ahead", now=small.clock.now())
    small.clock.jump(-timedelta(days=1))
    (first, *_) = small.storage.delivery.glance(Mode.LIVE, now=MONDAY, runner_id="another")
    assert (first.any_due, first.holder) == (True, "")

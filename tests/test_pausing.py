"""What a pause and its end do to one campaign, and what they leave alone. Whole campaigns under a pause: test_delivery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core import steering
from bot.core.desk import Desk
from bot.core.guarding import OLDER_COPY, pause_all
from bot.model import MessageState, PostState
from tests.small import Small, a_small_campaign
from tests.torture.world import CAMPAIGN, ENCORE, MONDAY, Sketch

LATER, EVENING = MONDAY + timedelta(minutes=20), MONDAY + timedelta(hours=9)
WHY = "Its slot fell into a pause."


@pytest.fixture
def small(tmp_path: Path, database_url: str) -> Iterator[Small]:
    """Two campaigns, each on an account of its own."""
    made = a_small_campaign(
        tmp_path,
        Sketch(code="a1", account="acorn", due_at=MONDAY, texts=("Acorn one",)),
        Sketch(code="a2", account="acorn", due_at=LATER, texts=("Acorn two",)),
        Sketch(code="a3", account="acorn", due_at=EVENING, texts=("Acorn three",)),
        Sketch(code="draft", account="acorn", due_at=LATER, texts=("Not yet",), signed=False),
        Sketch(code="o1", account="oak", due_at=MONDAY, texts=("Oak one",), campaign=ENCORE),
        Sketch(code="o2", account="oak", due_at=LATER, texts=("Oak two",), campaign=ENCORE),
        url=database_url,
    )
    yield made
    made.storage.close()


def pause(small: Small, name: str = CAMPAIGN) -> tuple[str, ...]:
    return small.storage.campaigns.record_pause(small.campaign_id(name), "bad news", small.entry("pause"))


def desk_of(small: Small) -> Desk:
    return Desk(storage=small.storage, clock=small.clock, campaign=CAMPAIGN, actor="Ann Example")


def resume(small: Small) -> tuple[str, ...]:
    return small.storage.campaigns.record_resume(small.campaign_id(), small.entry("resume"), reason=WHY)


def test_a_pause_names_what_is_on_its_way_at_that_moment_and_nothing_of_another_campaign(small: Small) -> None:
    named: list[tuple[str, ...]] = []

    def pause_both(step: str) -> None:
        if step == "after intent" and not named:
            named.extend((pause(small), pause(small, ENCORE)))

    small.runner(crashpoint=pause_both).tick()
    assert sorted(named) == [(), ("a1",)]
    assert [network.texts() for network in small.networks.values()] == [["Acorn one"], []]


def test_when_nothing_is_on_its_way_a_pause_names_nothing(small: Small) -> None:
    assert pause(small) == ()
    small.runner().tick()
    assert pause(small) == ()


def test_the_end_of_a_pause_makes_missed_what_fell_into_it_signed_off_or_not(small: Small) -> None:
    small.runner().tick()
    pause(small)
    small.clock.advance_to(LATER + timedelta(minutes=1))
    assert sorted(resume(small)) == ["a2", "draft"]
    assert {small.state(code) for code in ("a2", "draft")} == {PostState.MISSED}
    assert {small.posts[code].standing_reason for code in ("a2", "draft")} == {WHY}
    assert [small.state(code) for code in ("a1", "a3")] == [PostState.POSTED, PostState.APPROVED]


def test_a_resume_lists_what_fell_into_the_pause_and_nothing_that_was_missed_before(small: Small) -> None:
    small.run_until(LATER, small.runner())
    assert small.state("draft") is PostState.MISSED
    steering.pause(desk_of(small), "Bad news")
    small.clock.advance_to(EVENING + timedelta(minutes=1))
    assert steering.resume(desk_of(small)) == ("a3",)


def test_a_pause_that_is_asked_for_again_stays_what_it_was_unless_a_reason_is_given(small: Small) -> None:
    since, desk = small.clock.now(), desk_of(small)
    steering.pause(desk, "Bad news")
    small.clock.advance(timedelta(minutes=1))
    assert steering.pause(desk, "") == steering.Paused(since=since, sending=(), already=True)
    assert (desk.record().paused_at, desk.record().pause_reason) == (since, "Bad news")
    assert steering.pause(replace(desk, actor="Bob Example"), "Worse news").already
    record = desk.record()
    assert (record.paused_at, record.paused_by, record.pause_reason) == (since, "Ann Example", "Worse news")


def test_what_is_late_in_another_campaign_does_not_ask_because_of_a_pause(small: Small) -> None:
    pause(small)
    small.clock.advance_to(LATER + timedelta(minutes=1))
    resume(small)
    assert (small.state("o1"), small.state("o2")) == (PostState.APPROVED, PostState.APPROVED)
    small.run_until(LATER + timedelta(minutes=5), small.runner())
    assert small.networks["oak"].texts() == ["Oak one", "Oak two"]
    assert small.networks["acorn"].texts() == []


def test_a_thread_that_has_begun_rests_in_a_pause_and_goes_on_after_it(tmp_path: Path) -> None:
    parts = ("Part one", "Part two", "Part three")
    thread = a_small_campaign(tmp_path, Sketch(code="t", account="acorn", due_at=MONDAY, texts=parts))

    def pause_after_the_first(step: str) -> None:
        if step == "after result" and len(thread.networks["acorn"].calls) == 1:
            pause(thread)

    runner = thread.runner(crashpoint=pause_after_the_first)
    thread.run_until(MONDAY + timedelta(minutes=5), runner)
    assert thread.networks["acorn"].texts() == ["Part one"]
    assert [message.state for message in thread.posts["t"].messages[1:]] == [MessageState.PENDING] * 2
    assert resume(thread) == ()
    thread.run_until(MONDAY + timedelta(minutes=10), runner)
    assert thread.networks["acorn"].texts() == list(parts)
    thread.storage.close()


def test_a_campaign_that_is_paused_keeps_no_other_from_going_out(small: Small) -> None:
    pause(small)
    small.run_until(LATER + timedelta(minutes=5), small.runner())
    assert small.networks["oak"].texts() == ["Oak one", "Oak two"]
    assert small.networks["acorn"].texts() == []


def test_what_stops_everything_pauses_all_that_was_started_and_leaves_pauses_that_people_made(small: Small) -> None:
    pause(small, ENCORE)
    small.clock.advance(timedelta(minutes=1))
    pause_all(small.storage, OLDER_COPY, small.entry("pause"))
    found = {name: small.storage.campaigns.get(small.campaign_id(name)) for name in (CAMPAIGN, ENCORE)}
    assert {name: one.pause_reason for name, one in found.items()} == {CAMPAIGN: OLDER_COPY, ENCORE: "bad news"}
    assert {name: one.paused_at for name, one in found.items()} == {CAMPAIGN: small.clock.now(), ENCORE: MONDAY}


def test_what_stops_everything_stops_every_campaign(small: Small) -> None:
    pause_all(small.storage, OLDER_COPY, small.entry("pause"))
    small.runner().tick()
    assert [network.calls for network in small.networks.values()] == [[], []]
    assert {small.storage.campaigns.get(small.campaign_id(name)).pause_reason for name in (CAMPAIGN, ENCORE)} == {
        OLDER_COPY
    }

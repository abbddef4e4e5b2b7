"""pause, resume, skip, retry, reschedule: what a person does to a campaign under way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Refusal, Verdict
from bot.cli.moments import parse_moment
from bot.core.steering import decide, slot_at
from bot.decisions import reschedule
from bot.errors import ExitCode, UsageError
from bot.lifecycle import state_of
from bot.model import PostState
from tests.campaigns import answer
from tests.underway import campaign_bot, fine, posts_of, practise, refusal, shop_of

MONDAY = date(2027, 3, 8)
DAYS = tuple(MONDAY + timedelta(days=number) for number in range(5))
TUESDAY_NOON = datetime(2027, 3, 9, 12, 0, 30, tzinfo=UTC)
NO = answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, reason="X says no.", status=400))


def local(words: str, now: datetime = TUESDAY_NOON, days: tuple[date, ...] = DAYS) -> str:
    return parse_moment(words, zone="Europe/London", now=now, days=days).local.isoformat(" ", "minutes")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Thu 14:30", "2027-03-11 14:30"),
        ("thursday 9:05", "2027-03-11 09:05"),
        ("Tue 12:00", "2027-03-09 12:00"),
        ("13:00", "2027-03-09 13:00"),
        ("9:00", "2027-03-10 09:00"),
        ("tomorrow 9.15", "2027-03-10 09:15"),
        ("2027-03-20 14:30", "2027-03-20 14:30"),
        ("2027-03-20T14:30", "2027-03-20 14:30"),
    ],
)
def test_times_are_understood_as_people_type_them(words: str, meant: str) -> None:
    assert local(words) == meant


def test_a_weekday_of_a_campaign_to_come_is_one_of_its_days() -> None:
    assert local("Thu 14:30", now=TUESDAY_NOON - timedelta(days=20)) == "2027-03-11 14:30"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("soonish", "is not a time"),
        ("Thu 25:00", "is not a time"),
        ("Someday 14:30", "“Someday” is not a day"),
        ("Mon 14:30", "it ends on Friday 12 March 2027"),
        ("2027-03-28 01:30", "does not exist in Europe/London"),
        ("", "is not a time"),
    ],
)
def test_a_time_that_cannot_be_meant_is_explained(words: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        local(words)


def test_a_pause_asks_nothing_and_is_there_for_all_to_see(signed: Path) -> None:
    practise(signed, days=0)
    said = fine(campaign_bot(signed, "pause", "--reason", "Bad news in town"))
    assert said.startswith("‖ Paused, since ")
    assert "Next: campaign-bot resume" in said
    assert "Bad news in town" in fine(campaign_bot(signed, "status"))
    assert "It was paused already" in fine(campaign_bot(signed, "pause"))


def test_before_its_sign_off_a_week_that_goes_on_is_looked_at_next_as_the_status_says_too(planned: Path) -> None:
    fine(campaign_bot(planned, "pause"))
    assert "Next: campaign-bot preview" in fine(campaign_bot(planned, "resume"))
    assert "What to do next: campaign-bot preview" in fine(campaign_bot(planned, "status"))
    assert "campaign-bot start" not in fine(campaign_bot(planned, "health"))


def test_what_fell_into_a_pause_is_listed_with_its_three_ways_out_and_not_sent(signed: Path) -> None:
    practise(signed, days=0)
    fine(campaign_bot(signed, "pause"))
    fall_due(signed, "w20")
    said = fine(campaign_bot(signed, "resume"))
    assert "1 post was missed" in said
    for way in ("skip w20", "reschedule w20 --to next", "reschedule w20 --to now"):
        assert f"campaign-bot {way}" in said
    assert state_of(posts_of(signed)["w20"]) is PostState.MISSED
    assert "not paused" in refusal(campaign_bot(signed, "resume"), ExitCode.USAGE)


def test_resuming_when_nothing_was_missed_says_so(signed: Path) -> None:
    practise(signed, days=0)
    fine(campaign_bot(signed, "pause"))
    said = fine(campaign_bot(signed, "resume"))
    assert "Nothing was missed." in said
    assert "Next: campaign-bot run" in said


def test_several_posts_are_skipped_or_none(signed: Path) -> None:
    said = refusal(campaign_bot(signed, "skip", "w20", "w99", "o77"), ExitCode.USAGE)
    assert "“w99”" in said
    assert "“o77”" in said
    assert state_of(posts_of(signed)["w20"]) is PostState.APPROVED
    assert "campaign-bot start" in fine(campaign_bot(signed, "skip", "w20", "W19"))
    assert {state_of(posts_of(signed)[code]) for code in ("w20", "w19")} == {PostState.SKIPPED}


def test_a_thread_that_stopped_goes_on_from_its_first_missing_part(signed: Path) -> None:
    with shop_of(signed) as shop:
        for post in shop.bot.posts():
            if post.code != "winner":
                shop.bot.skip(post.code)
    practise(signed, lambda network, outgoing: network.publish(outgoing), NO)
    said = fine(campaign_bot(signed, "retry", "winner"))
    assert "from part 2 of" in said
    assert "No runner is at work. Next: campaign-bot run" in said
    assert "1 of 8 parts are out and stay there" in fine(campaign_bot(signed, "skip", "winner"))
    assert "Every post of the campaign is final." in fine(campaign_bot(signed, "status"))


def test_there_is_nothing_to_retry_about_a_post_that_waits(signed: Path) -> None:
    assert "nothing went wrong with it" in refusal(campaign_bot(signed, "retry", "w20"), ExitCode.USAGE)


def test_a_post_moves_to_a_time_and_keeps_its_sign_off(signed: Path) -> None:
    said = fine(campaign_bot(signed, "reschedule", "w20", "--to", "Fri 08:15"))
    assert "w20 moves to Fri" in said
    assert "08:15" in said
    moved = posts_of(signed)["w20"]
    assert (moved.slot.local.hour, moved.slot.local.minute) == (8, 15)
    assert state_of(moved) is PostState.APPROVED


def test_next_and_now_are_times_too(signed: Path) -> None:
    fine(campaign_bot(signed, "reschedule", "w20", "--to", "now"))
    fine(campaign_bot(signed, "reschedule", "w19", "--to", "NOW"))
    posts = posts_of(signed)
    apart = posts["w19"].slot.due_at - posts["w20"].slot.due_at
    assert timedelta(seconds=30) <= apart < timedelta(seconds=40), "two posts moved to now are no burst"
    fine(campaign_bot(signed, "reschedule", "w18", "--to", "now"))
    said = fine(campaign_bot(signed, "reschedule", "w17", "--to", "now"))
    assert "! That is not at once" in said, "the fourth of them waits for a minute and a half"
    fine(campaign_bot(signed, "reschedule", "w20", "--to", "next"))
    assert posts_of(signed)["w20"].slot.due_at > posts["w19"].slot.due_at


def test_a_slot_that_another_post_has_is_taken(signed: Path) -> None:
    with shop_of(signed) as shop:
        first, second = shop.bot.posts()[:2]
        with pytest.raises(UsageError, match=f"{second.code} has that slot already"):
            shop.bot.move(first.code, second.slot)
        assert shop.bot.post(first.code).slot == first.slot


def test_a_time_that_has_passed_is_no_slot(signed: Path) -> None:
    with shop_of(signed) as shop:
        code, zone = shop.bot.posts()[0].code, str(shop.bot.zone())
        with pytest.raises(UsageError, match="has passed"):
            shop.bot.move(code, slot_at(shop.clock.now() - timedelta(minutes=2), zone))


def test_an_unsigned_post_cannot_go_out_now(planned: Path) -> None:
    said = refusal(campaign_bot(planned, "reschedule", "w20", "--to", "now"), ExitCode.NOT_APPROVED)
    assert "campaign-bot approve w20" in said
    assert "still needs its sign-off" in fine(campaign_bot(planned, "reschedule", "w20", "--to", "Fri 08:15"))


def fall_due(folder: Path, code: str) -> None:
    """Put a post's slot a minute back."""
    with shop_of(folder) as shop:
        slot = slot_at(shop.clock.now() - timedelta(minutes=1), str(shop.bot.zone()))
        decide(shop.bot.stage, shop.bot.post(code), "reschedule", reschedule(slot))

"""Every post gets one slot: evenly, in order, at a distance, and never moved when it is to keep its place."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from bot.config import Config, Posting, Privacy
from bot.errors import PlanError
from bot.model import Organisation, PostKey, Ranking
from bot.plan import Pinned, assign
from bot.schedule import resolve_local
from tests.weeks import (
    BEFORE,
    COUNTDOWN,
    MONDAY,
    OFFICE,
    ORGANISATIONS,
    TOP20,
    WEEK,
    WINNER,
    campaign,
    codes,
    moved,
    pin,
    plan,
    ranked,
    when,
)


def refusal(config: Config, ranking: Ranking = TOP20, now: datetime = BEFORE) -> str:
    with pytest.raises(PlanError) as caught:
        plan(config, ranking, now=now)
    return str(caught.value)


def test_the_week_counts_down_and_ends_with_the_winner_thread() -> None:
    result = plan(campaign())
    assert codes(result, "w") == [f"w{rank:02d}" for rank in range(20, 3, -1)] + ["winner"]
    assert codes(result, "o") == [f"o{number:02d}" for number in range(1, 13)]
    assert result.assignments[-1].code == "winner"
    assert result.assignments[-1].subject_id == "winner"
    assert when(result, "winner") == WINNER.at
    assert result.notes == ()


def test_a_series_is_spread_evenly_with_the_fullest_days_first() -> None:
    result = plan(campaign(COUNTDOWN))
    assert [Counter(post.slot.local.date() for post in result.assignments)[day] for day in WEEK] == [5, 4, 4, 4, 0]
    monday = [f"{post.slot.local:%H:%M}" for post in result.assignments[:5]]
    assert monday == ["09:00", "10:30", "12:00", "14:00", "15:30"]


def test_two_series_take_turns_on_a_day() -> None:
    monday = [post.code[0] for post in plan(campaign()).assignments if post.slot.local.date() == MONDAY]
    assert monday == ["w", "o", "w", "w", "o", "w", "o", "w"]


def test_ranks_may_count_upwards() -> None:
    assert codes(plan(campaign(replace(COUNTDOWN, ranks=(4, 6))))) == ["w04", "w05", "w06"]


def test_members_of_a_tie_have_neighbouring_slots_in_the_order_of_the_list() -> None:
    ranking = ranked([1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13])
    result = plan(campaign(replace(COUNTDOWN, ranks=(13, 4))), ranking)
    assert codes(result) == ["w13", "w12", "w09a", "w09b", "w09c", "w08", "w07", "w06", "w05", "w04"]
    tie = [post.slot.local for post in result.assignments if post.code.startswith("w09")]
    assert [later - earlier for earlier, later in pairwise(tie)] == [timedelta(minutes=30)] * 2
    assert [post.subject_id for post in result.assignments if post.code.startswith("w09")] == ["p9", "p10", "p11"]


def test_a_tie_moves_the_cut_between_two_days() -> None:
    ranking = ranked([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 18, 19, 20])
    result = plan(campaign(COUNTDOWN), ranking)
    assert when(result, "w16a").date() == when(result, "w16b").date()
    assert sorted(Counter(post.slot.local.date() for post in result.assignments).values()) == [4, 4, 4, 5]


def test_organisations_are_in_alphabetical_order_without_regard_to_accents() -> None:
    names = ["Zinnia", "éclair", "Dovecote", "Fern"]
    places = tuple(Organisation(organisation_id=name, name=name, worker_ids=()) for name in names)
    result = plan(campaign(ORGANISATIONS), replace(TOP20, organisations=places))
    assert [post.subject_id for post in result.assignments] == ["Dovecote", "éclair", "Fern", "Zinnia"]


def test_codes_have_three_digits_where_the_list_needs_them() -> None:
    result = plan(campaign(replace(COUNTDOWN, ranks=(101, 99))), ranked(range(1, 102)))
    assert codes(result) == ["w101", "w100", "w099"]


def test_a_post_is_the_same_post_after_a_change_of_rank() -> None:
    before = plan(campaign(COUNTDOWN), ranked(range(1, 21)))
    assert before.assignments[0].key == PostKey(series="w", subject_id="p20", account_id=1)


def test_planning_everything_again_moves_nothing() -> None:
    first = plan(campaign())
    again = plan(campaign(), pinned=pin(first), now=datetime(2027, 1, 1, tzinfo=UTC))
    assert again.assignments == first.assignments


def test_one_post_that_lost_its_place_goes_back_between_its_neighbours() -> None:
    first = plan(campaign())
    kept = [one for one in pin(first) if one.code != "w11"]
    again = plan(campaign(), pinned=kept)
    assert when(again, "w12") < when(again, "w11") < when(again, "w10")
    assert {post.code: post.slot for post in again.assignments if post.code != "w11"} == {
        one.code: one.slot for one in kept
    }


def test_a_post_moved_out_of_order_by_hand_does_not_drag_the_others_along() -> None:
    first = plan(campaign(COUNTDOWN, WINNER))
    strayed = moved(pin(first, "w20")[0], "2026-12-03 11:10")
    result = plan(campaign(COUNTDOWN, WINNER), pinned=[strayed, *pin(first, "w18", "w05")])
    assert when(result, "w19") < when(result, "w18") < when(result, "w17")
    assert when(result, "w20") == strayed.slot.local


def test_new_posts_keep_the_spacing_to_one_between_two_slots() -> None:
    first = plan(campaign(COUNTDOWN))
    odd = moved(pin(first, "w20")[0], "2026-11-30 09:10")
    result = plan(campaign(COUNTDOWN), pinned=[odd])
    assert when(result, "w19") == datetime.combine(MONDAY, time(10, 0))


def test_where_no_room_is_left_between_neighbours_the_plan_says_so() -> None:
    posting = Posting(times=(time(9), time(10), time(11)), spacing=timedelta(hours=1))
    series = replace(COUNTDOWN, ranks=(7, 4), days=WEEK[:2])
    kept = pin(plan(campaign(series, posting=posting)), "w07", "w05")
    kept = (moved(kept[0], "2026-11-30 09:00"), moved(kept[1], "2026-11-30 10:00"))
    result = plan(campaign(series, posting=posting), pinned=kept)
    assert len({post.slot.due_at for post in result.assignments}) == 4
    assert any("outside their order" in note for note in result.notes)


def test_two_series_that_want_the_same_gap_both_get_their_slots() -> None:
    posting = Posting(times=tuple(time(hour) for hour in (9, 10, 11, 13)))
    down = replace(COUNTDOWN, ranks=(9, 6), days=WEEK[:1])
    up = replace(COUNTDOWN, name="Up", code="u", ranks=(3, 5), days=WEEK[:1])
    roomy = plan(campaign(down, up))
    fixed = {"w09": "09:00", "w06": "11:30", "u03": "08:30", "u05": "11:30"}
    kept = [moved(one, f"{MONDAY} {fixed[one.code]}") for one in pin(roomy, *fixed)]
    result = plan(campaign(down, up, posting=posting), pinned=kept)
    new = [post for post in result.assignments if post.code not in fixed]
    assert [post.slot.local.hour for post in new] == [10, 11, 13]
    assert [post.code for post in new if post.code.startswith("w")] == ["w08", "w07"]
    assert any("outside their order" in note for note in result.notes)


def test_a_campaign_may_be_one_day_long() -> None:
    config = replace(campaign(replace(COUNTDOWN, days=())), first_day=date(2026, 12, 5), last_day=date(2026, 12, 5))
    assert "Saturday 5 December 2026 has no weekday" in refusal(config)


def test_a_winner_thread_without_a_time_asks_for_one() -> None:
    assert 'at = "Fri 15:00"' in refusal(campaign(replace(WINNER, at=None)))


def test_large_ties_go_on_with_two_letters_after_z() -> None:
    result = plan(campaign(replace(COUNTDOWN, ranks=(4, 4))), ranked([1, 2, 3, *[4] * 28]))
    assert codes(result)[-3:] == ["w04z", "w04aa", "w04ab"]


def test_new_codes_never_repeat_one_that_is_kept() -> None:
    stranger = PostKey(series="w", subject_id="gone", account_id=1)
    slot = resolve_local(datetime.combine(MONDAY, time(9)), "Europe/London")
    result = plan(campaign(COUNTDOWN), pinned=[Pinned(key=stranger, code="w20", slot=slot)])
    assert codes(result)[0] == "w20a"
    assert len(set(codes(result))) == len(codes(result)) == 17


def test_posts_of_another_campaign_on_the_account_keep_their_distance() -> None:
    busy = tuple(datetime(2026, 11, 30, hour, 10, tzinfo=UTC) for hour in range(9, 13))
    result = assign(campaign(COUNTDOWN), TOP20, account_id=1, now=BEFORE, busy=busy)
    for post in result.assignments:
        assert all(abs(post.slot.due_at - instant) >= timedelta(minutes=30) for instant in busy)


def test_planning_in_mid_week_uses_the_rest_of_the_week() -> None:
    now = datetime(2026, 12, 2, 10, 15, tzinfo=UTC)
    result = plan(campaign(replace(COUNTDOWN, ranks=(9, 4))), now=now)
    assert all(post.slot.due_at > now for post in result.assignments)
    assert result.notes == (
        "34 slots of earlier days have passed and were not used.",
        "3 slots of today have passed and were not used.",
    )


def test_nothing_is_placed_after_a_winner_thread_that_was_moved() -> None:
    first = plan(campaign())
    early = moved(pin(first, "winner")[0], "2026-12-03 16:10")
    result = plan(campaign(), pinned=[early])
    assert result.assignments[-1].code == "winner"
    assert result.assignments[-2].slot.local <= datetime.combine(WEEK[3], time(15, 30))


def test_more_posts_than_slots_says_how_many_and_which_spacing_would_do() -> None:
    message = refusal(campaign(posting=replace(OFFICE, spacing=timedelta(hours=2))))
    assert "29 posts but 23 slots for “Countdown” and “Organisations”" in message
    assert "Mon 30 Nov 5, Tue 1 Dec 5, Wed 2 Dec 5, Thu 3 Dec 5, Fri 4 Dec 3" in message
    assert 'Set spacing = "1h"' in message


def test_more_posts_than_listed_times_says_how_many_times_are_missing() -> None:
    message = refusal(campaign(COUNTDOWN, posting=Posting(times=(time(9), time(12)))))
    assert "[posting] times: 17 posts but 8 slots" in message
    assert "Add at least 3 times a day to times" in message


def test_only_the_series_that_are_short_of_slots_are_named() -> None:
    message = refusal(
        campaign(replace(COUNTDOWN, ranks=(30, 4), days=WEEK[:1]), ORGANISATIONS), ranked(range(1, 40), 12)
    )
    assert "27 posts but 17 slots for “Countdown” (free: Mon 30 Nov 17)" in message


def test_a_series_makes_room_for_one_that_has_nowhere_else_to_go() -> None:
    flexible = replace(COUNTDOWN, ranks=(9, 8), days=(WEEK[0], WEEK[1], WEEK[2]))
    bound = replace(COUNTDOWN, name="Bound", code="b", ranks=(7, 6), days=(WEEK[0], WEEK[1], WEEK[3]))
    last = replace(COUNTDOWN, name="Last", code="l", ranks=(5, 5), days=WEEK)
    result = plan(campaign(flexible, bound, last, posting=Posting(times=(time(9),))))
    assert codes(result, "w") == ["w09", "w08"]
    assert when(result, "w08").date() == WEEK[2]
    assert when(result, "b06").date() == WEEK[3]
    assert when(result, "l05").date() == WEEK[4]


def test_a_week_in_the_past_names_its_dates_and_the_next_monday() -> None:
    message = refusal(campaign(), now=datetime(2026, 12, 9, 9, tzinfo=UTC))
    assert "The week from Monday 30 November 2026 to Friday 4 December 2026 is in the past" in message
    assert "such as 2026-12-14 and 2026-12-18" in message


def test_a_winner_thread_in_the_past_asks_for_another_time() -> None:
    assert "winner thread's time has passed" in refusal(campaign(), now=datetime(2026, 12, 4, 16, tzinfo=UTC))


def test_after_the_winner_thread_nothing_is_planned() -> None:
    kept = [one for one in pin(plan(campaign())) if one.code != "w04"]
    with pytest.raises(PlanError, match="“Countdown”: 1 post left, but the winner thread's time has passed"):
        plan(campaign(), pinned=kept, now=datetime(2026, 12, 4, 18, tzinfo=UTC))


def test_on_the_last_evening_there_is_no_spacing_to_suggest() -> None:
    message = refusal(campaign(COUNTDOWN), now=datetime(2026, 12, 3, 18, tzinfo=UTC))
    assert "17 posts but 0 slots for “Countdown”" in message
    assert "68 slots of these days have passed" in message
    assert "Set spacing" not in message


def test_a_post_too_close_to_the_winner_thread_is_named() -> None:
    close = moved(pin(plan(campaign()), "w04")[0], "2026-12-04 14:50")
    with pytest.raises(PlanError, match="closer than 30m to w04"):
        plan(campaign(), pinned=[close])


def test_planning_stops_and_asks_for_the_lawful_basis() -> None:
    message = refusal(replace(campaign(), privacy=Privacy()))
    assert "[privacy] basis" in message
    assert '"consent", "legitimate interests"' in message


def test_everything_that_is_missing_is_said_at_once() -> None:
    config = campaign(replace(COUNTDOWN, ranks=(30, 25)), ORGANISATIONS, WINNER)
    message = refusal(replace(config, privacy=Privacy()), ranked([2, 3, 4]))
    for words in ("lawful basis", "rank from 30 to 25", "no organisations", "the list has 2 of them"):
        assert words in message


def test_without_a_list_the_plan_says_how_to_load_one() -> None:
    assert "campaign-bot load" in refusal(campaign(), Ranking())


def test_a_week_of_weekend_days_is_refused() -> None:
    config = replace(campaign(replace(COUNTDOWN, days=())), first_day=date(2026, 12, 5), last_day=date(2026, 12, 6))
    assert "has no weekday" in refusal(config)


def test_a_series_that_names_a_weekend_day_is_refused_unless_weekends_are_on() -> None:
    saturday = date(2026, 12, 5)
    weekend = replace(COUNTDOWN, days=(WEEK[4], saturday))
    config = campaign(weekend, last_day=saturday)
    assert "names Saturday 5 December 2026" in refusal(config)
    result = plan(replace(config, posting=replace(OFFICE, weekends=True)))
    assert result.assignments[-1].slot.local.date() == saturday


def test_unusual_things_that_stop_nothing_are_noted() -> None:
    config = campaign(replace(COUNTDOWN, ranks=(25, 3)), WINNER, last_day=date(2026, 12, 6))
    notes = plan(config, TOP20).notes
    assert any("Saturday 5 December 2026 and Sunday 6 December 2026" in note for note in notes)
    assert any("asks for rank 25, but the list ends at rank 20" in note for note in notes)
    assert any("first three places" in note for note in notes)

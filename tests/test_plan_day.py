"""Slots for a day: fixed times kept, the rest even, late ones next; nothing closer than the spacing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Config, Posting, Privacy, Series
from bot.contribution import Contribution, Moderation
from bot.errors import PlanError
from bot.model import Ranking, SeriesKind
from bot.plan import Pinned, Plan, assign
from tests.weeks import campaign

MONDAY = date(2026, 11, 30)
BEFORE = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURS = Posting(window=(time(9), time(17)), spacing=timedelta(minutes=10))
OPENING = Series(
    name="Opening", kind=SeriesKind.OPENING, template="o", code="opening", at=datetime.combine(MONDAY, time(8, 30))
)
CLOSING = Series(
    name="Closing", kind=SeriesKind.CLOSING, template="c", code="closing", at=datetime.combine(MONDAY, time(17, 30))
)


def contributions(*times: str, approved: int | None = None) -> Ranking:
    """One for each time; ``approved`` of them, or all."""
    return Ranking(
        contributions=tuple(
            Contribution(
                contribution_id=f"id{number}",
                number=number,
                text=f"Text {number}.",
                time=wanted,
                consented=True,
                state=Moderation.APPROVED if approved is None or number <= approved else Moderation.WAITING,
            )
            for number, wanted in enumerate(times, start=1)
        )
    )


def a_day(*, days: Sequence[date] = (MONDAY,), posting: Posting = HOURS, ends: bool = True) -> Config:
    series = Series(name="All", kind=SeriesKind.CONTRIBUTIONS, template="t", code="c", days=tuple(days))
    chosen = (OPENING, series, CLOSING) if ends else (series,)
    return replace(campaign(*chosen, posting=posting, last_day=days[-1]), privacy=Privacy(basis="consent"))


def plan(config: Config, ranking: Ranking, *pinned: Pinned, now: datetime = BEFORE) -> Plan:
    return assign(config, ranking, account_id=1, pinned=pinned, now=now)


def when(result: Plan) -> dict[str, str]:
    return {one.code: f"{one.slot.local:%H:%M}" for one in result.assignments}


def pinned(result: Plan, *but: str) -> list[Pinned]:
    return [Pinned(key=one.key, code=one.code, slot=one.slot) for one in result.assignments if one.code not in but]


def test_the_rest_lies_evenly_around_the_fixed_ones() -> None:
    found = when(plan(a_day(), contributions("09:00", "", "", "13:00", "", "", "17:00")))
    assert found == {
        "opening": "08:30", "c01": "09:00", "c02": "10:20", "c03": "11:40", "c04": "13:00", "c05": "14:20",
        "c06": "15:40", "c07": "17:00", "closing": "17:30",
    }  # fmt: skip


def test_a_time_off_the_slots_is_kept_to_the_minute() -> None:
    found = when(plan(a_day(), contributions("11:07", "", "")))
    assert found["c01"] == "11:07"


def test_several_days_are_used_evenly_and_a_bare_time_asks_for_its_day() -> None:
    days = (MONDAY, MONDAY + timedelta(days=1))
    result = plan(a_day(days=days, ends=False), contributions(*[""] * 8, "Tue 12:00"))
    by_day = [sum(one.slot.local.date() == day for one in result.assignments) for day in days]
    assert sorted(by_day) == [4, 5]
    with pytest.raises(PlanError, match="could be on any of 2 days"):
        plan(a_day(days=days, ends=False), contributions("12:00"))


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (("07:30",), "outside the posting hours, 09:00 to 17:00"),
        (("12:00", "12:05"), "closer than 10m to c01"),
        (("Tue 12:00",), "is not one day of the contributions"),
        (("2026-12-01 12:00",), "is not one day of the contributions"),
    ],
)
def test_a_time_that_cannot_be_kept_says_why_and_what_to_do(times: tuple[str, ...], said: str) -> None:
    with pytest.raises(PlanError, match=said) as raised:
        plan(a_day(), contributions(*times))
    assert "campaign-bot contributions edit c0" in str(raised.value)


def test_all_times_that_cannot_be_kept_are_told_at_once() -> None:
    with pytest.raises(PlanError) as raised:
        plan(a_day(), contributions("07:30", "", "18:30", "12:00", "12:01"))
    assert [problem.where for problem in raised.value.problems] == ["c01, no name", "c03, no name", "c05, no name"]


def test_a_fixed_time_that_has_passed_says_so() -> None:
    now = datetime(2026, 11, 30, 8, 31, tzinfo=UTC)
    signed = pinned(plan(a_day(), contributions("")), "c01")
    with pytest.raises(PlanError, match="has passed"):
        plan(a_day(), contributions("", "08:31"), *signed, now=now.replace(hour=12))


def test_a_late_one_takes_the_next_free_slot_and_the_others_stay() -> None:
    ranking = contributions(*[""] * 20)
    before = plan(a_day(), ranking)
    now = datetime(2026, 11, 30, 11, 3, tzinfo=UTC)
    after = plan(a_day(), contributions(*[""] * 22), *pinned(before), now=now)
    late = [one for one in after.assignments if one.code in {"c21", "c22"}]
    assert {one.code: one.slot for one in after.assignments if one not in late} == {
        one.code: one.slot for one in before.assignments
    }
    taken = {one.slot.due_at for one in before.assignments}
    free = [
        instant
        for step in range(100)
        if (instant := datetime(2026, 11, 30, 9, tzinfo=UTC) + timedelta(minutes=10 * step)) > now
        and instant not in taken
    ]
    assert sorted(one.slot.due_at for one in late) == free[:2]


def test_where_the_slots_do_not_suffice_the_minutes_between_are_used() -> None:
    posting = replace(HOURS, window=(time(9), time(10)))
    ranking = contributions("09:05", "09:25", "", "", "")
    instants = sorted(one.slot.due_at for one in plan(a_day(posting=posting, ends=False), ranking).assignments)
    assert len(instants) == 5
    assert min(later - earlier for earlier, later in pairwise(instants)) >= timedelta(minutes=10)


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(1, 40),
    fixed=st.lists(st.integers(0, 480), max_size=5, unique=True),
    spacing=st.sampled_from([5, 7, 10, 15]),
    late=st.integers(-60, 400),
)
def test_whatever_is_asked_for_nothing_is_ever_closer_than_the_spacing(
    number: int, fixed: list[int], spacing: int, late: int
) -> None:
    posting = replace(HOURS, spacing=timedelta(minutes=spacing))
    times = [f"{9 + minute // 60:02}:{minute % 60:02}" for minute in fixed]
    now = datetime(2026, 11, 30, 9, tzinfo=UTC) + timedelta(minutes=late)
    config = a_day(posting=posting, ends=False)
    ranking = contributions(*times, *[""] * number)
    try:
        result = plan(config, ranking, now=now)
    except PlanError:
        return
    instants = sorted(one.slot.due_at for one in result.assignments)
    assert len(set(instants)) == number + len(fixed)
    assert all(instant > now for instant in instants)
    assert all(later - earlier >= posting.spacing for earlier, later in pairwise(instants))
    assert plan(config, ranking, now=now) == result


def test_only_what_is_approved_is_planned_and_keeps_its_number() -> None:
    assert set(when(plan(a_day(), contributions("", "", "", approved=2)))) == {"opening", "c01", "c02", "closing"}


def test_without_consent_nothing_is_planned_where_that_is_the_basis() -> None:
    ranking = contributions("", "")
    unwilling = replace(ranking.contributions[1], consented=False)
    with pytest.raises(PlanError, match="c02, no name: It is approved, but its author has not agreed"):
        plan(a_day(), Ranking(contributions=(ranking.contributions[0], unwilling)))
    other = replace(a_day(), privacy=Privacy(basis="public task"))
    assert "c02" in when(plan(other, Ranking(contributions=(ranking.contributions[0], unwilling))))

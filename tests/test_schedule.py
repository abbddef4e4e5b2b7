"""Slots are local times that exist, once each, and never closer than the spacing in real time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import AccountConfig, Config, Posting, Series
from bot.days import say_duration
from bot.errors import PlanError
from bot.model import SeriesKind
from bot.schedule import day_slots, next_free_slot, resolve_local, slots_by_day

LONDON = "Europe/London"
MONDAY = date(2026, 11, 30)
FRIDAY = date(2026, 12, 4)
OFFICE = Posting(window=(time(9), time(17)), spacing=timedelta(hours=2))
NIGHT = Posting(window=(time(0), time(5)), spacing=timedelta(minutes=30), weekends=True)

GAPS = [  # zone, a day on which clocks go forward, a time that is skipped, the time to choose
    ("Europe/London", date(2027, 3, 28), time(1, 30), "02:30"),
    ("Europe/Berlin", date(2027, 3, 28), time(2, 0), "03:00"),
    ("America/New_York", date(2027, 3, 14), time(2, 59), "03:59"),
    ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "02:45"),
    ("America/St_Johns", date(2027, 3, 14), time(2, 30), "03:30"),
    ("Pacific/Apia", date(2011, 12, 30), time(10, 0), "Saturday 31 December 2011 10:00"),
]
FOLDS = [  # zone, a day on which clocks go back, a time that comes twice, its first instant
    ("Europe/London", date(2026, 10, 25), time(1, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ("Europe/Berlin", date(2026, 10, 25), time(2, 0), datetime(2026, 10, 25, 0, 0, tzinfo=UTC)),
    ("America/New_York", date(2026, 11, 1), time(1, 0), datetime(2026, 11, 1, 5, 0, tzinfo=UTC)),
    ("Australia/Lord_Howe", date(2027, 4, 4), time(1, 45), datetime(2027, 4, 3, 14, 45, tzinfo=UTC)),
]


def campaign(posting: Posting = OFFICE, *, winner: datetime | None = None) -> Config:
    series = Series(name="Winner", kind=SeriesKind.WINNER, template="t", code="winner", at=winner)
    return Config(
        folder=Path(),
        name="Lantern Week",
        zone=LONDON,
        first_day=MONDAY,
        last_day=MONDAY + timedelta(days=7),
        account=AccountConfig(handle="lantern_example"),
        posting=posting,
        series=(series,),
        database_url="",
        templates=Path(),
    )


def test_a_window_includes_both_its_ends() -> None:
    slots = day_slots(MONDAY, OFFICE, LONDON)
    assert [slot.local.hour for slot in slots] == [9, 11, 13, 15, 17]
    assert slots[0].due_at == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_summer_time_is_an_hour_ahead_of_utc() -> None:
    assert resolve_local(datetime.fromisoformat("2026-07-01 09:00"), LONDON).due_at == datetime(
        2026, 7, 1, 8, tzinfo=UTC
    )


def test_weekends_have_slots_only_where_they_are_wanted() -> None:
    saturday = MONDAY + timedelta(days=5)
    assert day_slots(saturday, OFFICE, LONDON) == ()
    assert len(day_slots(saturday, NIGHT, LONDON)) == 11


@pytest.mark.parametrize(("zone", "day", "skipped", "choice"), GAPS)
def test_a_listed_time_that_the_clocks_skip_is_refused(zone: str, day: date, skipped: time, choice: str) -> None:
    posting = Posting(times=(skipped,), weekends=True)
    with pytest.raises(PlanError) as caught:
        day_slots(day, posting, zone)
    problem = caught.value.problems[0]
    assert f"{skipped:%H:%M} does not exist in {zone}: the clocks go forward." in problem.what
    assert problem.remedy == f"Choose {choice}."


def test_the_message_names_the_day() -> None:
    with pytest.raises(PlanError, match=r"Sunday 28 March 2027 01:30 does not exist in Europe/London"):
        resolve_local(datetime.fromisoformat("2027-03-28 01:30"), LONDON)


@pytest.mark.parametrize(("zone", "day", "skipped", "_choice"), GAPS)
def test_a_window_leaves_out_what_the_clocks_skip(zone: str, day: date, skipped: time, _choice: str) -> None:
    posting = Posting(window=(time(0), time(23, 59)), spacing=timedelta(minutes=1), weekends=True)
    slots = day_slots(day, posting, zone)
    assert datetime.combine(day, skipped) not in {slot.local for slot in slots}
    assert all(slot.due_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == slot.local for slot in slots)


@pytest.mark.parametrize(("zone", "day", "twice", "first"), FOLDS)
def test_a_time_that_comes_twice_is_its_first_occurrence(zone: str, day: date, twice: time, first: datetime) -> None:
    slots = day_slots(day, Posting(times=(twice,), weekends=True), zone)
    assert [slot.due_at for slot in slots] == [first]


def test_the_autumn_night_has_no_slot_twice() -> None:
    slots = day_slots(date(2026, 10, 25), NIGHT, LONDON)
    assert len({slot.local for slot in slots}) == len(slots) == 11
    assert slots[-1].due_at == datetime(2026, 10, 25, 5, tzinfo=UTC)


def test_the_spacing_holds_across_the_spring_gap() -> None:
    posting = Posting(window=(time(0), time(5)), spacing=timedelta(minutes=45), weekends=True)
    slots = day_slots(date(2027, 3, 28), posting, LONDON)
    assert [f"{slot.local:%H:%M}" for slot in slots] == ["00:00", "00:45", "03:00", "03:45", "04:30"]


@given(
    zone=st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    first=st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    minutes=st.integers(7, 600),
    hours=st.tuples(st.integers(0, 11), st.integers(12, 23)),
)
def test_slots_are_in_order_and_never_too_close(zone: str, first: date, minutes: int, hours: tuple[int, int]) -> None:
    window = (time(hours[0]), time(hours[1], 59))
    posting = Posting(window=window, spacing=timedelta(minutes=minutes), weekends=True)
    days = tuple(first + timedelta(days=n) for n in range(3))
    slots = [slot for day in slots_by_day(days, posting, zone) for slot in day]
    distances = [later.due_at - earlier.due_at for earlier, later in pairwise(slots)]
    assert all(distance >= posting.spacing for distance in distances)
    assert len(slots) >= len(days)


def test_the_next_free_slot_keeps_its_distance() -> None:
    now = datetime(2026, 11, 30, 9, tzinfo=UTC)
    used = [datetime(2026, 11, 30, 11, tzinfo=UTC), datetime(2026, 11, 30, 13, 30, tzinfo=UTC)]
    slot = next_free_slot(used, campaign(), now)
    assert slot is not None
    assert slot.local == datetime.fromisoformat("2026-11-30 17:00")


def test_the_next_free_slot_skips_a_weekend() -> None:
    slot = next_free_slot([], campaign(), datetime(2026, 12, 4, 17, tzinfo=UTC))
    assert slot is not None
    assert slot.local == datetime.fromisoformat("2026-12-07 09:00")


def test_nothing_is_offered_after_the_winner_thread() -> None:
    config = campaign(winner=datetime.combine(FRIDAY, time(15)))
    friday_noon = datetime(2026, 12, 4, 12, tzinfo=UTC)
    slot = next_free_slot([], config, friday_noon)
    assert slot is not None
    assert slot.local.hour == 13
    assert next_free_slot([slot.due_at], config, friday_noon) is None
    later = next_free_slot([], config, slot.due_at, winner_at=datetime(2026, 12, 4, 18, tzinfo=UTC))
    assert later is not None
    assert later.local.hour == 15


def test_after_the_last_day_there_is_no_slot() -> None:
    assert next_free_slot([], campaign(), datetime(2026, 12, 9, tzinfo=UTC)) is None


@pytest.mark.parametrize(("seconds", "words"), [(90, "90s"), (1800, "30m"), (3600, "1h"), (5400, "90m"), (0, "0s")])
def test_durations_are_said_as_they_are_written(seconds: int, words: str) -> None:
    assert say_duration(timedelta(seconds=seconds)) == words

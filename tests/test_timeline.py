from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import PostState
from bot.reports.timeline_text import TimelineEvent, timeline_line, timeline_text

LONDON = ZoneInfo("Europe/London")
AT = datetime(2027, 3, 8, 9, 0, tzinfo=UTC)
POSTED = TimelineEvent(at=AT, code="w20", state=PostState.POSTED)


def line(event: TimelineEvent, *, colour: bool = False) -> str:
    return timeline_line(event, zone=LONDON, colour=colour)


def test_a_line_has_day_time_zone_sign_word_and_code() -> None:
    assert line(POSTED) == " Mon 8 Mar 09:00 GMT  ✓ posted    w20"


def test_lateness_and_reason_are_said_when_there_are_any() -> None:
    event = TimelineEvent(
        at=AT, code="w20", state=PostState.FAILED, title="20th", reason="X refused it.", late=timedelta(minutes=4)
    )
    assert line(event).endswith("✗ failed    w20         20th (4 minutes late) - X refused it.")


def test_a_second_is_not_late() -> None:
    event = TimelineEvent(at=AT, code="w20", state=PostState.POSTED, late=timedelta(seconds=1))
    assert "late" not in line(event)


def test_parts_of_a_thread_are_numbered() -> None:
    event = TimelineEvent(at=AT, code="winner", state=PostState.POSTED, part=2, parts=5)
    assert line(event).endswith("winner 2/5")


def test_the_repeated_autumn_hour_can_be_told_apart() -> None:
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    events = [TimelineEvent(at=first + timedelta(hours=hour), code="w1", state=PostState.POSTED) for hour in (0, 1)]
    assert [line(event)[:21].split()[-1] for event in events] == ["BST", "GMT"]
    assert all("01:30" in line(event) for event in events)


def test_a_zone_without_letters_shows_its_offset() -> None:
    assert "UTC+05:45" in timeline_line(POSTED, zone=ZoneInfo("Asia/Kathmandu"), colour=False)


def test_days_are_parted_by_an_empty_line() -> None:
    next_day = TimelineEvent(at=AT + timedelta(days=1), code="w16", state=PostState.MISSED)
    lines = timeline_text([POSTED, POSTED, next_day], zone=LONDON, colour=False).split("\n")
    assert [bool(text) for text in lines] == [True, True, False, True]


def test_columns_stay_aligned_with_and_without_colour() -> None:
    for state in PostState:
        event = TimelineEvent(at=AT, code="w20", state=state)
        assert line(event).index("w20") == line(POSTED).index("w20")
        plain = line(event, colour=True).split("\x1b[0m")[-1]
        assert plain.endswith("w20")

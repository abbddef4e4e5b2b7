"""A copied folder, a database from yesterday, a wrong clock: nothing goes out before a person has looked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Outgoing, Verdict
from bot.clock import VirtualClock
from bot.config import Posting
from bot.core import guarding, taking_over
from bot.core.counting import CallCount
from bot.core.delivering import MOST_OFFSET, stopped_by_clock
from bot.errors import DatabaseError, NetworkRefusedError, PersonNeededError
from bot.lifecycle import Change, state_of
from bot.model import Account, MessageState, PostState
from bot.publishers import LookError, Publisher
from bot.publishers.dry_run import DryRunPublisher
from bot.publishers.x import offset_of
from bot.publishers.x_transport import Answered
from bot.schedule import day_slots
from bot.storage import Storage
from bot.storage.copying import copy_to_file
from bot.storage.installation import MOVED_TO
from tests.campaigns import Stage, a_stage

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
TUESDAY_0 = datetime(2027, 3, 9, tzinfo=UTC)
FIRST = "w20"


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    """A signed-off and started campaign on the Friday before its week, on every engine."""
    made = a_stage(tmp_path, database_url).plan_and_sign().start()
    yield made
    made.storage.close()


@pytest.fixture
def count(stage: Stage, tmp_path: Path) -> CallCount:
    return CallCount(tmp_path / "state", stage.storage.installation.identity().database_id)


def counted(stage: Stage, count: CallCount, until: datetime) -> None:
    """Let a runner work that counts its calls, as a live one does."""
    runner = stage.runner()
    counting = replace(runner.deliverer, count=lambda attempt: count.note(attempt.attempt_id))
    runner.deliverer = counting
    stage.run_until(until, runner)


def older(stage: Stage, folder: Path, count: CallCount) -> Stage:
    """The same campaign on a copy from before Monday, while Monday's posts are out."""
    copy = folder / "older.db"
    copy_to_file(stage.storage.database, copy)
    counted(stage, count, TUESDAY_0)
    storage = Storage(f"sqlite:///{copy}", durable=False, now=stage.clock.now)
    desk = replace(stage.bot.record, storage=storage)
    return replace(stage, bot=replace(stage.bot, record=desk, stage=desk), clock=stage.clock)


def look(stage: Stage) -> guarding.PublisherFor:
    def publisher_for(_account: Account) -> Publisher:
        return stage.network

    return publisher_for


def out(stage: Stage) -> list[str]:
    return [code for code, post in stage.posts.items() if state_of(post) is PostState.POSTED]


# A database that went back in time


def test_a_database_from_before_mondays_posts_sends_nothing_and_says_why(
    stage: Stage, tmp_path: Path, count: CallCount
) -> None:
    behind = older(stage, tmp_path, count)
    calls = len(stage.network.calls)
    with pytest.raises(PersonNeededError, match="db verify"):
        guarding.refuse_older_copy(behind.bot.record, count)
    assert behind.bot.record.record().pause_reason == "restored from an older copy"
    behind.run_until(TUESDAY_0 + timedelta(days=1))
    assert len(stage.network.calls) == calls > 0
    behind.storage.close()


def test_resuming_without_a_look_at_the_account_does_not_get_past_the_guard(
    stage: Stage, tmp_path: Path, count: CallCount
) -> None:
    behind = older(stage, tmp_path, count)
    for _ in range(2):
        with pytest.raises(PersonNeededError):
            guarding.refuse_older_copy(behind.bot.record, count)
        record = behind.bot.record.record()
        behind.storage.campaigns.record_resume(record.campaign_id, behind.bot.record.entry("resume"), reason="")
    behind.storage.close()


def test_verifying_adopts_what_is_out_and_then_the_rest_goes_out_once(
    stage: Stage, tmp_path: Path, count: CallCount
) -> None:
    behind = older(stage, tmp_path, count)
    with pytest.raises(PersonNeededError):
        guarding.refuse_older_copy(behind.bot.record, count)
    found = guarding.verify(behind.bot.record, look(stage))
    assert list(found.adopted) == out(stage)
    assert not {post.code for post in found.waiting} & set(found.adopted)
    fresh = CallCount(tmp_path / "state", guarding.confirm(behind.bot.record))
    guarding.refuse_older_copy(behind.bot.record, fresh)
    assert behind.bot.resume() == ()
    behind.run_to_the_end()
    texts = stage.network.texts()
    assert len(texts) == len(set(texts))
    assert {state_of(post) for post in behind.bot.posts()} == {PostState.POSTED}
    behind.storage.close()


def test_a_copy_from_before_a_verification_is_known_for_what_it_is(
    stage: Stage, tmp_path: Path, count: CallCount
) -> None:
    behind = older(stage, tmp_path, count)
    guarding.confirm(stage.bot.record)
    with pytest.raises(PersonNeededError):
        guarding.refuse_older_copy(behind.bot.record, count)
    behind.storage.close()


def test_a_database_that_is_up_to_date_passes_whatever_a_colleague_posts(stage: Stage, count: CallCount) -> None:
    counted(stage, count, TUESDAY_0)
    stage.network.publish(Outgoing(text="Lovely weather at the office today!"))
    looks = stage.network.looks
    guarding.refuse_older_copy(stage.bot.record, count)
    assert stage.network.looks == looks, "a start reads nothing from the network: that costs"
    assert not stage.storage.installation.identity().doubt


def test_a_colleagues_own_post_is_not_adopted(stage: Stage) -> None:
    stage.network.publish(Outgoing(text="Lovely weather at the office today!"))
    assert guarding.verify(stage.bot.record, look(stage)).adopted == ()


def test_what_a_person_has_left_out_is_not_adopted_and_keeps_nothing_from_the_others(stage: Stage) -> None:
    stage.bot.skip(FIRST)
    stage.network.publish(Outgoing(text=stage.posts[FIRST].messages[0].draft.text))
    assert guarding.verify(stage.bot.record, look(stage)).adopted == ()
    assert state_of(stage.posts[FIRST]) is PostState.SKIPPED


@pytest.mark.parametrize("link", ["https://t.co/abc", "https://example.org/shop"])
def test_our_words_with_a_link_that_is_not_ours_are_not_adopted_and_hold_the_post(stage: Stage, link: str) -> None:
    stage.network.publish(Outgoing(text=f"{stage.posts[FIRST].messages[0].draft.text} {link}"))
    assert guarding.verify(stage.bot.record, look(stage)).adopted == ()
    assert state_of(stage.posts[FIRST]) is PostState.HELD
    assert stage.network.accepted[-1].url in stage.posts[FIRST].messages[0].reason
    assert [entry.post_code for entry in stage.bot.log() if entry.action == "hold"] == [FIRST]
    assert stage.bot.problem(FIRST).command == f"campaign-bot resolve {FIRST}"
    with pytest.raises(PersonNeededError, match=f"resolve {FIRST}"):
        stage.bot.retry(FIRST)
    stage.run_until(TUESDAY_0)
    assert stage.posts[FIRST].messages[0].draft.text not in stage.network.texts()
    assert state_of(stage.bot.mending.settle_not_there(FIRST)) is PostState.APPROVED


def test_our_own_post_is_adopted_though_a_colleague_used_its_words_with_a_link(stage: Stage) -> None:
    text = stage.posts[FIRST].messages[0].draft.text
    stage.network.publish(Outgoing(text=f"{text} https://example.org/shop"))
    stage.network.publish(Outgoing(text=text))
    assert guarding.verify(stage.bot.record, look(stage)).adopted == (FIRST,)
    receipt = stage.posts[FIRST].messages[0].receipt
    assert receipt is not None
    assert receipt.network_id == stage.network.accepted[-1].network_id


def test_a_thread_is_adopted_part_by_part_and_only_with_the_right_parent(stage: Stage) -> None:
    first, second, third, *_ = stage.posts["winner"].messages
    sent = stage.network.publish(Outgoing(text=first.draft.text))
    assert sent.receipt is not None
    stage.network.publish(Outgoing(text=second.draft.text, in_reply_to=sent.receipt.network_id))
    stage.network.publish(Outgoing(text=third.draft.text))
    assert guarding.verify(stage.bot.record, look(stage)).adopted == ("winner",)
    states = [message.state for message in stage.posts["winner"].messages[:3]]
    assert states == [MessageState.POSTED, MessageState.POSTED, MessageState.PENDING]
    assert [entry.action for entry in stage.bot.log() if entry.post_code == "winner"][-1] == "adopt"


def test_without_a_good_look_nothing_is_adopted_and_nothing_changes(stage: Stage) -> None:
    class Unreadable(type(stage.network)):  # type: ignore[misc]  # the class of the fake at hand
        def recent(self, since: datetime) -> object:
            raise LookError(Outcome(verdict=Verdict.UNKNOWN, reason="X does not answer."))

    network = Unreadable(stage.clock)
    with pytest.raises(NetworkRefusedError, match="X does not answer"):
        taking_over.move_here(stage.bot.record, "another", lambda _account: network)
    assert stage.storage.installation.identity().installation_id is None


def test_the_count_is_on_the_disk_before_the_call_and_never_goes_down(stage: Stage, count: CallCount) -> None:
    at_call: list[int] = []

    def look_at_the_count(network: DryRunPublisher, outgoing: Outgoing) -> Outcome:
        at_call.append(count.read())
        return network.publish(outgoing)

    stage.network.faults.append(look_at_the_count)
    counted(stage, count, MONDAY_9 + timedelta(minutes=1))
    assert at_call == [stage.storage.installation.attempts()] == [1]
    count.note(0)
    assert count.read() == 1


def test_what_lies_on_a_server_is_bound_to_no_computer(tmp_path: Path, postgres_database: str) -> None:
    shared = a_stage(tmp_path, postgres_database).plan_and_sign().start()
    for computer in ("one", "another"):
        environ = {"CAMPAIGN_BOT_STATE_DIR": str(tmp_path / computer)}
        guarding.guard(shared.bot.record, environ, look(shared), take_over=False)
    assert shared.storage.installation.identity().installation_id is None
    shared.storage.close()


def test_a_runner_whose_database_was_moved_away_is_told_where_to(stage: Stage) -> None:
    """Not to verify this one, as for an older copy: everything is elsewhere now."""
    stage.storage.installation.record_doubt(f"{MOVED_TO}postgresql://db.example.org/week")
    with pytest.raises(PersonNeededError, match="is not used any more") as refused:
        guarding.refuse_other_place(stage.bot.record)
    assert "moved to postgresql://db.example.org/week" in str(refused.value)


def test_a_start_counts_what_others_have_sent_meanwhile(stage: Stage, count: CallCount) -> None:
    """Calls of another computer count here from now on: a copy from before them is known for what it is."""
    stage.run_until(MONDAY_9 + timedelta(minutes=1))
    guarding.refuse_older_copy(stage.bot.record, count)
    assert count.read() == stage.storage.installation.attempts() == 1


def test_without_a_count_there_is_no_call(stage: Stage, tmp_path: Path, count: CallCount) -> None:
    count.note(0)
    (tmp_path / "state").write_text("a file where a folder should be", "utf-8")
    counted(stage, count, MONDAY_9 + timedelta(minutes=1))
    assert stage.network.calls == []
    message = stage.posts[FIRST].messages[0]
    assert message.state is MessageState.PENDING
    assert "could not be noted" in message.reason


def test_while_there_is_doubt_nothing_goes_out_even_if_somebody_resumes_under_a_runner(stage: Stage) -> None:
    runner = stage.runner()
    stage.storage.installation.record_doubt("restored from an older copy")
    stage.clock.advance_to(MONDAY_9)
    runner.tick()
    assert stage.network.calls == []
    guarding.confirm(stage.bot.record)
    runner.tick()
    assert len(stage.network.calls) == 1


def test_a_damaged_count_is_one_clear_error(count: CallCount) -> None:
    count.note(7)
    count.path.write_text("seven", "ascii")
    with pytest.raises(DatabaseError, match="db verify"):
        count.read()


def test_a_runner_whose_server_falls_back_to_an_older_copy_stops_before_the_next_call(stage: Stage) -> None:
    runner = stage.runner()
    stage.run_until(MONDAY_9 + timedelta(minutes=1), runner)
    calls = len(stage.network.calls)
    with stage.storage.database.write() as connection:
        connection.exec_driver_sql("UPDATE messages SET state = 'pending', network_id = NULL, attempts = 0")
        connection.exec_driver_sql("UPDATE posts SET is_final = (1 = 0)")
        connection.exec_driver_sql("DELETE FROM attempts")
    with pytest.raises(PersonNeededError, match="older copy"):
        runner.tick()
    assert len(stage.network.calls) == calls
    assert stage.bot.record.record().paused_at is not None
    with pytest.raises(PersonNeededError, match="db verify"):
        stage.bot.resume()


# The clock


@pytest.mark.parametrize("years", [2, 5, 70])
def test_a_clock_that_is_years_ahead_sends_nothing(stage: Stage, years: int) -> None:
    stage.clock.advance_to(MONDAY_9 + timedelta(days=366 * years))
    with pytest.raises(PersonNeededError, match="more than a year after"):
        guarding.refuse_wrong_clock(stage.bot.record)
    stage.runner().tick()
    assert stage.network.calls == []
    assert {state_of(post) for post in stage.bot.posts()} == {PostState.MISSED}


def test_a_clock_that_went_back_is_refused_until_a_person_vouches_for_it(stage: Stage) -> None:
    stage.run_until(TUESDAY_0)
    desk = replace(stage.bot.record, clock=VirtualClock(datetime(1970, 1, 1, tzinfo=UTC)))
    with pytest.raises(PersonNeededError, match="Set the clock right"):
        guarding.refuse_wrong_clock(desk)
    guarding.confirm(desk)
    guarding.refuse_wrong_clock(desk)


@pytest.mark.parametrize("step", [timedelta(hours=-23), timedelta(0), timedelta(hours=26)])
def test_a_clock_that_is_roughly_right_is_no_trouble(stage: Stage, step: timedelta) -> None:
    stage.run_until(TUESDAY_0)
    guarding.refuse_wrong_clock(replace(stage.bot.record, clock=VirtualClock(TUESDAY_0 + step)))
    assert not stage.storage.installation.identity().doubt


def test_far_from_the_networks_clock_nothing_more_is_published_on_the_account(stage: Stage) -> None:
    class Ahead(type(stage.network)):  # type: ignore[misc]  # the class of the fake at hand
        server_time_offset = timedelta(minutes=7)

    stage.publisher = Ahead(stage.clock)
    stage.run_until(TUESDAY_0)
    assert out(stage) == [FIRST]
    assert "7 minutes behind" in stage.bot.account().stopped
    assert "7 minutes behind" in stage.events[0].reason


@pytest.mark.parametrize(
    ("header", "offset"),
    [
        ({"date": "Mon, 08 Mar 2027 09:07:00 GMT"}, timedelta(minutes=7)),
        ({"date": "Mon, 08 Mar 2027 08:59:59 GMT"}, timedelta(seconds=-1)),
        ({"date": "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_networks_clock_is_read_off_its_answers(header: dict[str, str], offset: timedelta | None) -> None:
    assert offset_of(Answered(status=201, headers=header, body=b""), MONDAY_9) == offset


@pytest.mark.parametrize(
    ("offset", "stops"),
    [(None, False), (timedelta(seconds=59), False), (-MOST_OFFSET, False), (-MOST_OFFSET * 2, True)],
)
def test_a_small_difference_to_the_networks_clock_stops_nothing(offset: timedelta | None, stops: bool) -> None:
    change = stopped_by_clock(Change(state=MessageState.POSTED), offset)
    assert bool(change.account_stopped) is stops


AUTUMN = [
    ("Europe/London", date(2027, 10, 31)), ("Europe/Berlin", date(2027, 10, 31)), ("Europe/Dublin", date(2027, 10, 31)),
    ("Europe/Lisbon", date(2027, 10, 31)), ("Europe/Athens", date(2027, 10, 31)), ("Europe/Kyiv", date(2027, 10, 31)),
    ("Atlantic/Azores", date(2027, 10, 31)), ("America/New_York", date(2027, 11, 7)),
    ("America/Chicago", date(2027, 11, 7)), ("America/Denver", date(2027, 11, 7)),
    ("America/Los_Angeles", date(2027, 11, 7)), ("America/Anchorage", date(2027, 11, 7)),
    ("America/Halifax", date(2027, 11, 7)), ("America/St_Johns", date(2027, 11, 7)),
    ("America/Havana", date(2027, 11, 7)), ("Australia/Sydney", date(2027, 4, 4)),
    ("Australia/Adelaide", date(2027, 4, 4)), ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Pacific/Auckland", date(2027, 4, 4)), ("Pacific/Chatham", date(2027, 4, 4)),
    ("America/Santiago", date(2027, 4, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day"), AUTUMN, ids=str)
def test_an_hour_that_the_clocks_repeat_fires_once(tmp_path: Path, zone: str, day: date) -> None:
    every_ten_minutes = Posting(window=(time(0), time(23, 50)), spacing=timedelta(minutes=10), weekends=True)
    slots = day_slots(day, every_ten_minutes, zone)
    locals_ = [slot.local for slot in slots]
    assert len(locals_) == len(set(locals_))
    assert len({slot.due_at for slot in slots}) == len(slots)

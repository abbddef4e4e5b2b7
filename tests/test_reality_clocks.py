"""T11: the clock jumps, the computer sleeps, hours come twice and not at all: nothing doubled, nothing lost, it is said."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Self

import pytest
import sqlalchemy as sa
from apscheduler.schedulers import base

from bot.clock import SystemClock, VirtualClock
from bot.config import Posting
from bot.core import guarding
from bot.core.delivering import stopped_by_clock
from bot.core.running import Watchful
from bot.core.steering import slot_at
from bot.lifecycle import Change, is_final, needs_person, reason_of, state_of
from bot.model import MessageState, PostState, Standing
from bot.schedule import day_slots
from bot.scheduler import WholeSeconds, keep_beating, went_back
from bot.storage import Storage, schema
from bot.storage.copying import copy_to_file
from tests.campaigns import FaultyNetwork, Stage, a_stage, lost_answer
from tests.reality.proof import Tally, dose, proof, spread

MONDAY_9 = datetime(2027, 3, 8, 9, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
TO_1970 = datetime(1970, 1, 1, tzinfo=UTC) - MONDAY_9
JUMPS: dict[str, timedelta] = {
    "10 s ahead": 10 * SECOND,
    "10 s back": -10 * SECOND,
    "past the settle window": timedelta(minutes=2, seconds=5),
    "an hour ahead": HOUR,
    "an hour back": -HOUR,
    "a day ahead": DAY,
    "a day back": -DAY,
    "three days back": -3 * DAY,
    "70 years ahead": 70 * 365 * DAY,
    "back to 1970": TO_1970,
    "asleep for 20 minutes": timedelta(minutes=20),
    "asleep for a night": 10 * HOUR,
}
SLEEPS = {"asleep for 20 minutes", "asleep for a night"}
"""The wall clock is right afterwards; the monotonic one has stood still."""
FAR_OFF = {"three days back", "70 years ahead", "back to 1970"}


class TrueNetwork(FaultyNetwork):
    """Has a clock of its own, which no jump of ours touches."""

    off = timedelta(0)

    @property
    def server_time_offset(self) -> timedelta:
        return -self.off


@dataclass(kw_only=True)
class World:
    """A campaign with its runner, at some moment of its work."""

    stage: Stage
    watchful: Watchful
    network: TrueNetwork
    alarms: list[str] = field(default_factory=list)

    def pass_time(self, span: timedelta) -> None:
        """The runner works; a tick that fails is tried again after a second."""
        clock = self.stage.clock
        end = clock.monotonic() + span.total_seconds()
        while clock.monotonic() < end:
            beat = self.watchful.beat()
            left = timedelta(seconds=end - clock.monotonic())
            wait = SECOND if beat is None else left if beat.next_at is None else beat.next_at - clock.now()
            clock.advance(min(left, max(wait, timedelta(milliseconds=1)), HOUR))


def world(seed: Path, folder: Path) -> World:
    """A copy of the signed and started week, on the Friday before."""
    template = a_stage_of(seed, folder)
    network = TrueNetwork(template.clock)
    stage = replace(template, network=network, publisher=network)
    runner = stage.runner()
    runner.refuse_time = partial(guarding.refuse_wrong_clock, stage.bot.record)
    runner.refuse_place = partial(guarding.refuse_other_place, stage.bot.record)
    alarms: list[str] = []
    return World(stage=stage, watchful=Watchful(runner=runner, alarm=alarms.append), network=network, alarms=alarms)


def a_stage_of(seed: Path, folder: Path) -> Stage:
    made = _BOTS[seed]
    copy_to_file(made.storage.database, folder)
    clock = VirtualClock(MONDAY_9 - 3 * DAY)
    storage = Storage(f"sqlite:///{folder}", durable=False, now=clock.now)
    desk = replace(made.bot.record, storage=storage, clock=clock)
    return Stage(bot=replace(made.bot, record=desk, stage=desk), clock=clock, network=FaultyNetwork(clock))


_BOTS: dict[Path, Stage] = {}


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("seed")
    _BOTS[folder] = a_stage(folder).plan_and_sign().start()
    yield folder
    _BOTS.pop(folder).storage.close()


def waiting(at: World) -> None:
    """Between two slots, with nothing to do."""
    at.stage.clock.advance_to(MONDAY_9)
    at.pass_time(timedelta(minutes=5))


def in_a_thread(at: World) -> None:
    """One part is out, the next is due in a moment."""
    for code in at.stage.posts:
        if code != "winner":
            at.stage.bot.skip(code)
    at.stage.clock.advance_to(at.stage.posts["winner"].slot.due_at)
    at.watchful.beat()


def settling(at: World) -> None:
    """An answer was lost, and the account is being looked at."""
    at.stage.clock.advance_to(MONDAY_9)
    at.network.faults.append(lost_answer)
    at.pass_time(3 * SECOND)


def paused(at: World) -> None:
    at.stage.clock.advance_to(MONDAY_9 - timedelta(minutes=10))
    at.stage.bot.pause(reason="a day of mourning")
    at.pass_time(timedelta(minutes=2))


def catching_up(at: World) -> None:
    """Three posts are late, the first of them has just gone out."""
    zone = str(at.stage.bot.zone())
    for number, code in enumerate(("w20", "w19", "w18")):
        at.stage.bot.move(code, slot_at(MONDAY_9 + number * timedelta(minutes=1), zone))
    at.stage.clock.advance_to(MONDAY_9 + timedelta(minutes=20))
    at.watchful.beat()


MOMENTS: dict[str, Callable[[World], None]] = {
    "waiting": waiting,
    "in a thread": in_a_thread,
    "settling": settling,
    "paused": paused,
    "catching up": catching_up,
}


def play(at: World, moment: str, jump: str, tally: Tally) -> list[str]:
    """Bring it to the moment, jump, wait, set the clock right, and let a person see to the rest."""
    MOMENTS[moment](at)
    by, before = JUMPS[jump], len(at.network.calls)
    at.stage.clock.jump(by)
    at.network.off = timedelta(0) if jump in SLEEPS else by
    at.pass_time(timedelta(minutes=3))
    wrong = []
    if jump in FAR_OFF:
        if len(at.network.calls) > before:
            wrong.append("something was sent by a clock that is far off")
        if not any("Set the clock right" in alarm for alarm in at.alarms):
            wrong.append(f"nobody was told: {at.alarms}")
        if any(post.standing is Standing.MISSED for post in at.stage.bot.posts()):
            wrong.append("posts were given up by a clock that is far off")
        tally.saw("refused")
    if jump not in SLEEPS:
        at.stage.clock.jump(-by)
        at.network.off = timedelta(0)
    _by_a_person(at)
    at.pass_time(7 * DAY)
    _by_a_person(at)
    return [*wrong, *_wrong_at_the_end(at, tally)]


def _by_a_person(at: World) -> None:
    """Whoever is told goes on after a pause, and lets a stopped account try again."""
    stage = at.stage
    campaign = stage.bot.record.record()
    if campaign.paused_at is not None:
        stage.bot.resume()
    stage.storage.campaigns.clear_stops(campaign.campaign_id, stage.bot.record.entry("doctor"))


def _wrong_at_the_end(at: World, tally: Tally) -> Iterator[str]:
    out = Counter(at.network.texts())
    yield from (f"{number} times: {text[:30]}" for text, number in out.items() if number > 1)
    for post in at.stage.bot.posts():
        for message in post.messages:
            live = message.draft.text in out
            if live != (message.state is MessageState.POSTED) and not message.in_doubt:
                yield f"{post.code} is {message.state}, on the network: {live}"
        if not is_final(post) and not (needs_person(post) and reason_of(post)):
            yield f"{post.code} is {state_of(post)} without a word"
        if needs_person(post):
            tally.saw(f"{state_of(post)}")
        if state_of(post) is PostState.POSTED:
            tally.saw("posted")


def test_no_jump_of_the_clock_doubles_or_loses_anything(seed: Path, tmp_path: Path) -> None:
    """Usually each jump once, at one moment after the other; in the full dose each at every moment."""
    moments = list(MOMENTS)
    once = [(moments[number % len(moments)], jump) for number, jump in enumerate(JUMPS)]
    cases = [(moment, jump) for moment in MOMENTS for jump in JUMPS] if dose(0, 1) else once
    with proof("T11 clock") as tally:
        for number, (moment, jump) in enumerate(cases):
            at = world(seed, tmp_path / f"{number}.db")
            tally.case(f"{moment}, {jump}", *play(at, moment, jump, tally))
            at.stage.storage.close()
        for what in ("refused", "posted", "missed"):
            assert tally.seen.get(what), what


def test_a_clock_set_back_by_days_under_a_runner_is_told_once_and_heals_by_itself(seed: Path, tmp_path: Path) -> None:
    at = world(seed, tmp_path / "one.db")
    waiting(at)
    at.stage.clock.jump(-2 * DAY)
    signs = at.stage.storage.delivery.latest_runner()
    at.pass_time(timedelta(minutes=5))
    assert [alarm for alarm in at.alarms if "Set the clock right" in alarm] == at.alarms[:1]
    assert len(at.alarms) == 1
    assert at.stage.storage.delivery.latest_runner() == signs, "health turns red, for want of a sign of life"
    at.stage.clock.jump(2 * DAY)
    at.pass_time(7 * DAY)
    assert {state_of(post) for post in at.stage.bot.posts()} == {PostState.POSTED}
    at.stage.storage.close()


@pytest.mark.parametrize(("seconds", "said"), [(59, False), (61, True), (-61, True), (300, True)])
def test_more_than_a_minute_off_the_networks_clock_is_said_and_stops_nothing(
    caplog: pytest.LogCaptureFixture, seconds: int, said: bool
) -> None:
    change = stopped_by_clock(Change(state=MessageState.POSTED), seconds * SECOND)
    assert not change.account_stopped
    assert ("of the network's" in caplog.text) is said


# Hours that come twice, and hours that do not come

CHANGES: tuple[tuple[str, date, date], ...] = (
    *((zone, date(2027, 10, 31), date(2027, 3, 28)) for zone in (
        "Europe/London", "Europe/Berlin", "Europe/Dublin", "Europe/Lisbon", "Europe/Athens", "Europe/Kyiv",
        "Atlantic/Azores",
    )),
    *((zone, date(2027, 11, 7), date(2027, 3, 14)) for zone in (
        "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage",
        "America/Halifax", "America/St_Johns", "America/Havana",
    )),
    *((zone, date(2027, 4, 4), date(2027, 10, 3)) for zone in (
        "Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe",
    )),
    *((zone, date(2027, 4, 4), date(2027, 9, 26)) for zone in ("Pacific/Auckland", "Pacific/Chatham")),
    ("America/Santiago", date(2027, 4, 3), date(2027, 9, 5)),
)  # fmt: skip
NIGHT = Posting(window=(time(0), time(23, 50)), spacing=timedelta(minutes=10), weekends=True)


def night_of(zone: str, day: date, number: int) -> list[tuple[str, datetime]]:
    """So many slots around the change of that night: local wall time and instant."""
    slots = [slot for each in (day - DAY, day, day + DAY) for slot in day_slots(each, NIGHT, zone)]
    steps = [later.due_at - slot.due_at for slot, later in pairwise(slots)]
    odd = next((place for place, step in enumerate(steps) if step != NIGHT.spacing), None)
    skipped = next(
        (place for place, slot in enumerate(slots[1:]) if slot.local - slots[place].local != NIGHT.spacing), None
    )
    change = odd if odd is not None else skipped
    assert change is not None, f"nothing changes in {zone} around {day}"
    first = max(0, change - number // 2)
    return [(slot.local.isoformat(), slot.due_at) for slot in slots[first : first + number]]


def fire(seed: Path, file: Path, zone: str, day: date) -> list[str]:
    """Give all posts the slots of that night, of whatever series they are, and let a runner work."""
    stage = a_stage_of(seed, file)
    codes = [post.code for post in sorted(stage.bot.posts(), key=lambda post: post.slot.due_at)]
    slots = night_of(zone, day, len(codes))
    with stage.storage.database.write() as connection:
        for code, (local, due_at) in zip(codes, slots, strict=True):
            values = {"slot_local": local, "due_at": due_at}
            connection.execute(sa.update(schema.posts).where(schema.posts.c.code == code).values(values))
    stage.clock.advance_to(slots[0][1] - HOUR)
    stage.run_until(slots[-1][1] + HOUR)
    heads = {post.messages[0].draft.text: post for post in stage.bot.posts()}
    sent = [(at, heads[outgoing.text]) for at, outgoing in stage.network.calls if outgoing.text in heads]
    stage.storage.close()
    wrong = [f"{post.code} at {at}, due {post.slot.due_at}" for at, post in sent if at != post.slot.due_at]
    fired = Counter(post.slot.local for _, post in sent)
    wrong += [f"{local} fired {number} times" for local, number in fired.items() if number != 1]
    if len(sent) != len(codes):
        wrong.append(f"{len(sent)} of {len(codes)} fired")
    return wrong


def test_around_every_change_of_the_clocks_each_slot_of_each_series_fires_once(seed: Path, tmp_path: Path) -> None:
    cases = [(zone, day) for zone, autumn, spring in CHANGES for day in (autumn, spring)]
    with proof("T11 zones") as tally:
        for number in spread(len(cases), dose(7, len(cases))):
            zone, day = cases[number]
            tally.case(f"{zone} {day}", *fire(seed, tmp_path / f"{number}.db", zone, day))


def test_changed_time_rules_are_said_and_the_planned_instant_stays(seed: Path, tmp_path: Path) -> None:
    stage = a_stage_of(seed, tmp_path / "one.db")
    assert guarding.changed_time_rules(stage.bot.record) == ""
    first = min(stage.bot.posts(), key=lambda post: post.slot.due_at)
    with stage.storage.database.write() as connection:  # as if planned under rules that were an hour off
        posts = schema.posts
        connection.execute(sa.update(posts).where(posts.c.code == first.code).values(due_at=first.slot.due_at + HOUR))
    said = guarding.changed_time_rules(stage.bot.record)
    assert f"{first.code}, planned for Mon 08 Mar 09:00, goes out at 10:00" in said
    stage.run_until(MONDAY_9 + 2 * HOUR)
    assert MONDAY_9 + HOUR in [at for at, _ in stage.network.calls]
    stage.storage.close()


# The heartbeat itself


class JumpyClock(SystemClock):
    """The machine's clock, and how far it has been set wrong."""

    off = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.mark.parametrize("by", [-HOUR, -365 * DAY, HOUR, 70 * 365 * DAY], ids=str)
def test_the_heart_goes_on_beating_whatever_the_clock_does(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """An interval would sleep for the hour that the clock went back, and list every second of seventy years."""
    clock, stop, beats = JumpyClock(), threading.Event(), threading.Semaphore(0)

    class Told(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Self:
            return clock.now()  # type: ignore[return-value]  # the library only compares it

    monkeypatch.setattr(base, "datetime", Told)

    def beat() -> bool:
        beats.release()
        return False

    heart = threading.Thread(target=keep_beating, args=(beat, stop, clock), daemon=True)
    heart.start()
    try:
        assert beats.acquire(timeout=30)
        clock.off = by
        while beats.acquire(blocking=False):
            pass
        assert all(beats.acquire(timeout=30) for _ in range(2)), "the heart stands still"
    finally:
        stop.set()
        heart.join(30)
    assert not heart.is_alive()


def test_a_beat_falls_on_the_next_whole_second_whatever_was_before() -> None:
    trigger, now = WholeSeconds(), MONDAY_9 + timedelta(microseconds=250)
    assert trigger.get_next_fire_time(None, now) == MONDAY_9 + SECOND
    assert trigger.get_next_fire_time(MONDAY_9 - 70 * 365 * DAY, now) == MONDAY_9 + SECOND
    assert not went_back(MONDAY_9 + SECOND, now)
    assert went_back(MONDAY_9 + SECOND, MONDAY_9 - HOUR)

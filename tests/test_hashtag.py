"""Following a hashtag: through the real Tweepy and real sockets to the fake X, within a budget, and right after a kill."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.following import Following, Reading, Stop
from bot.errors import NotReadyError, UsageError
from bot.publishers.searching import Asked, Page
from bot.publishers.x import XPublisher
from tests.campaigns import Stage, a_stage
from tests.fake_x import FakeX, FakeXServer, Reply
from tests.fake_x.faults import answered, given, lost_answer
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.fake_x.messages import as_json, forbidden, out_of_credit, unauthorised

SEARCH = "GET /2/tweets/search/recent"
MONDAY = datetime(2027, 3, 8, tzinfo=UTC)
"""The campaign's first day; London is on GMT."""
TAG = "CareHeroes"


@dataclass(kw_only=True)
class Scene:
    """A campaign whose hashtag people use, on a virtual clock."""

    stage: Stage
    fake: FakeX
    searcher: XPublisher

    @property
    def following(self) -> Following:
        return self.stage.bot.hashtag

    def go_to(self, instant: datetime) -> Scene:
        self.stage.clock.advance_to(instant)
        return self

    def say(self, at: datetime, author: int, text: str = f"Well done! #{TAG}", *, retweet: bool = False) -> str:
        return self.fake.crowd.say(at, author, text, retweet=retweet)

    def read(self, budget: str = "5.00", tag: str | None = None) -> Reading:
        offer = self.following.offer(tag, Decimal(budget))
        return self.following.follow(
            self.searcher, offer, own_id=CREDENTIALS.user_id, report=lambda _posts, _cost: None
        )

    def by_hour(self) -> dict[str, int]:
        return {f"{hour.local:%a %H}": hour.posts for hour in self.following.count(None).hours if hour.posts}


@pytest.fixture
def scene(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    """Wednesday noon of the campaign's week, on every engine."""
    yield from a_scene(tmp_path, database_url)


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Scene]:
    """The same, where the engine makes no difference."""
    yield from a_scene(tmp_path)


def a_scene(folder: Path, url: str | None = None, **lines: str) -> Iterator[Scene]:
    stage = a_stage(folder, url, **lines)
    stage.clock.advance_to(MONDAY + timedelta(days=2, hours=12))
    fake = FakeX(now=stage.clock.now, handle=HANDLE, credentials=CREDENTIALS)
    with FakeXServer(fake) as server:
        searcher = XPublisher(CREDENTIALS, api_base=server.base, handle=HANDLE, clock=stage.clock)
        yield Scene(stage=stage, fake=fake, searcher=searcher)
    stage.storage.close()


Made = Callable[..., Scene]


@pytest.fixture
def made() -> Iterator[Made]:
    """Makes a scene with lines of config.toml of its own, and closes it."""
    with ExitStack() as stack:
        yield lambda folder, **lines: stack.enter_context(contextmanager(a_scene)(folder, **lines))


def a_crowd(scene: Scene, posts: int, people: int, *, begin: datetime = MONDAY, every: float = 7) -> None:
    """So many posts by so many people, one every so many minutes."""
    for number in range(posts):
        scene.say(begin + timedelta(minutes=every * number), author=1000 + number % people)


def test_posts_people_and_hours_are_those_on_x(scene: Scene) -> None:
    a_crowd(scene, posts=250, people=40)
    scene.say(MONDAY + timedelta(hours=30), 5, "#careheroes in small letters")
    scene.say(MONDAY + timedelta(hours=30), 6, "#CareHeroesOfTheYear is another hashtag")
    scene.say(MONDAY + timedelta(hours=30), 7, f"RT: Well done #{TAG}", retweet=True)
    scene.say(MONDAY - timedelta(minutes=1), 8)
    reading = scene.read()
    count = reading.count
    assert (count.posts, count.people, count.complete, reading.stop) == (251, 41, True, Stop.DONE)
    assert sum(hour.posts for hour in count.hours) == 251
    assert scene.by_hour()["Mon 00"] == 9
    assert scene.fake.count(SEARCH) == 3
    assert (reading.cost, count.paid) == (Decimal("1.255"), Decimal("1.255"))
    assert scene.fake.crowd.read == 251


def test_a_second_reading_asks_only_for_what_is_new(scene: Scene) -> None:
    a_crowd(scene, posts=120, people=40)
    scene.read()
    scene.go_to(MONDAY + timedelta(days=2, hours=15))
    scene.say(MONDAY + timedelta(days=2, hours=13), 1000)
    second = scene.read()
    assert (second.posts, second.count.posts, second.count.people) == (1, 121, 40)
    assert second.count.complete


def test_posts_at_the_edge_of_a_reading_are_counted_once_and_not_left_out(scene: Scene) -> None:
    edge = scene.stage.clock.now() - timedelta(seconds=60)
    for offset in (-2, -1, 0, 1, 2):
        scene.say(edge + timedelta(milliseconds=offset), 50 + offset)
    assert scene.read().count.posts == 2
    scene.go_to(edge + timedelta(minutes=5))
    assert scene.read().count.posts == 5
    assert scene.fake.crowd.read == 5


def test_the_budget_is_never_passed_and_the_rest_is_read_later(scene: Scene) -> None:
    a_crowd(scene, posts=250, people=250)
    first = scene.read("0.70")
    assert (first.stop, first.posts, first.cost) == (Stop.BUDGET, 140, Decimal("0.700"))
    assert (first.count.posts, first.count.complete) == (140, False)
    (gap,) = first.count.gaps
    assert (gap.starts_at, gap.lost) == (MONDAY, False)
    assert any(not hour.complete for hour in first.count.hours)
    second = scene.go_to(scene.stage.clock.now() + timedelta(hours=1)).read()
    assert (second.posts, second.count.posts, second.count.people) == (110, 250, 250)
    assert second.count.complete
    assert scene.fake.crowd.read == 250


def test_a_budget_below_xs_smallest_page_is_refused_before_anything_is_asked(scene: Scene) -> None:
    with pytest.raises(UsageError, match=r"at least 10 posts.*US\$0\.05"):
        scene.read("0.04")
    assert scene.fake.count(SEARCH) == 0
    assert scene.read("0.05").stop is Stop.DONE


class KilledError(Exception):
    """Stands in for kill -9: nothing after it runs."""


@dataclass(kw_only=True)
class Dying:
    """Dies at the so-manieth call: before it is made, or when the answer is there and nothing of it is stored."""

    searcher: XPublisher
    at_call: int
    answered: bool
    calls: int = 0

    def search(self, asked: Asked) -> Page:
        self.calls += 1
        if self.calls == self.at_call and not self.answered:
            raise KilledError
        page = self.searcher.search(asked)
        if self.calls == self.at_call:
            raise KilledError
        return page


@pytest.mark.parametrize("at_call", [1, 2, 3])
@pytest.mark.parametrize("answered", [False, True])
def test_killed_at_any_page_the_next_reading_ends_with_the_same_numbers(
    scene: Scene, at_call: int, answered: bool
) -> None:
    a_crowd(scene, posts=230, people=31)
    dying = Dying(searcher=scene.searcher, at_call=at_call, answered=answered)
    offer = scene.following.offer(None, Decimal("5.00"))
    with pytest.raises(KilledError):
        scene.following.follow(dying, offer, own_id=None, report=lambda _posts, _cost: None)
    between = scene.following.count(None)
    assert (between.posts, between.complete) == (100 * (at_call - 1), False)
    assert between.unsettled > 0
    after = scene.read().count
    assert (after.posts, after.people, after.complete) == (230, 31, True)
    assert after.unsettled == between.unsettled


def test_what_xs_search_no_longer_reaches_is_said_and_never_asked_for(lite: Scene) -> None:
    a_crowd(lite, posts=100, people=9)
    lite.go_to(MONDAY + timedelta(days=9))
    a_crowd(lite, posts=50, people=9, begin=MONDAY + timedelta(days=5))
    count = lite.read().count
    (gap,) = count.gaps
    assert (count.posts, gap.lost, gap.starts_at) == (50, True, MONDAY)
    assert gap.ends_at - MONDAY == timedelta(days=2, minutes=15)
    assert lite.fake.refusals == []
    assert lite.read().count.gaps == count.gaps


def test_a_gap_left_by_the_budget_is_lost_only_as_far_as_it_is_out_of_reach(lite: Scene) -> None:
    a_crowd(lite, posts=250, people=250)
    lite.read("0.50")
    lite.go_to(MONDAY + timedelta(days=7, hours=6))
    count = lite.read().count
    (gap,) = count.gaps
    assert (gap.starts_at, gap.ends_at, gap.lost) == (MONDAY, MONDAY + timedelta(hours=6, minutes=15), True)
    assert count.posts == 250 - 54
    assert [hour.complete for hour in count.hours[:8]] == [False] * 7 + [True]
    assert lite.fake.refusals == []


def test_empty_pages_that_lead_on_are_followed_but_not_for_ever(lite: Scene) -> None:
    a_crowd(lite, posts=5, people=5)
    lite.fake.crowd.empty_pages = 3
    assert lite.read().count.posts == 5
    lite.go_to(lite.stage.clock.now() + timedelta(hours=1))
    lite.fake.crowd.empty_pages = 1000
    reading = lite.read()
    assert reading.stop is Stop.REFUSED
    assert not reading.count.complete


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (unauthorised(), "does not accept the credentials"),
        (out_of_credit(), "no API credit left"),
        (forbidden("You may not.").reply, "does not allow this"),
        (as_json(400, {"errors": [{"message": "bad"}]}), "could not accept the request"),
        (as_json(200, {"data": [{"text": "no id"}], "meta": {"result_count": 1}}), "not with what was asked for"),
        (as_json(200, {"data": [{"id": "9" * 19, "author_id": "1"}], "meta": {}}), "not with what was asked for"),
        (as_json(200, ["odd"]), "not with what was asked for"),
        (as_json(200, {"data": [], "meta": {"next_token": 7}}), "not with what was asked for"),
    ],
)
def test_a_refusal_in_mid_reading_keeps_what_was_counted(lite: Scene, reply: Reply, words: str) -> None:
    a_crowd(lite, posts=150, people=9)
    second: list[bool] = []

    def fail_next(_posts: int, _cost: Decimal) -> None:
        if not second:
            lite.fake.faults.append(given(reply, on=SEARCH))
        second.append(True)

    offer = lite.following.offer(None, Decimal("5.00"))
    reading = lite.following.follow(lite.searcher, offer, own_id=None, report=fail_next)
    assert reading.problem is not None
    assert words in reading.problem.what
    assert (reading.stop, reading.count.posts, reading.count.complete) == (Stop.REFUSED, 100, False)
    assert lite.read().count.posts == 150


def test_posts_are_counted_even_if_x_does_not_say_whose_they_are(lite: Scene) -> None:
    network_id = lite.say(MONDAY, 1)
    page = {"data": [{"id": network_id, "text": "x"}], "meta": {"result_count": 1}}
    lite.fake.faults.append(given(as_json(200, page), on=SEARCH))
    count = lite.read().count
    assert (count.posts, count.people, count.nameless, count.complete) == (1, 0, 1, True)


def test_a_rate_limit_says_when_to_go_on(lite: Scene) -> None:
    a_crowd(lite, posts=150, people=9)
    lite.fake.limits.per_window[SEARCH] = 1
    reading = lite.read()
    assert reading.problem is not None
    assert "Run it again in 15 minutes, after Wed 10 Mar 12:15 GMT" in reading.problem.remedy
    lite.go_to(lite.stage.clock.now() + timedelta(minutes=16))
    assert lite.read().count.posts == 150


def test_a_lost_answer_is_shown_as_what_it_may_have_cost_and_counts_against_the_budget(lite: Scene) -> None:
    a_crowd(lite, posts=20, people=9)
    lite.fake.faults.append(lost_answer(on=SEARCH))
    reading = lite.read("0.50")
    assert (reading.cost, reading.count.paid, reading.count.unsettled) == (
        Decimal("0.500"),
        Decimal(0),
        Decimal("0.500"),
    )
    lite.fake.faults.append(answered(429, on=SEARCH))
    assert lite.read("0.50").count.unsettled == Decimal("0.500")


def test_all_readings_together_stay_within_what_the_config_allows(tmp_path: Path, made: Made) -> None:
    scene = made(tmp_path, hashtag_usd="hashtag_usd = 0.60")
    a_crowd(scene, posts=250, people=9)
    assert scene.read("0.50").posts == 100
    assert scene.following.offer(None, Decimal("5.00")).room == Decimal("0.100")
    assert scene.read("5.00").posts == 20
    with pytest.raises(UsageError, match=r"US\$0\.60 of the US\$0\.60"):
        scene.read("5.00")


def test_own_posts_are_counted_apart(lite: Scene) -> None:
    lite.fake.put(f"From the campaign itself #{TAG}")
    lite.say(MONDAY + timedelta(hours=3), 77)
    lite.go_to(lite.stage.clock.now() + timedelta(hours=1))
    count = lite.read().count
    assert (count.posts, count.people, count.own) == (2, 2, 1)
    assert [hour.own for hour in count.hours] == [0, 1]


def test_another_hashtag_is_counted_by_itself_and_capitals_make_no_difference(lite: Scene) -> None:
    lite.say(MONDAY, 1, "#Other")
    lite.say(MONDAY, 2)
    assert (lite.read(tag="#other").count.posts, lite.read().count.posts) == (1, 1)
    assert lite.following.count("OTHER").posts == 1


def test_before_the_first_day_there_is_nothing_to_count(lite: Scene, tmp_path: Path) -> None:
    early = a_stage(tmp_path / "early")
    with pytest.raises(NotReadyError, match="From Mon 8 Mar 00:00 GMT on"):
        early.bot.hashtag.offer(None, Decimal(1))
    early.storage.close()


@pytest.mark.parametrize("tag", ["two words", "", "#", "12345", "a" * 300, "x -from:y", "a\nb"])
def test_what_is_no_hashtag_never_reaches_x(lite: Scene, tag: str) -> None:
    with pytest.raises(UsageError):
        lite.read(tag=tag)
    assert lite.fake.count(SEARCH) == 0


def test_neither_texts_nor_names_nor_ids_are_kept(lite: Scene, tmp_path: Path) -> None:
    ids = [lite.say(MONDAY + timedelta(hours=5, minutes=n, seconds=31), 7_000_000_001 + n) for n in range(30)]
    lite.say(MONDAY, 1)
    lite.read()
    lite.stage.storage.close()
    with sqlite3.connect(tmp_path / "campaign.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "hashtag_posts" in dump
    assert [each for each in ids if each in dump] == []
    assert not re.search(r"70000000\d\d|Well done|2027-03-08T05:\d\d:31", dump)


def test_the_same_person_has_another_mark_in_another_search(lite: Scene) -> None:
    lite.say(MONDAY, 4711, f"#{TAG} #Other")
    lite.read()
    lite.read(tag="Other")
    with lite.stage.storage.database.read() as connection:
        marks = connection.execute(sa.text("SELECT author_mark FROM hashtag_posts")).scalars().all()
    assert len(set(marks)) == 2


def test_hours_are_those_of_the_campaigns_clock_also_when_it_changes(tmp_path: Path, made: Made) -> None:
    """Clocks in London go forward on Sunday 28 March 2027 at 01:00; the hours after it are on summer time."""
    scene = made(tmp_path)
    scene.go_to(datetime(2027, 3, 28, 12, tzinfo=UTC))
    scene.say(datetime(2027, 3, 28, 0, 59, tzinfo=UTC), 1)
    scene.say(datetime(2027, 3, 28, 1, 1, tzinfo=UTC), 2)
    scene.read()
    assert scene.by_hour() == {"Sun 00": 1, "Sun 02": 1}


def test_after_the_campaign_is_forgotten_the_numbers_stay_and_the_count_ends(lite: Scene) -> None:
    a_crowd(lite, posts=20, people=9)
    lite.read()
    with lite.stage.storage.database.write() as connection:
        connection.execute(sa.text("UPDATE hashtag_searches SET key = ''"))
    assert lite.following.count(None).people == 9
    with pytest.raises(UsageError, match="were erased"):
        lite.read()


def test_reading_is_written_into_the_log(lite: Scene) -> None:
    lite.read("0.50")
    assert [(one.action, one.detail) for one in lite.stage.bot.log()][-1] == (
        "hashtag",
        f"#{TAG}, for at most US$0.50",
    )

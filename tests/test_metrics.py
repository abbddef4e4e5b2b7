"""Asking X how the posts are doing: the price first, what is unknown stays unknown, and every batch is kept."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import responses

from bot.calls import Refusal
from bot.clock import VirtualClock
from bot.config import Budget
from bot.core.measuring import Measuring, Taken
from bot.errors import NetworkRefusedError, UsageError
from bot.metrics import Counts, added
from bot.model import Mode
from bot.publishers import LookError
from bot.publishers.dry_run import DryRunPublisher
from bot.publishers.measuring import BATCH
from bot.publishers.x import XPublisher
from tests.aired import Aired, aired_in
from tests.campaigns import FRIDAY_BEFORE
from tests.fake_x import FakeX, faults
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.fake_x.in_process import in_process_publisher
from tests.fake_x.messages import as_json, out_of_credit

LOOKUP = "GET /2/tweets"
POSTS = "https://api.x.com/2/tweets"
NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
NUMBERS = {"reply_count": 1, "like_count": 2, "quote_count": 3, "bookmark_count": 4, "impression_count": 50}


@pytest.fixture
def week(tmp_path: Path, database_url: str) -> Iterator[Aired]:
    """On every engine, with Monday out."""
    made = aired_in(tmp_path / "week", database_url).until(days=4)
    yield made
    made.stage.storage.close()


def latest(aired: Aired) -> dict[str, Counts]:
    """The last numbers of the heads, by code."""
    known = aired.stage.storage.metrics.latest(aired.stage.bot.record.record().campaign_id)
    heads = {code: post.messages[0].message_id for code, post in aired.stage.posts.items()}
    return {code: known[head].counts for code, head in heads.items() if head in known}


def test_numbers_are_kept_as_a_series_and_the_latest_is_given(week: Aired) -> None:
    week.react("w20", like_count=3, impression_count=70)
    week.read()
    week.stage.clock.advance(timedelta(hours=1))
    week.react("w20", like_count=5, repost_count=2)
    taken = week.read()
    assert latest(week)["w20"] == Counts(likes=5, replies=0, reposts=2, quotes=0, impressions=70, bookmarks=0)
    assert taken.totals.engagement == 7
    campaign = week.stage.bot.record.record().campaign_id
    assert [moment.engagement for moment in week.stage.storage.metrics.moments(campaign)] == [3, 7]


def test_a_number_that_x_does_not_give_is_not_known_and_never_nought(week: Aired) -> None:
    week.fake.audience.hidden.add(week.network_id("w19"))
    week.read()
    assert latest(week)["w19"] == Counts()
    assert latest(week)["w19"].engagement is None
    assert latest(week)["w20"].likes == 0


def test_a_post_that_is_gone_keeps_its_last_numbers_and_says_since_when(week: Aired) -> None:
    week.react("w18", like_count=9)
    week.read()
    week.stage.clock.advance(timedelta(hours=2))
    del week.fake.posts[week.network_id("w18")]
    assert week.read().gone == 1
    week.stage.clock.advance(timedelta(hours=2))
    week.read()
    campaign = week.stage.bot.record.record().campaign_id
    known = week.stage.storage.metrics.latest(campaign)[week.stage.posts["w18"].messages[0].message_id]
    assert (known.counts.likes, known.gone_at) == (9, FRIDAY_BEFORE + timedelta(days=4, hours=2))


def test_a_post_that_x_says_nothing_about_keeps_its_numbers_and_is_counted(week: Aired) -> None:
    week.react("w18", like_count=9)
    week.read()
    week.stage.clock.advance(timedelta(hours=1))
    head = week.network_id("w18")
    said = {"data": [{"id": one, "text": ""} for one in week.fake.posts if one != head]}
    week.fake.faults.append(faults.given(as_json(200, said), on=LOOKUP))
    taken = week.read()
    assert (taken.silent, taken.gone, taken.reading.complete) == (1, 0, True)
    assert latest(week)["w18"].likes == 9


def test_two_readings_of_the_same_second_are_one(week: Aired) -> None:
    offer = week.stage.bot.measuring.offer()
    assert week.stage.bot.measuring.read(week.publisher, offer) is not None
    assert week.stage.bot.measuring.read(week.publisher, offer) is None
    assert week.fake.count(LOOKUP) == 1


def test_what_is_deleted_by_us_is_not_asked_for_any_more(week: Aired) -> None:
    before = len(week.stage.bot.measuring.offer().targets)
    week.stage.bot.mending.delete("w20", week.publisher)
    assert len(week.stage.bot.measuring.offer().targets) == before - 1


def test_a_post_costs_once_on_a_utc_day_as_x_counts_it(week: Aired) -> None:
    number = len(week.stage.bot.measuring.offer().targets)
    assert week.stage.bot.measuring.offer().cost == Decimal("0.001") * number
    assert week.read().reading.charged == number
    week.stage.clock.advance(timedelta(hours=11, minutes=59))
    assert week.stage.bot.measuring.offer().cost == 0
    assert week.read().reading.charged == 0
    week.stage.clock.advance(timedelta(minutes=1))
    assert week.read().reading.charged == number
    readings = week.stage.storage.metrics.readings(week.stage.bot.record.record().campaign_id)
    assert readings.charged == len(week.fake.audience.billed) == 2 * number
    assert (readings.number, readings.cost) == (3, Decimal("0.002") * number)


def test_a_gone_post_is_not_charged_for(week: Aired) -> None:
    del week.fake.posts[week.network_id("w18")]
    taken = week.read()
    assert taken.reading.complete
    assert taken.reading.charged == taken.reading.asked - 1 == len(week.fake.audience.billed)


def with_budget(aired: Aired, usd: str) -> Measuring:
    config = replace(aired.stage.bot.config, budget=Budget(usd=Decimal(usd)))
    return replace(aired.stage.bot.measuring, config=config)


def test_a_reading_beyond_the_budget_is_refused_before_anything_is_asked(week: Aired) -> None:
    with pytest.raises(UsageError, match=r"US\$0\.0\d\d, and the budget has US\$0\.000 left"):
        with_budget(week, "0.50").offer()
    assert week.fake.count(LOOKUP) == 0
    assert with_budget(week, "1").offer().left == Decimal("0.43")


def test_practice_has_nothing_to_count(week: Aired) -> None:
    with pytest.raises(UsageError, match="practice"):
        replace(week.stage.bot.measuring, mode=Mode.PRACTICE).offer()


def test_before_the_first_post_there_is_nothing_to_count(tmp_path: Path) -> None:
    made = aired_in(tmp_path / "early")
    with pytest.raises(UsageError, match="No post of this campaign is out"):
        made.stage.bot.measuring.offer()
    made.stage.storage.close()


def test_a_network_that_cannot_count_says_so(week: Aired) -> None:
    with pytest.raises(UsageError, match="does not tell"):
        week.stage.bot.measuring.read(DryRunPublisher(week.stage.clock, HANDLE), week.stage.bot.measuring.offer())


def test_a_batch_that_was_answered_is_kept_when_the_next_one_is_refused(week: Aired) -> None:
    measuring = replace(week.stage.bot.measuring, batch=4)
    week.fake.limits.per_window[LOOKUP] = 1
    taken = measuring.read(week.publisher, measuring.offer())
    assert taken is not None
    assert taken.obstacle is not None
    assert taken.obstacle.refusal is Refusal.RATE_LIMITED
    assert taken.obstacle.retry_at == week.stage.clock.now() + timedelta(minutes=15)
    assert (taken.reading.answered, taken.reading.charged, len(week.fake.audience.billed)) == (4, 4, 4)
    assert len(latest(week)) == 4
    assert not taken.reading.complete


def watched(aired: Aired, *, rounds: int) -> list[Taken]:
    """Watch every hour until there are so many readings."""
    found: list[Taken] = []
    aired.stage.bot.measuring.watch(
        aired.publisher, every=timedelta(hours=1), tell=found.append, stopped=lambda: len(found) >= rounds
    )
    return found


def test_watching_reads_at_its_interval_until_it_is_stopped(aired: Aired) -> None:
    found = watched(aired.until(days=4), rounds=3)
    times = [taken.reading.taken_at - FRIDAY_BEFORE for taken in found]
    assert times == [timedelta(days=4, hours=hours) for hours in range(3)]


def test_watching_waits_out_a_rate_limit(aired: Aired) -> None:
    aired.until(days=4).fake.faults.append(faults.answered(429, on=LOOKUP, headers={"retry-after": "7200"}))
    first, second = watched(aired, rounds=2)
    assert first.obstacle is not None
    assert second.obstacle is None
    assert second.reading.taken_at - first.reading.taken_at == timedelta(hours=2)


def test_watching_tries_again_after_trouble_on_the_way(aired: Aired) -> None:
    aired.until(days=4).fake.faults.append(faults.lost_answer(on=LOOKUP))
    first, second = watched(aired, rounds=2)
    assert first.obstacle is not None
    assert second.reading.complete


def test_watching_ends_when_x_will_go_on_refusing(aired: Aired) -> None:
    aired.until(days=4).fake.faults.append(faults.given(out_of_credit(), on=LOOKUP))
    with pytest.raises(NetworkRefusedError, match="credit"):
        watched(aired, rounds=2)


def test_who_read_and_for_how_much_stands_in_the_log(aired: Aired) -> None:
    aired.until(days=4).read()
    entry = aired.stage.bot.log()[-1]
    assert (entry.actor, entry.action, entry.detail) == (
        "Ann Example",
        "metrics",
        f"{len(aired.stage.bot.measuring.offer().targets)} posts, at most US$0.011",
    )


def test_unknown_and_known_add_up_to_what_is_known() -> None:
    assert added([Counts(likes=2), Counts(), Counts(likes=3, quotes=0)]) == Counts(likes=5, quotes=0)
    assert added([]) == Counts()


def publisher() -> XPublisher:
    return XPublisher(CREDENTIALS, handle=HANDLE, clock=VirtualClock(NOW))


def item(number: str, **metrics: object) -> dict[str, Any]:
    return {"id": number, "text": "Hello", "public_metrics": NUMBERS | metrics}


@pytest.mark.parametrize("name", ["repost_count", "retweet_count"])
@responses.activate
def test_both_names_that_x_has_for_reposts_are_understood(name: str) -> None:
    responses.get(POSTS, json={"data": [item("7", **{name: 6})]})
    (found,) = publisher().measure(["7"])
    assert found.counts == Counts(likes=2, replies=1, reposts=6, quotes=3, impressions=50, bookmarks=4)


@pytest.mark.parametrize("odd", [None, -1, "3", 1.5, True, 2**63, [1], {}])
@responses.activate
def test_an_odd_number_is_not_known(odd: object) -> None:
    responses.get(POSTS, json={"data": [item("7", like_count=odd)]})
    (found,) = publisher().measure(["7"])
    assert (found.counts.likes, found.counts.replies) == (None, 1)


@pytest.mark.parametrize(
    "body",
    [{}, [], {"data": None}, {"data": {"id": "7"}}, {"meta": {"result_count": 0}}, {"data": "x", "errors": "y"}],
)
@responses.activate
def test_an_answer_that_says_nothing_about_posts_is_trouble(body: object) -> None:
    responses.get(POSTS, json=body)
    with pytest.raises(LookError, match="not with what was asked for"):
        publisher().measure(["7"])


@responses.activate
def test_only_what_is_not_found_is_gone_and_what_was_not_asked_for_is_left_out() -> None:
    problems = "https://api.x.com/2/problems"
    errors = [
        {"type": f"{problems}/resource-not-found", "resource_id": "8", "title": "Not Found Error"},
        {"type": f"{problems}/not-authorized-for-resource", "resource_id": "9"},
        {"type": f"{problems}/resource-not-found", "resource_id": "11"},
        "odd",
    ]
    responses.get(POSTS, json={"data": [item("7"), {"id": "10"}, "odd", {"id": 7}], "errors": errors})
    found = publisher().measure(["7", "8", "9"])
    assert [(one.network_id, one.gone) for one in found] == [("7", False), ("8", True)]


@pytest.fixture(scope="module")
def openapi() -> Any:
    folder = os.environ.get("CAMPAIGN_BOT_REFERENCE")
    if not folder:
        pytest.skip("left out: CAMPAIGN_BOT_REFERENCE does not name the folder of x-openapi.json")
    return json.loads((Path(folder) / "x-openapi.json").read_text(encoding="utf-8"))


def resolved(openapi: Any, parameter: dict[str, Any]) -> dict[str, Any]:
    name = parameter.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = openapi["components"]["parameters"][name] if name else parameter
    return found


@responses.activate
def test_the_question_is_valid_for_x(openapi: Any) -> None:
    """Tweepy and X's gateway say ``tweet.fields`` for what the OpenAPI file calls ``post.fields``."""
    responses.get(POSTS, json={"data": [item("7", repost_count=0)]})
    publisher().measure([str(number) for number in range(1, BATCH + 1)])
    query = parse_qs(urlsplit(str(responses.calls[0].request.url)).query, strict_parsing=True)
    assert str(responses.calls[0].request.headers["Authorization"]).startswith("OAuth ")
    renamed = {name.replace("tweet.", "post."): values for name, values in query.items()}
    known = {
        one["name"]: one for one in (resolved(openapi, p) for p in openapi["paths"]["/2/tweets"]["get"]["parameters"])
    }
    for name, (value,) in renamed.items():
        schema = known[name]["schema"] | {"components": openapi["components"]}
        assert known[name].get("explode") is False
        jsonschema.Draft202012Validator(schema).validate(value.split(","))


def test_what_the_fake_answers_is_valid_for_x(openapi: Any, aired: Aired) -> None:
    aired.until(days=4).react("w20", like_count=3)
    del aired.fake.posts[aired.network_id("w19")]
    ids = ",".join(aired.network_id(code) for code in ("w20", "w19"))
    body = looked_up(aired.fake, f"ids={ids}&post.fields=public_metrics")
    schema = {"$ref": "#/components/schemas/GetPostsByIdsResponse", "components": openapi["components"]}
    jsonschema.Draft202012Validator(schema).validate(body)
    assert body["data"][0]["public_metrics"]["like_count"] == 3
    assert body["errors"][0]["resource_id"] == aired.network_id("w19")


def looked_up(fake: FakeX, query: str) -> Any:
    from tests.fake_x.lookup import found_by_ids

    pairs = [(name, value) for name, (value,) in parse_qs(query, keep_blank_values=True).items()]
    return found_by_ids(
        fake.posts, pairs, fake.audience, fake.now(), lambda post, _: {"id": post.network_id, "text": post.text}
    )


@pytest.mark.parametrize("query", ["ids=", "ids=x", f"ids={','.join('1' * 101)}", "ids=1&tweet.field=x"])
def test_the_fake_refuses_what_x_refuses(query: str) -> None:
    clock = VirtualClock(NOW)
    fake = FakeX(now=clock.now, handle=HANDLE, credentials=CREDENTIALS)
    with pytest.raises(Exception, match="Invalid Request"):
        looked_up(fake, query)
    with pytest.raises(LookError):
        in_process_publisher(fake, clock).measure(["x"])

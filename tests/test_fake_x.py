"""The fake is strict where X is: otherwise the tests against it would prove little."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from bot.calls import Outgoing, Verdict
from bot.clock import VirtualClock
from bot.publishers.x import XPublisher
from tests.fake_x import Call, FakeX, Fault, Reply, faults
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.fake_x.in_process import in_process_publisher
from tests.publisher_contract import PublisherContract

BASE = "http://127.0.0.1:9"
START = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)


class Asker:
    """Signs as requests_oauthlib does and asks the fake without a socket."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.fake = FakeX(now=self.clock.now, handle=HANDLE, credentials=CREDENTIALS)

    def call(self, method: str, path: str, body: object = None) -> Call:
        own = CREDENTIALS
        auth = OAuth1(own.api_key, own.api_key_secret, own.access_token, own.access_token_secret, decoding=None)
        signed = requests.Request(method, f"{BASE}{path}", auth=auth).prepare()
        headers = {"authorization": str(signed.headers["Authorization"]), "content-type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        return Call(method=method, url=str(signed.url), headers=headers, body=content)

    def ask(self, method: str, path: str, body: object = None) -> Reply:
        return self.fake.respond(self.call(method, path, body)).reply

    def post(self, **body: object) -> Reply:
        return self.ask("POST", "/2/tweets", body)

    def timeline(self, query: str = "") -> Any:
        return self.ask("GET", f"/2/users/{CREDENTIALS.user_id}/tweets{query}").json()


class TestXInProcess(PublisherContract):
    """The real gateway on the fake without sockets keeps the contract too."""

    clock = VirtualClock(START)

    def publisher(self) -> XPublisher:
        return in_process_publisher(FakeX(now=self.clock.now, handle=HANDLE, credentials=CREDENTIALS), self.clock)

    def now(self) -> datetime:
        return self.clock.now()


@pytest.mark.parametrize(
    "fault", [faults.lost_answer(), faults.silence(), faults.drip(), faults.answered(503, applied=True)]
)
def test_without_sockets_a_fault_ends_unknown_too(x: Asker, fault: Fault) -> None:
    x.fake.faults.append(fault)
    publisher = in_process_publisher(x.fake, x.clock)
    assert publisher.publish(Outgoing(text="Hello")).verdict is Verdict.UNKNOWN
    assert [post.text for post in publisher.recent(START)] == ["Hello"]


@pytest.fixture
def x() -> Asker:
    return Asker()


def test_a_signed_request_gets_in_once(x: Asker) -> None:
    call = x.call("GET", "/2/users/me")
    assert x.fake.respond(call).reply.status == 200
    assert x.fake.respond(call).reply.status == 401


SPOILERS: list[Callable[[Call], Call]] = [
    lambda call: Call(method=call.method, url=call.url.replace(":9", ":10"), headers=call.headers),
    lambda call: Call(method=call.method, url=f"{call.url}?a=1", headers=call.headers),
    lambda call: Call(method="POST", url=call.url, headers=call.headers),
    lambda call: Call(method=call.method, url=call.url),
    lambda call: Call(method=call.method, url=call.url, headers={"authorization": "Bearer abc"}),
]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_signature_for_something_else_is_refused(x: Asker, spoil: Callable[[Call], Call]) -> None:
    assert x.fake.respond(spoil(x.call("GET", "/2/users/me"))).reply.status == 401


def test_a_revoked_token_is_refused(x: Asker) -> None:
    x.fake.revoke()
    assert x.post(text="Hello").status == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "x" * 280}, 201),
        ({"text": "x" * 281}, 403),
        ({"text": "あ" * 141}, 403),
        ({"text": "  "}, 400),
        ({}, 400),
        ([], 400),
        ({"text": 7}, 400),
        ({"text": "Hello", "status": "x"}, 400),
        ({"text": "Hello", "reply": {"in_reply_to_tweet_id": 7}}, 400),
        ({"text": "Hello", "reply": {"in_reply_to_tweet_id": "12345678901234567890"}}, 400),
        ({"text": "Hello", "reply": {"in_reply_to_tweet_id": "7", "to": "x"}}, 400),
        ({"text": "Hello", "reply": {"in_reply_to_tweet_id": "7"}}, 403),
        ({"text": "Hello", "media": {"media_ids": ["7"]}}, 400),
        ({"text": "Hello", "media": {"media_ids": []}}, 400),
        ({"text": "Hello", "media": {"media_ids": [7]}}, 400),
    ],
)
def test_a_post_must_keep_to_the_rules(x: Asker, body: object, status: int) -> None:
    assert x.ask("POST", "/2/tweets", body).status == status


def test_a_text_on_the_account_is_refused_again_in_any_spelling_of_its_accents(x: Asker) -> None:
    assert x.post(text="café").status == 201
    assert x.post(text="cafe\u0301").status == 403
    x.fake.forgets_duplicates = True
    assert x.post(text="café").status == 201


def test_what_comes_back_is_escaped_and_has_its_links_shortened(x: Asker) -> None:
    text = x.post(text="A & B https://brightcare.example/x").json()["data"]["text"]
    assert text.startswith("A &amp; B https://t.co/")
    shown = x.timeline("?tweet.fields=entities,created_at")["data"][0]
    assert shown["created_at"] == "2031-03-03T09:00:00.000Z"
    link = shown["entities"]["urls"][0]
    assert link["expanded_url"] == "https://brightcare.example/x"
    assert shown["text"][link["start"] : link["end"]] == link["url"]


def test_the_timeline_pages_and_filters(x: Asker) -> None:
    ids = [x.fake.put(f"Number {number}").network_id for number in range(7)]
    first = x.timeline("?max_results=5")
    assert [item["id"] for item in first["data"]] == ids[:1:-1]
    rest = x.timeline(f"?max_results=5&pagination_token={first['meta']['next_token']}")
    assert [item["id"] for item in rest["data"]] == [ids[1], ids[0]]
    assert "next_token" not in rest["meta"]
    assert x.timeline(f"?since_id={ids[5]}")["meta"]["result_count"] == 1
    assert x.timeline("?start_time=2031-03-03T09%3A00%3A01Z") == {"meta": {"result_count": 0}}


@pytest.mark.parametrize(
    "query", ["?max_results=4", "?max_results=101", "?start_time=today", "?since_id=x", "?sort=up"]
)
def test_a_query_must_keep_to_the_rules(x: Asker, query: str) -> None:
    x.fake.put("Hello")
    assert x.ask("GET", f"/2/users/{CREDENTIALS.user_id}/tweets{query}").status == 400


def test_the_timeline_may_lag(x: Asker) -> None:
    x.fake.read_lag = 30
    x.post(text="Hello")
    assert x.timeline()["meta"]["result_count"] == 0
    x.clock.advance(timedelta(seconds=30))
    assert x.timeline()["meta"]["result_count"] == 1


def test_a_late_request_takes_effect_later(x: Asker) -> None:
    x.fake.faults.append(faults.late_apply(60))
    x.post(text="Hello")
    assert x.timeline()["meta"]["result_count"] == 0
    x.clock.advance(timedelta(seconds=60))
    assert x.timeline()["meta"]["result_count"] == 1


def test_rate_limits_end_with_their_window(x: Asker) -> None:
    x.fake.limits.per_window["POST /2/tweets"] = 2
    replies = [x.post(text=f"Number {number}") for number in range(3)]
    assert [reply.status for reply in replies] == [201, 201, 429]
    assert [reply.headers["x-rate-limit-remaining"] for reply in replies] == ["1", "0", "0"]
    assert replies[2].headers["x-rate-limit-reset"] == str(int((START + timedelta(minutes=15)).timestamp()))
    x.clock.advance(timedelta(minutes=15))
    assert x.post(text="Number 3").status == 201


def test_the_days_cap_outlasts_the_window(x: Asker) -> None:
    x.fake.limits.per_day = 1
    x.post(text="First")
    x.clock.advance(timedelta(hours=1))
    refused = x.post(text="Second")
    assert (refused.status, refused.headers["x-user-limit-24hour-remaining"]) == (429, "0")


def test_credit_runs_out(x: Asker) -> None:
    x.fake.credit = 1
    assert x.post(text="First").status == 201
    refused = x.post(text="Second")
    assert (refused.status, refused.json()["title"]) == (402, "CreditsDepleted")


def test_pictures_must_be_known_and_are_forgotten_after_a_day(x: Asker) -> None:
    upload = x.ask("POST", "/2/media/upload", {"media": "cG5n", "media_category": "tweet_image"})
    media_id = upload.json()["data"]["id"]
    described = x.ask("POST", "/2/media/metadata", {"id": media_id, "metadata": {"alt_text": {"text": "A card"}}})
    assert (described.status, x.fake.media[media_id].alt_text) == (200, "A card")
    assert x.post(text="Now", media={"media_ids": [media_id]}).status == 201
    x.clock.advance(timedelta(days=1))
    assert x.post(text="Later", media={"media_ids": [media_id]}).status == 400


@pytest.mark.parametrize(
    "body", [{"media": "cG5n"}, {"media": "%", "media_category": "tweet_image"}, {"media_type": "x"}]
)
def test_an_upload_must_keep_to_the_rules(x: Asker, body: object) -> None:
    assert x.ask("POST", "/2/media/upload", body).status == 400


def test_only_what_is_there_can_be_deleted(x: Asker) -> None:
    network_id = x.post(text="Hello").json()["data"]["id"]
    assert x.ask("DELETE", f"/2/tweets/{network_id}").json() == {"data": {"deleted": True}}
    assert x.ask("DELETE", f"/2/tweets/{network_id}").status == 404
    assert x.ask("DELETE", "/2/tweets/abc").status == 400


def test_a_fault_waits_for_its_request_and_is_used_up(x: Asker) -> None:
    x.fake.faults.append(faults.answered(503, applied=True))
    assert x.ask("GET", "/2/users/me").status == 200
    assert x.post(text="Hello").status == 503
    assert x.fake.texts() == ["Hello"]
    assert x.fake.faults == []


def test_an_unknown_address_is_not_found(x: Asker) -> None:
    assert x.ask("GET", "/2/nowhere").status == 404

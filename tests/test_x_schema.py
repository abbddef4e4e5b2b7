"""Every request body is valid against X's own OpenAPI; and odd single answers, given with ``responses``.

The OpenAPI file is X's and does not belong to this project: its folder is named by CAMPAIGN_BOT_REFERENCE.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import responses

from bot.calls import Outgoing, Verdict
from bot.clock import VirtualClock
from bot.model import Media
from bot.publishers import LookError
from bot.publishers.snowflake import first_id_of
from bot.publishers.x import XPublisher
from tests.fake_x.fixtures import CREDENTIALS, HANDLE

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
POSTS = "https://api.x.com/2/tweets"
ID = str(first_id_of(NOW))
MADE = {"data": {"id": ID, "text": "Hello"}}
OUTGOING = [
    Outgoing(text="Hello"),
    Outgoing(text="Amara & Bea <3 🎉", in_reply_to=ID),
    Outgoing(text="Look", media_ids=("1", "2", "3", "4")),
    Outgoing(text="", media_ids=("1",), in_reply_to=ID),
]


@pytest.fixture(scope="module")
def openapi() -> Any:
    folder = os.environ.get("CAMPAIGN_BOT_REFERENCE")
    if not folder:
        pytest.skip("left out: CAMPAIGN_BOT_REFERENCE does not name the folder of x-openapi.json")
    return json.loads((Path(folder) / "x-openapi.json").read_text(encoding="utf-8"))


def publisher() -> XPublisher:
    return XPublisher(CREDENTIALS, handle=HANDLE, clock=VirtualClock(NOW))


def validate(openapi: Any, route: str, call: responses.Call) -> None:
    """The request against the schema of its route, and its query against the parameters that X knows."""
    request = call.request
    assert request.headers["Content-Type"] == "application/json"
    schema = openapi["paths"][route]["post"]["requestBody"]["content"]["application/json"]["schema"]
    whole = schema | {"components": openapi["components"]}
    jsonschema.Draft202012Validator(whole).validate(json.loads(request.body or b""))


@pytest.mark.parametrize("outgoing", OUTGOING)
@responses.activate
def test_a_post_is_valid_for_x(openapi: Any, outgoing: Outgoing) -> None:
    responses.post(POSTS, json=MADE, status=201)
    assert publisher().publish(outgoing).verdict is Verdict.SENT
    validate(openapi, "/2/tweets", responses.calls[0])
    body = json.loads(responses.calls[0].request.body or b"")
    assert body["text"] == outgoing.text
    assert body.get("reply", {}).get("in_reply_to_tweet_id") == outgoing.in_reply_to
    assert tuple(body.get("media", {}).get("media_ids", ())) == outgoing.media_ids


@responses.activate
def test_a_picture_and_its_description_are_valid_for_x(openapi: Any) -> None:
    responses.post("https://api.x.com/2/media/upload", json={"data": {"id": "7", "media_key": "3_7"}})
    responses.post("https://api.x.com/2/media/metadata", json={"data": {"id": "7"}})
    media = Media(sha256="0" * 64, mime="image/png", size=3, alt_text="x" * 1000)
    assert publisher().upload(media, b"png") == "7"
    validate(openapi, "/2/media/upload", responses.calls[0])
    validate(openapi, "/2/media/metadata", responses.calls[1])


def test_the_schema_would_notice_a_field_too_many(openapi: Any) -> None:
    schema = openapi["paths"]["/2/tweets"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator(schema | {"components": openapi["components"]})
    assert not validator.is_valid({"text": "Hello", "when": "now"})


@responses.activate
def test_the_receipt_has_the_time_within_the_id_and_a_link_to_the_post() -> None:
    responses.post(POSTS, json=MADE, status=201)
    receipt = publisher().publish(Outgoing(text="Hello")).receipt
    assert receipt is not None
    assert (receipt.posted_at, receipt.url) == (NOW, f"https://x.com/{HANDLE}/status/{ID}")


@responses.activate
def test_an_id_without_a_plausible_time_gets_the_time_of_the_clock() -> None:
    responses.post(POSTS, json={"data": {"id": "42", "text": "Hello"}}, status=201)
    receipt = publisher().publish(Outgoing(text="Hello")).receipt
    assert receipt is not None
    assert receipt.posted_at == NOW


@pytest.mark.parametrize(
    ("status", "body", "headers", "verdict"),
    [
        (403, '{"errors": null}', {}, Verdict.REFUSED),
        (403, '["a list"]', {}, Verdict.REFUSED),
        (400, '{"detail": 7}', {}, Verdict.REFUSED),
        (429, "{}", {"x-rate-limit-reset": "soon"}, Verdict.REFUSED),
        (403, "<html>", {"content-type": "text/html"}, Verdict.REFUSED),
        (503, "not json", {}, Verdict.UNKNOWN),
        (500, '["a list"]', {}, Verdict.UNKNOWN),
        (200, "<html>", {"content-type": "text/html"}, Verdict.UNKNOWN),
        (201, "", {}, Verdict.UNKNOWN),
        (201, '{"data": {"id": "12345678901234567890"}}', {}, Verdict.UNKNOWN),
        (201, '{"data": {"id": "x"}}', {}, Verdict.UNKNOWN),
        (201, "[" * 100_000, {}, Verdict.UNKNOWN),
        (201, "\xff\xfe", {}, Verdict.UNKNOWN),
    ],
)
@responses.activate
def test_odd_answers_do_not_raise(status: int, body: str, headers: dict[str, str], verdict: Verdict) -> None:
    responses.post(POSTS, body=body.encode("latin-1"), status=status, headers=headers)
    assert publisher().publish(Outgoing(text="Hello")).verdict is verdict
    assert len(responses.calls) == 1


@pytest.mark.parametrize("error", [requests.ConnectionError("gone"), OSError("odd"), RuntimeError("odder")])
@responses.activate
def test_anything_unforeseen_is_unknown(error: Exception) -> None:
    responses.post(POSTS, body=error)
    assert publisher().publish(Outgoing(text="Hello")).verdict is Verdict.UNKNOWN


def timeline(*items: dict[str, Any]) -> None:
    address = f"https://api.x.com/2/users/{CREDENTIALS.user_id}/tweets"
    responses.get(address, json={"data": list(items), "meta": {"result_count": len(items)}})


@responses.activate
def test_the_timeline_is_asked_for_with_the_accounts_own_tokens() -> None:
    timeline()
    assert publisher().recent(NOW) == ()
    request = responses.calls[0].request
    assert request.headers["Authorization"].startswith("OAuth ")
    assert "start_time=2031-03-03T09%3A00%3A00Z" in str(request.url)
    assert "max_results=100" in str(request.url)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"text": "Amara &amp; Bea &lt;3"}, "Amara & Bea <3"),
        ({"text": "as &amp;lt; was"}, "as &lt; was"),
        ({"text": "cafe\u0301"}, "café"),
        ({"text": "cut…", "note_tweet": {"text": "the whole &amp; long"}}, "the whole & long"),
        ({"text": "cut…", "note_post": {"text": "the whole"}}, "the whole"),
        (
            {
                "text": "See https://t.co/a1 https://t.co/p1",
                "entities": {
                    "urls": [
                        {"url": "https://t.co/a1", "expanded_url": "https://brightcare.example/?a=1&b=2"},
                        {
                            "url": "https://t.co/p1",
                            "expanded_url": "https://x.com/b/status/1/photo/1",
                            "media_key": "3_1",
                        },
                        {
                            "url": "https://t.co/p1",
                            "expanded_url": "https://x.com/b/status/1/photo/2",
                            "media_key": "3_2",
                        },
                    ]
                },
            },
            "See https://brightcare.example/?a=1&b=2",
        ),
        ({"text": "odd", "entities": {"urls": None}}, "odd"),
    ],
)
@responses.activate
def test_a_text_is_seen_as_it_was_written(item: dict[str, Any], text: str) -> None:
    timeline({"id": ID, **item})
    assert [(post.text, post.posted_at) for post in publisher().recent(NOW)] == [(text, NOW)]


@responses.activate
def test_both_names_that_x_has_for_the_answered_post_are_known() -> None:
    timeline(
        {"id": "3", "text": "c", "referenced_posts": [{"type": "replied_to", "id": "1"}]},
        {
            "id": "2",
            "text": "b",
            "referenced_tweets": [{"type": "quoted", "id": "9"}, {"type": "replied_to", "id": "1"}],
        },
        {"id": "1", "text": "a", "created_at": "2031-03-03T09:00:00.000Z"},
    )
    seen = publisher().recent(NOW)
    assert [post.in_reply_to for post in seen] == ["1", "1", None]
    assert seen[2].posted_at == NOW


@responses.activate
def test_an_account_that_cannot_be_read_says_so() -> None:
    responses.get("https://api.x.com/2/users/me", json={"title": "Unauthorized"}, status=401)
    with pytest.raises(LookError, match="credentials"):
        publisher().whoami()

"""Surely not sent, surely refused, or unknown: one table."""

from __future__ import annotations

import itertools
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from bot.calls import Refusal, Verdict
from bot.publishers.x_errors import (
    REFUSED_STATUSES,
    Answer,
    Progress,
    is_not_found,
    outcome_of_answer,
    outcome_of_failure,
    retry_instant,
)

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
PROBLEM = "https://api.x.com/2/problems/"
CONNECTION = HTTPConnection("x.example")
POOL = HTTPConnectionPool("x.example")
REASONS_BEFORE = [
    NewConnectionError(CONNECTION, "refused"),
    NameResolutionError("x.example", CONNECTION, socket.gaierror()),
    ConnectTimeoutError(CONNECTION, "slow"),
    SSLError("handshake"),
    ProxyError("no tunnel", OSError()),
]
REASONS_AFTER = [ReadTimeoutError(POOL, "/2/tweets", "slow"), ProtocolError("reset", ConnectionResetError())]


def unix(instant: datetime) -> str:
    return str(int(instant.timestamp()))


def wrapped(reason: HTTPError) -> requests.RequestException:
    return requests.ConnectionError(MaxRetryError(POOL, "/2/tweets", reason))


@pytest.mark.parametrize("reason", REASONS_BEFORE, ids=lambda reason: type(reason).__name__)
def test_trouble_before_the_request_began_means_not_sent(reason: HTTPError) -> None:
    outcome = outcome_of_failure(wrapped(reason), Progress.UNSEEN)
    assert outcome.verdict is Verdict.NOT_SENT
    assert "Nothing was sent" in outcome.reason


@pytest.mark.parametrize("reason", [*REASONS_BEFORE, *REASONS_AFTER], ids=lambda reason: type(reason).__name__)
def test_the_same_trouble_after_it_began_is_unknown(reason: HTTPError) -> None:
    assert outcome_of_failure(wrapped(reason), Progress.BEGUN).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "error",
    [
        *(wrapped(reason) for reason in REASONS_AFTER),
        requests.ConnectionError(ProtocolError("reset")),
        requests.ConnectionError(),
        requests.ReadTimeout("text only"),
        requests.exceptions.ChunkedEncodingError("cut"),
        TypeError("anything"),
        None,
    ],
)
def test_a_class_alone_never_means_not_sent(error: Exception | None) -> None:
    assert outcome_of_failure(error, Progress.UNSEEN).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("reason", [*REASONS_BEFORE, *REASONS_AFTER], ids=lambda reason: type(reason).__name__)
def test_whatever_goes_wrong_while_connecting_means_not_sent(reason: HTTPError) -> None:
    assert outcome_of_failure(wrapped(reason), Progress.CONNECTING).verdict is Verdict.NOT_SENT


@pytest.mark.parametrize(
    "status", sorted({200, 201, 204, 301, 302, 304, 307, 308, 408, 409, 418, 425, 499, 500, 502, 503})
)
def test_these_answers_are_unknown(status: int) -> None:
    outcome = outcome_of_answer(Answer(status=status, headers={}, body={"data": None}), NOW)
    assert (outcome.verdict, outcome.status, outcome.refusal) == (Verdict.UNKNOWN, status, None)
    assert outcome.reason.endswith(".")


@pytest.mark.parametrize(
    ("status", "word"), [(200, "not with"), (299, "not with"), (302, "another address"), (409, "409"), (500, "trouble")]
)
def test_an_unclear_answer_is_named_for_what_it_is(status: int, word: str) -> None:
    assert word in outcome_of_answer(Answer(status=status, headers={}), NOW).reason


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 406, 410, 413, 414, 415, 422, 429, 431, 451])
def test_what_is_refused_before_anything_is_done_is_no_doubt(status: int) -> None:
    assert outcome_of_answer(Answer(status=status, headers={}), NOW).verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (SSLError("handshake"), "secure connection"),
        (ConnectTimeoutError(CONNECTION, "slow"), "in time"),
        (ReadTimeoutError(POOL, "/2/tweets", "slow"), "in time"),
        (NameResolutionError("x.example", CONNECTION, socket.gaierror()), "not be reached."),
    ],
)
def test_what_kept_a_call_from_beginning_is_named(reason: HTTPError, word: str) -> None:
    assert word in outcome_of_failure(wrapped(reason), Progress.CONNECTING).reason


@pytest.mark.parametrize("status", sorted(REFUSED_STATUSES))
def test_these_answers_are_refusals_whatever_their_body(status: int) -> None:
    bodies: list[Any] = [None, {}, [], "text", {"errors": None}, {"errors": [None, 7]}, {"detail": 7, "title": None}]
    for body in bodies:
        outcome = outcome_of_answer(Answer(status=status, headers={}, body=body), NOW)
        assert (outcome.verdict, outcome.status) == (Verdict.REFUSED, status)
        assert outcome.refusal is not None
        assert (outcome.retry_at is not None) == (status == 429)


@pytest.mark.parametrize(
    ("status", "body", "refusal", "word"),
    [
        (400, {"errors": [{"message": "Your Tweet text is too long. See ..."}]}, Refusal.REJECTED, "too long"),
        (400, {"errors": [{"message": "Your media IDs are invalid."}]}, Refusal.REJECTED, "picture"),
        (400, {"errors": [{"message": "Something is odd."}]}, Refusal.REJECTED, "400"),
        (401, {"title": "Unauthorized", "type": "about:blank"}, Refusal.UNAUTHORISED, "credentials"),
        (402, {"title": "CreditsDepleted"}, Refusal.NO_CREDIT, "credit"),
        (
            403,
            {"detail": "You are not allowed to create a Tweet with duplicate content."},
            Refusal.DUPLICATE,
            "already",
        ),
        (403, {"errors": [{"message": "Status is a duplicate."}]}, Refusal.DUPLICATE, "already"),
        (403, {"type": f"{PROBLEM}oauth1-permissions"}, Refusal.FORBIDDEN, "Read and write"),
        (
            403,
            {"detail": "Your client app is not configured with app permissions."},
            Refusal.FORBIDDEN,
            "Read and write",
        ),
        (403, {"type": f"{PROBLEM}client-forbidden"}, Refusal.FORBIDDEN, "project"),
        (403, {"reason": "client-not-enrolled"}, Refusal.FORBIDDEN, "project"),
        (403, {"type": f"{PROBLEM}unsupported-authentication"}, Refusal.FORBIDDEN, "tokens"),
        (403, {"detail": "Your account is suspended and is not permitted"}, Refusal.FORBIDDEN, "suspended"),
        (403, {"detail": "This account is locked."}, Refusal.FORBIDDEN, "locked"),
        (403, {"detail": "To protect our users, it is temporarily locked."}, Refusal.FORBIDDEN, "locked"),
        (403, {"type": f"{PROBLEM}not-authorized-for-resource"}, Refusal.REJECTED, "own posts"),
        (403, {"detail": "You may not reply to or quote this."}, Refusal.REJECTED, "own posts"),
        (403, {"detail": "Quoting this post is not allowed."}, Refusal.REJECTED, "own posts"),
        (403, {"detail": "Reply to this conversation is not allowed because ..."}, Refusal.REJECTED, "own posts"),
        (403, {"detail": "You may not mention this user."}, Refusal.REJECTED, "@mention"),
        (403, {"detail": "Your Tweet text is too long."}, Refusal.REJECTED, "too long"),
        (403, {"detail": "It is over the maximum length."}, Refusal.REJECTED, "too long"),
        (403, {"detail": "Because."}, Refusal.REJECTED, "403). It says: “Because.”"),
        (
            403,
            {"detail": "You attempted to reply to a Tweet that is deleted or not visible to you."},
            Refusal.REJECTED,
            "replies to is gone from X, or hidden. Trying again cannot help",
        ),
        (
            400,
            {"errors": [{"message": "You attempted to reply to a Tweet that is deleted or not visible to you."}]},
            Refusal.REJECTED,
            "replies to is gone",
        ),
        (403, {"detail": "You are not permitted to perform this action."}, Refusal.REJECTED, "does not say why"),
        (404, None, Refusal.REJECTED, "does not find"),
        (429, {"title": "Too Many Requests"}, Refusal.RATE_LIMITED, "wait"),
        (429, {"type": f"{PROBLEM}usage-capped"}, Refusal.NO_CREDIT, "cap"),
        (403, {"type": f"{PROBLEM}usage-capped"}, Refusal.NO_CREDIT, "cap"),
    ],
)
def test_a_refusal_says_what_stops_and_why(status: int, body: Any, refusal: Refusal, word: str) -> None:
    outcome = outcome_of_answer(Answer(status=status, headers={}, body=body), NOW)
    assert outcome.refusal is refusal
    assert word in outcome.reason


def test_a_reason_never_repeats_what_x_echoes() -> None:
    echo = {"detail": "Ada Lovell", "errors": [{"message": "Ada Lovell", "parameters": {"text": ["Ada Lovell"]}}]}
    for status in range(100, 600):
        outcome = outcome_of_answer(Answer(status=status, headers={}, body=echo), NOW, sent="Well done, Ada Lovell!")
        assert "Ada" not in outcome.reason
        assert "Lovell" not in outcome.reason


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, timedelta(minutes=15)),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": unix(NOW + timedelta(minutes=7))}, timedelta(minutes=7)),
        ({"x-rate-limit-reset": unix(NOW + timedelta(minutes=7))}, timedelta(minutes=7)),
        ({"x-rate-limit-remaining": "3", "x-rate-limit-reset": unix(NOW + timedelta(hours=1))}, timedelta(minutes=15)),
        ({"x-rate-limit-reset": unix(NOW - timedelta(minutes=1))}, timedelta(minutes=15)),
        ({"x-rate-limit-reset": "99999999999"}, timedelta(hours=25)),
        ({"retry-after": "120"}, timedelta(minutes=2)),
        ({"retry-after": "Mon, 03 Mar 2031 09:30:00 GMT"}, timedelta(minutes=30)),
        ({"retry-after": "999999999"}, timedelta(hours=25)),
        ({"retry-after": "Mon, 03 Mar 2031 09:30:00 -0000"}, timedelta(minutes=30)),
    ],
)
def test_a_rate_limit_ends_when_x_says_so(headers: dict[str, str], wait: timedelta) -> None:
    assert retry_instant(headers, NOW) == NOW + wait


def test_the_window_that_is_used_up_decides_not_the_one_that_ends_first() -> None:
    headers = {
        "x-rate-limit-remaining": "60",
        "x-rate-limit-reset": unix(NOW + timedelta(minutes=3)),
        "x-user-limit-24hour-remaining": "0",
        "x-user-limit-24hour-reset": unix(NOW + timedelta(hours=9)),
        "x-app-limit-24hour-remaining": "900",
        "x-app-limit-24hour-reset": unix(NOW + timedelta(hours=20)),
        "retry-after": "60",
    }
    assert retry_instant(headers, NOW) == NOW + timedelta(hours=9)


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        (None, ""),
        ({}, ""),
        ({"detail": "  "}, ""),
        ({"detail": 7, "errors": [None, {"message": 8}]}, ""),
        ({"title": "Forbidden"}, ""),
        ({"detail": "The outer one.", "errors": [{"message": "The precise one."}]}, "The precise one."),
        ({"detail": "One\x1b[31m\r\nline\u2028and\u202eno more\x00"}, "One [31m line and no more"),
        ({"detail": "Not to @ann_example and \uff20bea."}, "Not to … and …."),
        ({"detail": "The text \"Well done, Siân!\" and “more” is 'spam'."}, "The text … and … is …."),
        ({"detail": "Don't do this, it isn't wanted."}, "Don't do this, it isn't wanted."),
        ({"detail": "Token 1234567890-canaryAccessToken4713 is odd."}, "Token … is odd."),
        ({"detail": "Far ” too “ open"}, "Far too open"),
        (
            {"detail": "Your post about Siân and 山田 isn’t allowed. You may ask."},
            "Your post about … and … isn’t allowed. You may ask.",
        ),
        ({"detail": "Your Tweet of Thank You, Bea, is odd."}, "Your Tweet of … You, …, is odd."),
        ({"detail": "word " * 100}, ("word " * 32)[:159].rstrip() + "…"),
    ],
)
def test_a_403_that_is_not_known_is_quoted_in_one_line_without_echo_name_or_secret(body: Any, quoted: str) -> None:
    sent = "Thank You, Bea Example! You are here."
    reason = outcome_of_answer(Answer(status=403, headers={}, body=body), NOW, sent=sent).reason
    assert reason == (
        f"X does not allow this (status 403). It says: “{quoted}”"
        if quoted
        else "X does not allow this (status 403) and gives no reason."
    )


@pytest.mark.parametrize("window", ["x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"])
def test_each_of_the_windows_is_waited_for(window: str) -> None:
    headers = {
        f"{window}-remaining": " 0 ",
        f"{window}-reset": f" {unix(NOW + timedelta(hours=3))} ",
        "retry-after": " 9 ",
    }
    assert retry_instant(headers, NOW) == NOW + timedelta(hours=3)


def test_no_header_is_too_odd() -> None:
    odd = [
        "",
        " ",
        "soon",
        "-1",
        "1e9",
        "0x10",
        "٣",
        "9" * 400,
        "NaN",
        "Mon, 99 Foo 2031",
        "Mon, 03 Mar 99999 09:30:00 GMT",
    ]
    names = ["retry-after", "x-rate-limit-reset", "x-rate-limit-remaining", "x-user-limit-24hour-reset"]
    for name, value in itertools.product(names, odd):
        assert NOW < retry_instant({name: value}, NOW) <= NOW + timedelta(hours=25), (name, value)


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        (Answer(status=404, headers={}, body={"title": "Not Found Error"}), True),
        (Answer(status=404, headers={}, empty=True), True),
        (Answer(status=404, headers={}, body=None), False),
        (Answer(status=200, headers={}, body={"errors": [{"type": f"{PROBLEM}resource-not-found"}]}), True),
        (Answer(status=200, headers={}, body={"data": {"deleted": False}}), False),
        (Answer(status=200, headers={}, body={"data": {"id": "1"}, "errors": [{"type": "resource-not-found"}]}), False),
        (Answer(status=500, headers={}, body=None), False),
    ],
)
def test_a_page_that_is_not_x_s_does_not_mean_gone(answer: Answer, gone: bool) -> None:
    assert is_not_found(answer) is gone

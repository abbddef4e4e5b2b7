"""Requests and replies, apart from how they travel; and the problems in X's own shapes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PROBLEMS = "https://api.x.com/2/problems"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as it arrived. ``url`` is the address it was reached at, in full; header names in lower case."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def form(self) -> list[tuple[str, str]]:
        if "x-www-form-urlencoded" not in self.headers.get("content-type", ""):
            return []
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body)

    def with_headers(self, more: dict[str, str]) -> Reply:
        return Reply(status=self.status, body=self.body, headers=self.headers | more)


class Refused(Exception):  # noqa: N818 - it carries a reply, it is not a fault of the fake
    """The fake says no."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(reply.body.decode())


def as_json(status: int, value: object) -> Reply:
    return Reply(status=status, body=json.dumps(value).encode(), headers={"content-type": "application/json"})


def plain_problem(status: int, title: str, detail: str = "", kind: str = "about:blank", **more: object) -> Reply:
    body = {"title": title, "detail": detail or title, "type": kind, "status": status, **more}
    reply = as_json(status, body)
    return reply.with_headers({"content-type": "application/problem+json"})


def invalid(message: str, **parameters: list[str]) -> Refused:
    body = {
        "errors": [{"parameters": parameters, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}/invalid-request",
    }
    return Refused(as_json(400, body))


def forbidden(detail: str, kind: str = "about:blank", **more: object) -> Refused:
    return Refused(plain_problem(403, "Forbidden", detail, kind, **more))


def unauthorised() -> Reply:
    return plain_problem(401, "Unauthorized")


def out_of_credit() -> Reply:
    detail = "Your enrolled account [1] does not have any credits to fulfill this request."
    body = {"type": "https://api.twitter.com/2/problems/credits", "title": "CreditsDepleted", "detail": detail}
    return as_json(402, body)


def too_many(headers: dict[str, str]) -> Reply:
    return plain_problem(429, "Too Many Requests").with_headers(headers)


def duplicate() -> Reply:
    return forbidden("You are not allowed to create a Tweet with duplicate content.").reply


def oauth1_permissions() -> Reply:
    detail = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
    return forbidden(detail, "https://api.twitter.com/2/problems/oauth1-permissions").reply

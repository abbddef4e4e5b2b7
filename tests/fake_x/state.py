"""The logic of the fake: what is posted, what is refused, what the timeline shows."""

from __future__ import annotations

import base64
import binascii
import re
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from bot.credentials import Credentials
from bot.publishers.snowflake import first_id_of
from bot.text import weighted_length
from tests.fake_x import bodies
from tests.fake_x.faults import Fault, Wire
from tests.fake_x.limits import Limits
from tests.fake_x.lookup import Audience, found_by_ids
from tests.fake_x.messages import (
    PROBLEMS,
    Call,
    Refused,
    Reply,
    as_json,
    duplicate,
    forbidden,
    invalid,
    out_of_credit,
    plain_problem,
    unauthorised,
)
from tests.fake_x.oauth import Guard, header_parameters
from tests.fake_x.rendering import LONGEST, StoredPost, shown
from tests.fake_x.search import Crowd, Said
from tests.fake_x.timeline import page_of

MEDIA_LIFE = timedelta(days=1)
_ID_IN_PATH = re.compile(r"/(tweets|users)/(?!me$|search/)([^/]+)")
CATEGORIES = {"tweet_image", "tweet_video", "tweet_gif", "dm_image", "dm_video", "dm_gif", "subtitles"}


@dataclass(frozen=True, kw_only=True)
class Served:
    """What a request gets: the reply, and how it travels."""

    reply: Reply
    wire: Wire = Wire.WHOLE


@dataclass(kw_only=True)
class StoredMedia:
    content: bytes
    expires_at: datetime
    alt_text: str = ""


class FakeX:
    """One app, one account. Switches: ``credit`` (posts that are still paid for), ``limits``, ``read_lag`` (seconds
    for which the timeline hides a new post), ``forgets_duplicates``, ``explains_links`` (says where its short links
    lead), and ``faults``, used up in their order."""

    def __init__(self, *, now: Callable[[], datetime], handle: str, credentials: Credentials, prefix: str = "") -> None:
        self.now = now
        self.handle = handle
        self.credentials = credentials
        self.prefix = prefix.rstrip("/")
        self.posts: dict[str, StoredPost] = {}
        self.media: dict[str, StoredMedia] = {}
        self.requests: list[Call] = []
        self.refusals: list[str] = []
        self.faults: list[Fault] = []
        self.limits = Limits()
        self.audience = Audience()
        self.credit: int | None = None
        self.read_lag = 0.0
        self.forgets_duplicates = False
        self.explains_links = True
        self.pin = "7654321"
        self.crowd = Crowd()
        self._pending: list[tuple[datetime, Call]] = []
        self._last_id = 0
        self._lock = threading.RLock()
        self._texts: dict[str, str] = {}
        self._gone: set[str] = set()
        self._routes: dict[str, Callable[[Call, str], Reply]] = {
            "POST /2/tweets": self._create,
            "GET /2/tweets": self._lookup,
            "DELETE /2/tweets/:id": self._delete,
            "GET /2/users/me": self._me,
            "GET /2/users/:id/tweets": self._timeline,
            "GET /2/tweets/search/recent": self._search,
            "POST /2/media/upload": self._upload,
            "POST /2/media/metadata": self._describe,
        }
        self._guard = Guard(
            consumer_key=credentials.api_key,
            consumer_secret=credentials.api_key_secret,
            tokens={credentials.access_token: credentials.access_token_secret},
        )

    @property
    def user_id(self) -> str:
        return self.credentials.user_id

    def count(self, route: str) -> int:
        """How many requests came for a method and path, such as "POST /2/tweets"."""
        return sum(self._names(call) == route for call in self.requests)

    def texts(self) -> list[str]:
        """What is on the account now, oldest first."""
        return [post.text for post in self.posts.values()]

    def respond(self, call: Call) -> Served:
        """Answer one request, with the fault that waits for it if there is one."""
        with self._lock:
            self._apply_what_is_late()
            self.requests.append(call)
            fault = self._next_fault(call)
            if fault is None:
                return Served(reply=self._true_reply(call))
            if fault.late:
                self._pending.append((self.now() + timedelta(seconds=fault.late), call))
                return Served(reply=Reply(status=504), wire=fault.wire)
            reply = self._true_reply(call) if fault.apply else Reply(status=500)
            return Served(reply=fault.reply or reply, wire=fault.wire)

    def revoke(self) -> None:
        """The account's owner takes the app's access away."""
        self._guard.tokens.clear()

    def waiting(self, route: str) -> Fault | None:
        """The fault that the next request of a route gets."""
        return next((fault for fault in self.faults if fault.on in {"", route}), None)

    def _names(self, call: Call) -> str:
        return f"{call.method} {call.path.removeprefix(self.prefix)}"

    def _next_fault(self, call: Call) -> Fault | None:
        fault = self.waiting(self._names(call))
        if fault is not None:
            self.faults.remove(fault)
        return fault

    def _apply_what_is_late(self) -> None:
        due = [call for at, call in self._pending if at <= self.now()]
        self._pending = [(at, call) for at, call in self._pending if at > self.now()]
        for call in due:
            self._true_reply(call)

    def _true_reply(self, call: Call) -> Reply:
        try:
            return self._routed(call)
        except Refused as refused:
            self.refusals.append(f"{self._names(call)}: {refused.reply.status} {refused.reply.body.decode()}")
            return refused.reply

    def _routed(self, call: Call) -> Reply:
        path = call.path.removeprefix(self.prefix) if call.path.startswith(self.prefix) else "/nowhere"
        if path.startswith("/oauth/"):
            return self._login(call, path)
        reason = self._guard.why_not(call)
        if reason:
            self.refusals.append(f"{self._names(call)}: {reason}")
            return unauthorised()
        shape = _ID_IN_PATH.sub(r"/\1/:id", path)
        route = self._routes.get(f"{call.method} {shape}")
        if route is None:
            return plain_problem(404, "Not Found")
        found = _ID_IN_PATH.search(path)
        return self._metered(f"{call.method} {shape}", lambda: route(call, found.group(2) if found else ""))

    def _metered(self, route: str, answer: Callable[[], Reply]) -> Reply:
        headers = self.limits.spend(route, self.now())
        try:
            return answer().with_headers(headers)
        except Refused as refused:
            raise Refused(refused.reply.with_headers(headers)) from None

    def _create(self, call: Call, _id: str) -> Reply:
        body = bodies.body_of(call, bodies.POST_FIELDS)
        parent, media_ids = bodies.reply_of(body), bodies.media_of(body)
        text = body.get("text", "")
        self._check_text(text, media_ids)
        self._check_media(media_ids)
        if parent in self._gone:
            raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
        if parent is not None and parent not in self.posts:
            detail = "You can only reply to or quote posts where you are mentioned or are the author."
            raise forbidden(detail, f"{PROBLEMS}/not-authorized-for-resource", resource_type="post")
        if self.credit is not None:
            if self.credit <= 0:
                raise Refused(out_of_credit())
            self.credit -= 1
        post = self.put(text, in_reply_to=parent, media_ids=media_ids)
        data = shown(post, self.handle, self.user_id, set())
        return as_json(201, {"data": data})

    def put(self, text: str, *, in_reply_to: str | None = None, media_ids: tuple[str, ...] = ()) -> StoredPost:
        """A post by this account, by whatever means: also by hand, which no check of the API stops."""
        network_id, now = self._new_id(), self.now()
        post = StoredPost(
            network_id=network_id,
            text=text,
            at=now,
            in_reply_to=in_reply_to,
            media_ids=media_ids,
            visible_at=now + timedelta(seconds=self.read_lag),
            conversation_id=self.posts[in_reply_to].conversation_id if in_reply_to in self.posts else network_id,
        )
        self.posts[network_id] = post
        self._texts[_plain(text)] = network_id
        return post

    def _check_text(self, text: object, media_ids: tuple[str, ...]) -> None:
        if not isinstance(text, str):
            raise invalid("$.text: string expected")
        if not text.strip() and not media_ids:
            raise invalid("Your Tweet text is empty.")
        if weighted_length(text) > LONGEST:
            raise forbidden("Your Tweet text is too long.")
        if text.strip() and self._texts.get(_plain(text)) in self.posts and not self.forgets_duplicates:
            raise Refused(duplicate())

    def _check_media(self, media_ids: tuple[str, ...]) -> None:
        for media_id in media_ids:
            media = self.media.get(media_id)
            if media is None or media.expires_at <= self.now():
                raise invalid("Your media IDs are invalid.")

    def _delete(self, _call: Call, network_id: str) -> Reply:
        if not bodies.is_id(network_id):
            raise invalid("The `id` query parameter value is not valid", id=[network_id])
        if self.posts.pop(network_id, None) is None:
            detail = "Could not find tweet with id."
            return plain_problem(404, "Not Found Error", detail, f"{PROBLEMS}/resource-not-found", resource_type="post")
        self._gone.add(network_id)
        return as_json(200, {"data": {"deleted": True}})

    def _me(self, _call: Call, _id: str) -> Reply:
        return as_json(200, {"data": {"id": self.user_id, "username": self.handle, "name": self.handle.title()}})

    def _timeline(self, call: Call, user_id: str) -> Reply:
        if not bodies.is_id(user_id):
            raise invalid("The `id` query parameter value is not valid", id=[user_id])
        own = list(self.posts.values()) if user_id == self.user_id else []
        visible = [post for post in own if post.visible_at <= self.now()]
        return as_json(200, page_of(visible, call.query, self._shown))

    def _search(self, call: Call, _id: str) -> Reply:
        own = [Said(network_id=one.network_id, author_id=self.user_id, text=one.text) for one in self.posts.values()]
        return as_json(200, self.crowd.page(own, call.query, self.now()))

    def _lookup(self, call: Call, _id: str) -> Reply:
        visible = {key: post for key, post in self.posts.items() if post.visible_at <= self.now()}
        return as_json(200, found_by_ids(visible, call.query, self.audience, self.now(), self._shown))

    def _shown(self, post: StoredPost, fields: set[str]) -> dict[str, Any]:
        return shown(post, self.handle, self.user_id, fields, explains=self.explains_links)

    def _upload(self, call: Call, _id: str) -> Reply:
        body = bodies.body_of(call, bodies.UPLOAD_FIELDS)
        if body.get("media_category") not in CATEGORIES:
            raise invalid("$.media_category: does not have a value in the enumeration")
        try:
            content = base64.b64decode(body["media"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise invalid("$.media: base64 expected") from None
        media_id = self._new_id()
        self.media[media_id] = StoredMedia(content=content, expires_at=self.now() + MEDIA_LIFE)
        data = {"id": media_id, "media_key": f"3_{media_id}", "size": len(content), "expires_after_secs": 86400}
        return as_json(200, {"data": data})

    def _describe(self, call: Call, _id: str) -> Reply:
        body = bodies.body_of(call, frozenset({"id", "metadata"}))
        media = self.media.get(str(body.get("id")))
        text = body.get("metadata", {}).get("alt_text", {}).get("text")
        if media is None or not isinstance(text, str) or len(text) > 1000:
            raise invalid("media or alt text is not valid")
        media.alt_text = text
        return as_json(200, {"data": {"id": body["id"], "associated_metadata": body["metadata"]}})

    def _login(self, call: Call, path: str) -> Reply:
        """The three steps of a login by PIN; the middle one is what a person does in the browser."""
        if path == "/oauth/authorize":
            return Reply(status=200, body=f"PIN: {self.pin}".encode(), headers={"content-type": "text/plain"})
        first = path == "/oauth/request_token"
        if self._guard.why_not(call, with_token=not first):
            return unauthorised()
        given = header_parameters(call)
        if first:
            self._guard.tokens["request-token"] = "request-secret"
            form = {"oauth_token": "request-token", "oauth_token_secret": "request-secret"}
            return _form(form | {"oauth_callback_confirmed": "true"})
        verifier = given.get("oauth_verifier") or parse_qs(call.body.decode()).get("oauth_verifier", [""])[0]
        if given.get("oauth_token") != "request-token" or verifier != self.pin:
            return unauthorised()
        own = self.credentials
        form = {"oauth_token": own.access_token, "oauth_token_secret": own.access_token_secret}
        return _form(form | {"user_id": self.user_id, "screen_name": self.handle})

    def _new_id(self) -> str:
        self._last_id = max(self._last_id + 1, first_id_of(self.now()))
        return str(self._last_id)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _form(values: dict[str, str]) -> Reply:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Reply(status=200, body=urlencode(values).encode(), headers=headers)

"""X through Tweepy 4.17, with OAuth 1.0a. The only module that knows Tweepy.

Tweepy's exceptions are not asked what happened: they fail to be built from odd bodies, and network trouble does not
come as one of them. The session below keeps the answer itself, and ``x_errors`` judges that.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs

import requests
import tweepy

from bot.calls import Identity, Outcome, Outgoing, Refusal, SeenPost, Verdict
from bot.clock import Clock
from bot.credentials import Credentials, check_credentials
from bot.errors import CredentialsError, NetworkRefusedError, Problem
from bot.metrics import Measured
from bot.model import Media, Receipt
from bot.publishers import LookError, UploadError
from bot.publishers.registry import Gateway
from bot.publishers.searching import Asked, Page
from bot.publishers.snowflake import posted_at
from bot.publishers.x_errors import Answer, is_not_found, outcome_of_answer, outcome_of_failure
from bot.publishers.x_metrics import METRIC_FIELDS, measured
from bot.publishers.x_search import page_of, search_parameters
from bot.publishers.x_timeline import created_at, replied_to, written_text
from bot.publishers.x_transport import (
    Answered,
    GatewaySession,
    Timeouts,
    Watch,
    WatchedAdapter,
    checked_base,
    hush_libraries,
)

PAGES = 3
PAGE_SIZE = 100
_FIELDS = ["created_at", "referenced_tweets", "entities", "note_tweet", "conversation_id"]
_ID = re.compile(r"[0-9]{1,19}")
_log = logging.getLogger(__name__)


class XPublisher:
    """The gateway of one account on X. Its user id stands in the access token, so that no request asks for it.

    ``api_base`` may have a port and a path; ``open_session`` makes the fresh session of each call. Raises ConfigError when it is not https, except on this machine itself.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        api_base: str = "https://api.x.com",
        handle: str,
        clock: Clock,
        timeouts: Timeouts | None = None,
        open_session: Callable[[str, Timeouts], GatewaySession] = GatewaySession,
    ) -> None:
        self._open_session = open_session
        self._credentials = credentials
        self._api_base = checked_base(api_base)
        self._handle = handle
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self.server_time_offset: timedelta | None = None

    def publish(self, outgoing: Outgoing) -> Outcome:
        """One POST, whatever happens; never raises."""
        result = self._call(
            lambda client: client.create_tweet(
                text=outgoing.text,
                media_ids=list(outgoing.media_ids) or None,
                in_reply_to_tweet_id=outgoing.in_reply_to,
                user_auth=True,
            )
        )
        if isinstance(result, Outcome):
            return result
        network_id = _id_of(result)
        if network_id is None:
            return outcome_of_answer(result, self._clock.now(), sent=outgoing.text)
        receipt = Receipt(
            network_id=network_id, url=self._url(network_id), posted_at=posted_at(network_id, self._clock.now())
        )
        return Outcome(verdict=Verdict.SENT, receipt=receipt, status=result.status)

    def upload(self, media: Media, content: bytes) -> str:
        """X wants pictures as base64, and the alternative text in a second request. Raises UploadError."""
        body = {"media": base64.b64encode(content).decode("ascii"), "media_category": "tweet_image"}
        answer = self._upload_step("/2/media/upload", body)
        media_id = _id_of(answer)
        if media_id is None:
            raise UploadError(_nothing_posted(outcome_of_answer(answer, self._clock.now())))
        if media.alt_text:
            described = {"id": media_id, "metadata": {"alt_text": {"text": media.alt_text}}}
            self._upload_step("/2/media/metadata", described)
        return media_id

    def delete(self, network_id: str) -> Outcome:
        """SENT means gone; never raises."""
        if not _ID.fullmatch(network_id):
            reason = "This is not the id of a post on X."
            return Outcome(verdict=Verdict.REFUSED, reason=reason, refusal=Refusal.REJECTED)
        result = self._call(lambda client: client.delete_tweet(network_id, user_auth=True))
        if isinstance(result, Outcome):
            return result
        gone = _is_success(result) and isinstance(result.data, dict) and result.data.get("deleted") is True
        if gone or is_not_found(result):
            return Outcome(verdict=Verdict.SENT, status=result.status)
        return outcome_of_answer(result, self._clock.now())

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        """Up to three hundred posts; more than that raises LookError, because then absence would prove nothing."""
        posts: list[SeenPost] = []
        token: str | None = None
        for _page in range(PAGES):
            page, token = self._timeline_page(since, token)
            posts += page
            if token is None:
                return tuple(posts)
        reason = "The account has posted too much since then to be looked through."
        raise LookError(Outcome(verdict=Verdict.UNKNOWN, reason=reason))

    def search(self, asked: Asked) -> Page:
        """One page of X's recent search; each post in it costs. Raises LookError."""
        answer = self._look(lambda client: client.search_recent_tweets(**search_parameters(asked), user_auth=True))
        return page_of(answer, self._clock.now())

    def whoami(self) -> Identity:
        """Costs $0.01 on X. Raises LookError."""
        answer = self._look(lambda client: client.get_me(user_auth=True))
        data = answer.data if isinstance(answer.data, dict) else {}
        match data:
            case {"id": str(user_id), "username": str(handle)}:
                return Identity(user_id=user_id, handle=handle, name=str(data.get("name") or ""))
        raise LookError(outcome_of_answer(answer, self._clock.now()))

    def measure(self, network_ids: Sequence[str]) -> Sequence[Measured]:
        """What X counts for up to a hundred posts; each one that is there costs a read. Raises LookError."""
        ids = list(network_ids)
        answer = self._look(lambda client: client.get_tweets(ids, tweet_fields=METRIC_FIELDS, user_auth=True))
        return measured(answer, ids, self._clock.now())

    def _url(self, network_id: str) -> str:
        return f"https://x.com/{self._handle}/status/{network_id}"

    def _call(self, ask: Callable[[Any], object], timeouts: Timeouts | None = None) -> Answer | Outcome:
        """One request: X's complete answer, or what the lack of one tells."""
        hush_libraries()
        session = self._open_session(self._api_base, timeouts or self._timeouts)
        error: BaseException | None = None
        try:
            ask(_client(self._credentials, session))
        except Exception as caught:  # noqa: BLE001 - whatever it is, the answer or its lack is judged below
            error = caught
        if session.answered is not None:
            self.server_time_offset = offset_of(session.answered, self._clock.now())
            return _answer(session.answered)
        # The exception's own text may hold the request; its class is enough to find the place.
        _log.info("no complete answer from X: %s", type(error).__name__)
        return outcome_of_failure(error, session.progress)

    def _upload_step(self, route: str, body: dict[str, Any]) -> Answer:
        # A picture may take its time on a slow line: it may be sent again, so a longer wait does no harm.
        timeouts = replace(self._timeouts, total=self._timeouts.upload)
        result = self._call(lambda client: client.request("POST", route, json=body, user_auth=True), timeouts)
        if isinstance(result, Outcome):
            raise UploadError(_nothing_posted(result))
        if not _is_success(result):
            raise UploadError(_nothing_posted(outcome_of_answer(result, self._clock.now())))
        return result

    def _look(self, ask: Callable[[Any], object]) -> Answer:
        result = self._call(ask)
        if isinstance(result, Outcome):
            raise LookError(result)
        if not _is_success(result):
            raise LookError(outcome_of_answer(result, self._clock.now()))
        return result

    def _timeline_page(self, since: datetime, token: str | None) -> tuple[list[SeenPost], str | None]:
        answer = self._look(
            lambda client: client.get_users_tweets(
                self._credentials.user_id,
                start_time=since.astimezone(UTC),
                max_results=PAGE_SIZE,
                tweet_fields=_FIELDS,
                user_auth=True,
                **({"pagination_token": token} if token else {}),
            )
        )
        meta = answer.body.get("meta") if isinstance(answer.body, dict) else None
        meta = meta if isinstance(meta, dict) else {}
        items = answer.data
        if items is None and meta.get("result_count") == 0:
            items = []
        if not isinstance(items, list):
            raise LookError(outcome_of_answer(answer, self._clock.now()))
        token = meta.get("next_token")
        return [self._seen(item, answer) for item in items], token if isinstance(token, str) else None

    def _seen(self, item: Any, answer: Answer) -> SeenPost:
        try:
            network_id = str(item["id"])
            return SeenPost(
                network_id=network_id,
                text=written_text(item),
                posted_at=created_at(item),
                url=self._url(network_id),
                in_reply_to=replied_to(item),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise LookError(outcome_of_answer(answer, self._clock.now())) from None


def open_publisher(gateway: Gateway) -> XPublisher:
    """The registry's way in."""
    return XPublisher(gateway.credentials, api_base=gateway.api_base, handle=gateway.handle, clock=gateway.clock)


def _client(credentials: Credentials, session: GatewaySession) -> Any:
    client = tweepy.Client(
        consumer_key=credentials.api_key,
        consumer_secret=credentials.api_key_secret,
        access_token=credentials.access_token,
        access_token_secret=credentials.access_token_secret,
        return_type=requests.Response,
        wait_on_rate_limit=False,
    )
    client.session = session
    return client


def _answer(answered: Answered) -> Answer:
    try:
        body = json.loads(answered.body)
    except (ValueError, RecursionError):
        body = None
    return Answer(status=answered.status, headers=answered.headers, body=body, empty=not answered.body.strip())


def offset_of(answered: Answered, now: datetime) -> timedelta | None:
    """How far the clock of whoever answered is ahead of ours, by the header ``Date`` (RFC 9110, 6.6.1; to the second).

    None without a header that can be read.
    """
    try:
        return parsedate_to_datetime(answered.headers["date"]).astimezone(UTC) - now
    except (KeyError, ValueError):
        return None


def _is_success(answer: Answer) -> bool:
    return answer.status in range(200, 300)


def _id_of(answer: Answer) -> str | None:
    """The id of what was made, if this is a success that names one."""
    if not _is_success(answer) or not isinstance(answer.data, dict):
        return None
    found = answer.data.get("id")
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _nothing_posted(outcome: Outcome) -> Outcome:
    """An upload whose end is unknown may be repeated: a picture that nobody posts is not seen."""
    return replace(outcome, verdict=Verdict.NOT_SENT) if outcome.verdict is Verdict.UNKNOWN else outcome


class _PinHandler(tweepy.OAuth1UserHandler):  # type: ignore[misc]  # Tweepy ships no types
    """Tweepy's login, with our address, timeouts, and a memory for the account's name that Tweepy drops."""

    def __init__(self, api_key: str, api_key_secret: str, api_base: str, timeouts: Timeouts) -> None:
        self._api_base = api_base
        self._timeouts = timeouts
        self.last_form: dict[str, list[str]] = {}
        super().__init__(api_key, api_key_secret, callback="oob")

    @property
    def oauth(self) -> requests.Session:
        return self._session

    @oauth.setter
    def oauth(self, session: requests.Session) -> None:
        """Tweepy makes a new session for each step; each one gets the same manners."""
        adapter = WatchedAdapter(Watch(self._timeouts.total), self._timeouts)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.max_redirects = 0
        session.hooks["response"] = [self._remember]
        self._session = session

    def _get_oauth_url(self, endpoint: str) -> str:
        return f"{self._api_base}/oauth/{endpoint}"

    def _remember(self, response: requests.Response, **_options: object) -> None:
        self.last_form = parse_qs(response.content.decode(errors="replace"))


class PinLogin:
    """A login that a person finishes in the browser: open ``url``, allow the app, bring the PIN back."""

    def __init__(self, handler: _PinHandler, api_key: str, api_key_secret: str) -> None:
        self._handler = handler
        self._api_key = api_key
        self._api_key_secret = api_key_secret
        self.url = str(_login_step(handler.get_authorization_url))

    def finish(self, pin: str) -> tuple[Credentials, Identity]:
        """The account's credentials, and whose they are. Raises CredentialsError, NetworkRefusedError."""
        token, token_secret = _login_step(lambda: self._handler.get_access_token(pin.strip()))
        credentials = check_credentials(
            Credentials(
                api_key=self._api_key,
                api_key_secret=self._api_key_secret,
                access_token=token,
                access_token_secret=token_secret,
            )
        )
        handle = self._handler.last_form.get("screen_name", [""])[0]
        return credentials, Identity(user_id=credentials.user_id, handle=handle)


def begin_pin_login(
    api_key: str, api_key_secret: str, api_base: str = "https://api.x.com", timeouts: Timeouts | None = None
) -> PinLogin:
    """Start a login by PIN. Raises CredentialsError when X refuses the app's two keys, NetworkRefusedError when it
    cannot be reached, ConfigError for an address without https."""
    hush_libraries()
    key, secret = api_key.strip(), api_key_secret.strip()
    return PinLogin(_PinHandler(key, secret, checked_base(api_base), timeouts or Timeouts()), key, secret)


def _login_step(step: Callable[[], Any]) -> Any:
    """One step of Tweepy's login: it wraps whatever happens, with tokens in its text, so the text is dropped."""
    try:
        return step()
    except tweepy.TweepyException as error:
        cause: object = error
        while isinstance(cause, tweepy.TweepyException):
            cause = cause.args[0] if cause.args else None
        if isinstance(cause, requests.RequestException):
            raise NetworkRefusedError(
                Problem(what="X could not be reached.", remedy="Check the connection, then begin the login again.")
            ) from None
        raise CredentialsError(
            Problem(
                what="X did not accept the login.",
                remedy="Check the API key, its secret and the PIN. The app must allow Read and write.",
            )
        ) from None

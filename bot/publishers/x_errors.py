"""What an answer of X, or the lack of one, tells: surely not sent, surely refused, or unknown.

Pure: the instant is passed in. Reasons are our own words, because what X echoes may hold the text of the post. Only where
X refuses for a reason that is not known here, its own explanation is quoted: shortened, and without all that may be an echo.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any

from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from bot.calls import ALREADY_THERE, PARENT_GONE, Outcome, Refusal, Verdict

WITHOUT_A_RESET = timedelta(minutes=15)
"""How long to wait after a 429 that does not say when it ends: X's usual window."""
LONGEST_WAIT = timedelta(hours=25)
"""X's longest window is a day; a reset beyond it is a broken header, not a promise."""
WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
REFUSED_STATUSES = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 413, 414, 415, 422, 429, 431, 451})
"""Answers that come before anything is done. 408, 409 and 425 are left out: a proxy in between may have sent them."""
_NEVER_BEGUN = (NewConnectionError, ConnectTimeoutError, SSLError, ProxyError)
_NOT_FOUND = 404
_SERVER_ERROR = 500


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A complete answer: header names in lower case; ``body`` is the parsed JSON, or None when it is not JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any = None
    empty: bool = False

    @property
    def data(self) -> Any:
        """What stands under ``data``, whatever it is; None when there is nothing."""
        return self.body.get("data") if isinstance(self.body, dict) else None


class Progress(Enum):
    """How far a call had come on the wire, as far as anybody saw."""

    UNSEEN = auto()
    CONNECTING = auto()
    BEGUN = auto()


def outcome_of_failure(error: BaseException | None, progress: Progress) -> Outcome:
    """No complete answer came.

    While connecting, whatever goes wrong, no byte of the request has left. If nobody saw how far the call came, the
    inner reason decides and never the class: requests wraps a refused and a reset connection in the same one.
    """
    inner = _inner_reason(error)
    unsent = progress is Progress.UNSEEN and isinstance(inner, _NEVER_BEGUN)
    if unsent or progress is Progress.CONNECTING:
        return Outcome(verdict=Verdict.NOT_SENT, reason=f"{_why_never_begun(inner)} Nothing was sent.")
    return Outcome(verdict=Verdict.UNKNOWN, reason="The connection to X ended without a complete answer.")


def _inner_reason(error: BaseException | None) -> object:
    inner: object = error.args[0] if error is not None and error.args else None
    return inner.reason if isinstance(inner, MaxRetryError) else inner


def _why_never_begun(inner: object) -> str:
    if isinstance(inner, SSLError):
        return "A secure connection to X could not be set up."
    if isinstance(inner, ConnectTimeoutError | ReadTimeoutError) and not isinstance(inner, NewConnectionError):
        return "X could not be reached in time."
    return "X could not be reached."


def outcome_of_answer(answer: Answer, now: datetime, *, sent: str = "") -> Outcome:
    """An answer that is not the wished-for success, sorted into the three columns. ``sent`` is the text of the post that
    it answers, if any: no name in it is repeated."""
    status = answer.status
    if status not in REFUSED_STATUSES:
        return Outcome(verdict=Verdict.UNKNOWN, reason=_why_unknown(status), status=status)
    refusal, reason = _refusal(answer, sent)
    retry_at = retry_instant(answer.headers, now) if refusal is Refusal.RATE_LIMITED else None
    return Outcome(verdict=Verdict.REFUSED, reason=reason, refusal=refusal, status=status, retry_at=retry_at)


def _why_unknown(status: int) -> str:
    if status >= _SERVER_ERROR:
        return f"X had trouble of its own (status {status}) and did not say what became of the request."
    if status in range(300, 400):
        return f"X sent us to another address (status {status}); that is never followed."
    if status in range(200, 300):
        return f"X answered (status {status}), but not with what was asked for."
    return f"X answered with status {status}, which does not say what became of the request."


def _refusal(answer: Answer, sent: str) -> tuple[Refusal, str]:
    said = " ".join(_sayings(answer.body)).lower()
    if "usage-capped" in said:
        return Refusal.NO_CREDIT, "X's monthly or spending cap is used up. Raise it in X's developer console."
    if answer.status == 403:  # noqa: PLR2004 - HTTP statuses are names of their own
        return _forbidden(said, _quoted(answer.body, sent))
    return _BY_STATUS.get(answer.status) or _bad_request(said, answer.status)


_BY_STATUS: Mapping[int, tuple[Refusal, str]] = {
    401: (Refusal.UNAUTHORISED, "X does not accept the credentials: revoked, mistyped, or the app is suspended."),
    402: (Refusal.NO_CREDIT, "The X account has no API credit left. Top it up in X's developer console."),
    404: (Refusal.REJECTED, "X does not find what the request is about."),
    429: (Refusal.RATE_LIMITED, "X asks to wait: its rate limit is reached."),
}

_FORBIDDEN: tuple[tuple[tuple[str, ...], Refusal, str], ...] = (
    (("duplicate",), Refusal.DUPLICATE, f"X has {ALREADY_THERE}."),
    (
        ("oauth1-permissions", "app permissions"),
        Refusal.FORBIDDEN,
        "The X app may only read. Set it to Read and write, then generate the access token again.",
    ),
    (
        ("client-not-enrolled", "client-forbidden"),
        Refusal.FORBIDDEN,
        "The X app is not attached to a project. Attach it in X's developer console.",
    ),
    (("unsupported-authentication",), Refusal.FORBIDDEN, "X wants to be asked with the account's own tokens."),
    (
        ("suspended", "account is locked", "temporarily locked"),
        Refusal.FORBIDDEN,
        "X has suspended or locked the account.",
    ),
    (
        ("reply to or quote", "reply to this conversation", "quoting this post", "not-authorized-for-resource"),
        Refusal.REJECTED,
        "X allows replies only to the account's own posts or where it is mentioned.",
    ),
    (
        ("deleted or not visible",),
        Refusal.REJECTED,
        f"{PARENT_GONE}, or hidden. Trying again cannot help: skip what is missing.",
    ),
    (("mention",), Refusal.REJECTED, "X refused the @mention in this post."),
    (("too long", "maximum length"), Refusal.REJECTED, "X says the text is too long."),
    (
        ("not permitted to perform this action",),
        Refusal.REJECTED,
        "X does not permit this to the account, and does not say why. Look on x.com for a notice, then try again.",
    ),
)

_LONGEST_QUOTE = 160
_LONGEST_READ = 2_000
_MAY_BE_ECHO = re.compile(r"\u201c[^\u201d]*\u201d|\"[^\"]*\"|\u2018[^\u2019]*\u2019|(?<!\w)'[^']*'(?!\w)")
_MAY_BE_FOREIGN = re.compile(r"[^\s\W]*[^\W\x00-\x7f]\w*")
"""X explains itself in English: a word with other letters comes from somewhere else."""
_WORD = re.compile(r"[A-Z][\w'’-]+")
_X_SAYS = frozenset({"You", "Your", "The", "This", "That", "Tweet", "Post", "It"})
_MAY_BE_NAME = re.compile(r"[@\uff20]\w+")
_MAY_BE_SECRET = re.compile(r"[A-Za-z0-9+/=_%-]{20,}")


def _forbidden(said: str, quote: str = "") -> tuple[Refusal, str]:
    for needles, refusal, reason in _FORBIDDEN:
        if any(needle in said for needle in needles):
            return refusal, reason
    if not quote:
        return Refusal.REJECTED, "X does not allow this (status 403) and gives no reason."
    return Refusal.REJECTED, f"X does not allow this (status 403). It says: “{quote}”"


def _quoted(body: Any, sent: str) -> str:
    """X's own explanation in one line, without what may come from the post, name somebody, or be a secret."""
    names = frozenset(_WORD.findall(sent)) - _X_SAYS
    said = next(_explanations(body), "")[:_LONGEST_READ]
    plain = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in said)
    for pattern in (_MAY_BE_ECHO, _MAY_BE_NAME, _MAY_BE_SECRET, _MAY_BE_FOREIGN):
        plain = pattern.sub("…", plain)
    plain = _WORD.sub(lambda word: "…" if word[0] in names else word[0], plain)
    plain = " ".join(plain.replace("“", "").replace("”", "").split())
    return plain if len(plain) <= _LONGEST_QUOTE else plain[: _LONGEST_QUOTE - 1].rstrip() + "…"


def _explanations(body: Any) -> Iterator[str]:
    """The sentences by which X explains itself, the most precise first."""
    if not isinstance(body, dict):
        return
    errors = body.get("errors")
    for problem in (*(errors if isinstance(errors, list) else ()), body):
        if isinstance(problem, dict):
            values = (problem.get(key) for key in ("message", "detail"))
            yield from (value for value in values if isinstance(value, str) and value.strip())


def _bad_request(said: str, status: int) -> tuple[Refusal, str]:
    if "too long" in said:
        return Refusal.REJECTED, "X says the text is too long."
    if "deleted or not visible" in said:
        return _forbidden(said)
    if "media" in said:
        return Refusal.REJECTED, "X does not accept the picture."
    return Refusal.REJECTED, f"X could not accept the request (status {status})."


def _sayings(body: Any) -> Iterator[str]:
    """Every text by which X names a problem, at the top and inside ``errors``; anything odd is passed over."""
    if not isinstance(body, dict):
        return
    errors = body.get("errors")
    for problem in (body, *(errors if isinstance(errors, list) else ())):
        if isinstance(problem, dict):
            values = (problem.get(key) for key in ("type", "title", "detail", "reason", "message"))
            yield from (value for value in values if isinstance(value, str))


def is_not_found(answer: Answer) -> bool:
    """Whether the thing asked about is gone. A 404 that is no JSON comes from a wrong address, not from X."""
    if answer.status == _NOT_FOUND:
        return answer.empty or isinstance(answer.body, dict)
    return answer.data is None and "resource-not-found" in " ".join(_sayings(answer.body))


def retry_instant(headers: Mapping[str, str], now: datetime) -> datetime:
    """When a rate limit ends (UTC): the latest reset among the windows that are used up, and Retry-After.

    After a 429 ``x-rate-limit-reset`` may belong to the 15-minute window while the day's is what is used up.
    """
    ends = [end for end in (*_window_ends(headers), _retry_after(headers, now)) if end is not None and end > now]
    return min(max(ends, default=now + WITHOUT_A_RESET), now + LONGEST_WAIT)


def _window_ends(headers: Mapping[str, str]) -> Iterator[datetime | None]:
    for window in WINDOWS:
        remaining = headers.get(f"{window}-remaining", "0").strip()
        if re.fullmatch(r"0+", remaining):
            yield _from_unix(headers.get(f"{window}-reset", ""))


def _from_unix(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{1,11}", text.strip()):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def _retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return now + timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)

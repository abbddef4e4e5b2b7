"""A network that goes wrong on demand, and remembers everything that ever reached it.

Its time is the true time of the world; the clocks of the machines that call it may be wrong.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.calls import Identity, Outcome, Outgoing, Refusal, SeenPost, Verdict
from bot.clock import Clock, VirtualClock
from bot.model import Media, Receipt
from bot.publishers import LookError, UploadError
from bot.publishers.snowflake import first_id_of
from bot.text import split_links

RESET_AFTER = timedelta(minutes=12)
"""How long a rate limit lasts that names its end."""

LATENCY = timedelta(milliseconds=300)


BEFORE_ARRIVAL = "in the call, before it arrives"
BEFORE_ANSWER = "in the call, before its answer"


class Trouble(StrEnum):
    """What becomes of one call."""

    NONE = "none"
    LOST_REQUEST = "lost request"
    LOST_ANSWER = "lost answer"
    ERROR_POSTED = "5xx, posted"
    ERROR_NOT_POSTED = "5xx, not posted"
    LATE = "posted late"
    NO_CONNECTION = "no connection"
    LIMITED = "429 without a time"
    LIMITED_UNTIL = "429 with a time"
    UNAUTHORISED = "401"
    NO_CREDIT = "402"
    FORBIDDEN = "403"
    REJECTED = "400"
    UNFORESEEN = "an exception, posted"


@dataclass(kw_only=True)
class Wall:
    """The clock of one machine: the true time, and how wrong it is."""

    true: VirtualClock
    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.true.now() + self.offset

    def monotonic(self) -> float:
        return self.true.monotonic()

    def sleep(self, seconds: float) -> None:
        self.true.sleep(seconds)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A trouble; ``delay`` is how long after the call a late post appears."""

    trouble: Trouble = Trouble.NONE
    delay: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to post, as the network saw it come. ``network_id`` when it was taken at once."""

    at: datetime
    handle: str
    runner_id: str
    outgoing: Outgoing
    trouble: Trouble


@dataclass(kw_only=True)
class OnNetwork:
    """A post that is or was on an account. ``by`` is who put it there: a runner's id, or "" for a colleague."""

    network_id: str
    handle: str
    text: str
    at: datetime
    in_reply_to: str | None
    by: str
    gone_at: datetime | None = None


class UnforeseenError(RuntimeError):
    """Something in a library broke."""


@dataclass(kw_only=True)
class FaultyWorldNetwork:
    """All accounts of one network. ``next_fault`` is asked at every call, ``look_fails`` at every reading.

    ``lag`` is how long after it was taken a post shows on the timeline. ``during`` is called in the middle of a call.
    """

    clock: VirtualClock
    lag: timedelta = timedelta(0)
    refuses_duplicates: bool = True
    next_fault: Callable[[], Fault] = Fault
    look_fails: Callable[[], bool] = lambda: False
    upload_fails: Callable[[], bool] = lambda: False
    during: Callable[[str, str], None] = lambda _runner_id, _name: None
    calls: list[Call] = field(default_factory=list)
    posts: list[OnNetwork] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    _coming: list[tuple[datetime, str, str, Outgoing]] = field(default_factory=list)
    _last_id: int = 0

    def gateway(self, handle: str, runner_id: str, wall: Clock) -> Gateway:
        """What one runner holds of one account; ``wall`` is the clock of its machine."""
        return Gateway(network=self, handle=handle, runner_id=runner_id, wall=wall)

    def publish(self, handle: str, runner_id: str, outgoing: Outgoing) -> Outcome:
        """One request: noted, troubled, answered."""
        self.during(runner_id, BEFORE_ARRIVAL)
        self.catch_up()
        fault = self.next_fault()
        now = self.clock.now()
        self.calls.append(Call(at=now, handle=handle, runner_id=runner_id, outgoing=outgoing, trouble=fault.trouble))
        self.reached[fault.trouble.value] += 1
        self.clock.advance(LATENCY)
        if fault.trouble in _REFUSALS:
            return _refused(fault.trouble, now)
        if fault.trouble is Trouble.NO_CONNECTION:
            return Outcome(verdict=Verdict.NOT_SENT, reason="X could not be reached.")
        if fault.trouble is Trouble.LATE:
            self._coming.append((now + fault.delay, handle, runner_id, outgoing))
            return _UNKNOWN
        if fault.trouble in {Trouble.LOST_REQUEST, Trouble.ERROR_NOT_POSTED}:
            return _UNKNOWN
        outcome = self._take(handle, runner_id, outgoing)
        self.during(runner_id, BEFORE_ANSWER)
        if fault.trouble is Trouble.UNFORESEEN:
            raise UnforeseenError
        return outcome if fault.trouble is Trouble.NONE else _UNKNOWN

    def _take(self, handle: str, runner_id: str, outgoing: Outgoing, at: datetime | None = None) -> Outcome:
        visible = {post.network_id: post for post in self.posts if post.handle == handle and post.gone_at is None}
        if self.refuses_duplicates and any(post.text == outgoing.text for post in visible.values()):
            self.reached["duplicate refused"] += 1
            reason = "X says that this was posted already."
            return Outcome(verdict=Verdict.REFUSED, refusal=Refusal.DUPLICATE, reason=reason, status=403)
        if outgoing.in_reply_to is not None and outgoing.in_reply_to not in visible:
            self.reached["parent gone"] += 1
            return _refused(Trouble.REJECTED, self.clock.now())
        post = self._add(handle, outgoing.text, outgoing.in_reply_to, by=runner_id, at=at)
        receipt = Receipt(network_id=post.network_id, url=_url(post), posted_at=post.at)
        return Outcome(verdict=Verdict.SENT, receipt=receipt, status=201)

    def _add(
        self, handle: str, text: str, in_reply_to: str | None, *, by: str, at: datetime | None = None
    ) -> OnNetwork:
        now = at or self.clock.now()
        self._last_id = max(self._last_id + 1, first_id_of(now))
        post = OnNetwork(
            network_id=str(self._last_id), handle=handle, text=text, at=now, in_reply_to=in_reply_to, by=by
        )
        self.posts.append(post)
        return post

    def catch_up(self) -> None:
        """Late requests whose time has come arrive now."""
        due = [late for late in self._coming if late[0] <= self.clock.now()]
        self._coming = [late for late in self._coming if late[0] > self.clock.now()]
        for at, handle, runner_id, outgoing in sorted(due, key=lambda late: late[0]):
            self.reached["arrived late"] += 1
            self._take(handle, runner_id, outgoing, at=at)

    def is_coming(self, text: str) -> bool:
        """Whether a late request with this text is still under way."""
        self.catch_up()
        return any(outgoing.text == text for _, _, _, outgoing in self._coming)

    def visible(self, handle: str) -> list[OnNetwork]:
        """What is on an account now, oldest first, whatever the timeline shows."""
        self.catch_up()
        return [post for post in self.posts if post.handle == handle and post.gone_at is None]

    def recent(self, handle: str, since: datetime) -> Sequence[SeenPost]:
        """The timeline as it shows itself, newest first."""
        if self.look_fails():
            self.reached["look failed"] += 1
            raise LookError(Outcome(verdict=Verdict.REFUSED, reason="X could not be read.", status=503))
        self.reached["look"] += 1
        known = [post for post in self.visible(handle) if post.at >= since]
        shown = [post for post in known if post.at + self.lag <= self.clock.now()]
        if len(shown) < len(known):
            self.reached["timeline lagged"] += 1
        return tuple(_seen(post) for post in reversed(shown))

    def delete(self, handle: str, network_id: str) -> Outcome:
        """Take a post off; by hand or by the program."""
        for post in self.visible(handle):
            if post.network_id == network_id:
                post.gone_at = self.clock.now()
        return Outcome(verdict=Verdict.SENT)

    def colleague_posts(self, handle: str, text: str) -> None:
        """Somebody writes something of their own."""
        self.reached["colleague"] += 1
        self._add(handle, text, None, by="")


@dataclass(kw_only=True)
class Gateway:
    """The Publisher of one runner on one account."""

    network: FaultyWorldNetwork
    handle: str
    runner_id: str
    wall: Clock
    server_time_offset: timedelta | None = None

    def upload(self, media: Media, content: bytes) -> str:
        if self.network.upload_fails():
            self.network.reached["upload failed"] += 1
            raise UploadError(Outcome(verdict=Verdict.NOT_SENT, reason="The picture did not get through."))
        return media.sha256[:8]

    def publish(self, outgoing: Outgoing) -> Outcome:
        outcome = self.network.publish(self.handle, self.runner_id, outgoing)
        if outcome.verdict in {Verdict.SENT, Verdict.REFUSED}:
            self._note_time()
        return outcome

    def delete(self, network_id: str) -> Outcome:
        return self.network.delete(self.handle, network_id)

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        seen = self.network.recent(self.handle, since)
        self._note_time()
        return seen

    def whoami(self) -> Identity:
        return Identity(user_id=self.handle, handle=self.handle)

    def _note_time(self) -> None:
        self.server_time_offset = self.network.clock.now() - self.wall.now()


_UNKNOWN = Outcome(verdict=Verdict.UNKNOWN, reason="X gave no clear answer.")
_REFUSALS = {
    Trouble.LIMITED: Refusal.RATE_LIMITED,
    Trouble.LIMITED_UNTIL: Refusal.RATE_LIMITED,
    Trouble.UNAUTHORISED: Refusal.UNAUTHORISED,
    Trouble.NO_CREDIT: Refusal.NO_CREDIT,
    Trouble.FORBIDDEN: Refusal.FORBIDDEN,
    Trouble.REJECTED: Refusal.REJECTED,
}


def _refused(trouble: Trouble, now: datetime) -> Outcome:
    outcome = Outcome(verdict=Verdict.REFUSED, refusal=_REFUSALS[trouble], reason=f"X says no: {trouble}.")
    return replace(outcome, retry_at=now + RESET_AFTER) if trouble is Trouble.LIMITED_UNTIL else outcome


def _url(post: OnNetwork) -> str:
    return f"https://x.com/{post.handle}/status/{post.network_id}"


def _as_shown(text: str) -> str:
    """A text as X's timeline shows it: every link with a scheme, whether or not it was written with one."""
    words, links = split_links(unicodedata.normalize("NFC", text))
    full = (link if "://" in link else f"http://{link}" for link in links)
    return "".join(f"{word}{link}" for word, link in zip(words, (*full, ""), strict=True))


def _seen(post: OnNetwork) -> SeenPost:
    return SeenPost(
        network_id=post.network_id,
        text=_as_shown(post.text),
        posted_at=post.at,
        url=_url(post),
        in_reply_to=post.in_reply_to,
    )

"""The gateway that sends nothing. It remembers what it was given and answers as X would."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from bot.calls import ALREADY_THERE, Identity, Outcome, Outgoing, Refusal, SeenPost, Verdict
from bot.clock import Clock
from bot.model import Media, Receipt
from bot.publishers.snowflake import first_id_of


class DryRunPublisher:
    """Nothing leaves the machine. Ids grow with the injected clock, as X's do."""

    def __init__(self, clock: Clock, handle: str) -> None:
        self._clock = clock
        self._handle = handle
        self._last_id = 0
        self._posts: dict[str, SeenPost] = {}
        self._texts: set[str] = set()

    def upload(self, media: Media, content: bytes) -> str:  # noqa: ARG002 - nothing is kept of a picture
        return str(self._next_id())

    def publish(self, outgoing: Outgoing) -> Outcome:
        text = unicodedata.normalize("NFC", outgoing.text)
        if text in self._texts:
            reason = f"There is {ALREADY_THERE}."
            return Outcome(verdict=Verdict.REFUSED, reason=reason, refusal=Refusal.DUPLICATE, status=403)
        network_id = str(self._next_id())
        post = SeenPost(
            network_id=network_id,
            text=text,
            posted_at=self._clock.now(),
            url=f"dry-run:{self._handle}/{network_id}",
            in_reply_to=outgoing.in_reply_to,
        )
        self._posts[network_id] = post
        self._texts.add(text)
        receipt = Receipt(network_id=network_id, url=post.url, posted_at=post.posted_at)
        return Outcome(verdict=Verdict.SENT, receipt=receipt)

    def delete(self, network_id: str) -> Outcome:
        if gone := self._posts.pop(network_id, None):
            self._texts.discard(gone.text)
        return Outcome(verdict=Verdict.SENT)

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        return tuple(post for post in reversed(self._posts.values()) if post.posted_at >= since)

    def whoami(self) -> Identity:
        return Identity(user_id="0", handle=self._handle, name="Dry run")

    def _next_id(self) -> int:
        self._last_id = max(self._last_id + 1, first_id_of(self._clock.now()))
        return self._last_id

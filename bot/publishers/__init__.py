"""Gateways to the networks: one protocol, one file per network, one registry line each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from bot.calls import Identity, Outcome, Outgoing, SeenPost
from bot.model import Media


class Publisher(Protocol):
    """What delivery needs of a network. No method retries; ``publish`` and ``delete`` never raise."""

    def upload(self, media: Media, content: bytes) -> str:
        """Upload one picture with its alternative text; returns the id to send. Safe to repeat.

        Raises ``UploadError`` with an Outcome that is never SENT.
        """
        ...

    def publish(self, outgoing: Outgoing) -> Outcome:
        """Make exactly one request; anything unforeseen is Verdict.UNKNOWN."""
        ...

    def delete(self, network_id: str) -> Outcome:
        """Take one post off the network. SENT (without receipt) means gone, also if it was gone before."""
        ...

    def recent(self, since: datetime) -> Sequence[SeenPost]:
        """The account's own posts since an instant, newest first. Raises ``LookError``."""
        ...

    def whoami(self) -> Identity:
        """The account that the credentials belong to. Raises ``LookError``."""
        ...


@runtime_checkable
class TellsTime(Protocol):
    """A publisher that has seen the network's clock. None as long as it has not."""

    server_time_offset: timedelta | None


def server_time_offset(publisher: Publisher) -> timedelta | None:
    """How far the network's clock was ahead of ours at the last answer (negative: behind); None when nobody knows."""
    return publisher.server_time_offset if isinstance(publisher, TellsTime) else None


class UploadError(Exception):
    """A picture could not be uploaded; nothing was posted."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.reason)


class LookError(Exception):
    """The network could not be read; says nothing about what is there."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.reason)

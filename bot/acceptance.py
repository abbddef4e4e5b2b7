"""A person's word that something a check says may stay as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AcceptanceKind(StrEnum):
    """An error is waived for one post; a warning is ticked, for one post or the whole campaign."""

    TICK = "tick"
    WAIVER = "waiver"


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """A named person has looked at what a check says and lets it be.

    ``mark`` is what it was said about (``bot.checks.accepting``) and ends it when that changes; empty together with
    ``post_code`` it covers the check for the whole campaign.
    """

    kind: AcceptanceKind
    rule: str
    post_code: str = ""
    mark: str = ""
    by: str = ""
    at: datetime | None = None
    reason: str = ""

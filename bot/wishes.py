"""What people have asked for: not to be named, and what is said of a place that nobody is named for. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class PlaceWords(StrEnum):
    """What the winner thread does about a place whose holder is not named."""

    UNNAMED = "unnamed"
    LEFT_OUT = "left out"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A rank that somebody holds who is not named: a declared gap. ``words`` is None until a person has decided."""

    rank: int
    words: PlaceWords | None = None


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """Somebody of a campaign's list who does not want to be named. ``mark`` is a keyed hash of name and organisation,
    which is left when the name is erased. ``keeps_organisation``: a post about the organisation may go out although
    nobody else of it is on the list."""

    worker_id: str
    rank: int
    name: str
    organisation: str
    handle: str | None = None
    keeps_organisation: bool = False
    mark: str = ""
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class StopEntry:
    """A name that no campaign of this database may say. With ``organisation``, only that person of the name."""

    name: str
    organisation: str = ""
    reason: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """All that counts for one campaign. ``key`` is the secret of the marks; ``places`` are decisions by rank."""

    withdrawals: tuple[Withdrawal, ...] = ()
    stop_list: tuple[StopEntry, ...] = ()
    places: Mapping[int, PlaceWords] = field(default_factory=dict)
    key: str = ""

"""What people sent in for a day of posts: frozen values, from wherever they come (a file, the command line, a form)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

PREFIX = "c"
"""Codes of contributions, and of the posts that are made of them, begin with it."""


class Moderation(StrEnum):
    """What a moderator has said. Only what is approved can become a post."""

    WAITING = "waiting"
    APPROVED = "approved"
    TURNED_DOWN = "turned down"


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A picture as it was sent in: content hash (sha256, hex), MIME type, size in bytes."""

    sha256: str
    mime: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One contribution as somebody handed it in, every cell understood, nothing judged yet.

    ``where`` names the place for people ("day.csv, row 7"); ``source_id`` is an id that the source gives, if it does.
    ``time`` is "" for any time, else "09:30", "Mon 09:30" or "2026-11-30 09:30" on the campaign's clock. ``consent`` is
    what is said about it, in the contributor's words. ``picture`` holds the bytes that ``photo`` is the hash of.
    """

    where: str = ""
    source_id: str = ""
    time: str = ""
    name: str = ""
    text: str = ""
    photo: Photo | None = None
    picture: bytes = field(default=b"", repr=False)
    alt_text: str = ""
    consent: str = ""
    consented: bool = False


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """One contribution as stored. ``number`` gives its code and never changes; ``origin`` is a hash of it as it was
    handed in, so that handing it in again changes nothing, also after a moderator has edited the text.

    ``despite`` is a moderator's reason for letting what the checks named in ``despite_rules`` found be. ``thread`` is
    true where the text may be split into several messages.
    """

    contribution_id: str
    number: int
    time: str = ""
    name: str = ""
    text: str
    photo: Photo | None = None
    alt_text: str = ""
    consent: str = ""
    consented: bool = False
    origin: str = ""
    thread: bool = False
    state: Moderation = Moderation.WAITING
    moderated_by: str = ""
    moderated_at: datetime | None = None
    note: str = ""
    despite: str = ""
    despite_rules: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Its short code, such as c07."""
        return f"{PREFIX}{self.number:02}"

    @property
    def said(self) -> str:
        """Who it is from, for people."""
        return self.name or "no name"


@dataclass(frozen=True, kw_only=True)
class Alteration:
    """One field of a contribution before and after."""

    code: str
    field: str
    before: str
    after: str


def alterations(before: Contribution, after: Contribution) -> tuple[Alteration, ...]:
    """What differs between two states of a contribution, of what a reader would see or a moderator judge."""
    shown = {
        "time": (before.time or "any time", after.time or "any time"),
        "name": (before.name, after.name),
        "text": (before.text, after.text),
        "photo": (_hash(before.photo), _hash(after.photo)),
        "alt text": (before.alt_text, after.alt_text),
        "consent": (before.consent, after.consent),
        "thread": ("yes" if before.thread else "no", "yes" if after.thread else "no"),
    }
    return tuple(
        Alteration(code=after.code, field=name, before=old, after=new)
        for name, (old, new) in shown.items()
        if old != new
    )


def _hash(photo: Photo | None) -> str:
    return photo.sha256[:10] if photo else ""

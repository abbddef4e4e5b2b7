"""What a person has agreed to: to be named in public, to be shown, to be tagged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Consent:
    """One person's word, and the record of it that UK GDPR, article 7(1), asks for.

    ``name``, ``photo`` and ``tag`` are what it covers; a person who has said no has none of them. ``networks`` are
    those that it is for ("x"; empty: all). ``recorded_by`` wrote it down on ``recorded_on`` (a local date), ``how`` is
    the way it was given. ``until`` is the last local date on which it holds; None: no end. ``by_hand``: it came from a
    command, not from a list.
    """

    name: bool = False
    photo: bool = False
    tag: bool = False
    networks: tuple[str, ...] = ()
    recorded_by: str = ""
    recorded_on: date | None = None
    how: str = ""
    until: date | None = None
    by_hand: bool = False

    def holds(self, network: str, day: date) -> bool:
        """Whether the person may be named there on that local date."""
        return self.name and self.is_for(network) and not self.has_ended(day)

    def is_for(self, network: str) -> bool:
        """Whether it speaks of this network."""
        return not self.networks or network in self.networks

    def has_ended(self, day: date) -> bool:
        """Whether it is past its last day on that local date."""
        return self.until is not None and day > self.until

    @property
    def words(self) -> str:
        """What it covers, as a cell of a list would say it: "name, photo", or "no"."""
        if not self.name:
            return "no"
        return ", ".join(word for word in ("name", "photo", "tag") if getattr(self, word))

    @property
    def summary(self) -> str:
        """The same with what limits it: "name, tag; on x; until 31 March 2027"."""
        networks = f"on {' and '.join(self.networks)}" if self.networks else ""
        until = f"until {self.until.day} {self.until:%B %Y}" if self.until else ""
        return "; ".join(part for part in (self.words, networks, until) if part)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A consent as stored, with what the list said when it was last loaded (``said``; empty: nothing)."""

    consent: Consent
    listed: str = ""


def said(consent: Consent | None) -> str:
    """A consent of a list as one comparable text; empty when the list says nothing."""
    if consent is None:
        return ""
    days = [day.isoformat() if day else "" for day in (consent.recorded_on, consent.until)]
    return "|".join((consent.words, " ".join(consent.networks), consent.recorded_by, consent.how, *days))


def kept(known: Recorded | None, told: Consent | None, *, asked: bool) -> Recorded | None:
    """What is recorded of a person after a list was loaded. ``told`` is what it says of them; ``asked`` whether it has
    columns about consent at all.

    A list without such columns changes nothing. What was recorded by hand stays for as long as the list says what it
    said before; a cell that has changed since counts. A cell that was emptied takes back only what came from a list.
    """
    if known is None:
        return None if told is None else Recorded(consent=told, listed=said(told))
    if not asked:
        return known
    if told is None:
        return Recorded(consent=known.consent, listed="") if known.consent.by_hand else None
    if known.consent.by_hand and said(told) == known.listed:
        return known
    return Recorded(consent=told, listed=said(told))

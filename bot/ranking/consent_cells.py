"""Cells about consent -> what a person has agreed to, or what is wrong with the cell. Nothing is guessed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.consent import Consent
from bot.ranking.cells import CellError, clean, optional

MAX_WORDS = 200
"""Characters of "how" and "recorded by"."""
_AGREED = "yes y true 1 1.0 ok okay agreed agrees given granted consented consents \u2713 \u2714 \u2611 \u2705"
_REFUSED = "no n false 0 0.0 none nothing declined declines refused refuses objected \u2717 \u2718 \u274c"
_OPEN = "? pending asked tbc tba maybe waiting unknown later"
_YES, _NO, _NOT_YET = (frozenset(words.split()) for words in (_AGREED, _REFUSED, _OPEN))
_THINGS = {
    "name": ("name", "names", "named", "naming"),
    "photo": ("photo", "photos", "photograph", "photographs", "picture", "pictures", "image", "images"),
    "tag": ("tag", "tags", "tagged", "tagging", "handle", "handles", "mention", "mentions"),
}
_THING_OF = {word: thing for thing, words in _THINGS.items() for word in words}
_EVERYTHING = frozenset({"all", "everything", "full", "all of it"})
_BETWEEN = re.compile(r"\s*(?:[,;+&/()|:]|\band\b|\s[-\u2013\u2014]\s)\s*")
_WITHOUT = re.compile(r"(?:no|not|without|but not|but no|but without)\s+(\w+)")
_NETWORKS = ("x", "bluesky", "mastodon", "linkedin", "facebook", "instagram", "threads")
_X = {"twitter": "x", "x (twitter)": "x", "twitter/x": "x", "x/twitter": "x"}
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[T ]00:00(?::00)?)?")
_BRITISH = re.compile(r"(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})")
_SPELT = re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)? (?P<month>[a-z]{3,9})\.?,? (?P<year>\d{4})", re.IGNORECASE)
_CALENDAR = "january february march april may june july august september october november december"
_MONTHS = _CALENDAR.split()
_YEARS = range(2000, 2200)


@dataclass(frozen=True, kw_only=True)
class Cover:
    """What one cell says of name, photo and tag; None: nothing."""

    name: bool | None = None
    photo: bool | None = None
    tag: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the cells of one row say, each None when it says nothing."""

    cover: Cover | None = None
    photo: bool | None = None
    tag: bool | None = None
    networks: tuple[str, ...] | None = None
    recorded_by: str | None = None
    recorded_on: date | None = None
    how: str | None = None
    until: date | None = None

    def consent(self) -> Consent | None:
        """All of it together; None when no cell says what was agreed to."""
        if self.cover is None and self.photo is None and self.tag is None:
            return None
        cover = self.cover or Cover()
        return Consent(
            name=bool(cover.name),
            photo=bool(cover.photo if self.photo is None else self.photo),
            tag=bool(cover.tag if self.tag is None else self.tag),
            networks=self.networks or (),
            recorded_by=self.recorded_by or "",
            recorded_on=self.recorded_on,
            how=self.how or "",
            until=self.until,
        )

    def contradiction(self, thing: str) -> CellError | None:
        """What to say when the column of its own ("photo", "tag") denies what "consent" says."""
        own, general = getattr(self, thing), getattr(self.cover or Cover(), thing)
        if own is None or general is None or own == general:
            return None
        says = "yes" if own else "no"
        return CellError(
            f"This says {says} to the {thing}, and “consent” says the opposite.", "Correct one of the two."
        )


def cover(cell: str) -> Cover | None:
    """Read yes, no, "name only", "name, photo", "yes (no photo)", "all". Yes alone is for the name: to be shown or tagged
    is a consent of its own (ICO, guide to UK GDPR, "What is valid consent?": specific and granular)."""
    text = optional(cell)
    if text is None:
        return None
    plain = text.casefold().rstrip(".!")
    if plain in _NO:
        return Cover(name=False, photo=False, tag=False)
    said: dict[str, bool] = {}
    for word in filter(None, _BETWEEN.split(plain)):
        for thing, value in _one(word, text).items():
            if said.setdefault(thing, value) is not value:
                raise CellError(f"“{text}” says both yes and no to the {thing}.", "Write for example “name, photo”.")
    if not said.get("name"):
        rest = ", ".join(thing for thing in ("photo", "tag") if said.get(thing))
        raise CellError(
            f"“{text}” does not say whether the person may be named.",
            f"Write “name, {rest}”, or “no”." if rest else "Write “name”, “name, photo”, “name, tag”, or “no”.",
        )
    return Cover(name=True, photo=said.get("photo"), tag=said.get("tag"))


def yes_or_no(cell: str) -> bool | None:
    """Read yes or no, as offices write it."""
    text = optional(cell)
    if text is None:
        return None
    plain = text.casefold().rstrip(".!")
    if plain in _YES or plain in _NO:
        return plain in _YES
    raise _not_an_answer(text, "Write yes or no, or leave the cell empty.")


def networks(cell: str) -> tuple[str, ...] | None:
    """Read "X", "X and Bluesky"; empty or "all" is every network."""
    text = optional(cell)
    if text is None or text.casefold() in _EVERYTHING:
        return None
    plain = text.casefold()
    words = [plain] if plain in _X else [word for word in re.split(r"\s*(?:[,;+&/]|\band\b|\s)\s*", plain) if word]
    found = [_X.get(word, word) for word in words]
    for word in found:
        if word not in _NETWORKS:
            near = difflib.get_close_matches(word, _NETWORKS, n=1)
            remedy = f"Is it “{near[0]}”?" if near else f"Write {', '.join(_NETWORKS)}, or leave it empty for all."
            raise CellError(f"“{word}” is no network that is known here.", remedy)
    return tuple(dict.fromkeys(found))


def proves_day_first(cells: Iterable[str]) -> bool:
    """Whether a column writes the day first: one of its dates can only be read so (31/3/2026), and none the other way."""
    found = [match for cell in cells if (match := _BRITISH.fullmatch(cell.strip()))]
    months = len(_MONTHS)
    return any(int(one["day"]) > months for one in found) and all(int(one["month"]) <= months for one in found)


def day(cell: str, *, day_first: bool = False) -> date | None:
    """Read 2026-03-31, 31/3/2026, 31 March 2026; 3/4/2026 could be two days and is refused, unless its column has told."""
    text = optional(cell)
    if text is None:
        return None
    found = _ISO.fullmatch(text) or _BRITISH.fullmatch(text) or _SPELT.fullmatch(text)
    if found is None:
        raise CellError(f"“{text[:60]}” is not a date.", "Write it like 2026-03-31.")
    number, year = int(found["day"]), int(found["year"])
    month = int(found["month"]) if found["month"].isdigit() else _month(found["month"])
    if not day_first and found.re is _BRITISH and number != month and number <= len(_MONTHS):
        remedy = f"Write {year}-{month:02}-{number:02} if the day comes first, else {year}-{number:02}-{month:02}."
        raise CellError(f"“{text}” could be two days.", remedy)
    try:
        read = date(year, month, number)
    except ValueError:
        raise CellError(f"“{text}” is not a day of the calendar.", "Write it like 2026-03-31.") from None
    if read.year not in _YEARS:
        raise CellError(f"“{text}” is not a likely year.", "Write it like 2026-03-31.")
    return read


def words(cell: str) -> str | None:
    """Read who or how, in people's own words."""
    text = optional(cell)
    if text and len(text) > MAX_WORDS:
        raise CellError(f"The cell holds {len(text)} characters; at most {MAX_WORDS} are kept.", "Shorten it.")
    return text


def _one(word: str, text: str) -> dict[str, bool]:
    """What one word of a cell says."""
    word = re.sub(r"^only | only$", "", word.strip())
    if word in _YES:
        return {"name": True}
    if word in _EVERYTHING:
        return {"name": True, "photo": True, "tag": True}
    without = _WITHOUT.fullmatch(word)
    thing = _THING_OF.get(without[1] if without else word)
    if thing is None:
        known = [one for one in (*_THING_OF, *_YES, *_NO) if len(one) > 1 and one.isalpha()]
        near = difflib.get_close_matches(word, known, n=1)
        remedy = f"Is it “{near[0]}”?" if near else "Write “name”, “name, photo”, “name, photo, tag”, yes or no."
        raise _not_an_answer(text, remedy)
    return {thing: without is None}


def _not_an_answer(text: str, remedy: str) -> CellError:
    if clean(text).casefold() in _NOT_YET:
        return CellError(f"“{text}” is no answer yet.", "Leave the cell empty until there is one.")
    return CellError(f"“{text[:60]}” is not understood as consent.", remedy)


def _month(name: str) -> int:
    matches = [number for number, month in enumerate(_MONTHS, start=1) if month.startswith(name.casefold())]
    return matches[0] if matches else 0

"""Finding a person's full name, or handle, in a text however it is written there. Pure.

Case, accents, kinds of apostrophe and hyphen, invisible characters, Unicode forms, possessives, titles and hashtags do
not hide a name. It is found as whole words only, and never by a part: "Ann Lee" is not in "Ann Leeson", nor in the
double-barrelled "Ann Lee-Example". Initials and nicknames are other names.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_APOSTROPHES = dict.fromkeys(map(ord, "\u2019\u2018\u02bc\u02b9\u2032\u00b4`\uff07"), "'")
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-")
_LETTERS = str.maketrans(
    {"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u00e6": "ae", "\u0153": "oe", "\u0131": "i", "\u00f0": "d"}
)
_TAG = re.compile(r"[#\uff03](\w+)")
_HUMP = re.compile(r"(?<=[a-z\u00df-\u00f6\u00f8-\u00ff])(?=[A-Z\u00c0-\u00d6\u00d8-\u00de])|_+")
_HYPHEN_IN_WORDS = re.compile(r"-(?=\w)")
_POSSESSIVE = re.compile(r"'s(?!\w)")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TITLES = frozenset(
    {
        "dr",
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "prof",
        "professor",
        "sir",
        "dame",
        "rev",
        "revd",
        "reverend",
        "lord",
        "lady",
    }
)
_HONOURS = frozenset({"obe", "mbe", "cbe", "kbe", "dbe", "bem", "rn", "rgn", "phd", "jp"})
_FEWEST = 2
_PLAIN_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Without case, accents, kinds of apostrophe and hyphen, invisible characters and extra blanks.

    A hyphen stays one only before a capital, where it may join a double-barrelled name: "Ann Lee-led" is about her.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).translate(_HYPHENS))
    if not plain.isascii():
        plain = "".join(letter for letter in plain if unicodedata.category(letter) not in {"Mn", "Cf"})
    plain = _HYPHEN_IN_WORDS.sub(lambda found: "-" if plain[found.end()].isupper() else " ", plain)
    return " ".join(plain.casefold().translate(_LETTERS).translate(_APOSTROPHES).split())


def same_name(one: str, other: str) -> bool:
    """Whether two cells hold the same name, apart from how it is written."""
    return bare(one) == bare(other)


def mark_of(name: str, organisation: str, key: str) -> str:
    """A keyed hash that recognises a person without holding the name."""
    return hmac.new(key.encode(), f"{bare(name)}|{bare(organisation)}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Readable:
    """A text prepared for looking for many names in it: as it is, and without apostrophes."""

    folded: str
    bare: str


@lru_cache(maxsize=4096)
def readable(text: str) -> Readable:
    """Prepare a text: hashtags are also read as the words that their capitals show."""
    spread = _TAG.sub(lambda tag: f"{tag[0]} . {_HUMP.sub(' ', tag[1])} . ", text) if "#" in text else text
    folded = fold(spread)
    return Readable(folded=folded, bare=_POSSESSIVE.sub(" ", folded).replace("'", "") if "'" in folded else folded)


@dataclass(frozen=True, kw_only=True)
class NameFinder:
    """Finds one name, and the handles that go with it."""

    name: re.Pattern[str] | None
    handles: tuple[re.Pattern[str], ...]
    first: str

    def finds_name(self, text: Readable) -> bool:
        """Whether the full name stands in the text."""
        if self.name is None or (self.first not in text.folded and self.first not in text.bare):
            return False
        return bool(self.name.search(text.folded) or self.name.search(text.bare))

    def finds_handle(self, text: Readable) -> bool:
        """Whether one of the handles stands in the text, as a mention or in the address of the profile."""
        return any(handle.search(text.folded) for handle in self.handles)


@lru_cache(maxsize=4096)
def finder_of(name: str, handles: tuple[str, ...] = ()) -> NameFinder:
    """Finds a person by full name, without titles, and by these handles (without ``@``)."""
    words = _words(name)
    pattern = None
    if words:
        spaced = "[ -]".join(_word_pattern(word) for word in words)
        joined = "[_-]?".join(_word_pattern(word) for word in words)
        before, after = (r"", r"") if _UNSPACED.search(name) else (r"(?<!\w)(?<!\w-)", r"(?!\w|-\w)")
        pattern = re.compile(rf"{before}{spaced}{after}|(?<=#){joined}(?!\w)")
    return NameFinder(
        name=pattern,
        handles=tuple(_handle_pattern(handle) for handle in handles if handle),
        first=re.split(r"[^\w]", words[0])[0] if words else "",
    )


def names_any(texts: Iterable[str], finder: NameFinder) -> bool:
    """Whether one of the texts names the person."""
    return any(finder.finds_name(text) or finder.finds_handle(text) for text in map(readable, texts))


def words_of(name: str) -> frozenset[str]:
    """The plain words of a name that every text with the name holds, as ``Readable.bare`` has them."""
    return frozenset(_PLAIN_WORD.findall(" ".join(_words(name)).replace("'", "")))


def runs_on(name: str) -> bool:
    """Whether the name is in a script that leaves no blanks between words."""
    return bool(_UNSPACED.search(name))


def _words(name: str) -> list[str]:
    """The folded words of a name, without titles before and honours after it when two words are left."""
    words = fold(name).replace("-", " ").split()
    while len(words) > _FEWEST and words[0].rstrip(".") in _TITLES:
        words = words[1:]
    while len(words) > _FEWEST and words[-1].strip(",.") in _HONOURS:
        words = words[:-1]
    return [word.strip(",") for word in words if word.strip(",")]


@lru_cache(maxsize=1 << 16)
def bare(name: str) -> str:
    """What is left of a name when nothing about its writing counts: equal for the same name."""
    return " ".join(_words(name)).replace("'", "").replace(".", "")


def _word_pattern(word: str) -> str:
    return "".join("'?" if letter == "'" else r"\.?" if letter == "." else re.escape(letter) for letter in word)


def _handle_pattern(handle: str) -> re.Pattern[str]:
    plain = re.escape(fold(handle.removeprefix("@")))
    return re.compile(rf"(?:(?<!\w)@|(?:twitter|x)\.com/@?){plain}(?!\w)")

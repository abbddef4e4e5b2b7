"""When two spellings mean the same, and when they are too alike to tell."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"}
)
_APOSTROPHES = re.compile("['\u2019\u2018\u02bc`\u00b4]")
_COMBINING = re.compile("[\u0300-\u036f]")
_NOT_PLAIN = re.compile("[^a-z0-9]+")
_WORDS_ALIKE = {"limited": "ltd"}


@lru_cache(maxsize=262_144)
def fold(text: str) -> str:
    """Spell a text without case, accents, punctuation and double spaces, so that equal means "the same to a reader".

    Accents are dropped from Latin, Greek and Cyrillic only: in other scripts the marks are the vowels.
    """
    plain = _APOSTROPHES.sub("", text).casefold().translate(_LETTERS)
    if plain.isascii():
        return " ".join(_NOT_PLAIN.sub(" ", plain).split())
    plain = unicodedata.normalize("NFC", _COMBINING.sub("", unicodedata.normalize("NFKD", plain)))
    return " ".join("".join(char if _belongs(char) else " " for char in plain).split())


@lru_cache(maxsize=65_536)
def fold_organisation(text: str) -> str:
    """Fold an organisation's name: "Acorn & Oak Ltd." is "ACORN AND OAK LIMITED"."""
    words = fold(text.replace("&", " and ")).split()
    return " ".join(_WORDS_ALIKE.get(word, word) for word in words)


def look_alike(one: str, other: str, *, least: float = 0.9) -> bool:
    """Tell whether two different folded texts are so alike that one may be a slip of the pen.

    Texts with different numbers never are: Ward 1 and Ward 2 are two wards.
    """
    if one == other or re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    if one.replace(" ", "") == other.replace(" ", ""):
        return True
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least and matcher.ratio() >= least


def _belongs(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"

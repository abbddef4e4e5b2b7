"""Small turns of English for the templates: plain functions, each offered there as the filter of its name.

All raise ``ValueError`` with a reason in plain English for a value that they have no words for. docs/templates.md shows
each with an example.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_WORDS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
    "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_TEENS = frozenset({11, 12, 13})
_TITLE = re.compile(
    r"(?:dr|mr|mrs|ms|miss|mx|prof|professor|sir|dame|lady|lord|rev|revd|reverend|sister)\.?", re.IGNORECASE
)
# Names of organisations that end in a plural take the apostrophe alone; names of people take ’s (James’s, Davies’s).
_PLURAL = re.compile(
    r"(?:advocates|aides|angels|associates|associations|carers|centres|charities|clinics|colleagues|communities"
    r"|companions|connections|councils|enterprises|families|foundations|friends|gardens|hands|hearts|helpers|homes"
    r"|hospices|hospitals|houses|innovations|lives|minds|networks|neighbours|nurses|partners|partnerships|pathways"
    r"|services|solutions|sons|specialists|steps|systems|teams|therapies|trusts|ventures|villages|visits|volunteers"
    r"|ways|workers)",
    re.IGNORECASE,
)
_APOSTROPHES = "'\u2019\u02bc"


def ordinal(number: int) -> str:
    """1 -> "1st", 12 -> "12th", 103 -> "103rd"."""
    _need_whole(number)
    ending = "th" if abs(number) % 100 in _TEENS else _ENDINGS.get(abs(number) % 10, "th")
    return f"{number:,}{ending}"


def ordinal_word(number: int) -> str:
    """1 -> "first" ... 20 -> "twentieth"; figures beyond that, as most style guides have it."""
    _need_whole(number)
    return _WORDS[number - 1] if 1 <= number <= len(_WORDS) else ordinal(number)


def rank_label(rank: int, tied: bool) -> str:
    """(2, True) -> "=2nd", as tables show a shared rank."""
    return f"={ordinal(rank)}" if tied else ordinal(rank)


def place(rank: int, tied: bool) -> str:
    """(2, True) -> "joint 2nd", as sentences say it (a screen reader spells "=2nd" as "equals")."""
    return f"joint {ordinal(rank)}" if tied else ordinal(rank)


def number(value: int) -> str:
    """1204 -> "1,204"."""
    _need_whole(value)
    return f"{value:,}"


def plural(count: int, singular: str, several: str = "") -> str:
    """(1, "time") -> "1 time"; (1204, "time") -> "1,204 times"; (2, "person", "people") -> "2 people"."""
    noun = singular if count == 1 else several or f"{singular}s"
    return f"{number(count)} {noun}"


def possessive(name: str) -> str:
    """ "Siân" -> "Siân’s", "James" -> "James’s", "Riverside Homes" -> "Riverside Homes’".

    Modern British usage: people take ’s after an s as well; a plural takes the apostrophe alone.
    """
    if not name.strip():
        raise ValueError("there is no name to put an apostrophe to")
    last_word = name.rsplit(maxsplit=1)[-1]
    return f"{name}\u2019" if _PLURAL.fullmatch(last_word) else f"{name}\u2019s"


def hashtag(name: str) -> str:
    """ "Riverside Care trust" -> "#RiversideCareTrust": a capital for each word, so that screen readers can part them.

    Capitals that are there stay (NHS), accents stay, punctuation goes, "&" is spoken as And.
    """
    text = unicodedata.normalize("NFC", name).replace("&", " and ")
    kept = "".join(c if _in_word(c) else " " for c in text if c not in _APOSTROPHES)
    tag = "".join(word[0].upper() + word[1:] for word in kept.split())
    if not any(c.isalpha() for c in tag):
        raise ValueError("a hashtag needs at least one letter")
    return f"#{tag}"


def names(people: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C": no comma before the "and", as British style has it."""
    if not people:
        raise ValueError("the list of names is empty")
    *most, last = people
    return f"{', '.join(most)} and {last}" if most else last


def lines(people: Sequence[str]) -> str:
    """One name a line, for long lists."""
    if not people:
        raise ValueError("the list of names is empty")
    return "\n".join(people)


def first_name(name: str) -> str:
    """ "Dr Siân Example" -> "Siân"; a single word is taken as it is."""
    words = name.split()
    if not words:
        raise ValueError("there is no name")
    without_titles = [word for word in words if not _TITLE.fullmatch(word)]
    return (without_titles or words)[0]


def at(handle: str) -> str:
    """ "priya" or "@priya" -> "@priya"."""
    bare = handle.strip().removeprefix("@")
    if not bare:
        raise ValueError("there is no handle; put {% if … %} around it")
    return f"@{bare}"


def credit(name: str, handle: str | None) -> str:
    """("Priya Example", "priya") -> "Priya Example (@priya)"; without a handle the name alone."""
    return f"{name} ({at(handle)})" if handle else name


def _need_whole(value: int) -> None:
    """Templates are not typed: a blank count arrives here as a text."""
    if type(value) is not int:
        raise ValueError("it needs a whole number")


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"

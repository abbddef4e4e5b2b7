"""The filters that templates have: wording for rows and lists, and a few of Jinja2's that are safe and bounded.

Each takes plain values; where a name is needed, a row (a dictionary with ``name`` or ``credit``) will do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot import wording
from bot.text import weighted_length

_MOST_CHARACTERS = 10_000


def _named(item: Any) -> str:
    """The name of a row, or the text itself."""
    return str(item["name"]) if isinstance(item, dict) else _text(item)


def _credited(item: Any) -> str:
    """The name of a row with its handle if it has one, or the text itself."""
    return str(item.get("credit", item["name"])) if isinstance(item, dict) else _text(item)


def _text(value: Any) -> str:
    if isinstance(value, str) or type(value) is int:
        return str(value)
    raise ValueError("it needs a text")


def _items(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise ValueError("it needs a list")


def names(value: Any) -> str:
    """A, B and C."""
    return wording.names([_named(item) for item in _items(value)])


def lines(value: Any) -> str:
    """One a line, each with its handle if it has one."""
    return wording.lines([_credited(item) for item in _items(value)])


def join(value: Any, separator: str = " ") -> str:
    """All of a list with the separator between; an empty list gives an empty text."""
    texts = [_named(item) for item in _items(value)]
    if sum(map(len, texts)) + len(texts) * len(_text(separator)) > _MOST_CHARACTERS:
        raise ValueError("the result is too long")
    return _text(separator).join(texts)


def replace(value: Any, old: str, new: str) -> str:
    """Every ``old`` in a text replaced by ``new``."""
    text, old, new = _text(value), _text(old), _text(new)
    if not old:
        raise ValueError("there is nothing to replace")
    if len(text) + text.count(old) * len(new) > _MOST_CHARACTERS:
        raise ValueError("the result is too long")
    return text.replace(old, new)


def grouped(value: Any, limit: int) -> list[list[Any]]:
    """A list cut into as few groups as keep each, one a line, within a weight; their order stays.

    A single name that is heavier than the limit gets a group of its own.
    """
    if type(limit) is not int or limit < 1:
        raise ValueError("the number in brackets is the most characters a group may have")
    groups: list[list[Any]] = []
    room = 0
    for item in _items(value):
        weight = weighted_length(_credited(item)) + 1
        if not groups or weight > room:
            groups.append([])
            room = limit + 1
        groups[-1].append(item)
        room -= weight
    return groups


def default(value: Any, instead: Any = "") -> Any:
    """``instead`` where there is nothing: an empty text, an empty list or a name that is not there."""
    return value if value or type(value) in (int, bool) else instead


def first(value: Any) -> Any:
    """The first of a list."""
    return _items(value)[0] if value else _empty()


def last(value: Any) -> Any:
    """The last of a list."""
    return _items(value)[-1] if value else _empty()


def length(value: Any) -> int:
    """How many are in a list, or how many characters in a text."""
    return len(value if isinstance(value, str) else _items(value))


def _empty() -> Any:
    raise ValueError("the list is empty")


def _on_text(function: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: function(_text(value))


FILTERS: dict[str, Callable[..., Any]] = {
    "ordinal": wording.ordinal,
    "ordinal_word": wording.ordinal_word,
    "number": wording.number,
    "plural": wording.plural,
    "possessive": lambda value: wording.possessive(_named(value)),
    "hashtag": lambda value: wording.hashtag(_named(value)),
    "first_name": lambda value: wording.first_name(_named(value)),
    "at": _on_text(wording.at),
    "names": names,
    "lines": lines,
    "grouped": grouped,
    "join": join,
    "replace": replace,
    "default": default,
    "first": first,
    "last": last,
    "length": length,
    "upper": _on_text(str.upper),
    "lower": _on_text(str.lower),
    "capitalize": _on_text(lambda text: text[:1].upper() + text[1:]),
    "trim": _on_text(str.strip),
}

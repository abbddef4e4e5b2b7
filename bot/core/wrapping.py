"""A contribution and its template -> the texts of its post, with every word of it as it was sent in. Pure."""

from __future__ import annotations

from collections.abc import Callable

from bot.contribution import Contribution
from bot.errors import Problem, TemplateError
from bot.sentences import in_parts
from bot.text import MAX_WEIGHT, weighted_length

Render = Callable[[str, int, int], tuple[str, ...]]
"""Text, number of the part, and of how many -> what the template makes of it."""

_ANY = 9
"""A number of a part, where only the room matters that it takes."""


def contribution_texts(contribution: Contribution, render: Render) -> tuple[str, ...]:
    """The texts of one post; of a thread, where a moderator has chosen one and one message is too short.

    Raises TemplateError when the template leaves out or changes any of the words.
    """
    text = contribution.text
    parts = in_parts(text, lambda piece: _fits(piece, render)) if contribution.thread else (text,)
    found: list[str] = []
    for number, part in enumerate(parts or (text,), start=1):
        texts = render(part, number, len(parts) or 1)
        if not any(part in one for one in texts):
            raise TemplateError(_changed(contribution))
        found += texts
    return tuple(found)


def _fits(piece: str, render: Render) -> bool:
    """Wherever in the thread it will stand."""
    places = ((1, _ANY), (_ANY - 1, _ANY), (_ANY, _ANY), (1, 1))
    return all(weighted_length(text) <= MAX_WEIGHT for place in places for text in render(piece, *place))


def _changed(contribution: Contribution) -> Problem:
    return Problem(
        what="The template changes the words that were sent in, or leaves some out.",
        where=f"{contribution.code}, {contribution.said}",
        remedy="Write {{ contribution.text }} in the template, without any filter.",
    )

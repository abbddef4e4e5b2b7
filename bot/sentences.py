"""Cutting a text that is too long for one message into several, at the ends of its sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)]*\s+|\n+")
_BLANKS = re.compile(r"\s+")


def in_parts(text: str, fits: Callable[[str], bool]) -> tuple[str, ...]:
    """The parts of a text, each as long as ``fits`` allows; nothing is left out but the blanks between two parts.

    A sentence that is too long by itself is cut between words; a word that is too long stays whole, and too long.
    """
    parts = []
    rest = text.strip()
    while rest:
        end = len(rest) if fits(rest) else _cut(rest, fits)
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return tuple(parts)


def _cut(text: str, fits: Callable[[str], bool]) -> int:
    """Where the first part of a text ends that does not fit as a whole."""
    for boundary in (_SENTENCE_END, _BLANKS):
        ends = [found.end() for found in boundary.finditer(text) if text[: found.end()].strip()]
        fitting = [end for end in ends if fits(text[:end].rstrip())]
        if fitting:
            return fitting[-1]
    first_word = _BLANKS.search(text)
    return first_word.start() if first_word else len(text)

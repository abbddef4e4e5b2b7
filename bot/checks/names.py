"""Finding approved names in a text, so that the words inside them never set a check off."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from bot.text import normalise

SPARE = "\ue000"
"""Stands where something was taken out: a private-use character, which is no letter and ends every word."""

_WORD = re.compile(r"\w+")
_BLANKS = re.compile(r"\s+")


def in_text(name: str) -> str:
    """A name of the list as a template writes it: NFC, blanks collapsed."""
    return _BLANKS.sub(" ", normalise(name)).strip()


class Names:
    """Many names, found in one pass over a text however many there are. Compared byte for byte."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: set[str] = set()
        lengths: dict[str, set[int]] = defaultdict(set)
        for name in map(in_text, names):
            first = _WORD.search(name)
            if first:
                self._names.add(name[first.start() :])
                lengths[first[0]].add(len(name) - first.start())
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def blanked(self, text: str) -> str:
        """The text with every name replaced by one ``SPARE``; of names that begin alike the longest wins."""
        pieces: list[str] = []
        done = 0
        for word in _WORD.finditer(text):
            if word.start() < done or word[0] not in self._lengths:
                continue
            end = self._end_at(text, word.start(), word[0])
            if end:
                pieces += (text[done : word.start()], SPARE)
                done = end
        return "".join([*pieces, text[done:]]) if pieces else text

    def _end_at(self, text: str, start: int, first: str) -> int:
        """Where the longest name that starts here ends; 0 when none does."""
        for length in self._lengths[first]:
            end = start + length
            if text[start:end] in self._names and not (text[end : end + 1].isalnum() and text[end - 1].isalnum()):
                return end
        return 0

"""Who among the people of the old list an unmatched row may be. Pure, and bounded for long lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bot.model import Worker
from bot.ranking.names import fold, fold_organisation, look_alike
from bot.ranking.sheet import ListRow

_MOST_CANDIDATES = 5
_NEAR_ENOUGH = 0.8
# Comparing letter by letter is slow; two lists of 100,000 strangers must not take minutes.
_MOST_COMPARISONS = 50_000
_PER_ROW = 40


class Doubts:
    """The people who are on the old list and not yet on the new one, found by what a slip or a wedding leaves."""

    def __init__(self, people: Iterable[Worker]) -> None:
        self._by_name: dict[str, list[Worker]] = defaultdict(list)
        self._by_word: dict[tuple[str, str], list[Worker]] = defaultdict(list)
        self._by_organisation: dict[str, list[Worker]] = defaultdict(list)
        self._comparisons_left = _MOST_COMPARISONS
        for worker in people:
            name, organisation = fold(worker.name), fold_organisation(worker.organisation)
            self._by_name[name].append(worker)
            self._by_organisation[organisation].append(worker)
            for word in _words(name):
                self._by_word[organisation, word].append(worker)

    def about(self, row: ListRow) -> tuple[Worker, ...]:
        """Give those whom the row may be: same name elsewhere; a near name, or a shared part of it, in one place."""
        name, organisation = fold(row.name), fold_organisation(row.organisation)
        found = {worker.worker_id: worker for worker in self._by_name.get(name, ())[:_MOST_CANDIDATES]}
        for word in _words(name):
            for worker in self._by_word.get((organisation, word), ())[:_MOST_CANDIDATES]:
                found.setdefault(worker.worker_id, worker)
        if not found:
            found = {worker.worker_id: worker for worker in self._near(name, organisation)}
        return tuple(found.values())[:_MOST_CANDIDATES]

    def _near(self, name: str, organisation: str) -> Iterable[Worker]:
        for worker in self._by_organisation.get(organisation, ())[:_PER_ROW]:
            if self._comparisons_left <= 0:
                return
            self._comparisons_left -= 1
            if look_alike(name, fold(worker.name), least=_NEAR_ENOUGH):
                yield worker


def _words(name: str) -> set[str]:
    """Give the parts of a name that say something; initials do not."""
    return {word for word in name.split() if len(word) > 1}

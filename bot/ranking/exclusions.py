"""Who is never ranked: a list of ids or names that somebody keeps beside the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import ListError, Problem
from bot.ranking.columns import plain
from bot.ranking.csv_source import read_csv
from bot.ranking.names import fold
from bot.ranking.usage import Key, as_text

_IDS = frozenset(
    {"id", "worker id", "staff id", "employee id", "person id", "user id", "care worker id", "worker number"}
)
_NAMES = frozenset({"name", "worker", "full name", "worker name", "care worker"})
_REASONS = frozenset({"reason", "why", "note", "because"})


@dataclass(frozen=True, kw_only=True)
class Exclusions:
    """Entries as they are spelled -> the reason given, or an empty text. An entry is an id, or else a name."""

    source_name: str = ""
    entries: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def reason_for(self, worker_id: str, name: str) -> str | None:
        """Say why somebody is left out; None for everybody else. A name leaves out all who are called so."""
        if not self.entries:
            return None
        entry = worker_id if worker_id in self.entries else self.names.get(fold(name)) if name else None
        if entry is None:
            return None
        why = self.entries[entry]
        return f"{self.source_name} ({why})" if why else self.source_name

    def strangers(self, keys: Iterable[Key]) -> list[str]:
        """Give the entries that nobody in the log answers to."""
        if not self.entries:
            return []
        seen = {text for key in keys for text in (key.worker_id, fold(key.name))}
        return [entry for entry in self.entries if entry not in seen and fold(entry) not in seen]


def read_exclusions(path: Path) -> Exclusions:
    """Read a CSV file with a column for ids or names (and reasons), or just one entry a line. Raises ListError."""
    rows = [[as_text(cell) for cell in row.cells] for row in read_csv(path).rows]
    headings = [plain(cell) for cell in rows[0]] if rows else []
    who = [at for at, one in enumerate(headings) if one in _IDS] or [
        at for at, one in enumerate(headings) if one in _NAMES
    ]
    reason = next((at for at, one in enumerate(headings) if one in _REASONS), None)
    body = rows[1:] if who else rows
    if not who and any(len([cell for cell in row if cell]) > 1 for row in rows):
        what = "It has several columns, but none is called “id” or “name”."
        raise ListError(Problem(what=what, where=path.name, remedy="Give the columns headings, such as “id,reason”."))
    entries = {
        row[at]: row[reason] if reason is not None and reason < len(row) else ""
        for row in body
        for at in (who[:1] or [0])
        if at < len(row) and row[at]
    }
    return Exclusions(source_name=path.name, entries=entries, names={fold(one): one for one in entries if fold(one)})

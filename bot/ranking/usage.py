"""A usage log, counted: how often each person, as spelled, used the thing within the window. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bot.errors import Problem
from bot.ranking.moments import Window

SHOWN = 10
"""How many of the rows that cannot be read are named."""
LONGEST_CELL = 2_000

NO_ID = ("The worker's id is empty.", "Fill it in, or delete the row.")
NO_TIME = (
    "The time {} cannot be read.",
    "Write it as 2026-03-31 14:05, with or without +01:00 behind it; for 31/03/2026 add --day-first.",
)


class Key(NamedTuple):
    """What uses are counted by: a person as spelled in the log, and what the columns for leaving out say."""

    worker_id: str
    name: str
    organisation: str
    marks: tuple[str, ...]


class Tally(NamedTuple):
    """How often, and when last (UTC), within the window; ``uses`` may be 0, ``latest`` is None then."""

    key: Key
    uses: int
    latest: datetime | None


@dataclass(frozen=True, kw_only=True)
class UsageLog:
    """A whole log. ``bad`` rows were not counted; the first of them are ``problems``."""

    source_name: str
    tallies: tuple[Tally, ...]
    rows: int
    bad: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


@dataclass(kw_only=True)
class Counted:
    """Gathers groups of rows that somebody else has counted, and judges single ones. Order does not matter."""

    window: Window
    source_name: str
    rows: int = 0
    bad: int = 0
    problems: list[Problem] = field(default_factory=list)
    _groups: dict[Key, tuple[int, datetime | None]] = field(default_factory=dict)

    def group(self, key: Key, *, rows: int, uses: int, latest: datetime | None) -> None:
        """Take rows of one key whose times could be read."""
        self.rows += rows
        if not key.worker_id:
            self._refuse(rows, NO_ID)
            return
        before, when = self._groups.get(key, (0, None))
        self._groups[key] = (before + uses, max((one for one in (when, latest) if one), default=None))

    def single(self, key: Key, time: object, *, rows: int = 1) -> None:
        """Judge rows of one key and one time; a row in which everything is empty is none."""
        text = as_text(time)
        if not any((text, key.worker_id, key.name, key.organisation)):
            return
        moment = self.window.read(text)
        if moment is None and key.worker_id:
            self.rows += rows
            self._refuse(rows, (NO_TIME[0].format(f"“{text[:60]}” of {key.worker_id}"), NO_TIME[1]))
            # What the row says about leaving out holds all the same.
            self.group(key, rows=0, uses=0, latest=None)
            return
        inside = moment is not None and self.window.contains(moment.instant)
        self.group(key, rows=rows, uses=rows if inside else 0, latest=moment.instant if moment and inside else None)

    def result(self, notes: Iterable[str] = ()) -> UsageLog:
        """Everything taken, in an order that depends on the content alone."""
        return UsageLog(
            source_name=self.source_name,
            tallies=tuple(Tally(key, uses, latest) for key, (uses, latest) in sorted(self._groups.items())),
            rows=self.rows,
            bad=self.bad,
            problems=tuple(self.problems),
            notes=tuple(notes),
        )

    def _refuse(self, rows: int, why: tuple[str, str]) -> None:
        self.bad += rows
        if len(self.problems) < SHOWN:
            self.problems.append(Problem(what=why[0], where=self.source_name, remedy=why[1]))


def key_of(cells: Iterable[object]) -> Key:
    """Tidy id, name and organisation and whatever marks follow: white space is squeezed, 12.0 is 12."""
    worker_id, name, organisation, *marks = (as_text(cell) for cell in cells)
    return Key(worker_id, name, organisation, tuple(marks))


def as_text(value: object) -> str:
    """Spell a value of a database or a file as a person would."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).replace("\x00", "").split())

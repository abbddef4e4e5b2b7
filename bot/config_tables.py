"""The tables of config.toml as they are read: every mistake is noted with its key and line, and reading goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from bot.config_values import WrongValueError, did_you_mean
from bot.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

FILE = "config.toml"
_HEADER = re.compile(r"\s*\[{1,2}\s*([A-Za-z0-9_.-]+)\s*\]{1,2}")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")
_SECRET = re.compile(r"secret|token|password|api_?key|consumer", re.IGNORECASE)


@dataclass(kw_only=True)
class Table:
    """One table; ``label`` is how people find it: "[posting]" or "[[series]] number 2"."""

    label: str
    values: dict[str, object]
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem]
    known: list[str] = field(default_factory=list)

    def read(self, key: str, parse: Callable[[object], T], fallback: T, *, example: str = "") -> T:
        """The value of a key. One with an example must be there; after a mistake the fallback stands in."""
        self.known.append(key)
        if key not in self.values:
            if example:
                self.complain(key, "This is missing.", f"Add a line such as {key} = {example}.")
            return fallback
        try:
            return parse(self.values[key])
        except WrongValueError as wrong:
            self.complain(key, wrong.what, wrong.remedy)
            return fallback

    def complain(self, key: str, what: str, remedy: str = "") -> None:
        """Note a mistake in the value of a key."""
        line = f" (line {self.lines[key]})" if key in self.lines else ""
        self.problems.append(Problem(what=what, where=f"{FILE}, {self.label} {key}{line}".strip(), remedy=remedy))

    def finish(self) -> None:
        """Note every key that nobody asked for."""
        for key in self.values:
            if key in self.known:
                continue
            if _SECRET.search(key):
                remedy = "Secrets do not belong in this file: take it out and run campaign-bot connect."
            else:
                remedy = did_you_mean(key, self.known) or f"Known here: {', '.join(self.known)}."
            self.complain(key, "There is no such setting.", remedy)


def lines_of_keys(text: str) -> dict[tuple[str, int, str], int]:
    """The line of each key, by table, number of the table of that name (from 1), and key.

    A reading by eye rather than by grammar: it serves messages only.
    """
    found: dict[tuple[str, int, str], int] = {}
    tables: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[1]
            tables[table] = tables.get(table, 0) + 1
        elif key := _KEY.match(line):
            found.setdefault((table, tables.get(table, 1), key[1]), number)
    return found


class Document:
    """All of config.toml, table by table."""

    def __init__(self, values: dict[str, object], text: str) -> None:
        self._values = values
        self._lines = lines_of_keys(text)
        self.problems: list[Problem] = []

    def has(self, name: str) -> bool:
        """Whether anything of that name is there."""
        return bool(self._values.get(name))

    def table(self, name: str) -> Table:
        """A table; one that is not there is empty."""
        values = self._values.get(name, {})
        if not isinstance(values, dict):
            shape = f"[[{name}]] stands here as a list." if isinstance(values, list) else "This should be a table."
            self.problems.append(
                Problem(what=shape, where=f"{FILE}, {name}", remedy=f"Write [{name}] once, not in double brackets.")
            )
            values = {}
        return self._table(name, 1, f"[{name}]", values)

    def tables(self, name: str) -> list[Table]:
        """Tables that may be repeated."""
        values = self._values.get(name, [])
        if isinstance(values, list) and all(isinstance(item, dict) for item in values):
            return [self._table(name, n, f"[[{name}]] number {n}", item) for n, item in enumerate(values, start=1)]
        self.problems.append(
            Problem(
                what="This should be a list of tables.",
                where=f"{FILE}, {name}",
                remedy=f"Begin each with [[{name}]], in double brackets.",
            )
        )
        return []

    def check_names(self, known: Iterable[str]) -> None:
        """Note every table that nobody knows, and every key that stands before the first table."""
        names = list(known)
        for name, value in self._values.items():
            if name in names:
                continue
            if isinstance(value, dict | list):
                remedy = did_you_mean(name, names) or f"Known are {', '.join(f'[{table}]' for table in names)}."
                what, where = "There is no such table.", f"{FILE}, [{name}]"
            else:
                what, where = "This stands outside any table.", f"{FILE}, {name}"
                remedy = "Move it below the table that it belongs to, such as [campaign]."
            self.problems.append(Problem(what=what, where=where, remedy=remedy))

    def _table(self, name: str, number: int, label: str, values: dict[str, object]) -> Table:
        lines = {key: line for (table, n, key), line in self._lines.items() if table == name and n == number}
        return Table(label=label, values=values, lines=lines, problems=self.problems)

"""Work on a database that is done once in a process: where everything it rests on is the same, so is what it comes to.

Hundreds of tests begin with the same loaded, planned and signed-off week. The first of them loads, plans and signs it
by the real thing. For the others what that made is put back, if database, config, templates, clock and person are the
same to the last letter; else the real thing works again.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import sqlalchemy as sa

from bot.core.bot import Bot
from bot.storage.engine import Database

Key = tuple[Hashable, ...]
Folders = Sequence[tuple[str, int]]
"""Where the list of each campaign lay when it was loaded."""


def remembered(bot: Bot, work: Callable[[], object], *what: Hashable, lists: Folders = ()) -> None:
    """Do it, or put back what it came to. ``what`` says which work it is, with all that it gets beside the database and
    the config. ``lists`` are the folders of those lists that the work writes."""
    database = bot.record.storage.database
    with _open(database) as found:
        key = (*what, database.is_sqlite, found.key, *_inputs(bot))
        known = _memory().get(key)
        if known is not None:
            found.put(known, [*found.folders, *lists])
            return
        plain = bot.stage.storage is bot.record.storage and not found.has_pictures
    work()
    if plain:
        with _open(database) as found:
            _memory()[key] = found.copy()


@cache
def _memory() -> dict[Key, Any]:
    """What each work came to in this process."""
    return {}


def _inputs(bot: Bot) -> Key:
    """All that planning and signing rest on beside the database."""
    config, desk = bot.config, bot.record
    texts = tuple((path.name, path.read_bytes()) for path in sorted(config.templates.glob("*")))
    anywhere = repr(replace(config, database_url="")).replace(str(config.folder), "")
    return (anywhere, texts, bot.mode, desk.clock.now(), desk.campaign, desk.actor, desk.begin)


@contextmanager
def _open(database: Database) -> Iterator[_InFile | _OnServer]:
    if database.path is not None:
        with closing(sqlite3.connect(database.path)) as file, file:
            yield _InFile(file)
    else:
        with database.write() as connection:
            yield _OnServer(connection)


def _key(rows: object, database_id: str, folders: Folders) -> str:
    """Every row, but for the two things that are of one database alone: its id, and where its lists lay."""
    own = [database_id, *(folder for folder, _ in folders)]
    return re.sub("|".join(re.escape(one) for one in own), "", repr(rows))


class _InFile:
    """The contents of an SQLite database."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        rows = [(name, file.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names]  # noqa: S608
        self._id: str = file.execute("SELECT database_id FROM installation").fetchone()[0]
        self.folders: Folders = file.execute("SELECT folder, campaign_id FROM lists").fetchall()
        self.has_pictures = file.execute("SELECT 1 FROM workers WHERE photo <> ''").fetchone() is not None
        self.key = _key(rows, self._id, self.folders)

    def copy(self) -> sqlite3.Connection:
        """All of it."""
        copy = sqlite3.connect(":memory:")
        self._file.backup(copy)
        return copy

    def put(self, content: sqlite3.Connection, folders: Folders) -> None:
        """All of it again."""
        content.backup(self._file)
        self._file.execute("UPDATE installation SET database_id = ?", (self._id,))
        self._file.executemany("UPDATE lists SET folder = ? WHERE campaign_id = ?", folders)


class _OnServer:
    """The contents of a PostgreSQL database: the rows of each table, as texts, and the next numbers."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        names = self._ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        union = " UNION ALL ".join(f"SELECT '{name}', {name}::text FROM {name}" for (name,) in names)  # noqa: S608
        self._rows: dict[str, list[str]] = {name: [] for (name,) in names}
        for name, row in self._ask(union):
            self._rows[name].append(row)
        self._numbers = self._ask("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        self._id: str = self._ask("SELECT database_id FROM installation")[0][0]
        self.folders: Folders = self._ask("SELECT folder, campaign_id FROM lists")
        self.has_pictures = bool(self._ask("SELECT 1 FROM workers WHERE photo <> '' LIMIT 1"))
        self.key = _key((self._rows, self._numbers), self._id, self.folders)

    def copy(self) -> tuple[dict[str, list[str]], list[Any]]:
        """All of it."""
        return self._rows, self._numbers

    def put(self, content: tuple[dict[str, list[str]], list[Any]], folders: Folders) -> None:
        """All of it again."""
        rows, numbers = content
        self._do("SET LOCAL session_replication_role = replica")  # in any order: it was whole
        for name in rows:
            if rows[name] != self._rows[name]:
                self._do(f"DELETE FROM {name}")  # noqa: S608
                self._do(f"INSERT INTO {name} SELECT (row::{name}).* FROM unnest(%s::text[]) row", rows[name])  # noqa: S608
        for name, number in numbers:
            if number is not None:
                self._do("SELECT setval(%s, %s)", name, number)
        self._do("UPDATE installation SET database_id = %s", self._id)
        for folder, campaign_id in folders:
            self._do("UPDATE lists SET folder = %s WHERE campaign_id = %s", folder, campaign_id)

    def _ask(self, statement: str) -> list[Any]:
        return [tuple(row) for row in self._connection.exec_driver_sql(statement)]

    def _do(self, statement: str, *values: object) -> None:
        self._connection.exec_driver_sql(statement, values)

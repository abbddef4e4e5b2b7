"""Copies of a whole database: for rehearsals, for practice, and before an upgrade."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from bot.platform import sync_folder
from bot.storage.backups import sync_file
from bot.storage.engine import Database
from bot.storage.migrate import create_if_new
from bot.storage.schema import installation, whole_metadata

_BATCH = 500


def copy_to_file(database: Database, target: Path) -> None:
    """Write a complete copy to an SQLite file, replacing what is there, whatever the original runs on.

    It gets its name when it is whole and on the disk: VACUUM INTO that is cut off leaves half a file behind.
    """
    draft = target.with_name(f"{target.name}.part")
    _remove(draft)
    if database.path is not None:
        with closing(sqlite3.connect(database.path)) as connection:
            connection.execute("VACUUM INTO ?", (str(draft),))
    else:
        copy = Database(f"sqlite:///{draft}", durable=False)
        create_if_new(copy)
        copy_rows(database, copy)
        copy.close()
    sync_file(draft)
    _remove(target)
    draft.replace(target)
    sync_folder(target.parent)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def copy_rows(source: Database, target: Database) -> None:
    """Copy every row of every table, in one transaction on either side, into a database that has none yet."""
    with source.read() as reader, target.write() as writer:
        writer.execute(sa.delete(installation))  # a new database has an id; a copy keeps that of the original
        tables = whole_metadata().sorted_tables
        copy_into(writer, ((table, reader.execute(sa.select(table)).mappings().partitions(_BATCH)) for table in tables))


def copy_into(writer: sa.Connection, tables: Iterable[tuple[sa.Table, Iterable[Sequence[sa.RowMapping]]]]) -> None:
    """Write the rows of every table, which come in batches, in the caller's transaction."""
    for table, batches in tables:
        for rows in batches:
            writer.execute(sa.insert(table), [dict(row) for row in rows])
    if writer.dialect.name == "postgresql":
        _count_on(writer)


def _count_on(connection: sa.Connection) -> None:
    """PostgreSQL numbers new rows by sequences, which do not see rows that bring their own numbers."""
    for table in whole_metadata().sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            next_number = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sequence, next_number, sa.false())))


def back_up(database: Database, now: datetime) -> Path | None:
    """Write a complete copy beside the database file; None for a server, which has its own ways.

    VACUUM INTO is safe while others write (https://www.sqlite.org/lang_vacuum.html); copying the file is not.
    """
    if database.path is None or not database.path.exists():
        return None
    copy = database.path.with_name(f"{database.path.stem}-{now:%Y%m%d-%H%M%S}.backup.db")
    copy_to_file(database, copy)
    return copy

"""Copies of a whole database: for rehearsals, for practice, and before an upgrade."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from bot.storage.engine import Database
from bot.storage.migrate import create_if_new
from bot.storage.schema import metadata

_BATCH = 500


def copy_to_file(database: Database, target: Path) -> None:
    """Write a complete copy to an SQLite file, replacing what is there, whatever the original runs on."""
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    if database.path is not None:
        with closing(sqlite3.connect(database.path)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        return
    copy = Database(f"sqlite:///{target}", durable=False)
    create_if_new(copy)
    copy_rows(database, copy)
    copy.close()


def copy_rows(source: Database, target: Database) -> None:
    """Copy every row of every table, in one transaction on either side, into a database that has none yet."""
    with source.read() as reader, target.write() as writer:
        for table in metadata.sorted_tables:
            for rows in reader.execute(sa.select(table)).mappings().partitions(_BATCH):
                writer.execute(sa.insert(table), [dict(row) for row in rows])


def back_up(database: Database, now: datetime) -> Path | None:
    """Write a complete copy beside the database file; None for a server, which has its own ways.

    VACUUM INTO is safe while others write (https://www.sqlite.org/lang_vacuum.html); copying the file is not.
    """
    if database.path is None or not database.path.exists():
        return None
    copy = database.path.with_name(f"{database.path.stem}-{now:%Y%m%d-%H%M%S}.backup.db")
    copy_to_file(database, copy)
    return copy

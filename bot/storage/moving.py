"""Moving everything from one database into another: all of it or nothing, and never two databases that both could run.

Three commits, so that whatever ends the program in between leaves at most one database that may be used: the copy, which
says that it is only arriving; the original, which says where it went; and the copy again, which is the campaign from then
on. Giving the same command once more finishes or begins again what was cut off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import sqlalchemy as sa

from bot.errors import DatabaseError, PersonNeededError, Problem
from bot.model import AuditEntry
from bot.storage import leases, schema
from bot.storage.copying import copy_into
from bot.storage.engine import Database
from bot.storage.installation import ARRIVING, MOVED_TO, Identity, identity_in
from bot.storage.journal import write_entry
from bot.storage.migrate import HEAD, create_if_new, require_current, revision_of

_ROUND = 1 << 256
_AT_ONCE = 500
_FEW_AT_ONCE = 20  # rows that hold pictures


class Place(Enum):
    """What a target is, seen from the database that is to be moved there."""

    EMPTY = auto()
    HALF_WAY = auto()
    TAKEN = auto()


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a table holds: so many rows, and a hash over all of them that does not depend on their order."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Underway:
    """What keeps a database where it is: codes of posts with an open call, and the hosts of runners that are alive."""

    open_calls: tuple[str, ...]
    hosts: tuple[tuple[str, datetime], ...]


def require_in_place(database: Database, identity: Identity) -> None:
    """Refuse a database that was moved away, or one that a move into it has not finished. Raises PersonNeededError."""
    if identity.moved_to:
        raise PersonNeededError(
            Problem(
                what=f"This database was moved to {identity.moved_to}, and is not used any more.",
                where=database.where,
                remedy="Name that one under [database] in config.toml. Is it lost for good? campaign-bot db verify --lost",
            )
        )
    if identity.arriving_from:
        raise PersonNeededError(
            Problem(
                what=f"The move into this database, from {identity.arriving_from}, was not finished.",
                where=database.where,
                remedy="Give the same campaign-bot db move again, as before; it goes on from there.",
            )
        )


def place(target: Database, database_id: str) -> Place:
    """Look at a target. Raises DatabaseError when it cannot be reached."""
    if not target.exists():
        return Place.EMPTY
    with target.read() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        if not tables:
            return Place.EMPTY
        known = schema.whole_metadata().tables
        if not tables >= set(known) or revision_of(target) != HEAD:
            return Place.TAKEN
        identity = identity_in(connection)
        if identity.arriving_from and identity.database_id == database_id:
            return Place.HALF_WAY
        others = tables - set(known) - {"alembic_version"}
        full = others or any(
            connection.execute(sa.select(sa.exists().select_from(table))).scalar_one()
            for table in known.values()
            if table is not schema.installation
        )
    return Place.TAKEN if full else Place.EMPTY


def underway(source: Database, now: datetime, fresh: timedelta) -> Underway:
    """What is being done in a database. ``fresh`` is how old a living runner's last sign of life may be."""
    posts, messages, attempts, runners = schema.posts, schema.messages, schema.attempts, schema.runners
    calls = (
        sa.select(posts.c.code)
        .join(messages, messages.c.post_id == posts.c.post_id)
        .join(attempts, attempts.c.message_id == messages.c.message_id)
        .where(attempts.c.closed_at.is_(None))
        .order_by(posts.c.code)
    )
    alive = sa.select(runners.c.host, runners.c.heartbeat_at).where(
        runners.c.stopped_at.is_(None), runners.c.heartbeat_at.between(now - fresh, now + fresh)
    )
    with source.read() as connection:
        codes = tuple(connection.execute(calls).scalars())
        hosts = tuple((row.host, row.heartbeat_at) for row in connection.execute(alive.order_by(runners.c.host)))
    return Underway(open_calls=codes, hosts=hosts)


def move(
    source: Database, target: Database, *, entry: AuditEntry, bind: str | None, step: Callable[[str], None]
) -> tuple[Contents, ...]:
    """Move everything, and say what was moved; the caller holds the locks and has looked at both (``place``).

    ``bind`` is the installation that may run the target, None for any. ``step`` is called between the commits. Raises
    DatabaseError, and leaves the original as it was, when the copy cannot be made or is not the same.
    """
    with _said(target):
        create_if_new(target)
        with source.write() as original:
            require_current(source)
            _hold_still(original)
            identity = identity_in(original)
            if not identity.moved_to:
                _copy(original, target, f"{ARRIVING}{source.where}")
            step("the copy is there")
            moved = compare(original, target)
            if not identity.moved_to:
                _mark(original, f"{MOVED_TO}{target.where}")
                step("before the original is marked")
        step("the original is marked")
        _arrive(target, entry, bind)
    return moved


def compare(original: sa.Connection, target: Database) -> tuple[Contents, ...]:
    """What both hold alike, table by table. Raises DatabaseError for the first one in which they differ."""
    found = []
    with target.read() as copy:
        for table in schema.whole_metadata().sorted_tables:
            there, here = contents(copy, table), contents(original, table)
            if there != here:
                what = f"The copy differs in {table.name}: {there.rows} rows instead of {here.rows}, or other values."
                raise DatabaseError(
                    Problem(what=what, where=target.where, remedy="Nothing was moved. Please report this.")
                )
            found.append(here)
    return tuple(found)


def contents(connection: sa.Connection, table: sa.Table) -> Contents:
    """The same for the same rows on every engine. What the mark of a move says is not counted."""
    rows, total = 0, 0
    for batch in _batches(connection, table):
        for row in batch:
            values = [None if column == "doubt" and table is schema.installation else row[column] for column in row]
            rows += 1
            total += int.from_bytes(hashlib.sha256(repr(values).encode("utf-8", "surrogatepass")).digest())
    return Contents(table=table.name, rows=rows, digest=f"{total % _ROUND:064x}")


def _batches(connection: sa.Connection, table: sa.Table) -> Iterator[list[sa.RowMapping]]:
    heavy = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
    size = _FEW_AT_ONCE if heavy else _AT_ONCE
    rows = connection.execute(sa.select(table), execution_options={"yield_per": size}).mappings()
    yield from (list(batch) for batch in rows.partitions(size))


def _copy(original: sa.Connection, target: Database, mark: str) -> None:
    """One transaction: what is there of an attempt that was cut off goes, everything comes."""
    with target.write() as copy:
        for table in reversed(schema.whole_metadata().sorted_tables):
            copy.execute(sa.delete(table))
        copy_into(copy, ((table, _batches(original, table)) for table in schema.whole_metadata().sorted_tables))
        _mark(copy, mark)


def _mark(connection: sa.Connection, mark: str) -> None:
    """Also the gate of every intent: a database that says this sends nothing for real (see ``delivery``)."""
    connection.execute(sa.update(schema.installation).values(doubt=mark))


def _hold_still(original: sa.Connection) -> None:
    """Nobody writes before the original is marked. On SQLite BEGIN IMMEDIATE has seen to that.

    EXCLUSIVE waits for every transaction that has locked a row, and lets those that come later begin after our commit:
    they see the mark (https://www.postgresql.org/docs/current/explicit-locking.html).
    """
    if original.dialect.name == "postgresql":
        names = ", ".join(original.dialect.identifier_preparer.format_table(table) for table in _tables())
        original.exec_driver_sql("SET LOCAL lock_timeout = '20s'")  # somebody may have left a transaction open
        original.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def _tables() -> list[sa.Table]:
    return schema.whole_metadata().sorted_tables


def _arrive(target: Database, entry: AuditEntry, bind: str | None) -> None:
    """From this commit on the target is the campaign's database. No runner is at work, so nobody holds a lease."""
    with target.write() as copy:
        values: dict[str, object] = {"doubt": "", "installation_id": bind, "bound_at": entry.at if bind else None}
        copy.execute(sa.update(schema.installation).values(values))
        leases.free(copy)
        for campaign_id in copy.execute(sa.select(schema.campaigns.c.campaign_id)).scalars().all():
            write_entry(copy, campaign_id, entry)


@contextmanager
def _said(target: Database) -> Iterator[None]:
    """A row that the other engine does not take is said like everything else."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        what = f"A row cannot be written there: {error.orig}."
        raise DatabaseError(Problem(what=what, where=target.where, remedy="Nothing was moved.")) from error

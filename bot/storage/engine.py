"""One database, two ways in: reading, and writing under a lock taken at once.

SQLite runs in WAL with ``synchronous=FULL``: a committed intent survives a power cut. Writers say BEGIN IMMEDIATE, so
that two of them queue up instead of failing half-way (https://www.sqlite.org/lang_transaction.html).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError as SqlDatabaseError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.errors import DatabaseError, Problem
from bot.storage.schema import UtcInstant

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=10000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "fullfsync=ON",
)
_SERVER_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""In seconds, the last one in milliseconds."""
_PREPARED_AT_ONCE = {"prepare_threshold": 0}
"""The same few statements run for days: each is prepared when it first runs, not when it has run five times."""
_ONE_LOOK = {"isolation_level": "REPEATABLE READ"}
"""All that one transaction reads is of one moment, as it always is on SQLite; a server takes each statement anew else."""
_MOST_CONNECTIONS = 10
"""A runner's lanes (eight accounts at once), its tick, and what a report needs: to open one takes longer than to send."""


class Clock(FunctionElement[datetime]):
    """In a statement: what the database's clock says at this moment, not at the begin of the transaction."""

    type = UtcInstant()
    inherit_cache = True


@compiles(Clock, "sqlite")
def _sqlite_clock(_clock: Clock, _compiler: SQLCompiler, **_options: object) -> str:
    return "(strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z')"


@compiles(Clock, "postgresql")
def _server_clock(_clock: Clock, _compiler: SQLCompiler, **_options: object) -> str:
    return """to_char(timezone('UTC', clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


_NOW = sa.select(Clock())


class Database:
    """The connections to one database. ``path`` is its file, or None when it is a server.

    ``durable=False`` is for throw-away copies: they need not survive a power cut, so they do not wait for the disk.
    ``now`` stands in for the engine's own clock, which times the leases: for tests that drive time.
    """

    def __init__(self, url: str, *, durable: bool = True, now: Callable[[], datetime] | None = None) -> None:
        self.url = _parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.path = Path(self.url.database) if self.is_sqlite and self.url.database else None
        self._injected_now = now
        self._engine = _engine(self.url)
        if self.is_sqlite:
            sa.event.listen(self._engine, "connect", _prepare_sqlite if durable else _prepare_throw_away)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        else:
            sa.event.listen(self._engine, "connect", _prepare_server)
        self._reader = self._engine.execution_options(reads_only=True, **({} if self.is_sqlite else _ONE_LOOK))

    @property
    def where(self) -> str:
        """The file, or the server's address as it may be shown: without a password, wherever one stands in it."""
        return str(self.path) if self.path is not None else shown(self.url)

    def exists(self) -> bool:
        """Whether there is something to open; a server always counts as there."""
        return self.path is None or self.path.exists()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction that may write; commits at the end, rolls back on any exception."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent look; never blocks a writer on SQLite."""
        with self._translated(), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[sa.Connection]:
        """No transaction: for a server's housekeeping, which allows none."""
        with self._translated(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def now(self, connection: sa.Connection) -> datetime:
        """What the clock of the database says. All runners of a database share this one clock, whatever their own
        ones say. Only leases use it."""
        return self.told(connection.execute(_NOW).scalar_one())

    def told(self, clock: datetime) -> datetime:
        """What a statement says that asked for the ``Clock`` beside other things."""
        return clock if self._injected_now is None else self._injected_now()

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What a person can mend becomes an error of ours; the engine's own words stay in it."""
        try:
            yield
        except SqlDatabaseError as error:
            if isinstance(error, sa.exc.IntegrityError):
                raise
            said = str(error.orig).strip()
            raise DatabaseError(
                Problem(what=f"The database says: {said.rstrip('.')}.", where=self.where, remedy=remedy_for(said))
            ) from error


_LOCKED = re.compile(r"database (?:table )?is locked")
_NOT_LET_IN = re.compile(r"no password supplied|authentication failed|no pg_hba\.conf entry|role \".*\" does not exist")


def remedy_for(said: str) -> str:
    """What to do about the words of an engine, SQLite's or those that PostgreSQL's client passes on."""
    if _LOCKED.search(said):
        return (
            "Another program has the file open: look for a backup, a virus scanner, a folder that is synchronised, a "
            "database viewer or another campaign-bot command, and close it. Nothing is sent while it is locked."
        )
    if _NOT_LET_IN.search(said):
        return (
            "The server did not let the user in. Put the password into PostgreSQL's password file (~/.pgpass, readable by "
            "you alone) or into the address in CAMPAIGN_BOT_DATABASE_URL, and look whether user and database are right."
        )
    return "Run: campaign-bot doctor"


def shown(url: sa.URL) -> str:
    """An address of a server without its secrets: a query may hold a password too (libpq takes it from there)."""
    query = {key: value for key, value in url.query.items() if "password" not in key.lower() and key != "passfile"}
    plain = url.set(drivername=url.get_backend_name(), query=query)
    return sa.URL.create(
        plain.drivername, plain.username, None, plain.host, plain.port, plain.database, plain.query
    ).render_as_string()


def _parsed(url: str) -> sa.URL:
    """Raises DatabaseError for an address that is none; the address may hold a password and is not shown."""
    try:
        return _with_driver(make_url(url))
    except (sa.exc.ArgumentError, ValueError):
        remedy = 'Use "sqlite:///campaign.db" or "postgresql://USER@HOST/DATABASE".'
        raise DatabaseError(
            Problem(what="The database's address cannot be understood.", where="[database] url", remedy=remedy)
        ) from None


def _engine(url: sa.URL) -> sa.Engine:
    """Raises DatabaseError when the server's driver is not installed: it comes with the extra ``postgres``."""
    try:
        return sa.create_engine(url, pool_size=_MOST_CONNECTIONS, connect_args=_connect_args(url))
    except ModuleNotFoundError as error:
        raise DatabaseError(
            Problem(
                what=f"What it takes to speak to this kind of server is not installed ({error.name}).",
                where="[database] url",
                remedy='Install campaign-bot with its extra: "campaign-bot[postgres]".',
            )
        ) from None


def _connect_args(url: sa.URL) -> dict[str, int]:
    """A server that goes silent is noticed within a minute, not after the quarter of an hour that TCP waits by itself
    (https://www.postgresql.org/docs/current/libpq-connect.html). What the address says itself counts."""
    if url.get_backend_name() != "postgresql":
        return {}
    patience = {name: value for name, value in _SERVER_PATIENCE.items() if name not in url.query}
    return patience | _PREPARED_AT_ONCE


def _with_driver(url: sa.URL) -> sa.URL:
    """``postgresql://`` means the driver that the extra ``postgres`` installs."""
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _prepare_server(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """A computer that freezes or is lost in the middle of a transaction holds its locks only so long: no other runner
    waits for a locked account, it passes it over. Shorter than a lease, longer than anything we reckon in between."""
    connection.autocommit = True
    connection.execute("SET idle_in_transaction_session_timeout = '30s'")
    connection.autocommit = False


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_throw_away(connection: Any, entry: ConnectionPoolEntry) -> None:
    _prepare_sqlite(connection, entry)
    connection.execute("PRAGMA synchronous=OFF")


def _begin_sqlite(connection: sa.Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

"""Lists and usage logs out of SQL databases, which are only ever read. The database does the counting.

Every session is read-only by the engine's own means, and a query is one statement inside a SELECT of ours.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from bot.errors import ListError, Problem, UsageError
from bot.ranking.log_columns import LeaveOut, Role, Wishes, find_columns
from bot.ranking.log_counting import TooOddError, count_in_database, refuse_odd
from bot.ranking.log_sql import Engine, LogQuery, TimeKind
from bot.ranking.moments import Window
from bot.ranking.sheet import MAX_ROWS, Sheet, SheetRow, is_blank
from bot.ranking.usage import Counted, UsageLog
from bot.ranking.values import spelled

_ENGINES = {"sqlite": Engine.SQLITE, "postgresql": Engine.POSTGRESQL}
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_TABLE = re.compile(r'[\w$]+(?:\.[\w$]+)?|"[^"]+"')
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_READS = re.compile(r"\s*(?:\(|select\b|with\b|values\b|table\b)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Source:
    """An open connection, and the rows that were asked for, as a table of one name."""

    connection: sa.Connection
    name: str
    table: str

    def ask(self, sql: str) -> Sequence[Sequence[Any]]:
        return self.connection.execute(_plain_text(sql)).fetchall()

    def headings(self) -> list[str]:
        return list(self.connection.execute(_plain_text(f"SELECT * FROM {self.table} WHERE 1 = 0")).keys())  # noqa: S608  # the person's own query, read-only

    def quoted(self, column: str) -> str:
        return self.connection.dialect.identifier_preparer.quote_identifier(column)


def count_sql(address: str, query: str | None, wishes: Wishes, window: Window) -> tuple[UsageLog, tuple[LeaveOut, ...]]:
    """Have a database count a usage log. Raises UsageError for address or query, ListError for what it gives."""
    with _open(address, query) as source:
        headings = source.headings()
        columns = find_columns(headings, wishes, source.name)
        names = [source.quoted(heading) for heading in headings]
        time = names[columns.indices[Role.TIME]]
        engine = _ENGINES.get(source.connection.dialect.name, Engine.OTHER)
        asked = LogQuery(
            engine=engine,
            kind=_kind(source, time, engine),
            table=source.table,
            picked=[names[at] for at in columns.needed],
            time=time,
            window=window,
            shapes=(),
        )
        counted = Counted(window=window, source_name=source.name)
        try:
            count_in_database(asked, source.ask, counted)
        except TooOddError as error:
            raise refuse_odd(error, source.name) from None
    return counted.result(columns.notes()), tuple(mark for _, mark in columns.marks)


def read_sql(address: str, query: str | None, folder: Path) -> Sheet:
    """Read a ranked list from a table or a query; photos are looked for below ``folder``. Raises as ``count_sql``."""
    with _open(address, query) as source:
        result = source.connection.execute(_plain_text(f"SELECT * FROM {source.table}"))  # noqa: S608  # as above
        headings = tuple(result.keys())
        rows = result.fetchmany(MAX_ROWS + 1)
    cells = [tuple(spelled(value) for value in row) for row in rows]
    body = tuple(SheetRow(number, row) for number, row in enumerate(cells, start=2) if not is_blank(row))
    note = "Rows are numbered as the database gave them, from 2 on; row 1 are the names of the columns."
    return Sheet(source_name=source.name, folder=folder, rows=(SheetRow(1, headings), *body), notes=(note,))


def _kind(source: _Source, time: str, engine: Engine) -> TimeKind:
    """Look at one time. Raises ListError when it is a text, and the engine's functions on texts are not known here."""
    if engine is Engine.SQLITE:
        return TimeKind.TEXT
    value = source.ask(f"SELECT MAX({time}) FROM {source.table}")[0][0]  # noqa: S608  # as above
    if isinstance(value, datetime):
        return TimeKind.INSTANT if value.tzinfo else TimeKind.WALL
    if isinstance(value, date):
        return TimeKind.WALL
    if engine is Engine.OTHER or not isinstance(value, str | None):
        what = f"The column {time} holds no times (but for example {value})."
        raise ListError(Problem(what=what, where=source.name, remedy="Turn it into a timestamp in --query."))
    return TimeKind.TEXT


@contextmanager
def _open(address: str, query: str | None) -> Iterator[_Source]:
    url = _url(address)
    name = url.render_as_string(hide_password=True).partition("?")[0]
    try:
        engine = _engine(url)
        try:
            with engine.connect() as opened:
                connection = _read_only(opened)
                yield _Source(connection=connection, name=_short(url), table=_table(connection, query))
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        extra = (
            ' For PostgreSQL: pip install "campaign-bot[postgres]".' if url.get_backend_name() == "postgresql" else ""
        )
        what = f"The driver for this database is not installed ({error.name})."
        raise UsageError(Problem(what=what, where=name, remedy=f"Install it beside campaign-bot.{extra}")) from None
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines() or ["no reason given"]
        what = f"The database said: {cause[0][:300]}."
        remedy = "Check the address and the query; campaign-bot only reads, and makes no tables."
        raise UsageError(Problem(what=what, where=name, remedy=remedy)) from None


def _url(address: str) -> URL:
    try:
        url = make_url(address)
        url.get_dialect()
    except ModuleNotFoundError:
        return _with_driver(make_url(address))
    except (ArgumentError, NoSuchModuleError, ValueError):
        scheme = address.partition("://")[0]
        what = f"An address that begins with {scheme}:// is not understood."
        remedy = "Write sqlite:///folder/file.db or postgresql://user@server/database."
        raise UsageError(Problem(what=what, remedy=remedy)) from None
    return _with_driver(url)


def _with_driver(url: URL) -> URL:
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def _short(url: URL) -> str:
    return (
        Path(url.database).name if url.get_backend_name() == "sqlite" and url.database else url.database or "database"
    )


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=sa.NullPool)
    path = Path(url.database or "")
    if not path.is_file():
        raise UsageError(Problem(what="There is no such database file.", where=str(path), remedy="Check its name."))
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=sa.NullPool)


def _read_only(connection: sa.Connection) -> sa.Connection:
    match connection.dialect.name:
        case "sqlite":
            connection.exec_driver_sql("PRAGMA query_only=ON")
        case "postgresql":
            return connection.execution_options(postgresql_readonly=True)
        case "mysql" | "mariadb":
            connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            connection.rollback()
        case _:
            pass
    return connection


def _table(connection: sa.Connection, query: str | None) -> str:
    """What stands after FROM: a table by its name, a query in brackets, or the only table there is."""
    if query is None:
        inspector = sa.inspect(connection)
        tables = sorted([*inspector.get_table_names(), *inspector.get_view_names()])
        if len(tables) != 1:
            shown = ", ".join(tables[:20]) or "none"
            remedy = 'Name one: --query TABLE, or --query "SELECT …".'
            raise UsageError(Problem(what=f"Which table? The database has: {shown}.", remedy=remedy))
        return connection.dialect.identifier_preparer.quote_identifier(tables[0])
    text = query.strip().rstrip(";").strip()
    if _TABLE.fullmatch(text):
        return text
    bare = _QUOTED.sub(" ", text)
    if not _READS.match(bare) or ";" in bare:
        what = "The query is not one single SELECT."
        raise UsageError(Problem(what=what, where="--query", remedy="Write one SELECT …, without a semicolon inside."))
    return f"(\n{text}\n) AS asked"


def _plain_text(sql: str) -> sa.TextClause:
    """Keep colons, as in '10:30' and ::date, from being taken for parameters."""
    return sa.text(sql.replace(":", r"\:"))

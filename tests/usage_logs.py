"""Usage logs for tests, and every way in which they can be counted."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from bot.ranking.exclusions import Exclusions
from bot.ranking.list_file import list_text
from bot.ranking.log_columns import LeaveOut, Wishes
from bot.ranking.logs import Reader, count_log
from bot.ranking.moments import Window
from bot.ranking.standings import Standings, stand
from bot.ranking.usage import UsageLog

HEADINGS = ("worker id", "worker", "organisation", "time")
YEAR = Window(zone=ZoneInfo("Europe/London"), since=datetime(2026, 3, 1), until=datetime(2027, 3, 1))  # noqa: DTZ001  # on the zone's wall
NO_WISHES = Wishes(columns={})
Rows = Sequence[Sequence[str]]


def write_csv(path: Path, rows: Rows, headings: Sequence[str] = HEADINGS) -> Path:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([headings, *rows])
    path.write_text(written.getvalue(), "utf-8", newline="")
    return path


def write_sqlite(path: Path, rows: Rows, headings: Sequence[str] = HEADINGS) -> str:
    """Give the URL of a new database with one table of texts."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        columns = ", ".join(f'"{heading}"' for heading in headings)
        connection.execute(f"CREATE TABLE log ({columns})")
        connection.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(headings))})", rows)  # noqa: S608  # question marks
    connection.close()
    return f"sqlite:///{path}"


def write_parquet(path: Path, source: Path, time: str = "VARCHAR") -> Path:
    """Turn a CSV log into Parquet, with the time as another type."""
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT * REPLACE (CAST(time AS {time}) AS time) FROM read_csv('{source}', all_varchar=true)) "  # noqa: S608
            f"TO '{path}' (FORMAT parquet)"
        )
    return path


def counted(source: Path | str, *, python: bool = False, window: Window = YEAR, wishes: Wishes = NO_WISHES) -> UsageLog:
    return count_log(source, window, wishes, reader=Reader.PYTHON if python else Reader.BEST)[0]


def ranked(
    source: Path | str,
    *,
    top: int = 20,
    python: bool = False,
    window: Window = YEAR,
    leave_out: tuple[LeaveOut, ...] = (),
    exclusions: Exclusions | None = None,
) -> Standings:
    reader = Reader.PYTHON if python else Reader.BEST
    log, marks = count_log(source, window, Wishes(columns={}, leave_out=leave_out), reader=reader)
    return stand(log, top=top, marks=marks, exclusions=exclusions or Exclusions())


def listed(standings: Standings) -> list[str]:
    return list_text(standings.places).splitlines()[1:]

"""Python, DuckDB and a SQL database count the same: each log gives one list, whoever counts it."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ListError
from bot.ranking import log_duckdb
from bot.ranking.log_csv import open_log
from bot.ranking.usage import UsageLog
from tests.usage_logs import HEADINGS, NO_WISHES, YEAR, Rows, counted, write_csv, write_parquet, write_sqlite

PEOPLE = st.sampled_from(["W1", "W2", "w1", "007", " W1 ", "", "=1+1", "12.0", "Ł"])
NAMES = st.sampled_from(["Ann Pell", "ann pell", "Siân O’Pell", "", "Ann  Pell", 'Bo "B" Tarn', "Pell, Ann", "张伟"])
PLACES = st.sampled_from(["Acorn", "Oak Trust", "Oak; Trust", "", " Acorn"])
NEAR_THE_EDGES = st.sampled_from([datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)]).flatmap(
    lambda edge: st.integers(-90_000, 90_000).map(lambda seconds: edge + timedelta(seconds=seconds))
)
INSTANTS = NEAR_THE_EDGES | st.integers(0, 36_000_000).map(
    lambda seconds: datetime(2026, 2, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
OFFSETS = st.sampled_from(["", "", "Z", "+00:00", "+01:00", "-05:30", "+0100", " UTC"])
CLOCKS = st.sampled_from(["%H:%M:%S", "%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H:%M:%S.000"])
NO_TIMES = st.sampled_from(
    [
        "",
        "yesterday",
        "2026-02-30 10:00:00",
        "2026-04-31T10:00:00",
        "2026-05-01T24:00:00",
        "31/03/2026 10:00",
        "2026-5-1 10:00:00",
        "2026-05-01 10:60:00",
        "1777629600",
        "2026-05-01T10:00:00+25:00",
        "infinity",
        "2026-05",
        "\uff12\uff10\uff12\uff16-05-01 10:00:00",
        "2028-02-29 10:00:00",
        "2100-02-29",
        "2026-05-01x10:00:00",
        "-2026-05-01 10:00:00",
    ]
)


@st.composite
def times(draw: st.DrawFn) -> str:
    """Most are real; within a log they are of few shapes, as in life."""
    if draw(st.integers(0, 9)) == 0:
        return draw(NO_TIMES)
    offset = draw(OFFSETS)
    instant = draw(INSTANTS)
    digits = offset.replace(":", "")
    if digits[:1] in {"+", "-"} and digits:
        minutes = int(digits[1:3]) * 60 + int(digits[3:] or 0)
        instant = instant.astimezone(timezone(timedelta(minutes=minutes if digits[0] == "+" else -minutes)))
    if draw(st.integers(0, 9)) == 0:
        return f"{instant:%Y-%m-%d}"
    return f"{instant:%Y-%m-%d}{draw(st.sampled_from('T '))}{instant.strftime(draw(CLOCKS))}{offset}"


LOGS = st.lists(st.tuples(PEOPLE, NAMES, PLACES, times()), max_size=40)


def content(log: UsageLog) -> tuple[object, ...]:
    return log.tallies, log.rows, log.bad


def outcome(path: Path, *, python: bool = False) -> object:
    try:
        return content(counted(path, python=python))
    except ListError as error:
        return str(error)


@settings(max_examples=80, deadline=None)
@given(rows=LOGS)
def test_python_duckdb_and_sqlite_count_the_same(rows: Rows) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_csv(folder / "log.csv", rows)
        expected = counted(path, python=True)
        assert content(counted(path)) == content(expected)
        assert counted(path).problems == expected.problems
        assert content(counted(write_sqlite(folder / "log.db", rows))) == content(expected)


@settings(max_examples=60, deadline=None)
@given(rows=LOGS)
def test_duckdb_really_counts_and_agrees(rows: Rows) -> None:
    """A cell with quotation marks, for one, is left to Python; here everything is plain."""
    plain = [tuple(cell.replace('"', "") for cell in row) for row in rows]
    with tempfile.TemporaryDirectory() as name:
        path = write_csv(Path(name) / "log.csv", plain)
        found = log_duckdb.count_csv(open_log(path, NO_WISHES), YEAR)
        assert found is not None
        assert content(found) == content(counted(path, python=True))
        parquet = write_parquet(Path(name) / "log.parquet", path)
        assert content(counted(parquet)) == content(counted(path, python=True))


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300) | st.text(st.sampled_from('a1,";\n\r\t \x00é|2026-05T:Z'), max_size=200))
def test_whatever_a_file_holds_duckdb_never_changes_the_list(data: bytes | str) -> None:
    head = b"worker id,worker,organisation,time\nW1,Ann,Acorn,2026-05-01 10:00\n"
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "log.csv"
        path.write_bytes(head + (data if isinstance(data, bytes) else data.encode()))
        assert outcome(path) == outcome(path, python=True)


REAL = [
    ("W1", "Ann Pell", "Acorn", "2026-03-01 00:00:00"),
    ("W1", "Ann Pell", "Acorn", "2026-02-28 23:59:59"),
    ("W1", "Ann Pell", "Oak", "2026-07-01 12:30:00.25"),
    ("W2", "Bo Tarn", "Oak", "2027-02-28 23:59:59"),
    ("W2", "Bo Tarn", "Oak", "2027-03-01 00:00:00"),
]


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "TEXT"])
def test_postgresql_counts_texts_and_real_times_alike(tmp_path: Path, postgres_database: str, kind: str) -> None:
    rows = [(*row[:3], f"{row[3]}+00" if kind == "TIMESTAMPTZ" else row[3]) for row in REAL]
    engine = sa.create_engine(postgres_database)
    with engine.begin() as connection:
        names = ", ".join(f'"{one}" {"TEXT" if one != "time" else kind}' for one in HEADINGS)
        connection.exec_driver_sql(f"CREATE TABLE log ({names})")
        values = ", ".join(map(str, rows))
        connection.exec_driver_sql(f"INSERT INTO log VALUES {values}")  # noqa: S608  # made up above
    engine.dispose()
    assert content(counted(postgres_database)) == content(counted(write_csv(tmp_path / "log.csv", rows), python=True))


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS"])
def test_parquet_with_real_times_counts_the_same(tmp_path: Path, kind: str) -> None:
    rows = [(*row[:3], f"{row[3]}Z" if kind == "TIMESTAMPTZ" else row[3]) for row in REAL]
    path = write_csv(tmp_path / "log.csv", rows)
    assert content(counted(write_parquet(tmp_path / "log.parquet", path, kind))) == content(counted(path, python=True))


def test_parquet_with_days_counts_the_same(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "log.csv", [(*row[:3], row[3][:10]) for row in REAL])
    parquet = write_parquet(tmp_path / "log.parquet", path, "DATE")
    assert content(counted(parquet)) == content(counted(path, python=True))

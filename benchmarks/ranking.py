"""From a usage log to the list, and a large workbook: ``python -m benchmarks.ranking [--rows 10000000]``.

Each number comes from a process of its own. What is compared runs in turn; the fastest of three counts.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measuring import MB, ROOT, Cost, Row, python
from tests.workbook_files import Cell, write_xlsx

WORKERS = 30_000
LIST_ROWS = 30_000
SINCE, UNTIL = "2026-03-01", "2027-03-01"
_HEADINGS = "worker id,worker,organisation,time\n"
_WINDOW = f"time >= '{SINCE}' AND time < '{UNTIL}'"
_CHUNK = 100_000
_GROUPED = '"worker id", worker, organisation, COUNT(*), MAX(time)'
_KEYS = '"worker id", worker, organisation'

BARE_DUCKDB = f"""
import duckdb, sys
groups = duckdb.sql(f'''SELECT {_GROUPED} FROM '{{sys.argv[1]}}' WHERE {_WINDOW} GROUP BY {_KEYS}''').fetchall()
print(sum(group[3] for group in groups))
"""  # noqa: S608  # fixed words
BARE_SQLITE = f"""
import sqlite3, sys
groups = sqlite3.connect(sys.argv[1]).execute('''SELECT {_GROUPED} FROM log WHERE {_WINDOW} GROUP BY {_KEYS}''')
print(sum(group[3] for group in groups.fetchall()))
"""  # noqa: S608  # fixed words
BARE_CSV = f"""
import csv, sys
from collections import Counter
with open(sys.argv[1], newline="") as file:
    rows = csv.reader(file)
    next(rows)
    uses = Counter(row[0] for row in rows if "{SINCE}" <= row[3] < "{UNTIL}")
print(sum(uses.values()))
"""
BARE_PANDAS = f"""
import pandas, sys
log = pandas.read_csv(sys.argv[1])
log = log[(log["time"] >= "{SINCE}") & (log["time"] < "{UNTIL}")]
print(log.groupby(["worker id", "worker", "organisation"])["time"].agg(["count", "max"])["count"].sum())
"""
PYTHON_ONLY = f"""
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from bot.ranking.log_columns import Wishes
from bot.ranking.logs import Reader, count_log
from bot.ranking.moments import Window
window = Window(zone=ZoneInfo("Europe/London"), since=datetime.fromisoformat("{SINCE}"), until=datetime.fromisoformat("{UNTIL}"))
log, _ = count_log(Path(sys.argv[1]), window, Wishes(columns={{}}), reader=Reader.PYTHON)
print(sum(tally.uses for tally in log.tallies))
"""
BARE_CALAMINE = """
import sys
from python_calamine import CalamineWorkbook
print(len(CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()) - 1)
"""
OUR_READING = """
import sys
from pathlib import Path
from bot.ranking.workbooks import read_workbook
print(len(read_workbook(Path(sys.argv[1])).rows) - 1)
"""
OUR_LOAD = """
import sys
from pathlib import Path
from bot.ranking import read_list
print(len(read_list(Path(sys.argv[1])).rows))
"""


def write_log(path: Path, rows: int) -> None:
    """Make up a log: 30,000 workers, few of them often, 420 days, every second of the day."""
    made = random.Random(4)
    people = [f"W{n:06d},Worker Number{n:05d},Care Organisation {n % 400:03d}," for n in range(WORKERS)]
    first = date(2026, 2, 1)
    days = [f"{first + timedelta(days=n)}T" for n in range(420)]
    clocks = [f"{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}\n" for n in range(86_400)]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEADINGS)
        for begun in range(0, rows, _CHUNK):
            size = min(_CHUNK, rows - begun)
            who = [people[int(WORKERS * made.random() ** 2)] for _ in range(size)]
            whens = zip(who, made.choices(days, k=size), made.choices(clocks, k=size), strict=True)
            file.write("".join(map("".join, whens)))


def write_database(path: Path, log: Path, rows: int) -> None:
    """Put the first rows of the log into SQLite, without an index."""
    with sqlite3.connect(path) as connection, log.open(encoding="utf-8") as file:
        connection.execute('CREATE TABLE log ("worker id" TEXT, worker TEXT, organisation TEXT, time TEXT)')
        next(file)
        cells = (line.rstrip("\n").split(",") for _, line in zip(range(rows), file, strict=False))
        connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", cells)
    connection.close()


def write_workbook(path: Path) -> None:
    """Make up a list of 30,000 rows and seven columns."""
    headings: list[Cell] = ["rank", "id", "name", "organisation", "count", "handle", "pronouns"]
    body: list[list[Cell]] = [
        [n, f"W{n}", f"Worker Number{n:05d}", f"Care Organisation {n % 400}", LIST_ROWS - n, f"w{n}", "she/her"]
        for n in range(1, LIST_ROWS + 1)
    ]
    write_xlsx(path, {"List": [headings, *body]})


def ranking(folder: Path, rows: int, rounds: int, pandas: str) -> Iterator[Row]:
    """Rank a CSV file: the command as people run it against DuckDB's bare answer, and others beside it.

    ``pandas`` is a Python that has it: campaign-bot does not need it, so it has no place among our packages.
    """
    log = folder / "usage.csv"
    write_log(log, rows)
    ours = ("-m", "bot", "rank", str(log), "--since", SINCE, "--until", UNTIL)
    mine, bare = _in_turn(ours, ("-c", BARE_DUCKDB, str(log)), rounds)
    yield _against(f"rank {rows:,} rows, with DuckDB / bare DuckDB query", mine, bare, 2)
    yield Row(what="its peak of memory", measured=_memory(mine), target="400 MB", fine=mine.peak < 400 * MB)
    for what, program in (("csv + Counter, checking nothing", BARE_CSV), ("rank with Python alone", PYTHON_ONLY)):
        yield _shown(f"{what}, {rows:,} rows", python("-c", program, log, folder=ROOT))
    if pandas:
        yield _shown(f"pandas, {rows:,} rows", python("-c", BARE_PANDAS, log, program=pandas))
    fewer = max(rows // 5, 1)
    database = folder / "usage.db"
    write_database(database, log, fewer)
    log.unlink()
    address = f"sqlite:///{database}"
    mine, bare = _in_turn((*ours[:3], address, *ours[4:]), ("-c", BARE_SQLITE, str(database)), rounds)
    yield _against(f"rank {fewer:,} rows of SQLite / bare GROUP BY there", mine, bare, 5)
    database.unlink()


def loading(folder: Path, rounds: int) -> Iterator[Row]:
    """Read and check a large workbook against calamine merely reading it."""
    book = folder / "list.xlsx"
    write_workbook(book)
    mine, bare = _in_turn(("-c", OUR_READING, str(book)), ("-c", BARE_CALAMINE, str(book)), rounds)
    yield _against(f"read {LIST_ROWS:,} rows of xlsx / calamine reading it", mine, bare, 3)
    checked = min((python("-c", OUR_LOAD, book) for _ in range(rounds)), key=lambda cost: cost.seconds)
    yield _shown(f"the same with every cell and row checked ({checked.seconds / bare.seconds:.1f} x)", checked)


def _in_turn(ours: Sequence[str], bare: Sequence[str], rounds: int) -> tuple[Cost, Cost]:
    pairs = [(python(*ours), python(*bare)) for _ in range(rounds)]
    return (
        min((one for one, _ in pairs), key=lambda cost: cost.seconds),
        min((other for _, other in pairs), key=lambda cost: cost.seconds),
    )


def _against(what: str, mine: Cost, bare: Cost, bar: float) -> Row:
    ratio = mine.seconds / bare.seconds
    measured = f"{ratio:.2f} x ({mine.seconds:.2f} s {_memory(mine)}, {bare.seconds:.2f} s {_memory(bare)})"
    return Row(what=what, measured=measured, target=f"{bar:g} x", fine=ratio <= bar)


def _shown(what: str, cost: Cost) -> Row:
    return Row(what=what, measured=f"{cost.seconds:.1f} s ({_memory(cost)})", target="shown only", fine=True)


def _memory(cost: Cost) -> str:
    return f"{cost.peak / MB:.0f} MB"


def main() -> None:
    """Print the table; ends with 1 when a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking", description="From a usage log to the list.")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the log; 10,000,000 are 0.7 GB")
    parser.add_argument("--rounds", type=int, default=3, help="how often the two that are compared run")
    parser.add_argument("--pandas", metavar="PYTHON", default="", help="a Python that has pandas, to show it beside")
    asked = parser.parse_args()
    missed = 0
    print(f"| {'what':<66} | {'measured':<46} | {'target':<10} |      |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        for rows in (ranking(Path(name), asked.rows, asked.rounds, asked.pandas), loading(Path(name), asked.rounds)):
            for row in rows:
                missed += not row.fine
                verdict = "ok" if row.fine else "OVER"
                print(f"| {row.what:<66} | {row.measured:<46} | {row.target:<10} | {verdict:<4} |", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()

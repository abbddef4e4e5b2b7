"""From a usage log to a list: who is on it, who is not, and what is said about it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import CampaignBotError, ListError
from bot.ranking import read_list
from bot.ranking.cells import clean
from bot.ranking.exclusions import Exclusions, read_exclusions
from bot.ranking.list_file import list_text, write_list
from bot.ranking.log_columns import LeaveOut, Wishes
from bot.ranking.logs import count_log
from bot.ranking.standings import over
from bot.spreadsheet import guarded
from tests.usage_logs import HEADINGS, YEAR, Rows, counted, listed, ranked, write_csv

DAY = "2026-05-01 10:00:00"


def uses(worker_id: str, times: int, name: str = "", place: str = "Acorn", day: str = DAY) -> Rows:
    return [(worker_id, name or f"Worker {worker_id}", place, day)] * times


def notes(standings: object) -> str:
    return "\n".join(getattr(standings, "notes", ()))


@pytest.fixture(params=["python", "duckdb"])
def python(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "python")


def test_everybody_tied_at_the_cut_is_kept_and_it_is_said(tmp_path: Path, python: bool) -> None:
    path = write_csv(tmp_path / "log.csv", [*uses("A", 5), *uses("C", 3), *uses("B", 3), *uses("D", 3), *uses("E", 1)])
    standings = ranked(path, top=2, python=python)
    assert listed(standings) == [
        "1,A,Worker A,Acorn,5",
        "2=,B,Worker B,Acorn,3",
        "2=,C,Worker C,Acorn,3",
        "2=,D,Worker D,Acorn,3",
    ]
    assert "3 people share rank 2 with 3 uses each, so the list has 4 people instead of 2." in notes(standings)
    assert (standings.listed_uses, standings.uses, standings.people) == (14, 15, 5)


def test_the_last_day_does_not_count_and_the_first_does(tmp_path: Path, python: bool) -> None:
    days = ["2026-02-28 23:59:59", "2026-03-01 00:00:00", "2027-02-28 23:59:59", "2027-03-01 00:00:00"]
    path = write_csv(tmp_path / "log.csv", [row for day in days for row in uses("A", 1, day=day)])
    assert ranked(path, python=python).listed_uses == 2


def test_times_with_an_offset_are_brought_to_the_zone(tmp_path: Path, python: bool) -> None:
    summer = replace(YEAR, since=YEAR.since and YEAR.since.replace(month=7))
    days = ["2026-06-30T22:59:59Z", "2026-06-30T23:00:00Z", "2026-06-30T19:00:00-04:00", "2026-07-01 00:00:00"]
    path = write_csv(tmp_path / "log.csv", [row for day in days for row in uses("A", 1, day=day)])
    assert ranked(path, python=python, window=summer).listed_uses == 3
    tokyo = replace(summer, zone=ZoneInfo("Asia/Tokyo"))
    assert ranked(path, python=python, window=tokyo).listed_uses == 4


def test_the_latest_organisation_and_spelling_are_listed_and_the_change_is_said(tmp_path: Path, python: bool) -> None:
    rows = [
        ("A", "Ann Pell", "Oak Trust", "2026-09-01 10:00:00"),
        ("A", "Ann Tarn", "Acorn", "2026-10-01 10:00:00"),
        ("A", "Ann Pell", "Oak Trust", "2026-04-01 10:00:00"),
        ("B", "Bo Yew", "Acorn Ltd", "2026-04-01 10:00:00"),
        ("B", "Bo Yew", "ACORN LIMITED", "2026-04-02 10:00:00"),
    ]
    standings = ranked(write_csv(tmp_path / "log.csv", rows), python=python)
    assert listed(standings) == ["1,A,Ann Tarn,Acorn,3", "2,B,Bo Yew,ACORN LIMITED,2"]
    assert "Ann Tarn (A) changed organisation: Oak Trust -> Acorn." in notes(standings)
    assert "Ann Tarn (A) is also spelled Ann Pell." in notes(standings)
    assert "Bo Yew" not in notes(standings)


def test_workers_of_one_name_are_two_people_and_it_is_said(tmp_path: Path, python: bool) -> None:
    path = write_csv(tmp_path / "log.csv", [*uses("A", 2, "Siân Pell"), *uses("B", 1, "Sian Pell")])
    standings = ranked(path, top=1, python=python)
    assert listed(standings) == ["1,A,Siân Pell,Acorn,2"]
    assert "2 workers are called Siân Pell: A, B. They are told apart by id." in notes(standings)


def test_who_says_once_to_be_left_out_is_left_out(tmp_path: Path, python: bool) -> None:
    rows = [(*row, "no", "") for row in [*uses("A", 3), *uses("B", 2), *uses("C", 1)]]
    rows += [(*row, "yes", "") for row in uses("A", 1, day="2020-01-01 10:00:00")]
    rows += [(*row, "no", "staff") for row in uses("B", 1, day="no time")]
    path = write_csv(tmp_path / "log.csv", rows, (*HEADINGS, "opted out", "is staff"))
    standings = ranked(path, python=python)
    assert listed(standings) == ["1,C,Worker C,Acorn,1"]
    assert "Left out, column “opted out”: 1 worker (A)." in notes(standings)
    assert "Left out, column “is staff”: 1 worker (B)." in notes(standings)


@pytest.mark.parametrize(("value", "left"), [("test", "B,C"), ("*", "C"), ("nobody", "A,B,C")])
def test_a_column_can_leave_out_by_a_value(tmp_path: Path, python: bool, value: str, left: str) -> None:
    kinds = {"A": "Test", "B": "trainer", "C": ""}
    rows = [(*row, kind) for worker_id, kind in kinds.items() for row in uses(worker_id, 1)]
    path = write_csv(tmp_path / "log.csv", rows, (*HEADINGS, "kind"))
    standings = ranked(path, python=python, leave_out=(LeaveOut(heading="kind", value=value),))
    assert [line.split(",")[1] for line in listed(standings)] == left.split(",")


def test_a_cell_that_is_neither_yes_nor_no_is_asked_about(tmp_path: Path, python: bool) -> None:
    path = write_csv(tmp_path / "log.csv", [("A", "Ann", "Acorn", DAY, "2026-04-01")], (*HEADINGS, "opted out"))
    with pytest.raises(ListError, match="“2026-04-01” is neither yes nor no") as caught:
        ranked(path, python=python)
    assert '--leave-out "opted out=2026-04-01"' in caught.value.problems[0].remedy


@pytest.mark.parametrize(
    ("text", "left", "note"),
    [
        ("A\nB\n", ["C"], "Left out, out.csv: 2 workers (A, B)."),
        ("worker id,reason\nA,opted out in May\n", ["B", "C"], "Left out, out.csv (opted out in May): 1 worker (A)."),
        ("name\nworker b\n", ["A", "C"], "Left out, out.csv: 1 worker (B)."),
        ("A\nZ9\n", ["B", "C"], "In the exclusion list, but not in the log: Z9."),
    ],
)
def test_an_exclusion_list_leaves_out_by_id_or_name(tmp_path: Path, text: str, left: list[str], note: str) -> None:
    (tmp_path / "out.csv").write_text(text, "utf-8")
    log = write_csv(tmp_path / "log.csv", [*uses("A", 3), *uses("B", 2), *uses("C", 1)])
    standings = ranked(log, exclusions=read_exclusions(tmp_path / "out.csv"))
    assert [line.split(",")[1] for line in listed(standings)] == left
    assert note in notes(standings)


def test_bad_rows_are_counted_and_named_by_line(tmp_path: Path, python: bool) -> None:
    rows = [*uses("A", 2), ("", "Bo", "Oak", DAY), ("C", "Cy", "Oak", "soon"), *uses("A", 1)]
    log = counted(write_csv(tmp_path / "log.csv", rows), python=python)
    assert (log.rows, log.bad) == (5, 2)
    assert [(one.where, one.what) for one in log.problems] == [
        ("log.csv, line 4", "The worker's id is empty."),
        ("log.csv, line 5", "The time “soon” cannot be read."),
    ]


def test_too_many_bad_rows_are_an_error(tmp_path: Path, python: bool) -> None:
    path = write_csv(tmp_path / "log.csv", [*uses("A", 500), *uses("B", 11, day="soon")])
    with pytest.raises(ListError, match="11 of 511 rows cannot be read: more than one in a hundred") as caught:
        ranked(path, python=python)
    assert "--accept-bad" in caught.value.problems[0].remedy
    assert caught.value.problems[1].where == "log.csv, line 502"


def test_days_that_come_first_are_read_when_asked(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "log.csv", [("A", "Ann", "Acorn", "03/04/2026 09:05"), ("A", "Ann", "Oak", "31.12.2026")]
    )
    log = counted(path, window=replace(YEAR, day_first=True))
    assert [(tally.key.organisation, f"{tally.latest:%d %b}") for tally in log.tallies] == [
        ("Acorn", "03 Apr"),
        ("Oak", "31 Dec"),
    ]
    assert counted(path).bad == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty"),
        (b"PAR1xxxx", "This is a Parquet file"),
        (b"\x1f\x8b\x08", "compressed file"),
        (b"PK\x03\x04", "workbook or a ZIP"),
        (b"SQLite format 3\x00", "sqlite:///FILE"),
        (b"a,b,c\n1,2,3\n", "No column for the id was found. The headings are “a”, “b”, “c”."),
        (b"id,worker id,worker,organisation,time\n", "The columns “id”, “worker id” may all be the id."),
        (b"id,worker,organisation,tiem\n", '--column time="tiem"|--column time=tiem'),
        (b"id,worker,organisation,time\n", "Nobody is left to rank."),
        (b'id,worker,organisation,time\nA,"Ann,Acorn,2026-05-01\n' + b"A,Ann,Acorn,2026-05-01\n" * 200, "never closed"),
        (b"id,worker,organisation,time\nA,\xe9\x8d,Acorn,2026-05-01\n", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_a_file_that_is_no_log_is_refused_with_a_remedy(
    tmp_path: Path, data: bytes, message: str, python: bool
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(data)
    with pytest.raises(CampaignBotError) as caught:
        ranked(path, python=python)
    assert any(part in str(caught.value) for part in message.split("|"))
    assert caught.value.problems[0].remedy


MESSY = {
    "windows-1252": "worker id,worker,organisation,time\nA,Siân,Acorn,2026-05-01\n".encode("cp1252"),
    "utf-16": "worker id,worker,organisation,time\nA,Siân,Acorn,2026-05-01\n".encode("utf-16"),
    "mark": "worker id,worker,organisation,time\nA,Siân,Acorn,2026-05-01\n".encode("utf-8-sig"),
    "semicolons": "Time;Employer;Care Worker;Staff ID\r\n2026-05-01;Acorn;Siân;A\r\n".encode(),
    "title": "Usage\n\nworker id,worker,organisation,time\nA,Siân,Acorn,2026-05-01\n".encode(),
    "blank rows": "worker id,worker,organisation,time\n\n,,,\nA,Siân,Acorn,2026-05-01\n,,,\n".encode(),
    "spaces": 'worker id, worker, organisation, time\n A , "Siân" ,  Acorn, "2026-05-01"\n'.encode(),
    "commas at the end": "worker id,worker,organisation,time\nA,Siân,Acorn,2026-05-01,,\n".encode(),
    "old Mac": "worker id,worker,organisation,time\rA,Siân,Acorn,2026-05-01\r".encode(),
}


@pytest.mark.parametrize("data", MESSY.values(), ids=MESSY.keys())
def test_a_messy_log_is_read_all_the_same(tmp_path: Path, data: bytes, python: bool) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(data)
    assert listed(ranked(path, python=python)) == ["1,A,Siân,Acorn,1"]


def test_the_same_log_gives_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    rows = [row for number in range(40) for row in uses(f"W{number % 7}", number % 5 + 1, place=f"O{number % 3}")]
    forth = write_csv(tmp_path / "forth.csv", rows)
    back = write_csv(tmp_path / "back.csv", rows[::-1])
    assert list_text(ranked(forth).places) == list_text(ranked(back, python=True).places)


@settings(deadline=None)
@given(cell=st.text(st.sampled_from("=+-@'A \u00e9\uff1d\uff20"), min_size=1, max_size=8))
def test_a_cell_is_never_a_formula_and_loads_as_it_was(cell: str) -> None:
    text = " ".join(cell.split())
    assert guarded(text)[:1] not in set("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
    assert clean(guarded(text)) == text


def test_the_list_loads_again_as_it_was(tmp_path: Path) -> None:
    rows = [
        *uses("=1+1", 3, "-Ann O'Pell", "+Care"),
        *uses("-7", 2, "Łukasz", "'=Oak"),
        *uses("007", 2, "Bo, “B” Tarn", "@Home Care"),
    ]
    standings = ranked(write_csv(tmp_path / "log.csv", rows))
    write_list(tmp_path / "top.csv", list_text(standings.places), replace=False)
    loaded = read_list(tmp_path / "top.csv")
    assert [(row.rank, row.tied, row.source_id, row.name, row.organisation, row.count) for row in loaded.rows] == [
        (
            place.rank,
            place.tied,
            place.person.worker_id,
            place.person.name,
            place.person.organisation,
            place.person.uses,
        )
        for place in standings.places
    ]


@pytest.mark.parametrize(
    ("number", "text"), [(7, "7"), (120, "120"), (1_200, "1,200"), (1_234, "over 1,200"), (999_999, "over 990,000")]
)
def test_totals_are_rounded_down_for_posts(number: int, text: str) -> None:
    assert over(number) == text


WITHOUT_DUCKDB = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "duckdb" else find(name, *more)
sys.modules["duckdb"] = None
from bot.cli import main
main()
"""


@pytest.mark.parametrize(
    ("name", "code", "said"), [("log.csv", 0, ""), ("log.parquet", 2, '"campaign-bot[analytics]"')]
)
def test_without_duckdb_csv_just_works_and_parquet_says_what_to_install(
    tmp_path: Path, name: str, code: int, said: str
) -> None:
    write_csv(tmp_path / "log.csv", uses("A", 1))
    (tmp_path / "log.parquet").write_bytes(b"PAR1")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DUCKDB, "rank", name, "--since", "2026-03-01", "--until", "2027-03-01"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, said in done.stderr) == (code, True)


def test_a_wish_for_a_column_that_is_not_there_gets_the_nearest(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "log.csv", uses("A", 1))
    with pytest.raises(CampaignBotError, match="Is it “worker”"):
        count_log(path, YEAR, Wishes(columns={}, leave_out=(LeaveOut(heading="wroker"),)))
    assert Exclusions().reason_for("A", "Ann") is None

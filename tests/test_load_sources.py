"""Lists that are no CSV file: workbooks, databases, what somebody pastes; and columns with names of their own."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from bot.cli import cli
from bot.errors import CampaignBotError, ListError, UsageError
from bot.ranking import Field, LoadedList, read_list
from tests.campaigns import a_folder
from tests.workbook_files import Cell, write_ods, write_xlsx

ROWS: list[list[Cell]] = [
    ["Rank", "Full name", "Council", "Count", "Staff id"],
    [1.0, "Siân O’Pell", "Acorn Care", 1200.0, 17],
    ["=2", "Łukasz Tarn", "Oak Trust", "1,100", 18.0],
    ["=2", "Bo Yew", "Oak Trust", "1100.0", 19],
]
PEOPLE = [
    (1, "Siân O’Pell", "Acorn Care", 1200, "17"),
    (2, "Łukasz Tarn", "Oak Trust", 1100, "18"),
    (2, "Bo Yew", "Oak Trust", 1100, "19"),
]


def people(loaded: LoadedList) -> list[tuple[object, ...]]:
    return [(row.rank, row.name, row.organisation, row.count, row.source_id) for row in loaded.rows]


def load(folder: Path, *words: str, pasted: bytes = b"") -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder), "load", *words], input=pasted)


def refused(result: Result) -> CampaignBotError:
    assert isinstance(result.exception, CampaignBotError)
    return result.exception


def test_a_workbook_loads_with_numbers_as_a_person_typed_them(tmp_path: Path) -> None:
    assert people(read_list(write_xlsx(tmp_path / "list.xlsx", {"Top": ROWS}))) == PEOPLE


def test_an_open_document_loads_the_same(tmp_path: Path) -> None:
    assert people(read_list(write_ods(tmp_path / "list.ods", ROWS))) == PEOPLE


def test_the_only_sheet_with_a_list_is_taken_and_named(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "list.xlsx", {"Notes": [["hello"]], "Top 20": ROWS})
    loaded = read_list(path)
    assert people(loaded) == PEOPLE
    assert "Read from the sheet “Top 20”." in loaded.notes


def test_two_sheets_with_lists_are_not_chosen_between(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "list.xlsx", {"2025": ROWS, "2026": ROWS})
    with pytest.raises(ListError, match="--sheet") as caught:
        read_list(path)
    assert "“2025”, “2026”" in str(caught.value)
    assert people(read_list(path, sheet="2026")) == PEOPLE


def test_a_sheet_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="The workbook has “Top”"):
        read_list(write_xlsx(tmp_path / "list.xlsx", {"Top": ROWS}), sheet="Bottom")


def test_everything_wrong_in_a_workbook_is_named_by_the_row_that_the_program_shows(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["Top 20"], [None], ["rank", "name", "organisation"], ["x", "#REF!", "Oak"], [2, "Bo"]]
    with pytest.raises(ListError) as caught:
        read_list(write_xlsx(tmp_path / "list.xlsx", {"Top": rows}))
    places = [problem.where for problem in caught.value.problems]
    assert places[0] == "list.xlsx, row 4, column rank"
    assert places[-1].startswith("list.xlsx, row 5")


@pytest.mark.parametrize("data", [b"PK\x03\x04 no workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no workbook"])
def test_a_broken_workbook_is_refused_in_plain_words(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(data)
    with pytest.raises(ListError, match="The workbook cannot be read"):
        read_list(path)


@pytest.fixture
def filled(empty_url: str) -> str:
    """A database with the list in a table, on each engine."""
    engine = sa.create_engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            'CREATE TABLE top20 ("rank" INTEGER, full_name TEXT, employer TEXT, "count" NUMERIC(10, 1), id INTEGER)'
        )
        insert = sa.text("INSERT INTO top20 VALUES (:rank, :name, :organisation, :count, :id)")
        keys = ("rank", "name", "organisation", "count", "id")
        connection.execute(insert, [dict(zip(keys, row, strict=True)) for row in PEOPLE])
    engine.dispose()
    return empty_url


@pytest.mark.parametrize("query", [None, "top20", "SELECT * FROM top20 WHERE '10:30' <> ':x' ORDER BY \"rank\";"])
def test_a_table_or_a_query_of_a_database_loads(filled: str, query: str | None) -> None:
    assert sorted(people(read_list(filled, query=query)), key=str) == sorted(PEOPLE, key=str)


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM top20", "SELECT 1; DROP TABLE top20", "WITH x AS (SELECT 1) DELETE FROM top20", "nothing_there"],
)
def test_a_database_is_only_ever_read(filled: str, query: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_list(filled, query=query)
    assert caught.value.problems[0].remedy
    assert len(people(read_list(filled, query="top20"))) == 3


def test_a_database_with_several_tables_asks_which(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executescript("CREATE TABLE one (a); CREATE TABLE two (b);")
    connection.close()
    with pytest.raises(UsageError, match="The database has: one, two"):
        read_list(f"sqlite:///{tmp_path / 'a.db'}")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sqlite:///nowhere.db", "There is no such database file"),
        ("gopher://there/x", "begins with gopher:// is not understood"),
        ("postgresql://ann:secret@127.0.0.1:1/x", "The database said"),
    ],
)
def test_a_database_that_cannot_be_reached_is_said_without_its_password(address: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_list(address)
    assert "secret" not in str(caught.value)


def test_a_list_can_be_pasted(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "campaign")
    pasted = "rank\tname\torganisation\n1\tSiân Pell\tAcorn\n".encode()
    assert "Loaded 1 person of 1 organisation" in load(folder, "-", pasted=pasted).stdout


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Platz,Wer,Name,rank\n1,Ann Pell,Acorn,9\n", "utf-8")
    columns = {Field.RANK: "Platz", Field.NAME: "wer", Field.ORGANISATION: "NAME"}
    assert people(read_list(path, columns=columns)) == [(1, "Ann Pell", "Acorn", None, None)]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("nmae=Wer", "Is it name?"),
        ("name", "The heading for name is missing"),
        ("name=Wor", "Is it “Wer”?"),
    ],
)
def test_a_wrong_column_option_is_answered_with_the_nearest(tmp_path: Path, option: str, message: str) -> None:
    folder = a_folder(tmp_path / "campaign")
    (folder / "list.csv").write_text("rank,Wer,organisation\n1,Ann,Acorn\n", "utf-8")
    assert message in str(refused(load(folder, "list.csv", "--column", option)))


@pytest.mark.parametrize("words", [("--query", "x"), ("--sheet", "x")])
def test_options_for_other_sources_are_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    assert isinstance(refused(load(a_folder(tmp_path / "campaign"), "top20.csv", *words)), UsageError)


@pytest.mark.parametrize("name", ["@Home Care", "=Care", "+Plus Care", "-ability", "'=Care"])
def test_what_looks_like_a_formula_is_a_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / "list.csv"
    marked = f"'{name}" if name.lstrip("'")[0] in "=+-@" else name
    path.write_text(f"rank,name,organisation\n1,Ann,{marked}\n", "utf-8")
    assert read_list(path).rows[0].organisation == name

"""``campaign-bot rank`` as a person and as a script use it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from bot.errors import CampaignBotError, UsageError
from tests.campaigns import a_folder
from tests.usage_logs import write_csv, write_sqlite

YEAR = ("--since", "2026-03-01", "--until", "2027-03-01")
ROWS = [
    *[("W1", "Ann Pell", "Acorn", "2026-05-01 10:00")] * 1_111,
    *[("W2", "Bo Tarn", "Oak", "2026-05-02 10:00")] * 123,
    *[("W3", "Cy Yew", "Oak", "2026-05-02 10:00")] * 100,
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "usage.csv", ROWS)


def rank(source: Path | str, *words: str, folder: Path | None = None) -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder or Path()), "rank", str(source), *words])


def test_the_list_is_shown_with_window_zone_and_totals(log: Path, tmp_path: Path) -> None:
    result = rank(log, *YEAR, "--top", "2", folder=tmp_path)
    assert result.exit_code == 0, result.exception
    assert "usage.csv: 1,334 rows. Counted from 2026-03-01 00:00 to before 2027-03-01 00:00" in result.stdout
    assert "on the clock of Europe/London" in result.stdout
    assert "1st   W1  Ann Pell  Acorn         1,111" in result.stdout
    assert "For the posts: 2 people, combined over 1,200 times (1,234); best 1,111, last 123." in result.stdout
    assert "Nothing was written. Next: the same with --out top20.csv" in result.stdout
    assert "Everybody" not in result.stdout


def test_totals_tell_of_everybody_and_each_organisation(log: Path) -> None:
    result = rank(log, *YEAR, "--totals")
    assert "Everybody: 3 people, combined over 1,300 times (1,334)." in result.stdout
    assert "Oak: 2 on the list, combined over 220 times (223)" in result.stdout


def test_the_list_that_was_written_loads(log: Path, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "campaign")
    out = tmp_path / "top.csv"
    assert "✓ Wrote" in rank(log, *YEAR, "--out", str(out)).stdout
    loaded = CliRunner().invoke(cli, ["-C", str(folder), "load", str(out)])
    assert "Loaded 3 people of 2 organisations" in loaded.stdout


def test_the_same_list_again_is_no_quarrel_and_another_one_needs_a_word(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "top.csv"
    rank(log, *YEAR, "--out", str(out))
    before = out.read_bytes()
    assert "holds exactly this list already" in rank(log, *YEAR, "--out", str(out)).stdout
    assert isinstance(rank(log, *YEAR, "--top", "1", "--out", str(out)).exception, UsageError)
    assert out.read_bytes() == before
    assert "✓ Wrote" in rank(log, *YEAR, "--top", "1", "--out", str(out), "--replace").stdout
    assert out.read_bytes() != before


def test_the_list_can_go_to_a_pipe_alone(log: Path) -> None:
    result = rank(log, *YEAR, "--out", "-")
    assert result.stdout.splitlines() == [
        "rank,id,name,organisation,count",
        "1,W1,Ann Pell,Acorn,1111",
        "2,W2,Bo Tarn,Oak,123",
        "3,W3,Cy Yew,Oak,100",
    ]
    assert "on the clock of" in result.stderr


def test_a_database_gives_the_same_list(log: Path, tmp_path: Path) -> None:
    url = write_sqlite(tmp_path / "usage.db", ROWS)
    expected = rank(log, *YEAR, "--out", "-").stdout
    for words in ((), ("--query", "log"), ("--query", "SELECT * FROM log")):
        assert rank(url, *YEAR, "--out", "-", *words).stdout == expected


def test_columns_and_people_can_be_named(tmp_path: Path) -> None:
    headings = ("Nummer", "Wer", "Wo", "Wann", "Art")
    path = write_csv(tmp_path / "log.csv", [(*row, "echt" if row[0] != "W2" else "Probe") for row in ROWS], headings)
    names = [
        f"--column={role}={name}" for role, name in zip(("id", "name", "organisation", "time"), headings, strict=False)
    ]
    (tmp_path / "out.txt").write_text("W3\n", "utf-8")
    words = ["--leave-out", "Art=probe", "--exclude", str(tmp_path / "out.txt"), "--out", "-"]
    assert rank(path, *YEAR, *names, *words).stdout.splitlines()[1:] == ["1,W1,Ann Pell,Acorn,1111"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--since", "2027-03-01", "--until", "2026-03-01"), "--until is not after --since"),
        ((*YEAR, "--zone", "Mars/Dune"), "There is no zone “Mars/Dune”"),
        ((*YEAR, "--query", "x"), "--query is for databases"),
        ((*YEAR, "--column", "nam=x"), "Is it name?"),
        ((*YEAR, "--column", "time=x"), "There is no column “x”"),
        ((*YEAR, "--exclude", "nowhere.csv"), "There is no such file"),
        ((*YEAR, "--out", "nowhere/top.csv"), "The list could not be written"),
    ],
)
def test_what_makes_no_sense_is_said_with_a_remedy(log: Path, words: tuple[str, ...], message: str) -> None:
    error = rank(log, *words).exception
    assert isinstance(error, CampaignBotError)
    assert message in str(error)
    assert error.problems[0].remedy


def test_the_zone_is_the_campaigns_where_there_is_one(log: Path, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "campaign")
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("Europe/London", "Asia/Tokyo"), "utf-8")
    assert "on the clock of Asia/Tokyo" in rank(log, *YEAR, folder=folder).stdout

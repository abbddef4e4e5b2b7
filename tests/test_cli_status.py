"""status and log: what is next, what is wrong, what to do; who did what, when."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.errors import ExitCode
from tests.underway import campaign_bot, code_of, fine, lay_out, refusal

HEAVY = ("tweepy", "alembic", "jinja2", "apscheduler")


def test_the_bare_command_in_an_empty_folder_says_how_to_begin(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["-C", str(tmp_path)])
    assert code_of(result) is ExitCode.FINE
    assert result.output.startswith("No campaign here yet.")
    assert "campaign-bot demo" in result.output


def test_status_in_an_empty_folder_is_an_error_for_scripts(tmp_path: Path) -> None:
    assert "There is no config.toml" in refusal(campaign_bot(tmp_path, "status"), ExitCode.USAGE)


def test_a_folder_with_a_config_alone_asks_for_the_list(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "week")
    said = fine(campaign_bot(folder, "status"))
    assert said.rstrip().endswith("What to do next: campaign-bot load LIST.csv")
    assert not (folder / "campaign.db").exists()


def test_the_bare_command_is_status(planned: Path) -> None:
    bare = CliRunner().invoke(cli, ["-C", str(planned)])
    assert fine(bare) == fine(campaign_bot(planned, "status"))
    assert bare.output.rstrip().endswith("What to do next: campaign-bot preview")


def test_status_says_what_comes_first_and_what_to_do(signed: Path) -> None:
    said = fine(campaign_bot(signed, "status"))
    assert "PRACTICE: nothing is sent" in said
    assert "w20" in said
    assert said.rstrip().endswith("What to do next: campaign-bot start")


def test_status_shows_what_practice_has_done(practised: Path) -> None:
    found = json.loads(fine(campaign_bot(practised, "status", "--json")))
    assert found["mode"] == "practice"
    assert set(found["counts"]) == {"posted"}
    assert found["started"]["by"] == "Ann Example"


def test_a_damaged_database_is_no_empty_campaign(planned: Path) -> None:
    (planned / "campaign.db").write_bytes(b"this is not a database, whatever its name says" * 100)
    assert "The database says" in refusal(campaign_bot(planned, "status"), ExitCode.USAGE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C another way")
def heeding() -> None:
    """A shell that starts something in the background has it ignore Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_watching_without_a_terminal_adds_only_what_changed_until_it_is_stopped(signed: Path) -> None:
    command = [sys.executable, "-m", "bot", "-C", str(signed), "status", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", preexec_fn=heeding) as child:  # noqa: PLW1509  # no other thread runs here
        assert child.stdout is not None
        first = [child.stdout.readline() for _ in range(3)]
        fine(campaign_bot(signed, "skip", "w20"))
        while "skipped" not in (line := child.stdout.readline()):
            assert line, "it ended by itself"
        child.send_signal(signal.SIGINT)
        rest = child.stdout.read()
        child.wait(timeout=60)
    assert child.returncode == ExitCode.FINE
    assert "PRACTICE" in first[0]
    assert rest.count("What to do next") == 1


def test_status_loads_nothing_heavy(signed: Path) -> None:
    code = (
        "import sys; from bot.cli import cli; cli.main(standalone_mode=False); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, "-C", str(signed), "status"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ, encoding="utf-8")
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_log_says_who_did_what_in_the_campaign_s_time(signed: Path) -> None:
    fine(campaign_bot(signed, "skip", "w07", "--reason", "She asked us not to"))
    said = fine(campaign_bot(signed, "log"))
    assert said.splitlines()[0].split() == ["When", "Who", "What", "Post", "Detail"]
    last = said.splitlines()[-1]
    assert "Ann Example  skip" in last
    assert "w07" in last
    assert "She asked us not to" in last
    assert "GMT" in last or "BST" in last


def test_the_log_can_be_short_and_speaks_to_programs(signed: Path) -> None:
    short = fine(campaign_bot(signed, "log", "-n", "1"))
    assert len(short.splitlines()) == 3
    assert "All of them: campaign-bot log -n 0" in short
    entries = json.loads(fine(campaign_bot(signed, "log", "-n", "0", "--json")))
    assert [entry["what"] for entry in entries] == ["load", "plan", "approve", "tick"]
    assert entries[0]["at"].endswith("Z")


@pytest.mark.parametrize("words", [["status"], ["health"], ["--help"]])
def test_a_reader_that_goes_away_gets_no_traceback_and_no_yes(signed: Path, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "bot", "-C", str(signed), *words]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")

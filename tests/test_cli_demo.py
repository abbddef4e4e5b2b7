"""``campaign-bot demo``: the whole week on any computer, in any year, sending nothing and losing nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.bootstrap import open_shop
from bot.cli import cli
from bot.cli.demo import play
from bot.cli.screen import Screen
from bot.config_reading import read_config
from bot.errors import UsageError
from bot.model import PostState
from bot.platform import RunnerLock

ENVIRON = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONIOENCODING": "utf-8"}


def demo(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder), "demo", *arguments])


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One demo for all tests that only look: its folder, and what it said."""
    folder = tmp_path_factory.mktemp("home")
    result = demo(folder)
    assert result.exit_code == 0, result.output
    return folder / "campaign-bot-demo", result.stdout


def test_the_week_is_shown_from_its_first_post_to_the_winner(shown: tuple[Path, str]) -> None:
    said = shown[1]
    assert "20 people of 13 organisations" in said
    assert "31 posts on 5 days" in said
    assert "✓ posted    w20" in said
    assert "winner 8/8" in said
    assert "✗" not in said


def test_it_ends_with_cost_preview_and_the_commands_of_a_real_week(shown: tuple[Path, str]) -> None:
    folder, said = shown
    assert "US$0.57 for 38 messages" in said
    assert "Nothing was sent." in said
    assert str(folder / "preview.html") in said
    commands = [line.split()[1] for line in said.splitlines() if line.startswith("  campaign-bot ")]
    assert commands == ["load", "plan", "preview", "approve", "start"]
    assert said.splitlines()[-1] == "Next: campaign-bot preview"


def test_the_page_is_whole_and_says_that_it_is_practice(shown: tuple[Path, str]) -> None:
    page = (shown[0] / "preview.html").read_text("utf-8")
    assert page.rstrip().endswith("</html>")
    assert "PRACTICE" in page
    assert "Hyacinth Oakenshaw" in page


def test_the_folder_is_a_campaign_to_play_with_and_no_business_of_git(shown: tuple[Path, str]) -> None:
    folder = shown[0]
    assert (folder / ".gitignore").read_text("utf-8") == "*\n"
    shop = open_shop(read_config(folder, environ={}), actor="Ann Example")
    assert {post.standing.value for post in shop.bot.posts()} == {"draft"}
    assert all(message.receipt is None for post in shop.bot.posts() for message in post.messages)
    shop.close()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 12, 28, 9, tzinfo=UTC),  # the week begins in another year
        datetime(2028, 2, 27, 23, 59, 59, tzinfo=UTC),  # a Sunday's last second, before a leap day
        datetime(2031, 3, 26, 12, tzinfo=UTC),  # summer time begins in between
        datetime(2044, 10, 28, 12, tzinfo=UTC),  # and ends
    ],
)
def test_it_works_in_any_year(tmp_path: Path, capsys: pytest.CaptureFixture[str], now: datetime) -> None:
    screen = Screen(folder=tmp_path, actor="Ann Example", colour=False)
    play(screen, tmp_path / "demo", now)
    said = capsys.readouterr().out
    assert "31 posts on 5 days" in said
    assert "winner 8/8" in said
    assert PostState.MISSED.value not in said


def test_a_second_demo_writes_its_own_files_anew_and_keeps_yours(tmp_path: Path) -> None:
    demo(tmp_path, "mine")
    folder = tmp_path / "mine"
    (folder / "notes.txt").write_text("mine", "utf-8")
    (folder / "templates" / "worker.txt.j2").write_text("broken {{", "utf-8")
    result = demo(tmp_path, "mine")
    assert result.exit_code == 0, result.output
    assert (folder / "notes.txt").read_text("utf-8") == "mine"


def test_a_folder_that_is_not_a_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mine", "utf-8")
    result = demo(tmp_path, ".")
    assert isinstance(result.exception, UsageError)
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_demo_with_a_runner_at_work_is_left_alone(tmp_path: Path) -> None:
    demo(tmp_path)
    folder = tmp_path / "campaign-bot-demo"
    with RunnerLock(folder / "practice.db"):
        result = demo(tmp_path)
    assert isinstance(result.exception, UsageError)
    assert "runner" in str(result.exception)
    assert (folder / "config.toml").exists()


def test_no_other_database_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "real.db"
    monkeypatch.setenv("CAMPAIGN_BOT_DATABASE_URL", f"sqlite:///{other}")
    result = demo(tmp_path)
    assert result.exit_code == 0, result.output
    assert not other.exists()


def test_nothing_that_could_reach_a_network_is_even_loaded(tmp_path: Path) -> None:
    program = (
        "import sys; from bot.cli import cli; cli(['demo'], standalone_mode=False); "
        "sys.exit(bool({'tweepy', 'requests', 'apscheduler'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False, capture_output=True, env=ENVIRON)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("is_found", [False, True])
def test_who_cannot_call_the_program_by_its_name_is_told_where_it_lies(tmp_path: Path, *, is_found: bool) -> None:
    program = Path(sys.executable).with_name("campaign-bot")
    path = f"{program.parent}{os.pathsep}{os.defpath}" if is_found else os.defpath
    done = subprocess.run(
        [program, "demo"],
        cwd=tmp_path,
        env={**ENVIRON, "PATH": path},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert (f"Here, campaign-bot is {program.resolve()}" in done.stdout) is not is_found

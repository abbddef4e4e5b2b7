"""``campaign-bot init``: a folder that is ready to be filled in, and nothing lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from bot.config_reading import read_config
from bot.core.setting_up import new_files, set_up
from bot.errors import UsageError
from bot.ranking import read_list
from bot.render import Templates


def init(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder), "init", *arguments])


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_holds_all_that_a_campaign_begins_with(tmp_path: Path) -> None:
    result = init(tmp_path, "week")
    assert result.exit_code == 0, result.output
    folder = tmp_path / "week"
    assert {"config.toml", "templates/worker.txt.j2", "top20.csv", ".gitignore"} <= set(everything(folder))
    assert len(read_list(folder / "top20.csv").rows) == 20
    assert Templates(folder / "templates").check() == ()
    assert "*.db" in (folder / ".gitignore").read_text("utf-8").splitlines()


def test_the_week_is_a_full_one_to_come(tmp_path: Path) -> None:
    init(tmp_path)
    config = read_config(tmp_path, environ={})
    assert config.first_day > datetime.now(UTC).date()
    assert (config.first_day.weekday(), config.last_day.weekday()) == (0, 4)
    assert (config.first_day - date.today()).days <= 7  # noqa: DTZ011 - the same day as the program means


def test_it_says_where_everything_lies_and_which_settings_matter(tmp_path: Path) -> None:
    said = init(tmp_path, "week").stdout
    lines = (tmp_path / "week" / "config.toml").read_text("utf-8").splitlines()
    assert str(tmp_path / "week") in said
    for key in ("name", "handle", "basis"):
        number = next(int(line.split()[1]) for line in said.splitlines() if f"  {key} " in line)
        assert lines[number - 1].startswith(f"{key} =")
    assert "Next: cd " in said
    assert said.splitlines()[-1].startswith("Next: campaign-bot load")


def test_what_is_there_is_named_and_left_alone(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / "config.toml").write_text("mine", "utf-8")
    (tmp_path / "templates" / "worker.txt.j2").unlink()
    before = everything(tmp_path)
    result = init(tmp_path)
    assert isinstance(result.exception, UsageError)
    assert {"config.toml", "top20.csv"} <= {Path(problem.where).name for problem in result.exception.problems}
    assert everything(tmp_path) == before


def test_a_gitignore_of_ones_own_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n", "utf-8")
    result = init(tmp_path)
    assert result.exit_code == 0
    assert (tmp_path / ".gitignore").read_text("utf-8") == "mine\n"
    assert "left as it is" in result.stdout


def test_a_disk_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    files = new_files("") | {"x" * 300: b"no file can have this name"}
    with pytest.raises(UsageError, match="cannot be written"):
        set_up(tmp_path / "new" / "week", files)
    assert list(tmp_path.iterdir()) == []


def test_a_synchronised_folder_is_refused_with_a_way_out(tmp_path: Path) -> None:
    synchronised = tmp_path / "Dropbox"
    result = init(synchronised, "week")
    assert isinstance(result.exception, UsageError)
    assert "Dropbox" in str(result.exception)
    assert "--here-anyway" in str(result.exception)
    assert not synchronised.exists()
    assert init(synchronised, "week", "--here-anyway").exit_code == 0


def test_the_program_itself_ends_with_2_and_words_on_stderr(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "-C", str(tmp_path), "init"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    again = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")
    assert (again.returncode, again.stdout) == (2, "")
    assert "never overwritten" in again.stderr
    assert again.stderr.count("→") == 1

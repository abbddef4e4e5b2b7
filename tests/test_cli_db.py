"""``campaign-bot db``: a database of another version is upgraded with a copy made first, and never under a runner."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.bootstrap import lock_file, practice_path
from bot.cli import cli
from bot.config_reading import read_config
from bot.errors import DatabaseError, NotReadyError, RunnerLockedError, UsageError
from bot.platform import RunnerLock
from bot.storage.engine import Database
from bot.storage.migrate import HEAD
from tests.campaigns import a_folder, a_stage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return a_folder(tmp_path / "campaign")


@pytest.fixture
def database(folder: Path) -> Path:
    """A database of this version, with the sample list."""
    a_stage(folder).storage.close()
    return folder / "campaign.db"


def db(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder), "db", *arguments])


def before_the_first_revision(path: Path) -> Path:
    """What an upgrade begins with: here the beginning of all, which any later history keeps."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.commit()
    return path


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def backups(folder: Path) -> list[Path]:
    return list(folder.glob("*.backup.db"))


def test_status_shows_place_revision_and_size(folder: Path, database: Path) -> None:
    said = db(folder, "status").stdout
    assert str(database) in said
    assert f"{HEAD} (current)" in said
    found = json.loads(db(folder, "status", "--json").stdout)
    assert (found["revision"], found["needed"], found["is_current"]) == (HEAD, HEAD, True)
    assert found["size"] >= database.stat().st_size


def test_status_makes_no_database(folder: Path) -> None:
    result = db(folder, "status")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Next: campaign-bot load LIST.csv")
    assert not (folder / "campaign.db").exists()


def test_an_upgrade_makes_a_copy_first_and_says_where_it_lies(folder: Path) -> None:
    path = before_the_first_revision(folder / "campaign.db")
    result = db(folder, "upgrade")
    assert result.exit_code == 0, result.output
    assert revision(path) == HEAD
    (copy,) = backups(folder)
    assert f"The copy from before: {copy}" in result.stdout
    assert f"from revision none to {HEAD}" in result.stdout
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (0,)


def test_the_practice_copy_is_upgraded_along(folder: Path, database: Path) -> None:
    practice = before_the_first_revision(practice_path(read_config(folder, environ={})))
    assert "The practice copy was upgraded" in db(folder, "upgrade").stdout
    assert revision(practice) == HEAD
    assert database.exists()


def test_a_current_database_is_left_alone(folder: Path, database: Path) -> None:
    result = db(folder, "upgrade")
    assert result.exit_code == 0
    assert "up to date already" in result.stdout
    assert backups(folder) == []


def test_a_newer_database_is_refused(folder: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    result = db(folder, "upgrade")
    assert isinstance(result.exception, DatabaseError)
    assert "newer" in str(result.exception)
    assert "newer" in db(folder, "status").stdout


def test_without_a_database_there_is_nothing_to_upgrade(folder: Path) -> None:
    result = db(folder, "upgrade")
    assert isinstance(result.exception, NotReadyError)
    assert [path for path in folder.iterdir() if "campaign.db" in path.name] == []


def test_nothing_is_upgraded_under_a_runner(folder: Path) -> None:
    path = before_the_first_revision(folder / "campaign.db")
    with RunnerLock(path):
        result = db(folder, "upgrade")
    assert isinstance(result.exception, RunnerLockedError)
    assert backups(folder) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (0,)


def test_a_server_is_upgraded_once_somebody_says_that_there_is_a_backup(
    folder: Path, tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPAIGN_BOT_DATABASE_URL", postgres_database)
    monkeypatch.setenv("CAMPAIGN_BOT_STATE_DIR", str(tmp_path / "state"))
    refused = db(folder, "upgrade")
    assert isinstance(refused.exception, UsageError)
    assert "pg_dump" in str(refused.exception)
    with closing(Database(postgres_database)) as server, RunnerLock(lock_file(server)):
        assert isinstance(db(folder, "upgrade", "--yes").exception, RunnerLockedError)
    result = db(folder, "upgrade", "--yes")
    assert result.exit_code == 0, result.output
    assert json.loads(db(folder, "status", "--json").stdout)["revision"] == HEAD

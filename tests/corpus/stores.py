"""Databases that are none, and secrets that lie about openly."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.errors import ExitCode
from tests.corpus.case import Case

DATABASE = "campaign.db"
SECRETS = 'api_key = "a1"\napi_key_secret = "b2"\naccess_token = "1-c3"\naccess_token_secret = "d4"\n'
PLACE = "xdg/campaign-bot/credentials/x-example_charity.toml"


def database(change: Callable[[Path], object] | bytes, *words: str, code: ExitCode = ExitCode.USAGE) -> Case:
    return Case(words=words or ("status",), files={DATABASE: change}, code=code)


def said(statement: str) -> Callable[[Path], object]:
    """Somebody has been at the tables."""

    def make(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return make


def cut(share: float) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])

    return make


def remade(change: Callable[[Path], object]) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        path.unlink()
        change(path)

    return make


DATABASES = {
    "not there": Case(words=("preview",), bare=True),
    "not a database": database(b"rank,name,organisation\n"),
    "bytes": database(bytes(range(256)) * 100),
    "cut in half": database(cut(0.5)),
    "cut after its head": database(cut(0.02)),
    "of a newer version": database(said("UPDATE alembic_version SET version_num = '9999'")),
    "of no version": database(said("DELETE FROM alembic_version")),
    "of something else": database(remade(said("CREATE TABLE recipes (name TEXT)"))),
    "without its posts": database(said("DROP TABLE posts")),
    "a folder": database(remade(lambda path: path.mkdir())),
    "planned on one that is none": database(b"hello", "plan"),
    "loaded into one that is none": database(b"hello" * 500, "load", "top20.csv"),
    "backed up though it is none": database(b"hello" * 500, "db", "backup", "copy.db"),
}


def secrets(content: str, mode: int = 0o600) -> Case:
    def make(path: Path) -> None:
        path.parent.chmod(0o700)
        path.write_text(content, "utf-8")
        path.chmod(mode)

    return Case(words=("doctor", "--online"), files={PLACE: make})


def offered(content: str | bytes) -> Case:
    """Through the standard input of ``connect``."""
    data = content.encode() if isinstance(content, str) else content
    return Case(words=("connect", "--from-file", "-"), typed=data)


def linked(path: Path) -> None:
    path.parent.chmod(0o700)
    real = path.with_name("real.toml")
    real.write_text(SECRETS, "utf-8")
    real.chmod(0o600)
    path.symlink_to(real.name)


CREDENTIALS = {
    "everybody may read them": secrets(SECRETS, 0o644),
    "everybody may write them": secrets(SECRETS, 0o666),
    "the group may read them": secrets(SECRETS, 0o640),
    "behind a link": Case(words=("doctor", "--online"), files={PLACE: linked}),
    "a folder": Case(words=("doctor", "--online"), files={PLACE: lambda path: path.mkdir()}),
    "a pipe": Case(words=("doctor", "--online"), files={PLACE: lambda path: os.mkfifo(path, 0o600)}),
    "empty": secrets(""),
    "not TOML": secrets("key: value\n"),
    "half of them": secrets('api_key = "a1"\n'),
    "numbers": secrets("api_key = 1\napi_key_secret = 2\naccess_token = 3\naccess_token_secret = 4\n"),
    "a token of another kind": secrets(SECRETS.replace("1-c3", "AAAA%3D")),
    "a megabyte": secrets("# " + "x" * 2**20),
    "nothing offered": offered(""),
    "bytes offered": offered(bytes(range(256))),
    "half of them offered": offered('api_key = "a1"\n'),
    "given twice": Case(words=("doctor", "--online"), environ={"X_API_KEY": "a1", "X_API_KEY_FILE": "/nowhere"}),
    "one of four in the environment": Case(words=("doctor", "--online"), environ={"X_API_KEY": "a1"}),
    "a file of the environment that is not there": Case(
        words=("doctor", "--online"), environ={"X_API_KEY_FILE": "/nowhere/key"}
    ),
}

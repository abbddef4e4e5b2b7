"""Every engine that campaign-bot runs on, for tests that must hold on all of them; and new databases in a moment.

All migrations run once in a process, for each engine; every other new database is a copy of what they made. Tests of
the migrations themselves begin with ``empty_url``, or with a file that is not there.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage import Storage
from bot.storage.engine import Database
from bot.storage.migrate import create_if_new


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database: all tables, nothing in them."""
    if request.param == "sqlite":
        return f"sqlite:///{lay_down(tmp_path / 'campaign.db')}"
    url: str = request.getfixturevalue("postgres_with_tables")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that has no tables yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'campaign.db'}"
    url: str = request.getfixturevalue("postgres_database")
    return url


def statements(storage: Storage, act: Callable[[], object]) -> list[str]:
    """All that a call asks the database."""
    seen: list[str] = []

    def remember(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with storage.database.write() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", remember)
    act()
    sa.event.remove(engine, "before_cursor_execute", remember)
    return seen


def lay_down(path: Path) -> Path:
    """A new file as ``create_if_new`` leaves it, with an id of its own; one that is there stays as it is."""
    if not path.exists():
        content, made = _migrated()
        path.write_bytes(content.replace(made, str(uuid.uuid4()).encode()))
    return path


def lay_down_at(url: str) -> None:
    """The same, where an address is that of a file in a folder that is there."""
    path = Database(url).path
    if path is not None and path.parent.is_dir():
        lay_down(path)


@cache
def _migrated() -> tuple[bytes, bytes]:
    """A file that all migrations have made, and its id, which stands in it once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.db"
        storage = Storage(f"sqlite:///{path}", durable=False)
        create_if_new(storage.database)
        made = storage.installation.identity().database_id.encode()
        storage.close()
        content = path.read_bytes()
    assert content.count(made) == 1
    return content, made

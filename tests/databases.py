"""Every engine that campaign-bot runs on, for tests that must hold on all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage import Storage


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new and empty database."""
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

"""What is put back instead of worked out again is what the real thing would have made: on every engine, to the last row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.ranking import read_list
from bot.storage import Storage
from bot.storage.schema import whole_metadata
from tests.campaigns import FRIDAY_BEFORE, a_stage
from tests.databases import lay_down
from tests.postgres import fresh_database


def rows(storage: Storage) -> dict[str, list[tuple[object, ...]]]:
    """All that a database holds, but for its id and for the folder of its list."""
    found = {}
    with storage.database.read() as connection:
        for table in whole_metadata().sorted_tables:
            columns = [column for column in table.columns if column.name not in {"database_id", "folder"}]
            found[table.name] = sorted((tuple(row) for row in connection.execute(sa.select(*columns))), key=repr)
    return found


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[Storage]:
    """Loaded, planned and signed by the real thing, whatever this process has done before."""
    bot = a_stage(tmp_path / "by hand").bot
    bot.record.storage.close()
    with closing(Storage(f"sqlite:///{lay_down(tmp_path / 'fresh.db')}", durable=False)) as fresh:
        desk = replace(bot.record, storage=fresh)
        bot = replace(bot, record=desk, stage=desk)
        bot.load(read_list(bot.config.folder / "top20.csv"), answers={})
        bot.approve(codes=None, plan_code=bot.plan().plan_code, by="Ann Example")
        yield fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Two databases of one engine."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield [f"sqlite:///{tmp_path / name}" for name in ("one.db", "two.db")]
        else:
            server = request.getfixturevalue("postgres_server")
            yield [stack.enter_context(fresh_database(server)) for _ in range(2)]


def test_it_is_what_the_real_thing_makes_in_a_database_of_its_own(
    tmp_path: Path, two_urls: list[str], by_hand: Storage
) -> None:
    stages = [a_stage(tmp_path / str(number), url).plan_and_sign() for number, url in enumerate(two_urls)]
    assert [rows(stage.storage) == rows(by_hand) for stage in stages] == [True, True]
    assert [stage.storage.rankings.folder(1) for stage in stages] == [tmp_path / "0", tmp_path / "1"]
    assert len({stage.storage.installation.identity().database_id for stage in stages}) == 2
    for stage in stages:
        stage.start().run_to_the_end()
    assert stages[0].network.texts() == stages[1].network.texts() != []
    assert rows(stages[0].storage) == rows(stages[1].storage) != rows(by_hand)
    for stage in stages:
        stage.storage.close()


@pytest.mark.parametrize("other", ["database", "template", "config", "time"])
def test_where_anything_is_different_the_real_thing_works(tmp_path: Path, other: str) -> None:
    a_stage(tmp_path / "as always").plan_and_sign().storage.close()
    lines = {"window": 'window = "10:00-16:00"'} if other == "config" else {}
    stage = a_stage(tmp_path / "week", **lines)
    if other == "database":
        stage.storage.campaigns.ensure("Another campaign")
    if other == "template":
        (stage.bot.config.templates / "worker.txt.j2").write_text("Hip, hip, {{ worker.name }}!", "utf-8")
    if other == "time":
        stage.clock.advance(timedelta(minutes=1))
    stage.plan_and_sign()
    first = min(stage.posts.values(), key=lambda post: post.slot.local)
    told = {
        "database": stage.storage.campaigns.names() != (stage.bot.config.name,),
        "template": stage.posts["w20"].messages[0].draft.text.startswith("Hip, hip, "),
        "config": first.slot.local.hour == 10,
        "time": stage.bot.log()[-1].at == FRIDAY_BEFORE + timedelta(minutes=1),
    }
    assert [name for name, is_so in told.items() if is_so] == [other]
    stage.storage.close()

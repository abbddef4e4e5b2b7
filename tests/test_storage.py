"""The schema and its history, on both engines."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.errors import DatabaseError
from bot.resources import migrations_dir
from bot.storage import Storage
from bot.storage.copying import back_up, copy_rows
from bot.storage.engine import Database
from bot.storage.migrate import HEAD, create_if_new, require_current, revision_of
from bot.storage.schema import whole_metadata
from tests.campaigns import a_stage


def test_the_migrations_make_exactly_the_tables_of_the_schema(empty_url: str) -> None:
    database = Database(empty_url)
    create_if_new(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, whole_metadata()) == []
    database.close()


def test_the_history_is_one_line_and_ends_where_this_version_stands() -> None:
    history = ScriptDirectory(str(migrations_dir()))
    assert history.get_heads() == [HEAD]
    assert all(not revision.is_merge_point for revision in history.walk_revisions())


def test_a_database_without_tables_says_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(DatabaseError, match="campaign-bot load"):
        require_current(database)
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize(("revision", "said"), [("0000", "db upgrade"), ("9999", "newer")])
def test_a_database_of_another_version_is_refused(tmp_path: Path, revision: str, said: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    create_if_new(database)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    with pytest.raises(DatabaseError, match=said):
        require_current(database)
    database.close()


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "campaign.db").write_text("this is a letter to my aunt, not a database at all", "utf-8")
    with pytest.raises(DatabaseError, match="not a database"):
        revision_of(Database(f"sqlite:///{tmp_path / 'campaign.db'}"))


def test_a_campaigns_database_survives_a_power_cut_by_its_settings(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'campaign.db'}")
    with database.write() as connection:
        found = {
            pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
    database.close()


def test_an_instant_comes_back_as_it_went_in(database_url: str) -> None:
    storage = Storage(database_url)
    create_if_new(storage.database)
    account = storage.campaigns.ensure_account("x", "Example")
    now = datetime(2027, 3, 8, 9, 0, 0, 123456, tzinfo=UTC)
    storage.campaigns.record_proof(account.account_id, user_id="1", proof="p", now=now)
    assert storage.campaigns.ensure_account("x", "eXAMPLE").proved_at == now
    storage.close()


def test_a_backup_taken_while_others_write_is_whole(tmp_path: Path) -> None:
    stage = a_stage(tmp_path)
    stage.plan_and_sign()
    copy = back_up(stage.storage.database, stage.clock.now())
    assert copy is not None
    restored = Storage(f"sqlite:///{copy}")
    assert restored.plans.posts(1) == stage.bot.posts()
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    restored.close()


def test_a_campaign_moves_to_another_engine_row_by_row(tmp_path: Path, postgres_database: str) -> None:
    stage = a_stage(tmp_path).plan_and_sign()
    target = Storage(postgres_database)
    create_if_new(target.database)
    copy_rows(stage.storage.database, target.database)
    assert target.plans.posts(1) == stage.bot.posts()
    assert target.journal.entries(1) == stage.bot.log()
    target.close()

"""What a person reads when the database says no: what to look for, in place of the engine's own words alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import DatabaseError
from bot.storage import Storage
from bot.storage.engine import remedy_for
from bot.storage.migrate import create_if_new


def test_a_file_that_another_program_has_open_is_said_to_be(tmp_path: Path) -> None:
    storage = Storage(f"sqlite:///{tmp_path / 'campaign.db'}", durable=False)
    create_if_new(storage.database)
    with storage.database.autocommit() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with closing(sqlite3.connect(tmp_path / "campaign.db", isolation_level=None)) as viewer:
        viewer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseError) as caught, storage.database.write():
            pass
        viewer.execute("ROLLBACK")
    [problem] = caught.value.problems
    assert problem.what == "The database says: database is locked."
    assert problem.remedy.startswith("Another program has the file open: look for a backup")
    storage.close()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("database table is locked: posts", "Another program has the file open"),
        (
            'connection to server at "db" (10.0.0.7), port 5432 failed: fe_sendauth: no password supplied',
            "password file",
        ),
        ('FATAL:  password authentication failed for user "ann"', "CAMPAIGN_BOT_DATABASE_URL"),
        ('FATAL:  Peer authentication failed for user "ann"', "password file"),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "ann", database "x", no encryption',
            "did not let the user in",
        ),
        ('FATAL:  role "ann" does not exist', "did not let the user in"),
        ("disk I/O error", "Run: campaign-bot doctor"),
        ('relation "posts" does not exist', "Run: campaign-bot doctor"),
    ],
)
def test_the_words_of_an_engine_lead_to_what_can_be_done(said: str, words: str) -> None:
    assert words in remedy_for(said)

"""The server that other tests lean on is a real one, and each test has a database of its own."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import text

from tests.postgres import PostgresServer, fresh_database


def _ask(url: str, statement: str) -> object:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            found = connection.execute(text(statement))
            return found.scalar() if found.returns_rows else None
    finally:
        engine.dispose()


def test_a_real_server_answers(postgres_url: str) -> None:
    assert str(_ask(postgres_url, "SELECT version()")).startswith("PostgreSQL 18")


def test_a_test_may_leave_tables_and_connections_behind(postgres_server: PostgresServer) -> None:
    with fresh_database(postgres_server) as first:
        _ask(first, "CREATE TABLE left_behind (id integer)")
        engine = sqlalchemy.create_engine(first)
        with engine.connect() as still_open, fresh_database(postgres_server) as second:
            assert still_open.execute(text("SELECT count(*) FROM left_behind")).scalar() == 0
            assert _ask(second, "SELECT to_regclass('left_behind')") is None
            still_open.rollback()
    engine.dispose()


def test_a_test_gets_an_empty_database(postgres_database: str) -> None:
    assert _ask(postgres_database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_the_server_comes_back_after_a_crash(postgres_server: PostgresServer) -> None:
    with fresh_database(postgres_server) as url:
        _ask(url, "CREATE TABLE kept AS SELECT 7 AS number")
        postgres_server.stop("immediate")
        postgres_server.start()
        assert _ask(url, "SELECT number FROM kept") == 7

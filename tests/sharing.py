"""Engines that share what they have compiled: a test opens a database of its own, its statements are those of all others.

SQLAlchemy compiles each statement once per engine. A program has one engine for hours, or two for a second; the tests
have thousands, and a tenth of their time went into compiling the same hundred statements again. Programs that tests
start as processes of their own know nothing of this.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_COMPILED: MutableMapping[Any, Any] = {}


class _Sharing(sa.Dialect):
    """All of one class are alike: they are made without options, for one version of the engine."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: sa.Engine) -> None:
        engine.update_execution_options(compiled_cache=_COMPILED)


class SharingSqlite(_Sharing, SQLiteDialect_pysqlite):
    """For files."""

    supports_statement_cache = True


class SharingPostgres(_Sharing, PGDialect_psycopg):
    """For the server."""

    supports_statement_cache = True


def share_compiled_statements() -> None:
    """From now on, for this process."""
    registry.register("sqlite", __name__, SharingSqlite.__name__)
    registry.register("postgresql.psycopg", __name__, SharingPostgres.__name__)

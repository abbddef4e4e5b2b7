"""The schema's history, driven from code: no alembic.ini, and alembic is imported only when there is work for it."""

from __future__ import annotations

import sqlalchemy as sa

from bot.errors import DatabaseError, Problem
from bot.resources import migrations_dir
from bot.storage.engine import Database

HEAD = "0007"
"""The revision this version works with; a test holds it against the history."""


def revision_of(database: Database) -> str | None:
    """The revision that a database is at; None for one without tables (or without a file)."""
    if not database.exists():
        return None
    with database.read() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        return found


def require_current(database: Database) -> None:
    """Refuse a database that this version cannot work with. Raises DatabaseError."""
    revision = revision_of(database)
    if revision == HEAD:
        return
    where = str(database.path or database.url.render_as_string(hide_password=True))
    if revision is None:
        raise DatabaseError(
            Problem(
                what="There is no campaign here yet.", where=where, remedy="Load your list: campaign-bot load LIST.csv"
            )
        )
    if revision > HEAD:
        raise DatabaseError(
            Problem(
                what=f"The database was written by a newer campaign-bot (revision {revision}, this one knows {HEAD}).",
                where=where,
                remedy="Install the newer version again.",
            )
        )
    raise DatabaseError(
        Problem(
            what=f"The database is from an older campaign-bot (revision {revision}, needed {HEAD}).",
            where=where,
            remedy="Stop the runner, then run: campaign-bot db upgrade (it makes a backup first)",
        )
    )


def create_if_new(database: Database) -> None:
    """Give a database without tables its tables; one that has some must be current. Raises DatabaseError."""
    if revision_of(database) is None:
        upgrade(database)
    require_current(database)


def upgrade(database: Database) -> None:
    """Bring the schema to this version's revision. Raises DatabaseError."""
    from alembic import command  # 0.3 s of imports that only a schema change should pay for
    from alembic.config import Config  # as above

    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

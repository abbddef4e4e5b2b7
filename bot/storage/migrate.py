"""The schema's history, driven from code: no alembic.ini, and alembic is imported only when there is work for it."""

from __future__ import annotations

import sqlalchemy as sa

from bot.errors import HOW_TO_BEGIN, DatabaseError, Problem
from bot.resources import migrations_dir
from bot.storage.engine import Database

HEAD = "0007"
"""The revision this version works with; a test holds it against the history."""

_HISTORY = "alembic_version"


def revision_of(database: Database) -> str | None:
    """The revision that a database is at; None for one without tables (or without a file).

    Raises DatabaseError for a database that holds something else: nothing of ours may be written into that.
    """
    if not database.exists():
        return None
    found: list[str] = []
    with database.read() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        if _HISTORY in tables:
            found = list(connection.execute(sa.text(f"SELECT version_num FROM {_HISTORY}")).scalars())  # noqa: S608  # a name of ours
    if not found and tables <= {_HISTORY}:
        return None
    if len(found) == 1 and "campaigns" in tables:
        return found[0]
    what = "This is a database, but not a whole one of campaign-bot's."
    remedy = "Name another file under [database] in config.toml, or put a backup back: campaign-bot db restore FILE"
    raise DatabaseError(Problem(what=what, where=database.where, remedy=remedy))


def require_current(database: Database) -> None:
    """Refuse a database that this version cannot work with. Raises DatabaseError."""
    revision = revision_of(database)
    if revision == HEAD:
        return
    where = database.where
    if revision is None:
        raise DatabaseError(
            Problem(
                what="There is no campaign here yet.",
                where=where,
                remedy=f"Run: {HOW_TO_BEGIN}",
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
    from alembic.util import CommandError  # as above

    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    try:
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseError(
            Problem(
                what=f"The database is of a form that this campaign-bot does not know ({error}).",
                where=database.where,
                remedy="Install the version that wrote it, or put a backup back: campaign-bot db restore FILE",
            )
        ) from error

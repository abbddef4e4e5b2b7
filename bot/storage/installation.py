"""What this database is: which installation may run it, and whether it may have been put back to an older state."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.model import Mode
from bot.storage import schema
from bot.storage.engine import Database

MOVED_TO = "moved to "
ARRIVING = "arriving from "
"""Doubts that begin like this say that a database is, or is not yet, another one: nothing at all is done with it."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """``database_id`` is shared by all copies of a database, until a person has verified one of them.

    ``installation_id`` is None before the first live start. ``doubt`` says why nothing may go out before somebody has
    verified the account; empty when there is none. Instants up to ``clock_trusted_at`` are known to be wrong.
    """

    database_id: str
    installation_id: str | None
    bound_at: datetime | None
    doubt: str
    clock_trusted_at: datetime | None

    @property
    def moved_to(self) -> str:
        """Where everything in this database went; empty when it is here."""
        return self.doubt.removeprefix(MOVED_TO) if self.doubt.startswith(MOVED_TO) else ""

    @property
    def arriving_from(self) -> str:
        """Where a move into this database comes from that was not finished; empty when there is none."""
        return self.doubt.removeprefix(ARRIVING) if self.doubt.startswith(ARRIVING) else ""


def identity_in(connection: sa.Connection) -> Identity:
    """As it stands in a transaction."""
    row = connection.execute(sa.select(schema.installation)).one()
    return Identity(
        database_id=row.database_id,
        installation_id=row.installation_id,
        bound_at=row.bound_at,
        doubt=row.doubt,
        clock_trusted_at=row.clock_trusted_at,
    )


class Installation:
    """Intent methods about the database as a whole; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def identity(self) -> Identity:
        """As it stands."""
        with self._database.read() as connection:
            return identity_in(connection)

    def bind(self, installation_id: str, now: datetime) -> None:
        """From now on only this installation may run it."""
        self._update({"installation_id": installation_id, "bound_at": now})

    def record_doubt(self, reason: str) -> None:
        """Nothing may go out before a person has verified what is on the account. Empty: a doubt was none after all."""
        self._update({"doubt": reason})

    def record_verified(self, clock_trusted_at: datetime | None) -> str:
        """A person has verified it. Returns the database's new id: older copies keep the old one, and its count."""
        database_id = str(uuid.uuid4())
        self._update({"doubt": "", "database_id": database_id, "clock_trusted_at": clock_trusted_at})
        return database_id

    def attempts(self) -> int:
        """The number of the latest attempt: it never goes down, unless the database goes back in time."""
        with self._database.read() as connection:
            return connection.execute(sa.select(sa.func.max(schema.attempts.c.attempt_id))).scalar_one() or 0

    def newest_instant(self) -> datetime | None:
        """The latest moment that anything in the database knows of as past."""
        columns = (
            schema.audit.c.at,
            schema.attempts.c.called_at,
            schema.runners.c.heartbeat_at,
            schema.messages.c.posted_at,
        )
        with self._database.read() as connection:
            found = [connection.execute(sa.select(sa.func.max(column))).scalar_one() for column in columns]
        return max((instant for instant in found if instant is not None), default=None)

    def last_run(self) -> datetime | None:
        """The latest moment at which a runner was at work on it, a person started it for real, or vouched for it."""
        verified = sa.select(sa.func.max(schema.audit.c.at)).where(schema.audit.c.action == "verify")
        moments = [
            verified,
            sa.select(sa.func.max(schema.attempts.c.called_at)),
            sa.select(sa.func.max(schema.runners.c.heartbeat_at)),
            sa.select(sa.func.max(schema.campaigns.c.started_at)).where(schema.campaigns.c.mode == Mode.LIVE.value),
        ]
        with self._database.read() as connection:
            found = [connection.execute(moment).scalar_one() for moment in moments]
        return max((instant for instant in found if instant is not None), default=None)

    def runners_alive(self, since: datetime) -> tuple[str, ...]:
        """The ids of runners that have not ended, and gave a sign of life since then."""
        table = schema.runners
        alive = sa.select(table.c.runner_id).where(table.c.stopped_at.is_(None), table.c.heartbeat_at >= since)
        with self._database.read() as connection:
            return tuple(connection.execute(alive).scalars())

    def started_live(self) -> dict[int, str]:
        """Campaigns that a person has started for real: id and name."""
        table = schema.campaigns
        live = table.c.started_at.is_not(None) & (table.c.mode == Mode.LIVE.value)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(table.c.campaign_id, table.c.name).where(live).order_by("name"))
            return {row.campaign_id: row.name for row in rows}

    def _update(self, values: Mapping[str, object]) -> None:
        with self._database.write() as connection:
            connection.execute(sa.update(schema.installation).values(dict(values)))

"""What the network counted, over time: rows are only ever added, and SQL does the adding up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bot.metrics import KINDS, Counts, Measured, Measurement, Moment, Reading, Readings, Target
from bot.model import AuditEntry, MessageState
from bot.storage import schema
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.schema_metrics import metric_readings, metrics

MOST_MOMENTS = 200
"""More than that no plot can show."""


class Metrics:
    """Intent methods about metrics; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def targets(self, campaign_id: int, now: datetime) -> tuple[Target, ...]:
        """What of a campaign is on the network, in the order in which it was due; ``now`` says what UTC day it is."""
        posts, messages = schema.posts, schema.messages
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        read = (
            sa.select(metrics.c.message_id)
            .join(metric_readings, metric_readings.c.reading_id == metrics.c.reading_id)
            .where(metric_readings.c.taken_at >= midnight, metrics.c.gone.is_(False))
        )
        query = (
            sa.select(messages.c.message_id, messages.c.network_id, messages.c.message_id.in_(read).label("read_today"))
            .join(posts, posts.c.post_id == messages.c.post_id)
            .where(
                posts.c.campaign_id == campaign_id,
                messages.c.state == MessageState.POSTED.value,
                messages.c.network_id.is_not(None),
            )
            .order_by(posts.c.due_at, posts.c.code, messages.c.position)
        )
        with self._database.read() as connection:
            return tuple(
                Target(message_id=row.message_id, network_id=row.network_id, read_today=bool(row.read_today))
                for row in connection.execute(query)
            )

    def begin(
        self, campaign_id: int, taken_at: datetime, *, asked: int, price: Decimal, entry: AuditEntry
    ) -> Reading | None:
        """A reading begins, at a whole second; None, and nothing written, when there is one of that very second."""
        instant = taken_at.replace(microsecond=0)
        there = sa.select(metric_readings.c.reading_id).where(
            metric_readings.c.campaign_id == campaign_id, metric_readings.c.taken_at == instant
        )
        row = {"campaign_id": campaign_id, "taken_at": instant, "asked": asked, "price": str(price)}
        try:
            with self._database.write() as connection:
                if connection.execute(there).first() is not None:
                    return None
                statement = sa.insert(metric_readings).values(row).returning(metric_readings.c.reading_id)
                reading_id = connection.execute(statement).scalar_one()
                write_entry(connection, campaign_id, entry)
        except sa.exc.IntegrityError:  # on a server another reader can come in between
            return None
        return Reading(reading_id=reading_id, taken_at=instant, asked=asked)

    def add(self, reading: Reading, found: Sequence[tuple[int, Measured]], *, answered: int, charged: int) -> Reading:
        """A batch was answered: keep it at once, because it was paid for. Gives the reading as it is now.

        ``answered`` is how many posts were asked for, also those that the network said nothing about.
        """
        table = metric_readings
        rows = [
            {"reading_id": reading.reading_id, "message_id": message_id, "gone": one.gone}
            | {kind: getattr(one.counts, kind) for kind in KINDS}
            for message_id, one in found
        ]
        values = {"answered": table.c.answered + answered, "charged": table.c.charged + charged}
        with self._database.write() as connection:
            if rows:
                connection.execute(sa.insert(metrics), rows)
            same = table.c.reading_id == reading.reading_id
            connection.execute(sa.update(table).where(same).values(values))
            return _reading_from(connection.execute(sa.select(table).where(same)).one())

    def latest(self, campaign_id: int) -> dict[int, Measurement]:
        """The last numbers of each message by its id, with their instant, and since when it is gone if it is."""
        newest = (
            sa.select(
                metrics.c.message_id,
                sa.func.max(metrics.c.reading_id).label("latest"),
                sa.func.max(sa.case((metrics.c.gone.is_(False), metrics.c.reading_id))).label("counted"),
                sa.func.min(sa.case((metrics.c.gone.is_(True), metrics.c.reading_id))).label("first_gone"),
            )
            .where(metrics.c.reading_id.in_(_of_campaign(campaign_id)))
            .group_by(metrics.c.message_id)
            .subquery()
        )
        same = (metrics.c.message_id == newest.c.message_id) & (metrics.c.reading_id == newest.c.counted)
        query = (
            sa.select(newest, *(metrics.c[kind] for kind in KINDS))
            .select_from(newest)
            .join(metrics, same, isouter=True)
        )
        with self._database.read() as connection:
            taken: dict[int, datetime] = dict(connection.execute(_instants(campaign_id)).all())
            return {row.message_id: _measurement_from(row, taken) for row in connection.execute(query)}

    def moments(self, campaign_id: int, most: int = MOST_MOMENTS) -> tuple[Moment, ...]:
        """How the whole campaign went on, by complete readings; of more than ``most``, evenly chosen ones."""
        table = metric_readings
        complete = (
            sa.select(table.c.reading_id, table.c.taken_at)
            .where(table.c.campaign_id == campaign_id, table.c.answered == table.c.asked, table.c.asked > 0)
            .order_by(table.c.reading_id)
        )
        with self._database.read() as connection:
            chosen = _evenly(connection.execute(complete).all(), most)
            sums = (
                sa.select(metrics.c.reading_id, *(sa.func.sum(metrics.c[kind]).label(kind) for kind in KINDS))
                .where(metrics.c.reading_id.in_([reading_id for reading_id, _ in chosen]))
                .group_by(metrics.c.reading_id)
            )
            totals = {row.reading_id: _counts_from(row) for row in connection.execute(sums)}
        at = dict(chosen)
        return tuple(
            Moment(at=at[reading_id], engagement=counts.engagement, impressions=counts.impressions)
            for reading_id, counts in sorted(totals.items())
            if counts.engagement is not None
        )

    def looks(self, campaign_id: int) -> int:
        """How often the account was read to settle unclear answers."""
        table = schema.attempts
        query = sa.select(sa.func.coalesce(sa.func.sum(table.c.looks), 0)).where(table.c.campaign_id == campaign_id)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def readings(self, campaign_id: int) -> Readings:
        """All readings in figures, and what X has charged for them."""
        table = metric_readings
        query = (
            sa.select(
                table.c.price,
                sa.func.count().label("number"),
                sa.func.sum(table.c.charged).label("charged"),
                sa.func.min(table.c.taken_at, type_=schema.UtcInstant).label("first_at"),
                sa.func.max(table.c.taken_at, type_=schema.UtcInstant).label("last_at"),
            )
            .where(table.c.campaign_id == campaign_id)
            .group_by(table.c.price)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return Readings(
            number=sum(row.number for row in rows),
            first_at=min((row.first_at for row in rows), default=None),
            last_at=max((row.last_at for row in rows), default=None),
            charged=sum(int(row.charged) for row in rows),
            cost=sum((Decimal(row.price) * int(row.charged) for row in rows), Decimal(0)),
        )


def _of_campaign(campaign_id: int) -> sa.Select[Any]:
    return sa.select(metric_readings.c.reading_id).where(metric_readings.c.campaign_id == campaign_id)


def _instants(campaign_id: int) -> sa.Select[Any]:
    table = metric_readings
    return sa.select(table.c.reading_id, table.c.taken_at).where(table.c.campaign_id == campaign_id)


def _evenly(rows: Sequence[Any], most: int) -> list[Any]:
    """At most so many of them, the last one always among them."""
    if len(rows) <= most:
        return list(rows)
    step = len(rows) / most
    return [rows[int((number + 1) * step) - 1] for number in range(most)]


def _counts_from(row: sa.Row[Any]) -> Counts:
    found = {kind: getattr(row, kind) for kind in KINDS}
    return Counts(**{kind: None if value is None else int(value) for kind, value in found.items()})


def _measurement_from(row: sa.Row[Any], taken: dict[int, datetime]) -> Measurement:
    is_gone = row.counted is None or row.latest != row.counted
    return Measurement(
        message_id=row.message_id,
        counts=_counts_from(row),
        counted_at=taken[row.counted] if row.counted is not None else None,
        gone_at=taken[row.first_gone] if is_gone else None,
    )


def _reading_from(row: sa.Row[Any]) -> Reading:
    return Reading(
        reading_id=row.reading_id,
        taken_at=row.taken_at,
        asked=row.asked,
        answered=row.answered,
        charged=row.charged,
        cost=Decimal(row.price) * row.charged,
    )

"""What the search for a hashtag found: marks and numbers, never texts, names or ids (see ``schema_hashtag``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from bot.followed import Found, Search, Stored, Stretch
from bot.model import AuditEntry
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.schema_hashtag import hashtag_posts, hashtag_reads, hashtag_searches, hashtag_stretches


class Hashtags:
    """Intent methods about followed hashtags; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, campaign_id: int, tag: str) -> Search | None:
        """A hashtag that is followed already."""
        with self._database.read() as connection:
            return _search(connection, campaign_id, tag)

    def follow(self, campaign_id: int, tag: str, *, begins_at: datetime, key: str, entry: AuditEntry) -> Search:
        """Follow a hashtag from now on, or go on following it; what was recorded first stays. Always leaves an entry."""
        with self._database.write() as connection:
            write_entry(connection, campaign_id, entry)
            found = _search(connection, campaign_id, tag)
            if found is None:
                row = {"campaign_id": campaign_id, "tag": tag, "begins_at": begins_at, "key": key}
                connection.execute(sa.insert(hashtag_searches).values(row))
                found = _search(connection, campaign_id, tag)
        assert found is not None  # noqa: S101 - it was written in this very transaction
        return found

    def stretches(self, search_id: int) -> tuple[Stretch, ...]:
        """The stretches of a search, the oldest first."""
        with self._database.read() as connection:
            return _stretches(connection, search_id)

    def save_stretches(self, search_id: int, stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
        """Write down what is to be counted, before anything is asked. Returns all of it, with ids."""
        table = hashtag_stretches
        with self._database.write() as connection:
            for stretch in stretches:
                if stretch.stretch_id:
                    mine = table.c.stretch_id == stretch.stretch_id
                    connection.execute(sa.update(table).where(mine).values(above=stretch.above))
                else:
                    row = {"above": stretch.above, "below": stretch.below, "reached": stretch.reached}
                    connection.execute(sa.insert(table).values(search_id=search_id, **row))
            return _stretches(connection, search_id)

    def record_asked(self, search_id: int, *, most: int, price: Decimal, now: datetime) -> int:
        """A page of at most so many posts is about to be asked for, at so many US dollars for each."""
        with self._database.write() as connection:
            inserted = connection.execute(
                sa.insert(hashtag_reads).values(search_id=search_id, asked_at=now, most=most, price=str(price))
            )
            key = inserted.inserted_primary_key
            return int(key[0]) if key else 0

    def record_refused(self, read_id: int) -> None:
        """X gave nothing, and charges only for what it gives."""
        with self._database.write() as connection:
            _close(connection, read_id, 0)

    def record_page(
        self, search: Search, stretch: Stretch, read_id: int, found: Sequence[Found], *, charged: int, reached: int
    ) -> None:
        """One page: what it held, what it cost, and how far down the stretch is counted now; all of it or nothing."""
        table = hashtag_stretches
        with self._database.write() as connection:
            row = hashtag_searches.c.search_id == search.search_id
            connection.execute(sa.select(hashtag_searches.c.search_id).where(row).with_for_update())
            _add(connection, search.search_id, found)
            connection.execute(
                sa.update(table)
                .where(table.c.stretch_id == stretch.stretch_id, table.c.reached > reached)
                .values(reached=reached)
            )
            _close(connection, read_id, charged)

    def stored(self, search_id: int) -> Stored:
        """The numbers of a search."""
        table = hashtag_posts
        mine = table.c.search_id == search_id
        quarters = (
            sa.select(
                table.c.quarter_at,
                sa.func.count().label("posts"),
                sa.func.sum(sa.case((table.c.own, 1), else_=0)).label("own"),
            )
            .where(mine)
            .group_by(table.c.quarter_at)
            .order_by(table.c.quarter_at)
        )
        with self._database.read() as connection:
            rows = tuple((row.quarter_at, int(row.posts), int(row.own)) for row in connection.execute(quarters))
            people = connection.execute(
                sa.select(sa.func.count(sa.distinct(table.c.author_mark))).where(mine, table.c.author_mark != "")
            ).scalar_one()
            nameless = connection.execute(
                sa.select(sa.func.count()).select_from(table).where(mine, table.c.author_mark == "")
            ).scalar_one()
            paid, unsettled = _cost(connection, hashtag_reads.c.search_id == search_id)
        return Stored(
            posts=sum(posts for _, posts, _ in rows),
            people=int(people),
            nameless=int(nameless),
            own=sum(own for _, _, own in rows),
            quarters=rows,
            paid=paid,
            unsettled=unsettled,
        )

    def spent(self, campaign_id: int) -> Decimal:
        """US dollars for all hashtags of a campaign, calls without an answer at their dearest."""
        searches = sa.select(hashtag_searches.c.search_id).where(hashtag_searches.c.campaign_id == campaign_id)
        with self._database.read() as connection:
            return sum(_cost(connection, hashtag_reads.c.search_id.in_(searches)), Decimal(0))


def _search(connection: sa.Connection, campaign_id: int, tag: str) -> Search | None:
    table = hashtag_searches
    row = connection.execute(
        sa.select(table).where(table.c.campaign_id == campaign_id, table.c.tag == tag)
    ).one_or_none()
    return None if row is None else Search(search_id=row.search_id, tag=row.tag, begins_at=row.begins_at, key=row.key)


def _stretches(connection: sa.Connection, search_id: int) -> tuple[Stretch, ...]:
    table = hashtag_stretches
    rows = connection.execute(sa.select(table).where(table.c.search_id == search_id).order_by(table.c.above)).all()
    return tuple(
        Stretch(stretch_id=row.stretch_id, above=row.above, below=row.below, reached=row.reached) for row in rows
    )


def _add(connection: sa.Connection, search_id: int, found: Sequence[Found]) -> None:
    """Each post once, also when X gives it twice. The caller holds the search, so nobody writes in between."""
    table = hashtag_posts
    unique = {one.post_mark: one for one in found}
    query = sa.select(table.c.post_mark).where(table.c.search_id == search_id, table.c.post_mark.in_(list(unique)))
    known = set(connection.execute(query).scalars())
    rows = [
        {
            "search_id": search_id,
            "post_mark": one.post_mark,
            "author_mark": one.author_mark,
            "quarter_at": one.quarter_at,
            "own": one.own,
        }
        for one in unique.values()
        if one.post_mark not in known
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def _close(connection: sa.Connection, read_id: int, posts: int) -> None:
    table = hashtag_reads
    connection.execute(sa.update(table).where(table.c.read_id == read_id).values(posts=posts))


def _cost(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Decimal, Decimal]:
    """What was charged, and what may have been. Money is text, so it is summed here; there are few prices."""
    table = hashtag_reads
    query = (
        sa.select(
            table.c.price,
            sa.func.sum(sa.func.coalesce(table.c.posts, 0)).label("posts"),
            sa.func.sum(sa.case((table.c.posts.is_(None), table.c.most), else_=0)).label("open"),
        )
        .where(which)
        .group_by(table.c.price)
    )
    paid = unsettled = Decimal(0)
    for row in connection.execute(query):
        paid += Decimal(row.price) * int(row.posts)
        unsettled += Decimal(row.price) * int(row.open)
    return paid, unsettled

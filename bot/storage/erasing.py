"""Erasing personal data, so that the bytes are gone: rows, free pages and the write-ahead log.

What stays is what it takes to show what was posted and that nothing is posted again: codes, slots, states, digests, the
network's ids and times, the log without its notes, and who of the team decided what.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing

import sqlalchemy as sa

from bot.errors import DatabaseError, Problem
from bot.model import AuditEntry, MessageState, Standing
from bot.storage import schema
from bot.storage.engine import Database
from bot.storage.journal import write_entry

FORGET = "forget"
KEPT = frozenset(
    {"campaigns", "accounts", "posts", "messages", "attempts", "plans", "audit", "waivers", "runners", "installation"}
    | {"stop_list", "metrics", "metric_readings", "alembic_version"}
    | {"hashtag_searches", "hashtag_stretches", "hashtag_posts", "hashtag_reads"}
)
"""Tables whose rows stay; what is personal in them is emptied column by column."""
ERASED = ("contributions", "consents", "podium_gaps", "withdrawals", "workers", "organisations", "lists")
"""Tables of a campaign whose rows are deleted; ``message_media``, ``media`` and ``audit_notes`` go with what they are of."""
_SETTINGS_THAT_STAY = ("zone", "lateness_limit", "catch_up_spacing", "thread_gap", "spacing")
_UNSENT = [state.value for state in MessageState if state not in {MessageState.POSTED, MessageState.DELETED}]


class Erasing:
    """Intent methods about erasing; each in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def was_forgotten(self, campaign_id: int) -> bool:
        """Whether the campaign's personal data were erased."""
        audit = schema.audit
        query = sa.select(audit.c.audit_id).where(audit.c.campaign_id == campaign_id, audit.c.action == FORGET)
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def counts(self, campaign_id: int) -> dict[str, int]:
        """How many rows of each kind ``erase_campaign`` would take."""
        tables = schema.whole_metadata().tables
        messages, posts, notes = schema.messages, schema.posts, schema.audit_notes
        with self._database.read() as connection:
            found = {
                name: _count(connection, tables[name], tables[name].c.campaign_id == campaign_id) for name in ERASED
            }
            mine = messages.c.post_id.in_(_posts_of(campaign_id)) & (messages.c.text != "")
            found["texts"] = _count(connection, messages, mine)
            found["pictures"] = _count(connection, schema.message_media, _pictures_of(campaign_id))
            found["notes"] = _count(connection, notes, notes.c.audit_id.in_(_audit_of(campaign_id)))
            found["posts"] = _count(connection, posts, posts.c.campaign_id == campaign_id)
        return found

    def personal_values(self, campaign_id: int) -> tuple[set[str], set[str]]:
        """Names and handles of people, and names and handles of organisations, that the database holds of a campaign."""
        tables = schema.whole_metadata().tables
        people = [("workers", "name"), ("workers", "handle"), ("withdrawals", "name"), ("withdrawals", "handle")]
        places = [("organisations", "name"), ("organisations", "handle"), ("workers", "organisation")]
        with self._database.read() as connection:
            return (
                _values(connection, tables, [*people, ("contributions", "name")], campaign_id),
                _values(connection, tables, places, campaign_id),
            )

    def words_of_contributors(self, campaign_id: int) -> set[str]:
        """What people sent in, and how they agreed: whole texts, alternative texts and words of consent."""
        tables = schema.whole_metadata().tables
        columns = [("contributions", column) for column in ("text", "alt_text", "consent")]
        with self._database.read() as connection:
            return _values(connection, tables, columns, campaign_id)

    def pictures(self, campaign_id: int) -> frozenset[str]:
        """The pictures that contributors sent in, as sha256 in hex: their files may have had any name."""
        with self._database.read() as connection:
            return frozenset(
                _values(connection, schema.whole_metadata().tables, [("contributions", "photo")], campaign_id)
            )

    def photos(self, campaign_id: int) -> tuple[str, ...]:
        """The files, relative to the list's folder, that the list names as photos."""
        workers = schema.workers
        query = sa.select(workers.c.photo).where(workers.c.campaign_id == campaign_id, workers.c.photo.is_not(None))
        with self._database.read() as connection:
            return tuple(photo for photo in connection.execute(query).scalars() if photo)

    def sources(self, campaign_id: int) -> tuple[str, ...]:
        """The lists that were loaded, as the log's notes name them."""
        audit, notes = schema.audit, schema.audit_notes
        query = sa.select(notes.c.note).join(audit, audit.c.audit_id == notes.c.audit_id)
        with self._database.read() as connection:
            mine = (audit.c.campaign_id == campaign_id) & audit.c.action.in_(["load", "contributions"])
            return tuple(dict.fromkeys(connection.execute(query.where(mine)).scalars()))

    def erase_campaign(self, campaign_id: int, *, entry: AuditEntry) -> None:
        """Erase what is personal of a campaign. Whatever of it was not sent is never sent."""
        tables = schema.whole_metadata().tables
        with self._database.write() as connection:
            _close_posts(connection, campaign_id)
            _erase_messages(connection, schema.messages.c.post_id.in_(_posts_of(campaign_id)))
            for name in ERASED:
                connection.execute(sa.delete(tables[name]).where(tables[name].c.campaign_id == campaign_id))
            _drop_unused_media(connection)
            notes = schema.audit_notes
            connection.execute(sa.delete(notes).where(notes.c.audit_id.in_(_audit_of(campaign_id))))
            _empty_campaign(connection, campaign_id)
            write_entry(connection, campaign_id, entry)

    def erase_person(
        self,
        campaign_id: int,
        worker_id: str,
        message_ids: Sequence[int],
        *,
        names_them: Callable[[str], bool],
        entry: AuditEntry,
    ) -> int:
        """Erase one person: the row, the consent, these messages, and the notes of the log that name them (how many).

        The withdrawal stays as a keyed hash and a rank, so that the place remains a declared gap.
        """
        tables = schema.whole_metadata().tables
        posts, known = schema.posts, tables["withdrawals"]
        mine = (known.c.campaign_id == campaign_id) & (known.c.worker_id == worker_id)
        blank = {"name": "", "organisation": "", "handle": None, "worker_id": _opaque(known.c.withdrawal_id)}
        with self._database.write() as connection:
            for name in ("consents", "workers"):
                table = tables[name]
                his = (table.c.campaign_id == campaign_id) & (table.c.worker_id == worker_id)
                connection.execute(sa.delete(table).where(his))
            connection.execute(sa.update(known).where(mine).values(**blank))
            _erase_messages(connection, schema.messages.c.message_id.in_(message_ids))
            _drop_unused_media(connection)
            subject = (posts.c.campaign_id == campaign_id) & (posts.c.subject_id == worker_id)
            connection.execute(sa.update(posts).where(subject).values(subject_id=_opaque(posts.c.post_id)))
            erased = _erase_notes(connection, campaign_id, names_them)
            write_entry(connection, campaign_id, entry)
        return erased

    def scrub(self) -> str:
        """Make the bytes of deleted rows go away. Returns what cannot be vouched for; empty for a file.

        Raises DatabaseError when another program has the file open, so that its log could not be emptied.
        """
        if self._database.path is None:
            return self._scrub_server()
        self._database.close()
        with closing(sqlite3.connect(self._database.path, isolation_level=None, timeout=10)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("VACUUM")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            what = "The rows are erased, but another program has the database open, so its log could not be emptied."
            raise DatabaseError(
                Problem(
                    what=what, where=str(self._database.path), remedy="Close it, then run campaign-bot forget again."
                )
            )
        return ""

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text of every table, with the table's name: for looking for traces on a server."""
        with self._database.read() as connection:
            for table in schema.whole_metadata().sorted_tables:
                columns = [column for column in table.c if isinstance(column.type, sa.String)]
                for row in connection.execute(sa.select(*columns)) if columns else ():
                    yield from ((table.name, value) for value in row if value)

    def _scrub_server(self) -> str:
        """Rewrite the tables; who may not do that is told by the server."""
        with self._database.autocommit() as connection:
            for table in schema.whole_metadata().sorted_tables:
                connection.execute(sa.text(f'VACUUM FULL "{table.name}"'))
        return "The server's write-ahead log, its replicas and its backups cannot be looked into from here."


def _opaque(number: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
    return sa.literal("forgotten-") + sa.cast(number, sa.String)


def _posts_of(campaign_id: int) -> sa.Select[tuple[int]]:
    return sa.select(schema.posts.c.post_id).where(schema.posts.c.campaign_id == campaign_id)


def _audit_of(campaign_id: int) -> sa.Select[tuple[int]]:
    return sa.select(schema.audit.c.audit_id).where(schema.audit.c.campaign_id == campaign_id)


def _pictures_of(campaign_id: int) -> sa.ColumnElement[bool]:
    messages = schema.messages
    mine = sa.select(messages.c.message_id).where(messages.c.post_id.in_(_posts_of(campaign_id)))
    return schema.message_media.c.message_id.in_(mine)


def _count(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one()


def _values(
    connection: sa.Connection,
    tables: sa.util.FacadeDict[str, sa.Table],
    columns: Iterable[tuple[str, str]],
    campaign_id: int,
) -> set[str]:
    found: set[str] = set()
    for table_name, column in columns:
        table = tables[table_name]
        query = sa.select(table.c[column]).where(table.c.campaign_id == campaign_id).distinct()
        found |= {value for value in connection.execute(query).scalars() if value}
    return found


def _close_posts(connection: sa.Connection, campaign_id: int) -> None:
    """What was not sent is skipped, under a digest that no sign-off fits; subjects become numbers."""
    posts, messages = schema.posts, schema.messages
    mine = posts.c.campaign_id == campaign_id
    unsent = sa.exists().where(messages.c.post_id == posts.c.post_id, messages.c.state.in_(_UNSENT))
    closed = {"standing": Standing.SKIPPED.value, "standing_reason": "forgotten", "is_final": True}
    closed |= {"digest": sa.literal("void:") + _opaque(posts.c.post_id)}
    connection.execute(sa.update(posts).where(mine & unsent).values(**closed))
    connection.execute(sa.update(posts).where(mine).values(subject_id=_opaque(posts.c.post_id)))


def _erase_messages(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    messages, link, attempts = schema.messages, schema.message_media, schema.attempts
    ids = sa.select(messages.c.message_id).where(which)
    connection.execute(sa.delete(link).where(link.c.message_id.in_(ids)))
    connection.execute(sa.update(attempts).where(attempts.c.message_id.in_(ids)).values(text_hash="", reason=""))
    connection.execute(sa.update(messages).where(which).values(text="", reason=""))


def _drop_unused_media(connection: sa.Connection) -> None:
    media, sent = schema.media, schema.whole_metadata().tables["contributions"]
    used = sa.select(schema.message_media.c.sha256)
    shown = sa.select(sent.c.photo).where(sent.c.photo.is_not(None))
    connection.execute(sa.delete(media).where(media.c.sha256.not_in(used), media.c.sha256.not_in(shown)))


def _empty_campaign(connection: sa.Connection, campaign_id: int) -> None:
    """Settings may hold words that people wrote: names in reasons, or short forms."""
    campaigns, searches = schema.campaigns, schema.whole_metadata().tables["hashtag_searches"]
    mine = campaigns.c.campaign_id == campaign_id
    settings = json.loads(connection.execute(sa.select(campaigns.c.settings).where(mine)).scalar_one())
    kept = {key: value for key, value in settings.items() if key in _SETTINGS_THAT_STAY or key.startswith("price")}
    values = {"settings": json.dumps(kept, sort_keys=True), "pause_reason": "", "config_digest": ""}
    connection.execute(sa.update(campaigns).where(mine).values(**values))
    connection.execute(sa.update(searches).where(searches.c.campaign_id == campaign_id).values(key=""))


def _erase_notes(connection: sa.Connection, campaign_id: int, names_them: Callable[[str], bool]) -> int:
    notes = schema.audit_notes
    found = connection.execute(sa.select(notes).where(notes.c.audit_id.in_(_audit_of(campaign_id)))).all()
    theirs = [row.audit_id for row in found if names_them(row.note)]
    for audit_id in theirs:
        connection.execute(sa.delete(notes).where(notes.c.audit_id == audit_id))
    return len(theirs)

"""Campaigns, the accounts they post on, and who decided what about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from bot.model import Account, AuditEntry, CampaignRecord, MessageState, Mode, Standing
from bot.storage import schema
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.rows import account_from, campaign_from


class Campaigns:
    """Intent methods about campaigns and accounts; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(self, name: str) -> CampaignRecord:
        """The campaign of this name, made if it is new."""
        table = schema.campaigns
        with self._database.write() as connection:
            row = connection.execute(sa.select(table).where(table.c.name == name)).one_or_none()
            if row is None:
                connection.execute(sa.insert(table).values(name=name))
                row = connection.execute(sa.select(table).where(table.c.name == name)).one()
            return campaign_from(row)

    def find(self, name: str) -> CampaignRecord | None:
        """The campaign of this name, if the database holds it."""
        table = schema.campaigns
        with self._database.read() as connection:
            row = connection.execute(sa.select(table).where(table.c.name == name)).one_or_none()
            return campaign_from(row) if row is not None else None

    def get(self, campaign_id: int) -> CampaignRecord:
        """The campaign of this id, as it is now."""
        table = schema.campaigns
        with self._database.read() as connection:
            return campaign_from(connection.execute(sa.select(table).where(table.c.campaign_id == campaign_id)).one())

    def names(self) -> tuple[str, ...]:
        """All campaigns in this database."""
        with self._database.read() as connection:
            return tuple(connection.execute(sa.select(schema.campaigns.c.name).order_by("name")).scalars())

    def ensure_account(self, network: str, handle: str) -> Account:
        """The account of this handle on this network, made if it is new. Handles compare without case."""
        table = schema.accounts
        same = (table.c.network == network) & (sa.func.lower(table.c.handle) == handle.lower())
        with self._database.write() as connection:
            row = connection.execute(sa.select(table).where(same)).one_or_none()
            if row is None:
                connection.execute(sa.insert(table).values(network=network, handle=handle))
                row = connection.execute(sa.select(table).where(same)).one()
            return account_from(row)

    def accounts(self, campaign_id: int) -> tuple[Account, ...]:
        """The accounts that a campaign has posts on."""
        table = schema.accounts
        used = sa.select(schema.posts.c.account_id).where(schema.posts.c.campaign_id == campaign_id)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(table).where(table.c.account_id.in_(used)).order_by(table.c.account_id))
            return tuple(account_from(row) for row in rows)

    def record_proof(self, account_id: int, *, user_id: str, proof: str, now: datetime) -> None:
        """The credentials with this fingerprint belong to this account; a stop for want of them is over.

        A limit of the network is not: whose credentials they are says nothing about how often they may be used.
        """
        table = schema.accounts
        values = {"user_id": user_id, "proof": proof, "proved_at": now, "stopped": ""}
        with self._database.write() as connection:
            connection.execute(sa.update(table).where(table.c.account_id == account_id).values(values))

    def clear_stops(self, campaign_id: int, entry: AuditEntry) -> None:
        """A person says that stopped accounts may try again."""
        table = schema.accounts
        used = sa.select(schema.posts.c.account_id).where(schema.posts.c.campaign_id == campaign_id)
        with self._database.write() as connection:
            connection.execute(sa.update(table).where(table.c.account_id.in_(used)).values(stopped="", resume_at=None))
            write_entry(connection, campaign_id, entry)

    def record_start(self, campaign_id: int, mode: Mode, entry: AuditEntry) -> None:
        """A person has decided that this campaign runs, and how."""
        values = {"mode": mode.value, "started_at": entry.at, "started_by": entry.actor}
        self._update(campaign_id, values, entry)

    def record_pause(self, campaign_id: int, reason: str, entry: AuditEntry) -> tuple[str, ...]:
        """From the return of this method on no call begins. Returns the codes of posts being sent right now.

        A pause that is on keeps its beginning, and whose it was."""
        posts, messages, table = schema.posts, schema.messages, schema.campaigns
        this = sa.update(table).where(table.c.campaign_id == campaign_id)
        begins = this.where(table.c.paused_at.is_(None)).values(paused_at=entry.at, paused_by=entry.actor)
        busy = (
            sa.select(posts.c.code)
            .join(messages, messages.c.post_id == posts.c.post_id)
            .where(posts.c.campaign_id == campaign_id, messages.c.state == MessageState.SENDING.value)
        )
        with self._database.write() as connection:
            connection.execute(begins)
            connection.execute(this.values(pause_reason=reason))
            write_entry(connection, campaign_id, entry)
            return tuple(connection.execute(busy).scalars())

    def record_resume(self, campaign_id: int, entry: AuditEntry, *, reason: str) -> tuple[str, ...]:
        """Ends a pause. What fell into it becomes missed, and asks; returns the codes of those posts."""
        posts, table = schema.posts, schema.campaigns
        fell = (
            (posts.c.campaign_id == campaign_id)
            & posts.c.is_final.is_(False)
            & posts.c.standing.in_([Standing.APPROVED.value, Standing.DRAFT.value])
            & (posts.c.due_at <= entry.at)
            & _none_posted()
        )
        with self._database.write() as connection:
            codes = tuple(connection.execute(sa.select(posts.c.code).where(fell).order_by(posts.c.due_at)).scalars())
            connection.execute(
                sa.update(posts).where(fell).values(standing=Standing.MISSED.value, standing_reason=reason)
            )
            values = {"paused_at": None, "paused_by": "", "pause_reason": ""}
            connection.execute(sa.update(table).where(table.c.campaign_id == campaign_id).values(values))
            write_entry(connection, campaign_id, entry)
        return codes

    def _update(self, campaign_id: int, values: Mapping[str, object], entry: AuditEntry) -> None:
        table = schema.campaigns
        with self._database.write() as connection:
            connection.execute(sa.update(table).where(table.c.campaign_id == campaign_id).values(values))
            write_entry(connection, campaign_id, entry)


def _none_posted() -> sa.ColumnElement[bool]:
    """Nothing of the post is out yet, or on its way: a thread that has begun is not missed as a whole."""
    messages = schema.messages
    begun = [MessageState.POSTED.value, MessageState.SENDING.value, MessageState.UNKNOWN.value]
    return ~sa.exists().where(messages.c.post_id == schema.posts.c.post_id, messages.c.state.in_(begun))

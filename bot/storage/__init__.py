"""The truth: everything a campaign is and did, in one database. No session, row or engine leaves this package."""

from __future__ import annotations

from bot.storage.campaigns import Campaigns
from bot.storage.delivery import Delivery
from bot.storage.engine import Database
from bot.storage.journal import Journal
from bot.storage.plans import Plans
from bot.storage.rankings import Rankings


class Storage:
    """One database, by what is done with it."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self.database = Database(url, durable=durable)
        self.campaigns = Campaigns(self.database)
        self.rankings = Rankings(self.database)
        self.plans = Plans(self.database)
        self.delivery = Delivery(self.database)
        self.journal = Journal(self.database)

    def close(self) -> None:
        """Give all connections back."""
        self.database.close()


__all__ = ["Storage"]

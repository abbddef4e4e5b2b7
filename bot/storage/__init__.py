"""The truth: everything a campaign is and did, in one database. No session, row or engine leaves this package."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.storage.campaigns import Campaigns
from bot.storage.contributions import Contributions
from bot.storage.delivery import Delivery
from bot.storage.engine import Database
from bot.storage.erasing import Erasing
from bot.storage.fixes import Fixes
from bot.storage.hashtags import Hashtags
from bot.storage.installation import Installation
from bot.storage.journal import Journal
from bot.storage.metrics import Metrics
from bot.storage.people import People
from bot.storage.plans import Plans
from bot.storage.rankings import Rankings
from bot.storage.waivers import Waivers


class Storage:
    """One database, by what is done with it. ``durable`` and ``now`` are those of ``Database``."""

    def __init__(self, url: str, *, durable: bool = True, now: Callable[[], datetime] | None = None) -> None:
        self.database = Database(url, durable=durable, now=now)
        self.campaigns = Campaigns(self.database)
        self.rankings = Rankings(self.database)
        self.contributions = Contributions(self.database)
        self.plans = Plans(self.database)
        self.fixes = Fixes(self.database)
        self.erasing = Erasing(self.database)
        self.people = People(self.database)
        self.delivery = Delivery(self.database)
        self.hashtags = Hashtags(self.database)
        self.installation = Installation(self.database)
        self.journal = Journal(self.database)
        self.metrics = Metrics(self.database)
        self.waivers = Waivers(self.database)

    def close(self) -> None:
        """Give all connections back."""
        self.database.close()


__all__ = ["Storage"]

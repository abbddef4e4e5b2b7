"""What became of a campaign: everything that is on record about it, brought together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.core.desk import Desk
from bot.memory import without_collector
from bot.model import Mode
from bot.reports.report import Report, build_report
from bot.reports.spending import spending_of


@dataclass(frozen=True, kw_only=True)
class Reporting:
    """The capability, on one desk: the record, or practice's copy."""

    desk: Desk
    mode: Mode

    @without_collector()
    def report(self, *, made_at: datetime | None = None, notes: bool = True) -> Report:
        """The report as of now; ``made_at`` is what it says about that, ``notes`` whether it quotes people's own words.

        Raises NotReadyError when nothing was planned yet.
        """
        desk, storage = self.desk, self.desk.storage
        record, settings = desk.planned(), desk.settings()
        posts = desk.posts()
        readings = storage.metrics.readings(record.campaign_id)
        measured = readings.number > 0
        accounts = storage.campaigns.accounts(record.campaign_id)
        live = self.mode is Mode.LIVE
        return build_report(
            record,
            posts,
            ranking=storage.rankings.load(record.campaign_id),
            mode=self.mode,
            account=accounts[0].handle if accounts else "",
            zone=settings.zone,
            now=desk.clock.now(),
            made_at=made_at or desk.clock.now(),
            spending=spending_of(
                posts,
                settings.prices,
                mode=self.mode,
                readings=readings,
                looks=storage.metrics.looks(record.campaign_id),
                hashtags=storage.hashtags.spent(record.campaign_id) if live else Decimal(0),
            ),
            readings=readings,
            latest=storage.metrics.latest(record.campaign_id) if measured else {},
            moments=storage.metrics.moments(record.campaign_id) if measured else (),
            log=[entry if notes else replace(entry, note="") for entry in storage.journal.entries(record.campaign_id)],
        )

"""The plan, and the whole campaign, as files to keep or to open in other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.config import Config
from bot.config_tables import FILE
from bot.core.desk import Desk
from bot.core.reporting import Reporting
from bot.model import AuditEntry, Mode, Ranking
from bot.reports.archive import public_config, without_secrets, zipped
from bot.reports.plan_files import Sheet, picture_name, plan_csv, plan_ics, texts_of
from bot.reports.preview import titles_of
from bot.reports.report_files import report_csv, report_markdown
from bot.reports.report_html import report_html
from bot.reports.words import utc_text
from bot.spreadsheet import csv_text

ACTION = "export"
_MARK = "\ufeff"
"""By it spreadsheets know UTF-8."""
_README = """What is in this archive
=======================

{campaign}, @{account}, plan {plan_code}. {mode}

config.toml    the campaign's settings, without secrets
{listed}plan.csv       every message with its time, text, length and pictures
plan.ics       the same as a calendar
texts/         what every post says, as it was sent
receipts.csv   what X answered: number, address and time of every message
log.csv        who did what, when{notes}
report.html    what became of it all, to be opened in a browser; report.csv and report.md say the same
pictures/      the pictures that were sent
manifest.json  size and SHA-256 of each of these files

In the CSV files an apostrophe stands before a text that a spreadsheet would calculate.
"""
_LISTED = "list.csv       the ranked list as it was loaded last\n"
"""A day of contributions has none; its words stand in the plan."""


@dataclass(frozen=True, kw_only=True)
class Exporting:
    """The capability, on one desk: the record, or practice's copy. Whoever has written a file records it."""

    config: Config
    desk: Desk
    mode: Mode

    def plan_csv(self) -> bytes:
        """The plan for a spreadsheet. Raises NotReadyError when there is none."""
        return (_MARK + plan_csv(self._sheet())).encode()

    def plan_ics(self) -> bytes:
        """The plan for a calendar. Raises NotReadyError when there is none."""
        return plan_ics(self._sheet()).encode()

    def archive(self, *, notes: bool, secrets: Sequence[str] = ()) -> bytes:
        """The whole campaign as a zip; ``secrets`` are blotted out of whatever might hold one. ``notes`` adds people's
        own words in the log. As long as nothing changes, so do the bytes not. Raises NotReadyError without a plan."""
        record, sheet = self.desk.planned(), self._sheet()
        texts = {name: without_secrets(text, secrets).encode() for name, text in self._texts(sheet, notes=notes)}
        pictures = {
            f"pictures/{picture_name(media)}": self.desk.storage.plans.picture(media.sha256)
            for post in sheet.posts
            for message in post.messages
            for media in message.draft.media
        }
        facts = {"campaign": record.name, "plan_code": record.plan_code, "mode": self.mode.value, "version": 1}
        return zipped(texts | pictures, facts)

    def _texts(self, sheet: Sheet, *, notes: bool) -> Iterator[tuple[str, str]]:
        campaign_id, log = self.desk.planned().campaign_id, self._log()
        report = Reporting(desk=self.desk, mode=self.mode).report(made_at=_last(log, sheet.planned_at), notes=notes)
        mode = "This was practice: nothing was sent." if self.mode is Mode.PRACTICE else ""
        with_notes = ", with their own words" if notes else ", without their own words"
        ranking = self.desk.storage.rankings.load(campaign_id)
        yield (
            "README.txt",
            _README.format(
                campaign=sheet.campaign,
                account=sheet.account,
                plan_code=self.desk.planned().plan_code,
                mode=mode,
                notes=with_notes,
                listed=_LISTED if ranking.workers else "",
            ),
        )
        path = self.config.folder / FILE
        if path.is_file():
            yield "config.toml", public_config(path.read_text("utf-8", errors="replace"))
        if ranking.workers:
            yield "list.csv", _MARK + _list_csv(ranking)
        yield "plan.csv", _MARK + plan_csv(sheet)
        yield "plan.ics", plan_ics(sheet)
        yield from ((f"texts/{code}.txt", text) for code, text in texts_of(sheet.posts).items())
        yield "receipts.csv", _MARK + _receipts_csv(sheet)
        yield "log.csv", _MARK + _log_csv(log, notes=notes)
        yield "report.html", report_html(report)
        yield "report.csv", _MARK + report_csv(report)
        yield "report.md", report_markdown(report)

    def _sheet(self) -> Sheet:
        record, posts = self.desk.planned(), self.desk.posts()
        accounts = self.desk.storage.campaigns.accounts(record.campaign_id)
        return Sheet(
            campaign=record.name,
            account=accounts[0].handle if accounts else self.config.account.handle,
            zone=self.desk.settings().zone,
            mode=self.mode,
            planned_at=record.planned_at or datetime.min.replace(tzinfo=UTC),
            posts=posts,
            titles=titles_of(self.desk.storage.rankings.load(record.campaign_id)),
        )

    def _log(self) -> tuple[AuditEntry, ...]:
        """Who did what; that somebody exported it is left out, so that a second archive is the same as the first."""
        entries = self.desk.storage.journal.entries(self.desk.record().campaign_id)
        return tuple(entry for entry in entries if entry.action != ACTION)

    def record_export(self, what: str) -> None:
        """Write down that somebody has the plan or the campaign in a file now."""
        self.desk.storage.journal.add(self.desk.record().campaign_id, self.desk.entry(ACTION, detail=what))


def _last(log: Sequence[AuditEntry], otherwise: datetime) -> datetime:
    return max((entry.at for entry in log), default=otherwise)


def _list_csv(ranking: Ranking) -> str:
    headings = (
        "rank",
        "tied",
        "id",
        "name",
        "organisation",
        "count",
        "handle",
        "organisation_handle",
        "photo",
        "alt_text",
    )
    return csv_text(
        headings,
        (
            (
                *(worker.rank, "yes" if worker.tied else "", worker.worker_id, worker.name, worker.organisation),
                *(worker.count, worker.handle, worker.organisation_handle, worker.photo, worker.alt_text),
            )
            for worker in ranking.workers
        ),
    )


def _receipts_csv(sheet: Sheet) -> str:
    headings = ("code", "part", "state", "network_id", "url", "posted_utc", "adopted", "calls")
    return csv_text(
        headings,
        (
            (
                *(post.code, message.position + 1, message.state.value, message.receipt.network_id),
                *(message.receipt.url, utc_text(message.receipt.posted_at)),
                *("yes" if message.receipt.adopted else "", message.attempts),
            )
            for post in sheet.posts
            for message in post.messages
            if message.receipt
        ),
    )


def _log_csv(log: Sequence[AuditEntry], *, notes: bool) -> str:
    headings = ("at_utc", "who", "what", "post", "detail", *(["note"] if notes else []))
    return csv_text(
        headings,
        (
            (
                utc_text(entry.at),
                entry.actor,
                entry.action,
                entry.post_code,
                entry.detail,
                *([entry.note] if notes else []),
            )
            for entry in log
        ),
    )

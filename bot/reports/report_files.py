"""The report for a spreadsheet, as Markdown, and for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from bot.days import say_time
from bot.metrics import KINDS, Counts
from bot.model import Mode
from bot.reports.report import Deviation, Report, ReportPart, ReportPost, Share
from bot.reports.report_text import NOT_AVAILABLE, PRACTISED, sent_line, summary
from bot.reports.words import one_line, symbol_of, utc_text, zone_word
from bot.spreadsheet import csv_text

VERSION = 1
COLUMNS = (
    *("code", "part", "parts", "title", "organisation", "slot", "zone", "sent", "seconds_late"),
    *("state", "reason", "link", "adopted", "gone", *KINDS, "numbers_as_of"),
)
_MARKED = re.compile(r"([\\`*_\[\]<>|#~])")


def report_csv(report: Report) -> str:
    """One row for each message; an unknown number is an empty cell. No cell is a formula (``bot.spreadsheet``)."""
    return csv_text(COLUMNS, (_row(report, post, part) for post in report.posts for part in post.parts))


def _row(report: Report, post: ReportPost, part: ReportPart) -> tuple[str | int | None, ...]:
    zone = ZoneInfo(report.zone)
    sent = part.posted_at.astimezone(zone) if part.posted_at else None
    late = int(post.late.total_seconds()) if post.late is not None and part.number == 1 else None
    read = part.counted_at.astimezone(zone) if part.counted_at else None
    return (
        *(post.code, part.number, len(post.parts), post.title, post.organisation),
        *(f"{post.local:%Y-%m-%d %H:%M:%S}", zone_word(post.local)),
        *(f"{sent:%Y-%m-%d %H:%M:%S}" if sent else "", late),
        *(part.state.value if len(post.parts) > 1 and part.posted_at else post.state.value, part.reason or post.reason),
        *(
            part.url,
            "yes" if part.adopted else "",
            f"{part.gone_at.astimezone(zone):%Y-%m-%d %H:%M}" if part.gone_at else "",
        ),
        *(getattr(part.counts, kind) if part.counts else None for kind in KINDS),
        f"{read:%Y-%m-%d %H:%M:%S}" if read else "",
    )


def report_markdown(report: Report) -> str:
    """A page for a wiki or a blog: a table of all posts, what went otherwise, and the totals."""
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: Report) -> Iterator[str]:
    yield f"# {plain(report.campaign)}: report"
    yield ""
    if report.mode is Mode.PRACTICE:
        yield f"**{PRACTISED}**"
        yield ""
    yield f"{report.headline} Plan {report.plan_code}, @{plain(report.account)}, times in {plain(report.zone)}."
    yield ""
    numbers = report.as_of is not None
    headings = ["slot", "post", "about", "state", "sent", *(KINDS if numbers else ()), "link"]
    yield _cells(headings)
    yield _cells(["---"] * len(headings))
    yield from (_cells(_post_cells(post, report, numbers=numbers)) for post in report.posts)
    yield ""
    yield "## What went otherwise than planned"
    yield ""
    yield from (
        [f"- {plain(found.code)} {found.word}: {plain(found.why)}".rstrip(" :") for found in report.deviations]
        or ["Nothing: everything that was due went out as planned."]
    )
    yield ""
    yield "## Totals"
    yield ""
    yield from (f"- {label}: {plain(line)}" if label else f"  - {plain(line)}" for label, line in summary(report))


def _post_cells(post: ReportPost, report: Report, *, numbers: bool) -> list[str]:
    slot = f"{post.local:%a} {post.local.day} {post.local:%b} {say_time(post.local)} {zone_word(post.local)}"
    state = f"{symbol_of(post.state)} {post.state.value}{f', {post.progress}' if post.progress else ''}"
    counts = [_number(post.counts, kind) for kind in KINDS] if numbers else []
    link = f"[{plain(post.code)}]({post.url})" if post.url.startswith("https://") else ""
    sent = sent_line(post, report.zone).removeprefix("sent ")
    return [slot, plain(post.code), plain(post.title), state, sent, *counts, link]


def _number(counts: Counts | None, kind: str) -> str:
    value = getattr(counts, kind) if counts else None
    return NOT_AVAILABLE if value is None else f"{value:,}"


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """A text that Markdown shows as it is."""
    return _MARKED.sub(r"\\\1", one_line(text))


def report_json(report: Report) -> dict[str, object]:
    """Stable keys; new ones may be added, none is renamed or removed within a ``version``. Instants are ISO 8601 in UTC,
    money is US dollars as a decimal string, an unknown number is null; docs/commands.md names them all."""
    return {
        "version": VERSION,
        "campaign": report.campaign,
        "account": report.account,
        "mode": report.mode.value,
        "plan_code": report.plan_code,
        "zone": report.zone,
        "made_at": utc_text(report.made_at),
        "started_at": utc_text(report.started_at),
        "started_by": report.started_by or None,
        "headline": report.headline,
        "counts": {state.value: number for state, number in report.counts},
        "messages": report.messages,
        "messages_out": report.messages_out,
        "posts": [_post_json(post) for post in report.posts],
        "deviations": [_deviation_json(found) for found in report.deviations],
        "cost": _cost_json(report),
        "numbers": {
            "as_of": utc_text(report.as_of),
            "readings": report.readings.number,
            "together": counts_json(report.totals),
            "best": [post.code for post in report.best()],
            "organisations": [_share_json(share) for share in report.by_organisation()],
        },
        "next_command": report.next_command,
    }


def _post_json(post: ReportPost) -> dict[str, object]:
    return {
        "code": post.code,
        "kind": post.kind.value,
        "title": post.title,
        "organisation": post.organisation or None,
        "due_at": utc_text(post.local),
        "state": post.state.value,
        "reason": post.reason or None,
        "sent_at": utc_text(post.sent_at),
        "late_seconds": post.late.total_seconds() if post.late is not None else None,
        "corrects": post.corrects or None,
        "counted": counts_json(post.counts) if post.counts else None,
        "parts": [_part_json(part) for part in post.parts],
    }


def _part_json(part: ReportPart) -> dict[str, object]:
    return {
        "part": part.number,
        "state": part.state.value,
        "url": part.url or None,
        "sent_at": utc_text(part.posted_at),
        "adopted": part.adopted,
        "gone_at": utc_text(part.gone_at),
        "counted": counts_json(part.counts) if part.counts else None,
    }


def _deviation_json(found: Deviation) -> dict[str, object]:
    return {"code": found.code, "what": found.word, "why": found.why}


def _cost_json(report: Report) -> dict[str, object]:
    spending = report.spending
    return {
        "total": f"{spending.total:.3f}",
        "hypothetical": spending.hypothetical,
        "items": [
            {"what": item.what, "number": item.number, "amount": f"{item.amount:.3f}"} for item in spending.items
        ],
        "not_counted": list(spending.uncounted),
    }


def _share_json(share: Share) -> dict[str, object]:
    return {"name": share.name, "posts": share.posts, "counted": counts_json(share.counts)}


def counts_json(counts: Counts) -> dict[str, int | None]:
    """Every kind by its name."""
    return {kind: getattr(counts, kind) for kind in KINDS}

"""The plan for a spreadsheet, and for a calendar."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.lifecycle import reason_of, state_of
from bot.model import Media, Mode, Post, PostState
from bot.reports.preview import title_of
from bot.reports.words import utc_text, zone_word
from bot.spreadsheet import csv_text
from bot.text import weighted_length

PLAN_COLUMNS = (
    *("code", "part", "parts", "kind", "title", "slot", "zone", "due_utc", "state", "reason"),
    *("signed_off_by", "characters", "text", "pictures", "alt_texts"),
)
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_LASTS = timedelta(minutes=5)
_LINE = 75
"""Octets of a line of iCalendar, RFC 5545, 3.1."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A plan to be written into a file. ``titles`` are what people call each subject; ``planned_at`` is UTC."""

    campaign: str
    account: str
    zone: str
    mode: Mode
    planned_at: datetime
    posts: tuple[Post, ...]
    titles: dict[str, str]


def plan_csv(sheet: Sheet) -> str:
    """One row for each message, in the order in which they are due. No cell is a formula (``bot.spreadsheet``)."""
    zone = ZoneInfo(sheet.zone)
    return csv_text(PLAN_COLUMNS, (row for post in sheet.posts for row in _rows(post, sheet, zone)))


def _rows(post: Post, sheet: Sheet, zone: ZoneInfo) -> Iterator[Sequence[str | int]]:
    local = post.slot.due_at.astimezone(zone)
    for message in post.messages:
        media = message.draft.media
        yield (
            *(post.code, message.position + 1, len(post.messages), post.kind.value, title_of(post, sheet.titles)),
            *(f"{local:%Y-%m-%d %H:%M:%S}", zone_word(local), utc_text(local) or "", state_of(post).value),
            *(message.reason or reason_of(post), post.approval.by if post.approval else ""),
            *(weighted_length(message.draft.text), message.draft.text),
            *(" ".join(picture_name(item) for item in media), "\n".join(item.alt_text for item in media)),
        )


def picture_name(media: Media) -> str:
    """What a picture is called in the archive."""
    return f"{media.sha256[:16]}.{ENDINGS.get(media.mime, 'bin')}"


def plan_ics(sheet: Sheet) -> str:
    """An iCalendar file (RFC 5545) that Outlook, Google and Apple import: an event of five minutes for each post.

    Instants are in UTC, which every calendar shows on its reader's own clock; the event says the campaign's time too. An
    event keeps its UID when the plan changes, so that importing again moves it; what is not sent is cancelled.
    """
    name = f"{'PRACTICE: ' if sheet.mode is Mode.PRACTICE else ''}{sheet.campaign}"
    head = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//campaign-bot//plan//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"),
        *(f"X-WR-CALNAME:{escaped(name)}", f"X-WR-TIMEZONE:{sheet.zone}"),
    )
    events = (line for post in sheet.posts for line in _event(post, sheet))
    return "".join(f"{folded(line)}\r\n" for line in (*head, *events, "END:VCALENDAR"))


def _event(post: Post, sheet: Sheet) -> Iterator[str]:
    local = post.slot.due_at.astimezone(ZoneInfo(sheet.zone))
    state = state_of(post)
    title = title_of(post, sheet.titles)
    told = f"{local:%H:%M} {zone_word(local)} ({sheet.zone}), @{sheet.account}, {state.value}"
    texts = "\n\n".join(message.draft.text for message in post.messages)
    links = [message.receipt.url for message in post.messages if message.receipt]
    cancelled = state in {PostState.SKIPPED, PostState.DELETED}
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(post, sheet.campaign)}"
    yield f"DTSTAMP:{_utc(sheet.planned_at)}"
    yield f"DTSTART:{_utc(post.slot.due_at)}"
    yield f"DTEND:{_utc(post.slot.due_at + _LASTS)}"
    yield f"SUMMARY:{escaped(f'{post.code}  {title}')}"
    yield f"DESCRIPTION:{escaped(told)}\\n\\n{escaped(texts)}"
    if links and links[0].startswith("https://"):
        yield f"URL:{links[0]}"
    yield f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _uid(post: Post, campaign: str) -> str:
    """The same for the same post in every plan, and for no other."""
    key = post.key
    whole = "\0".join((campaign, key.series, key.subject_id, str(key.account_id), str(key.edition)))
    return f"{hashlib.sha256(whole.encode()).hexdigest()[:32]}@campaign-bot"


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escaped(text: str) -> str:
    """A text as a value of iCalendar (RFC 5545, 3.3.11); characters that steer anything are left out."""
    kept = "".join(letter for letter in text if letter == "\n" or unicodedata.category(letter) != "Cc")
    return kept.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """Lines of at most 75 octets, never cut within a character (RFC 5545, 3.1)."""
    pieces, piece, size = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > _LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece += letter
        size += octets
    return "\r\n".join([*pieces, piece])


def texts_of(posts: Iterable[Post]) -> dict[str, str]:
    """Every post's text by its code, as it is sent; parts of a thread are told apart by a line."""
    return {
        post.code: "\n\n--- next part ---\n\n".join(item.draft.text for item in post.messages) + "\n" for post in posts
    }

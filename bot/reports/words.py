"""Words and signs that every report shares: a state is always a symbol and a word, a time always has its zone."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.days import say_day, say_time
from bot.model import MessageState, Mode, PostState, Severity

SYMBOLS: dict[PostState | MessageState, str] = {
    PostState.DRAFT: "○",
    PostState.APPROVED: "●",
    PostState.SENDING: "↑",
    PostState.POSTED: "✓",
    PostState.PARTIAL: "◐",
    PostState.FAILED: "✗",
    PostState.UNKNOWN: "?",
    PostState.HELD: "‖",
    PostState.DELETED: "⊘",
    PostState.MISSED: "!",
    PostState.SKIPPED: "»",
    MessageState.PENDING: "…",
}

MODE_LINES = {Mode.PRACTICE: "PRACTICE: nothing is sent", Mode.LIVE: "LIVE: posts go out for real"}

ACCEPTED_SYMBOL = "✓"
SEVERITY_SYMBOLS = {Severity.ERROR: "✗", Severity.WARNING: "!"}

_GREEN, _RED, _AMBER, _BLUE, _GREY = "32", "31", "33", "34", "90"
_COLOURS = {
    PostState.APPROVED: _BLUE,
    PostState.SENDING: _BLUE,
    PostState.POSTED: _GREEN,
    PostState.PARTIAL: _AMBER,
    PostState.FAILED: _RED,
    PostState.UNKNOWN: _AMBER,
    PostState.HELD: _AMBER,
    PostState.MISSED: _AMBER,
    PostState.DELETED: _GREY,
    PostState.SKIPPED: _GREY,
}
_SEVERITY_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _AMBER}
_BIDI = {"\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def symbol_of(state: PostState | MessageState) -> str:
    """One sign for a state; never shown without its word."""
    return SYMBOLS.get(state, SYMBOLS[PostState.UNKNOWN])


def symbol_and_word(state: PostState, *, colour: bool = False) -> str:
    """``✓ posted``."""
    return paint(f"{symbol_of(state)} {state.value}", _COLOURS.get(state, ""), colour=colour)


def painted_severity(text: str, severity: Severity, *, colour: bool) -> str:
    """Red for what blocks, amber for what warns."""
    return paint(text, _SEVERITY_COLOURS[severity], colour=colour)


def bold(text: str, *, colour: bool) -> str:
    return paint(text, "1", colour=colour)


def dim(text: str, *, colour: bool) -> str:
    return paint(text, "2", colour=colour)


def paint(text: str, code: str, *, colour: bool) -> str:
    """Wrap ``text`` in an ANSI colour, or leave it as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text


def visible(text: str) -> str:
    """Make characters that steer a terminal visible, so that a hostile name cannot redraw the screen."""
    return "".join(_shown(character) for character in text)


def one_line(text: str) -> str:
    """``visible`` on a single line."""
    return visible(" ".join(text.split()))


def utc_text(instant: datetime | None) -> str | None:
    """ISO 8601 with ``Z``, for programs; None stays None."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    if character in _BIDI or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
        return f"<U+{ord(character):04X}>"
    return character


def zone_word(local: datetime) -> str:
    """GMT or BST in Britain; an offset such as UTC+05:30 where the zone has no letters."""
    name = local.tzname() or ""
    if name and name[0].isalpha():
        return name
    offset = local.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:]}"


def made_at(local: datetime) -> str:
    """``Monday 8 March 2027 09:00 GMT``."""
    return f"{say_day(local.date())} {local:%H:%M} {zone_word(local)}"


def short_moment(instant: datetime, zone: ZoneInfo) -> str:
    """``Mon 8 Mar 09:00 GMT`` in the campaign's zone."""
    local = instant.astimezone(zone)
    return f"{short_day(local)} {say_time(local)} {zone_word(local)}"


def short_day(day: date) -> str:
    """``Mon 8 Mar``."""
    return f"{day:%a} {day.day} {day:%b}"

"""The preview as one page that a manager can open on a phone, print, or keep: no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from jinja2 import Environment, StrictUndefined

from bot.days import say_day, say_time
from bot.model import Finding, Media, MessageState, Mode
from bot.reports import resource
from bot.reports.preview import Preview
from bot.reports.preview_text import cost_lines, dollars, findings_line, next_step
from bot.reports.words import MODE_LINES, SEVERITY_SYMBOLS, made_at, short_day, symbol_of, zone_word
from bot.text import find_hashtags, find_links, find_mentions, weighted_length
from bot.wording import plural

CLOSE_TO_LIMIT = 20
"""From this many characters left on, the counter turns amber, as X's own does."""

_SHOWN_AS_PICTURE = {"image/png", "image/jpeg", "image/gif", "image/webp"}
LINKED_HOSTS = ("https://x.com/", "https://twitter.com/")


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of a text. ``kind`` is plain, link or tag; ``over`` is True beyond the limit."""

    kind: str
    text: str
    over: bool = False


def preview_html(preview: Preview, *, media: Mapping[str, bytes] | None = None) -> str:
    """The whole page. ``media`` gives the bytes of pictures by their sha256; one that is not given is described."""
    css = resource("preview.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        dollars=dollars,
        initials=initials,
        made_at=made_at,
        plural=plural,
        say_day=say_day,
        say_time=say_time,
        short_day=short_day,
        symbol=symbol_of,
        zone_word=zone_word,
    )
    template = environment.from_string(resource("preview.html.j2"))
    pictures = dict(media or {})
    return template.render(
        preview=preview,
        css=css,
        css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        mode_line=MODE_LINES[preview.mode],
        is_live=preview.mode is Mode.LIVE,
        span=span_of([day.date for day in preview.days]),
        cost=cost_lines(preview),
        findings_line=findings_line(preview),
        next_step=next_step(preview),
        titles={card.code: card.title for day in preview.days for card in day.cards},
        threads={card.code for day in preview.days for card in day.cards if len(card.parts) > 1},
        severity_symbols=SEVERITY_SYMBOLS,
        posted=MessageState.POSTED,
        close_to_limit=CLOSE_TO_LIMIT,
        segments=segments,
        anchor=_anchor,
        picture=lambda item: _data_uri(item, pictures),
        is_linked=lambda url: url.startswith(LINKED_HOSTS),
    )


def segments(text: str, limit: int) -> tuple[Segment, ...]:
    """The text in order, nothing added or lost: what X colours, and what is too much for it."""
    cut = _fitting(text, limit)
    pieces = []
    for start, end, kind in _with_gaps(text, _marked(text)):
        for low, high, over in ((start, min(end, cut), False), (max(start, cut), end, True)):
            if low < high:
                pieces.append(Segment(kind=kind, text=text[low:high], over=over))
    return tuple(pieces)


def initials(name: str) -> str:
    """One or two letters for the circle that stands for the account's picture."""
    words = [word for word in name.replace("_", " ").split() if word[0].isalnum()]
    capitals = [letter for letter in name if letter.isupper()]
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    return "".join(capitals[:2]) or name[:1].upper()


def _marked(text: str) -> list[tuple[int, int, str]]:
    """Where links, mentions and hashtags stand; a link wins over what lies inside it."""
    spans = list(_places(text, find_links(text), "link"))
    rest = text
    for start, end, _ in spans:
        rest = rest[:start] + " " * (end - start) + rest[end:]
    for prefixes, words in (("@\uff20", find_mentions(text)), ("#\uff03", find_hashtags(text))):
        spans += _places(rest, (prefix + word for word in words for prefix in prefixes), "tag")
    return sorted(spans)


def _places(text: str, wanted: Iterable[str], kind: str) -> Iterator[tuple[int, int, str]]:
    end = 0
    for word in wanted:
        start = text.find(word, end)
        if start >= 0:
            end = start + len(word)
            yield start, end, kind


def _with_gaps(text: str, spans: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    end = 0
    for start, stop, kind in spans:
        if start < end:
            continue
        if end < start:
            yield end, start, "plain"
        yield start, stop, kind
        end = stop
    if end < len(text):
        yield end, len(text), "plain"


def _fitting(text: str, limit: int) -> int:
    """How many characters from the start fit within ``limit`` weighted ones."""
    if weighted_length(text) <= limit:
        return len(text)
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if weighted_length(text[:middle]) <= limit else (low, middle - 1)
    return low


def _anchor(finding: Finding) -> str:
    return f"{finding.post_code}-{finding.part}" if finding.part else finding.post_code


def _data_uri(item: Media, pictures: Mapping[str, bytes]) -> str:
    content = pictures.get(item.sha256)
    if content is None or item.mime not in _SHOWN_AS_PICTURE:
        return ""
    return f"data:{item.mime};base64,{base64.b64encode(content).decode()}"


def span_of(days: list[date]) -> str:
    """``8 to 12 March 2027``."""
    if not days:
        return "No posts yet"
    first, last = days[0], days[-1]
    end = f"{last.day} {last:%B} {last.year}"
    if first == last:
        return end
    start = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        start += f" {first:%B}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"{start} to {end}"

"""Small plots as SVG: no script, no style of their own, nothing loaded; the page's stylesheet colours them by class.

Every mark has its number beside it, so that nothing depends on colour or on an exact eye; ``title`` and ``desc`` speak to
screen readers. Without a stylesheet they are drawn in the colour of the text around them. A page that shows them adds
``plot_css()`` to its own style, which must set ``--ink``, ``--soft``, ``--line`` and ``--accent``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from bot.reports import resource

WIDTH = 340
"""Of each plot, in its own units: on a telephone one of them is about one pixel, so 12 can be read."""

_SIZE, _SMALL = 12.5, 12
_LETTER = 6.4
_TALL = 130
_MOST_POINTS = 200
_ROOM_FOR_DOTS = 32
_WIDE_SCRIPTS = 0x1100


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One mark: what it is called, how much it is, and the words for that ("1,204 likes"; the bare number without)."""

    label: str
    value: float
    said: str = ""

    @property
    def words(self) -> str:
        return self.said or f"{self.value:,.0f}"


@dataclass(frozen=True, kw_only=True)
class Point:
    """One moment of a line. ``at`` is aware, in the zone that the reader lives in."""

    at: datetime
    value: float


def plot_css() -> str:
    """What a page adds to its style."""
    return resource("plots.css")


def lying_bars(bars: Sequence[Bar], *, name: str, title: str, description: str) -> str:
    """Bars one below the other, each with its label above it: for names. ``name`` is unique within the page."""
    row, thick = 40, 13
    most = max((bar.value for bar in bars), default=0) or 1
    room = WIDTH - max((_wide(bar.words) for bar in bars), default=0) - 8
    parts = []
    for number, bar in enumerate(bars):
        top = number * row
        long = max(1.5, room * bar.value / most)
        parts += [
            _text(0, top + 13, _cut(bar.label, WIDTH), kind="label"),
            f'<rect class="mark" x="0" y="{top + 19}" width="{long:.1f}" height="{thick}" rx="3" fill="currentColor"/>',
            _text(long + 6, top + 30, bar.words, kind="value"),
        ]
    return _svg(parts, height=max(1, len(bars)) * row, name=name, title=title, description=description)


def standing_bars(bars: Sequence[Bar], *, name: str, title: str, description: str) -> str:
    """Bars side by side, for days or hours in their order. Labels that would overlap are thinned out."""
    top, bottom = 18, 20
    most = max((bar.value for bar in bars), default=0) or 1
    step = WIDTH / max(1, len(bars))
    every = _every(max((_wide(bar.label) for bar in bars), default=0) + 6, step)
    numbers = _every(max((_wide(bar.words) for bar in bars), default=0) + 4, step)
    parts = [_ground(top + _TALL)]
    for number, bar in enumerate(bars):
        middle, tall = (number + 0.5) * step, _TALL * bar.value / most
        wide = min(54.0, step * 0.72)
        if bar.value:
            parts.append(
                f'<rect class="mark" x="{middle - wide / 2:.1f}" y="{top + _TALL - tall:.1f}" width="{wide:.1f}" '
                f'height="{tall:.1f}" rx="{min(3.0, wide / 4):.1f}" fill="currentColor"/>'
            )
        if number % numbers == 0 or bar.value == most:
            parts.append(_text(middle, top + _TALL - tall - 5, bar.words, kind="value", anchor="middle"))
        if number % every == 0:
            parts.append(_text(middle, top + _TALL + 15, bar.label, kind="label", anchor="middle"))
    return _svg(parts, height=top + _TALL + bottom, name=name, title=title, description=description)


def line(points: Sequence[Point], *, name: str, title: str, description: str, unit: str = "") -> str:
    """How one number went over time, from nought; both ends of the time and the last value stand in words."""
    top, bottom, right = 18, 20, 4
    shown = _thinned(points)
    most = max((point.value for point in shown), default=0) or 1
    begin, span = _span(shown)
    places = [
        (
            right + (WIDTH - 2 * right) * (point.at.timestamp() - begin) / span,
            top + _TALL - _TALL * point.value / most,
        )
        for point in shown
    ]
    parts = [_ground(top + _TALL)]
    if len(places) > 1:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="line" points="{path}" fill="none" stroke="currentColor" stroke-width="2.5"/>')
    dots = places if len(places) <= _ROOM_FOR_DOTS else places[-1:]
    parts += [f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="currentColor"/>' for x, y in dots]
    if shown:
        last = f"{shown[-1].value:,.0f}{f' {unit}' if unit else ''}"
        parts.append(_text(WIDTH, max(12, places[-1][1] - 7), last, kind="value", anchor="end"))
        parts.append(_text(0, top + _TALL + 15, _moment(shown[0].at), kind="label"))
    if len(shown) > 1:
        parts.append(_text(WIDTH, top + _TALL + 15, _moment(shown[-1].at), kind="label", anchor="end"))
    return _svg(parts, height=top + _TALL + bottom, name=name, title=title, description=description)


def _svg(parts: Sequence[str], *, height: int, name: str, title: str, description: str) -> str:
    key = escape(name, quote=True)
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{key}-title {key}-desc" '
        f'font-family="system-ui, sans-serif" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, words: str, *, kind: str, anchor: str = "start") -> str:
    size, weight = (_SMALL, 400) if kind == "label" else (_SIZE, 650)
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="currentColor">{escape(words)}</text>'
    )


def _ground(y: float) -> str:
    return f'<line class="ground" x1="0" y1="{y}" x2="{WIDTH}" y2="{y}" stroke="currentColor" stroke-width="1"/>'


def _wide(words: str) -> float:
    """About so many units: the letters of a wide script take twice the room."""
    return sum(_LETTER * (1 if ord(letter) < _WIDE_SCRIPTS else 2) for letter in words) * 1.05


def _cut(words: str, room: float) -> str:
    while words and _wide(words) > room:
        words = words[:-2].rstrip() + "…"
    return words


def _every(wide: float, step: float) -> int:
    return max(1, -int(-wide // step))


def _span(points: Sequence[Point]) -> tuple[float, float]:
    """Where time begins, and how long it is; never nothing."""
    if not points:
        return 0.0, 1.0
    begin = points[0].at.timestamp()
    return begin, (points[-1].at.timestamp() - begin) or 1.0


def _thinned(points: Sequence[Point]) -> list[Point]:
    """More points than the plot has room for are left out evenly; the last one stays."""
    step = _every(len(points), _MOST_POINTS)
    chosen = list(points[::step])
    return [*chosen, points[-1]] if points and chosen[-1] != points[-1] else chosen


def _moment(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %H:%M}"

"""Rules about emoji. Screen readers read the name of each one aloud ("clapping hands sign")."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache

from bot.checks.names import SPARE
from bot.checks.view import Passage, PlanView, warning
from bot.model import Finding, SeriesKind

MOST_EMOJI = 3
_MAYBE = re.compile("[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]")
_LETTER = re.compile(r"[^\W_]")
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")


def emoji_count(view: PlanView) -> Iterator[Finding]:
    """Two or three emoji at most (Mole Valley District Council, molevalley.gov.uk: accessible social media)."""
    for passage, found in _with_emoji(view):
        if len(found) > MOST_EMOJI:
            what = f"There are {len(found)} emoji; a screen reader says the name of each."
            yield warning("EMOJI-COUNT", passage.part, what, f"Keep {MOST_EMOJI} at most.")


def emoji_repeat(view: PlanView) -> Iterator[Finding]:
    """Never the same emoji twice in a text (Mole Valley)."""
    for passage, found in _with_emoji(view):
        kinds = [_SKIN.sub("", match[0]) for match in found]
        twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
        if twice:
            what = f"{twice} stands there {kinds.count(twice)} times."
            yield warning("EMOJI-REPEAT", passage.part, what, "Once says it all; screen readers read out each.")


def emoji_mid(view: PlanView) -> Iterator[Finding]:
    """Emoji stand at the end: no words after one (University of Oxford, communications.admin.ox.ac.uk). Hashtags and links
    may follow. In a contribution the end of a line is enough: the template puts the name below."""
    for passage, found in _with_emoji(view):
        if found and _is_read_on(passage, found[0]):
            what = f"Words follow after {found[0][0]}."
            yield warning("EMOJI-MID", passage.part, what, "Move the emoji to the end of the text.")


def emoji_only(view: PlanView) -> Iterator[Finding]:
    """An emoji is never the message itself, nor a bullet on a line of its own (Mole Valley). One that closes the text may
    have its own line."""
    for passage, found in _with_emoji(view):
        lines = passage.text.split("\n")
        checked = lines[:-1] if len(found) and _LETTER.search(passage.text) else lines
        if any(line.strip() and not _emoji().sub("", line).strip() for line in checked):
            what = "A line holds nothing but emoji."
            yield warning("EMOJI-ONLY", passage.part, what, "Say it in words, and put the emoji at the end.")


def _with_emoji(view: PlanView) -> Iterator[tuple[Passage, list[re.Match[str]]]]:
    for passage in view.texts:
        if _MAYBE.search(passage.text):
            found = list(_emoji().finditer(passage.text))
            if found:
                yield passage, found


def _is_read_on(passage: Passage, first: re.Match[str]) -> bool:
    """Whether words or names come after the first emoji. Names are looked for in the text itself, the rest in its prose."""
    rest = passage.text[first.end() :]
    if passage.part.post.kind is SeriesKind.CONTRIBUTIONS:
        rest = rest.partition("\n")[0]
    after = re.sub(r"[#@\uff03\uff20]\w+|\S+\.\S+|https?://\S+", SPARE, rest)
    return bool(_LETTER.search(after))


@cache
def _emoji() -> re.Pattern[str]:
    """One emoji, however many code points it has (UTS #51, https://www.unicode.org/reports/tr51/).

    ``regex`` knows the properties; it is loaded when the first candidate is met. Letters in circles and squares are the
    matter of FANCY-LETTERS; (c), (r) and tm are signs of the text unless U+FE0F makes them emoji.
    """
    base = r"(?:[\p{Extended_Pictographic}--[©®™]--[\U0001F130-\U0001F189]][\U0001F3FB-\U0001F3FF]?\uFE0F?|[©®™]\uFE0F)"
    pattern = rf"(?V1)\p{{Regional_Indicator}}{{2}}|[0-9#*]\uFE0F?\u20E3|{base}(?:[\U000E0020-\U000E007F]{{1,17}})?(?:\u200D{base}){{0,9}}+"
    compiled: re.Pattern[str] = importlib.import_module("regex").compile(pattern)
    return compiled

"""How fast texts are measured: ``python -m benchmarks.text``.

Read the ratio, not the seconds: machines differ, and the bare loop does the least that measuring in NFC can cost.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from functools import partial

from bot.likeness import likeness
from bot.text import find_cashtags, find_hashtags, find_links, find_mentions, weighted_length

TWEETS = (
    "In joint 7th place: Priya Example of Riverside Care Trust. Thank you, Priya.\n\n#CareWorkersOfTheYear #ThankYouCare",
    "Meet Siân Example — 8th on this year’s list. Everyone at Hillside Homes can be proud today. #CareWorkersOfTheYear 💛",
    "The whole list is here: https://example.org/list?year=2027 (or ask info@example.org). Thank you, all 20 of you!",
    "日本語のテキストと example.com と絵文字 👩🏽‍⚕️👍🏾 だけのツイート",
)
HOSTILE = {
    "a.a.a.": "a." * 2_000,
    "http://http://": "http://" * 571,
    "https://a.a.a.": "https://" + "a." * 1_996,
    "unclosed brackets": "https://example.com/" + "(" * 3_980,
    "joined emoji": "👨\u200d" * 2_000,
    "joiners": "\u200d" * 4_000,
    "keycaps": "1\ufe0f" * 2_000,
    "tags": "#" * 4_000,
    "accents": "e\u0301\u0327" * 1_333,
    "dotted scripts": "日." * 2_000,
}


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The fastest of some runs."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def recognised(text: str) -> object:
    """Compared with itself, one link longer."""
    return likeness(text, f"{text} https://t.co/abc")


QUESTIONS: tuple[Callable[[str], object], ...] = (
    weighted_length,
    find_links,
    find_mentions,
    find_hashtags,
    find_cashtags,
    recognised,
)


def everything(text: str) -> list[object]:
    """All that is asked about one text."""
    return [ask(text) for ask in QUESTIONS]


def main() -> None:
    """Prints tweets a second, the ratio to a bare loop, and the time that hostile texts of 4,000 characters take."""
    rounds = 5_000
    texts = TWEETS * rounds
    everything(TWEETS[-1])  # reads the list of top-level domains
    bare = seconds(lambda: [len(unicodedata.normalize("NFC", text)) for text in texts])
    measured = seconds(lambda: [weighted_length(text) for text in texts])
    print(f"weighted_length: {len(texts) / measured:,.0f} tweets/s, {measured / bare:.1f} x a bare len(normalize) loop")
    full = seconds(lambda: [everything(text) for text in texts[: len(texts) // 10]])
    print(f"all six questions: {len(texts) / 10 / full:,.0f} tweets/s")
    for name, text in HOSTILE.items():
        half = seconds(partial(everything, text[: len(text) // 2]))
        whole = seconds(partial(everything, text))
        print(f"{name:>18}: {whole * 1000:6.1f} ms for {len(text):,} characters, {whole / half:.1f} x its half")


if __name__ == "__main__":
    main()

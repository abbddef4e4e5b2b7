"""campaign-bot preview: the week exactly as it will be sent, on the screen, as a page, or for programs."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json
from bot.errors import Problem, UsageError

if TYPE_CHECKING:
    from bot.core.bot import Bot
    from bot.model import Post, Ranking
    from bot.reports.preview import Preview

_WIDEST, _WIDTH = 100, 80
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY = 3
_RANK = re.compile(r"=?(\d{1,6})(?:st|nd|rd|th)?")


@click.command()
@click.argument("which", nargs=-1, metavar="[WHICH]...")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write one page for a browser instead.")
@click.option("--json", "as_json", is_flag=True, help="The preview for programs.")
@click.option("--width", type=click.IntRange(min=0), help="Columns to fit into; 0 leaves long lines as they are.")
@pass_screen
def preview(screen: Screen, which: tuple[str, ...], html: Path | None, as_json: bool, width: int | None) -> None:
    """Show the week day by day: time, text as it will be sent, characters used, state, findings and cost.

    WHICH is a post's code (w07), a rank (7), a day (mon, or 2027-03-08) or “winner”, or several of them; without it,
    the whole week.

    Example: campaign-bot preview mon --html monday.html

    What comes next: campaign-bot approve --all
    """
    if html is not None and as_json:
        raise UsageError(Problem(what="--html and --json are two previews.", remedy="Ask for one at a time."))
    with screen.shop() as shop:
        codes = chosen(which, shop.bot) if which else None
        shown = shop.bot.preview(lambda post: codes is None or post.code in codes)
        if html is not None:
            write_page(shop.bot, shown, html)
            return
    if as_json:
        from bot.reports.preview_json import preview_json

        say_json(preview_json(shown))
    else:
        show(screen, shown, width)


def show(screen: Screen, preview: Preview, width: int | None = None) -> None:
    """On the screen, as wide as that is; 0 leaves lines as they are."""
    from bot.reports.preview_text import preview_text

    if width is None:
        width = min(_WIDEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else _WIDTH
    say(preview_text(preview, width=width or None, colour=screen.colour))


def write_page(bot: Bot, preview: Preview, path: Path) -> None:
    """One self-contained page, pictures and all; the file is complete or not there."""
    from bot.cli.files import PAGES, put
    from bot.reports.preview_html import preview_html
    from bot.reports.preview_text import findings_line, next_step
    from bot.wording import plural

    shown = {media.sha256 for day in preview.days for card in day.cards for part in card.parts for media in part.media}
    page = preview_html(preview, media={sha256: bot.picture(sha256) for sha256 in sorted(shown)})
    put(path, page.encode(), PAGES)
    say(f"✓ {plural(preview.posts, 'post')} of plan {preview.plan_code}: {path.resolve()}")
    say(f"  Findings: {findings_line(preview)}")
    say(f"Next: {next_step(preview)}")


def chosen(which: Sequence[str], bot: Bot) -> frozenset[str]:
    """The codes of the posts that were asked for. Raises UsageError that names everything unknown."""
    posts, ranking = bot.posts(), bot.ranking()
    found: set[str] = set()
    problems = []
    for word in which:
        codes = _codes(word.strip().lower(), posts, ranking)
        found |= codes
        if not codes:
            problems.append(_unknown(word, posts))
    if problems:
        raise UsageError(*problems)
    return frozenset(found)


def _codes(word: str, posts: Sequence[Post], ranking: Ranking) -> set[str]:
    from bot.model import SeriesKind

    exact = {post.code for post in posts if post.code.lower() == word}
    if exact:
        return exact
    if word == "winner":
        return {post.code for post in posts if post.kind is SeriesKind.WINNER}
    if rank := _RANK.fullmatch(word):
        people = {worker.worker_id for worker in ranking.workers if worker.rank == int(rank[1])}
        return {post.code for post in posts if post.key.subject_id in people}
    return {post.code for post in posts if _is_on(post.slot.local.date(), word)}


def _is_on(day: date, word: str) -> bool:
    named = len(word) >= _SHORTEST_DAY and _DAYS[day.weekday()].startswith(word)
    return named or day.isoformat() == word


def _unknown(word: str, posts: Iterable[Post]) -> Problem:
    from difflib import get_close_matches

    codes = {post.code: post for post in posts}
    days = {_DAYS[post.slot.local.weekday()][:_SHORTEST_DAY]: post for post in codes.values()}
    if _names_a_day(word.lower()):
        return Problem(what=f"No post goes out on “{word}”.", remedy=f"Days with posts: {', '.join(days)}.")
    if _RANK.fullmatch(word.lower()):
        return Problem(
            what=f"No post is about rank {word}.", remedy="The first places are in the winner thread: preview winner"
        )
    known: Mapping[str, Post] = {**codes, **days}
    near = get_close_matches(word.lower(), known, n=3) or list(codes)[:2]
    return Problem(
        what=f"“{word}” is no post, rank or day of this plan.",
        remedy=f"For example: {', '.join(near)}, 7, mon, or winner; campaign-bot preview shows all.",
    )


def _names_a_day(word: str) -> bool:
    if len(word) >= _SHORTEST_DAY and any(day.startswith(word) for day in _DAYS):
        return True
    try:
        date.fromisoformat(word)
    except ValueError:
        return False
    return True

"""demo: a whole campaign week in seconds, in a folder of its own, on a clock of its own."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.rehearsal import timeline_event
from bot.cli.screen import Screen, pass_screen, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from bot.bootstrap import Shop
    from bot.config import Config
    from bot.reports.preview import Preview
    from bot.reports.timeline_text import TimelineEvent

FOLDER = "campaign-bot-demo"
MARKER = ".campaign-bot-demo"
PAGE = "preview.html"
_MARKER_TEXT = "This folder belongs to campaign-bot demo, which writes its files anew each time.\n"
_DATABASES = ("campaign.db", "practice.db")
_FIRST_SHOWN, _LAST_SHOWN = 4, 9
_REAL_WEEK = (
    ("campaign-bot load LIST.csv", "your own ranked list"),
    ("campaign-bot plan", "every post gets its slot and its final text"),
    ("campaign-bot preview", "look at all of it, exactly as it will be sent"),
    ("campaign-bot approve --all", "sign off what you have seen"),
    ("campaign-bot start", "begin; it posts by itself, on time"),
)


@click.command()
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), required=False)
@pass_screen
def demo(screen: Screen, directory: Path | None) -> None:
    """Show a whole campaign week in seconds, without an account.

    Loads a sample list of people who do not exist, plans the week, rehearses it on a clock of its own, and writes the
    preview as a web page. Nothing is sent anywhere. Everything lies in ./campaign-bot-demo, or in DIR.

    \b
    Example:
      campaign-bot demo

    Next, a campaign of your own: campaign-bot init my-campaign
    """
    from bot.clock import SystemClock

    play(screen, screen.folder / (directory or Path(FOLDER)), SystemClock().now())


def play(screen: Screen, folder: Path, now: datetime) -> None:
    """The demo as it is on a computer whose clock says ``now``."""
    from bot.core.setting_up import SAMPLE, set_up

    _make_room(folder)
    set_up(folder, _files(now.astimezone().date()))
    say("A whole campaign week, on a clock of its own. No account is needed, and nothing is sent.\n")
    shop = _open(folder, now, actor=screen.who())
    try:
        _load(shop, folder / SAMPLE)
        _plan(shop)
        _rehearse(shop, colour=screen.colour)
        preview = shop.bot.preview()
    finally:
        shop.close()
    _say_week(preview)
    _write_page(folder / PAGE, preview)
    _say_next(folder)


def _files(today: date) -> dict[str, bytes]:
    """What init writes, with the one choice made that init leaves to a person."""
    from bot.config_reading import example_config
    from bot.core.setting_up import IGNORE, new_files

    text = example_config(today).replace('basis = ""', 'basis = "consent"')
    return new_files(text) | {IGNORE: b"*\n", MARKER: _MARKER_TEXT.encode()}


def _make_room(folder: Path) -> None:
    """Take away what an earlier demo wrote, and nothing else. Raises UsageError for a folder that is not a demo's."""
    from bot.errors import Problem, UsageError
    from bot.platform import RunnerLock

    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARKER).is_file():
        what = "This folder is in use, and not for a demo."
        raise UsageError(Problem(what=what, where=str(folder), remedy="Name another: campaign-bot demo NEW_FOLDER"))
    for name in _DATABASES:
        holder = RunnerLock.probe(folder / name)
        if holder is not None:
            what = f"A runner is at work in the demo ({holder})."
            raise UsageError(Problem(what=what, where=str(folder), remedy="Stop it first (Ctrl+C in its window)."))
    for path in [*_written_before(folder), folder / MARKER]:
        path.unlink(missing_ok=True)


def _written_before(folder: Path) -> list[Path]:
    from datetime import date

    own = [folder / name for name in (*_files(date(2026, 1, 1)), PAGE) if name != MARKER]
    return own + [path for name in _DATABASES for path in folder.glob(f"{name}*")]


def _open(folder: Path, now: datetime, *, actor: str) -> Shop:
    """On the Friday before the week, or now if that is earlier: the demo is before its week on any computer's clock.

    Nothing of the environment counts here: a demo never touches another database.
    """
    from bot.bootstrap import open_shop
    from bot.clock import VirtualClock
    from bot.config_reading import read_config

    config = read_config(folder, environ={})
    return open_shop(config, actor=actor, clock=VirtualClock(min(now, _friday_before(config))), create=True)


def _friday_before(config: Config) -> datetime:
    from datetime import datetime, time
    from zoneinfo import ZoneInfo

    return datetime.combine(config.first_day - timedelta(days=3), time(12), ZoneInfo(config.zone))


def _load(shop: Shop, path: Path) -> None:
    from bot.ranking import read_list
    from bot.wording import plural

    ranking = shop.bot.load(read_list(path), answers={}).ranking
    organisations = plural(len(ranking.organisations), "organisation")
    people = plural(len(ranking.workers), "person", "people")
    say(f"✓ Loaded     {path.name}: {people} of {organisations}; none of them exists")


def _plan(shop: Shop) -> None:
    from bot.model import Severity
    from bot.wording import plural

    code = shop.bot.plan().plan_code
    posts = shop.bot.posts()
    days = len({post.slot.local.date() for post in posts})
    say(f"✓ Planned    {plural(len(posts), 'post')} on {plural(days, 'day')}, each with its slot: plan {code}")
    found = shop.bot.findings()
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    show = (
        " (to see it: campaign-bot check)" if len(found) == 1 else " (to see them: campaign-bot check)" if found else ""
    )
    say(f"✓ Checked    {plural(errors, 'error')}, {plural(len(found) - errors, 'warning')}{show}")


def _rehearse(shop: Shop, *, colour: bool) -> None:
    from zoneinfo import ZoneInfo

    from bot.bootstrap import throw_away_copy
    from bot.wording import plural

    begun = shop.clock.now()
    with throw_away_copy(shop.bot.record.storage) as copy:
        rehearsal = shop.bot.rehearse(copy)
    length = rehearsal.ended_at - begun
    say(
        f"✓ Rehearsed  {plural(length.days, 'day')}, through the very engine that posts for real; this is what it did:\n"
    )
    titles = shop.bot.titles(rehearsal.posts)
    events = [timeline_event(event, titles.get(event.code, "")) for event in rehearsal.events]
    say(_short_timeline(events, ZoneInfo(shop.config.zone), colour=colour))


def _short_timeline(events: Sequence[TimelineEvent], zone: ZoneInfo, *, colour: bool) -> str:
    """How it begins and how it ends; the middle is counted."""
    from bot.reports.timeline_text import timeline_text
    from bot.wording import number

    left_out = len(events) - _FIRST_SHOWN - _LAST_SHOWN
    if left_out <= 0:
        return timeline_text(events, zone=zone, colour=colour)
    first, last = (
        timeline_text(shown, zone=zone, colour=colour) for shown in (events[:_FIRST_SHOWN], events[-_LAST_SHOWN:])
    )
    return f"{first}\n{'':>11}... and {number(left_out)} more ...\n{last}"


def _say_week(preview: Preview) -> None:
    from bot.days import say_time
    from bot.reports.preview_text import cost_lines
    from bot.reports.words import short_day
    from bot.wording import plural

    say("\nThe week in brief")
    for day in preview.days:
        first, last = day.cards[0].local, day.cards[-1].local
        say(f"{short_day(day.date):>10}  {plural(len(day.cards), 'post'):<8}  {say_time(first)} to {say_time(last)}")
    say(f"\nIt would cost {cost_lines(preview)[0]}. Nothing was sent.")


def _write_page(path: Path, preview: Preview) -> None:
    """The sample has no pictures, so the page needs none."""
    from bot.cli.files import PAGES, put
    from bot.reports.preview_html import preview_html

    put(path, preview_html(preview).encode(), PAGES)
    say("\nSee every post as it would look: open this page in a browser")
    say(f"  {path.resolve()}")


def _say_next(folder: Path) -> None:
    """The program may not be found by its name yet: ``make demo`` installs it into a folder of the checkout."""
    from shutil import which

    say("\nA week of your own takes a folder (campaign-bot init my-campaign) and five commands:")
    for command, meaning in _REAL_WEEK:
        say(f"  {command:<26}  {meaning}")
    say(f"\nTry them on the demo: cd {folder}")
    program = Path(sys.argv[0])
    if program.stem == "campaign-bot" and which(program.stem) is None:
        say(f"Here, campaign-bot is {program.resolve()} (pipx install . gives it its short name).")
    say("Next: campaign-bot preview")

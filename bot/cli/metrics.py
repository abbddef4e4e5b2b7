"""campaign-bot metrics: read from X how the posts are doing, once or again and again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json
from bot.errors import Problem, UsageError

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.core.measuring import Offer, Taken
    from bot.publishers import Publisher

_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=7)


@click.command()
@click.option("--watch", is_flag=True, help="Go on reading until Ctrl+C.")
@click.option("--every", metavar="TIME", default="1h", show_default=True, help="How often --watch reads: 30m, 6h, 24h.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what a reading would cost, and read nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs: what was read, and what it cost.")
@pass_screen
def metrics(screen: Screen, watch: bool, every: str, dry_run: bool, as_json: bool) -> None:
    """Read from X how the posts are doing: likes, replies, reposts, quotes, impressions and bookmarks.

    The price is shown before anything is read, and the budget is kept. X charges for a post once on each UTC day. Every
    reading is kept with its time; campaign-bot report shows the latest and how it went on.

    Example: campaign-bot metrics --watch --every 6h

    What comes next: campaign-bot report --html report.html
    """
    if watch and (dry_run or as_json):
        raise UsageError(Problem(what="--watch goes with neither --dry-run nor --json.", remedy="Ask for one of them."))
    interval = _interval(every)
    with screen.shop() as shop:
        if dry_run:
            _say_offer(shop.bot.measuring.offer())
        elif watch:
            _watch(shop, interval)
        else:
            read_once(shop, tell=not as_json, as_json=as_json)


def read_once(shop: Shop, *, tell: bool = True, as_json: bool = False) -> None:
    """Say the price, read, and say what came of it. Raises NetworkRefusedError when X did not give everything."""
    from bot.core.measuring import refused
    from bot.reports.words import short_moment

    offer = shop.bot.measuring.offer()
    if tell:
        _say_offer(offer)
    taken = shop.bot.measuring.read(_publisher(shop), offer)
    if taken is None:
        raise UsageError(Problem(what="There is a reading of this very second already.", remedy="campaign-bot report"))
    if as_json:
        say_json(_as_json(taken))
    elif tell:
        _say_taken(shop, taken)
    if taken.obstacle is not None:
        until = taken.obstacle.retry_at
        raise refused(taken.obstacle, short_moment(until, shop.bot.zone()) if until else "")


def _watch(shop: Shop, every: timedelta) -> None:
    from bot.lifecycle import spoken
    from bot.scheduler import stopping_on_signals
    from bot.wording import plural

    _say_offer(shop.bot.measuring.offer())
    say(f"Reading every {spoken(every)}. Leave this window open; Ctrl+C stops it, and nothing is lost.")
    with stopping_on_signals() as stop:
        number = shop.bot.measuring.watch(
            _publisher(shop), every=every, tell=lambda taken: _say_taken(shop, taken), stopped=stop.is_set
        )
    say(f"Stopped in good order after {plural(number, 'reading')}. To see them: campaign-bot report")


def _publisher(shop: Shop) -> Publisher:
    from bot.bootstrap import publisher_for

    return publisher_for(shop, shop.bot.account())


def _say_offer(offer: Offer) -> None:
    from bot.reports.preview_text import dollars
    from bot.wording import plural

    price = f"{plural(len(offer.targets), 'post')} at {dollars(offer.price)}"
    free = f", {offer.free:,} of them paid for today already" if offer.free else ""
    left = f" {dollars(offer.left)} of the budget are left." if offer.left is not None else ""
    say(f"A reading costs {dollars(offer.cost)} at most: {price}{free}.{left}")


def _say_taken(shop: Shop, taken: Taken) -> None:
    from bot.reports.preview_text import dollars
    from bot.reports.report_text import counts_line
    from bot.reports.words import short_moment

    reading = taken.reading
    moment = short_moment(reading.taken_at, shop.bot.zone())
    gone = f" {taken.gone:,} not there any more." if taken.gone else ""
    gone += f" X said nothing about {taken.silent:,}." if taken.silent else ""
    short = "" if reading.complete else f" {reading.answered:,} of {reading.asked:,} answered."
    say(f"{moment}  {counts_line(taken.totals)}.{gone}{short} Cost {dollars(reading.cost)}.")
    if taken.obstacle is not None:
        until = taken.obstacle.retry_at
        again = f" X answers again from {short_moment(until, shop.bot.zone())} on." if until else ""
        say(f"! {taken.obstacle.reason}{again}")


def _as_json(taken: Taken) -> dict[str, object]:
    """Stable keys for programs."""
    from bot.reports.report_files import counts_json
    from bot.reports.words import utc_text

    reading = taken.reading
    return {
        "taken_at": utc_text(reading.taken_at),
        "asked": reading.asked,
        "answered": reading.answered,
        "gone": taken.gone,
        "silent": taken.silent,
        "charged": reading.charged,
        "cost": f"{reading.cost:.3f}",
        "together": counts_json(taken.totals),
        "obstacle": taken.obstacle.reason if taken.obstacle else None,
        "retry_at": utc_text(taken.obstacle.retry_at) if taken.obstacle else None,
    }


def _interval(words: str) -> timedelta:
    from bot.config_values import WrongValueError, duration

    try:
        length = duration(words)
    except WrongValueError as error:
        raise UsageError(Problem(what=error.what, where="--every", remedy="Write it like 30m, 6h or 24h.")) from None
    if not _SHORTEST <= length <= _LONGEST:
        what = f"{words} is too short or too long between two readings."
        raise UsageError(Problem(what=what, where="--every", remedy="Choose from 1m to 168h; 1h is usual."))
    return length

"""campaign-bot hashtag: how often the campaign's hashtag was used, by how many people, by the hour."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json
from bot.errors import NetworkRefusedError, Problem, UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.bootstrap import Shop
    from bot.core.following import Offer, Reading
    from bot.tally import Count

_USUAL = Decimal("1.00")
_DEAREST = Decimal(10_000)


@click.command()
@click.option("--tag", metavar="TAG", help="Another hashtag than the campaign's first.")
@click.option("--budget", metavar="USD", help="The most that this reading may cost, in US dollars, such as 1.00.")
@click.option("--stored", is_flag=True, help="Show what is stored; X is not asked, and nothing is spent.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Also write a page with plots.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@pass_screen
def hashtag(
    screen: Screen, tag: str | None, budget: str | None, stored: bool, html: Path | None, as_json: bool
) -> None:
    """Count who uses the campaign's hashtag: posts, people, by the hour.

    X charges for each post that is read, so a reading stops at its budget; the next one goes on from there. X's
    search goes back seven days: read at least once a week. Nothing is reposted, liked or answered.

    \b
    Examples:
      campaign-bot hashtag --budget 1.00
      campaign-bot hashtag --stored --html hashtag.html

    What comes next: run it again later; only what is new is read and paid for.
    """
    from bot.cli.files import PAGES, refuse_other_ending

    if html is not None and as_json:
        raise UsageError(
            Problem(what="--html and --json are two reports.", remedy="Ask for one at a time; --stored costs nothing.")
        )
    if stored and budget is not None:
        raise UsageError(Problem(what="--stored spends nothing, so it needs no --budget.", remedy="Use one of them."))
    if html is not None:
        refuse_other_ending(html, PAGES)
    most = None if budget is None else _dollars(budget)
    with screen.shop() as shop:
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(shop.config.zone)
        if stored:
            _show(shop.bot.hashtag.count(tag), zone, html=html, as_json=as_json)
            return
        reading = _read(screen, shop, tag, most, quiet=as_json)
        if reading is None:
            say("Nothing was read, and nothing was spent.")
            return
    _show(reading.count, zone, html=html, as_json=as_json)
    _say_cost(reading, quiet=as_json)
    if reading.problem is not None:
        raise NetworkRefusedError(reading.problem)


def _read(screen: Screen, shop: Shop, tag: str | None, budget: Decimal | None, *, quiet: bool) -> Reading | None:
    """Ask, say the price before it is spent, and read; None when a person says no."""
    from bot.bootstrap import live_publisher
    from bot.publishers.searching import Searches

    following = shop.bot.hashtag
    offer = following.offer(tag, _USUAL if budget is None else budget)
    say_quietly = _silent if quiet else _on_stderr
    say_quietly(_price(offer))
    account = shop.bot.account()
    publisher = live_publisher(shop.config, account, shop.clock)
    if not isinstance(publisher, Searches):
        raise UsageError(Problem(what=f"{account.network} cannot be searched for hashtags."))
    if budget is None and not screen.confirm("Read now?", otherwise="Say what it may cost: --budget 1.00"):
        return None
    return following.follow(
        publisher,
        offer,
        own_id=account.user_id,
        report=lambda posts, cost: say_quietly(f"  {posts:,} read, US${cost:.2f}"),
    )


def _price(offer: Offer) -> str:
    most = "" if offer.most_posts is None else f" That pays for {offer.most_posts:,} posts at US${offer.price} each."
    return f"Reading #{offer.tag} may cost up to US${offer.room:.2f}.{most}"


def _say_cost(reading: Reading, *, quiet: bool) -> None:
    from bot.core.following import Stop
    from bot.wording import plural

    if quiet:
        return
    say(f"✓ This reading: {plural(reading.posts, 'post')} read, about US${reading.cost:.2f}.")
    if reading.stop is Stop.BUDGET:
        say("! Stopped at the budget: not everything is counted yet.\nNext: campaign-bot hashtag")


def _show(count: Count, zone: ZoneInfo, *, html: Path | None, as_json: bool) -> None:
    from bot.cli.files import PAGES, write_text
    from bot.reports.hashtag import count_html, count_json, count_text

    if as_json:
        say_json(count_json(count))
        return
    say(count_text(count, zone))
    if html is not None:
        write_text(html, count_html(count, zone), PAGES)


def _dollars(text: str) -> Decimal:
    """A budget as people write it. Raises UsageError."""
    try:
        amount = Decimal(text.strip().removeprefix("US").removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= _DEAREST:
        raise UsageError(
            Problem(what=f"“{text}” is not an amount of US dollars.", where="--budget", remedy="For example: 1.00")
        )
    return amount


def _on_stderr(line: str) -> None:
    click.echo(line, err=True)


def _silent(line: str) -> None:
    """A program reads the JSON, and nothing else."""

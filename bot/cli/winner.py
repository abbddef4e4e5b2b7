"""campaign-bot winner: the thread that closes the campaign, previewed, or sent before or after its slot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say
from bot.errors import NotApprovedError, NotReadyError, PausedError, PersonNeededError, Problem, UsageError

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.core.bot import Bot
    from bot.model import Post
    from bot.reports.status_text import Status


@click.command()
@click.argument("code", required=False)
@click.option("--now", is_flag=True, help="Send it now, or go on with the parts that are missing.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write the preview as a page instead.")
@click.option("--confirm", metavar="NAME", help="For scripts, with --now: the campaign's name instead of a question.")
@click.option("--unnamed", type=int, metavar="PLACE", help="Say that who holds this place prefers not to be named.")
@click.option("--without", type=int, metavar="PLACE", help="Say nothing of this place, whose holder is not named.")
@pass_screen
def winner(
    screen: Screen,
    code: str | None,
    now: bool,
    html: Path | None,
    confirm: str | None,
    unnamed: int | None,
    without: int | None,
) -> None:
    """Preview the winner thread; it goes out by itself at its slot, each part in reply to the one before.

    With --now it goes out at once; if parts of it are out already, only the missing ones. CODE is only needed when
    the campaign has several winner threads.

    When somebody of the first three has withdrawn, the thread waits for --unnamed or --without.

    Example: campaign-bot winner --now

    What comes next: campaign-bot status
    """
    if now and html is not None:
        raise UsageError(Problem(what="--html previews, --now sends.", remedy="Ask for one at a time."))
    if (unnamed is not None or without is not None) and (now or html is not None):
        raise UsageError(Problem(what="Decide about a place first.", remedy="Leave --now and --html out."))
    with screen.shop() as shop:
        if unnamed is not None or without is not None:
            _decide_places(shop, unnamed, without)
            return
        threads = _threads(shop.bot, code)
        if now:
            _send_now(screen, shop, _one_of(threads), confirm)
            return
        _preview(screen, shop.bot, threads, html)


def _decide_places(shop: Shop, unnamed: int | None, without: int | None) -> None:
    """What the thread says of places whose holders are not named. It needs a new sign-off then."""
    from bot.cli.withdraw import say_remade
    from bot.wishes import PlaceWords

    for place, words in ((unnamed, PlaceWords.UNNAMED), (without, PlaceWords.LEFT_OUT)):
        if place is not None:
            remade = shop.bot.people.decide_place(place, words)
            said = "somebody prefers not to be named" if words is PlaceWords.UNNAMED else "nothing is said of it"
            say(f"✓ Place {place}: {said}.")
            say_remade(remade)
    say("Next: campaign-bot winner, then campaign-bot approve winner")


def _threads(bot: Bot, code: str | None) -> tuple[Post, ...]:
    from bot.model import SeriesKind

    threads = tuple(post for post in bot.posts() if post.kind is SeriesKind.WINNER)
    if code is not None:
        threads = tuple(post for post in threads if post.code.lower() == code.lower())
        if not threads:
            raise UsageError(Problem(what=f"“{code}” is no winner thread.", remedy="Leave the code out to see them."))
    if not threads:
        remedy = 'Add a series with kind = "winner" to config.toml, then: campaign-bot plan'
        raise UsageError(Problem(what="The plan has no winner thread.", remedy=remedy))
    return threads


def _one_of(threads: tuple[Post, ...]) -> Post:
    if len(threads) > 1:
        codes = ", ".join(post.code for post in threads)
        raise UsageError(
            Problem(
                what=f"There are several: {codes}.", remedy=f"Say which: campaign-bot winner {threads[0].code} --now"
            )
        )
    return threads[0]


def _preview(screen: Screen, bot: Bot, threads: tuple[Post, ...], html: Path | None) -> None:
    from bot.cli.preview import show, write_page

    codes = {post.code for post in threads}
    shown = bot.preview(lambda post: post.code in codes)
    if html is not None:
        write_page(bot, shown, html)
        return
    show(screen, shown)
    if bot.under_way() is not None:
        say("It goes out at its slot by itself; to send it at once: campaign-bot winner --now")


def _send_now(screen: Screen, shop: Shop, post: Post, confirm: str | None) -> None:
    from bot.bootstrap import runner_alive
    from bot.reports.words import MODE_LINES

    bot, alive = shop.bot, runner_alive(shop)
    status = bot.status(runner_alive=alive)
    _refuse(bot, post, status)
    if not _agreed(screen, bot, post, status, confirm):
        say("Nothing was changed.")
        return
    if _is_to_be_continued(post):
        bot.retry(post.code)
        say(f"✓ {_how_far(post)}")
    else:
        slot = bot.slot_now(post.code)
        bot.move(post.code, slot)
        say(f"✓ {post.code} is due at {slot.local:%H:%M:%S}, in all its {len(post.messages)} parts.")
    say(f"  {MODE_LINES[status.mode]}")
    if alive:
        say("  The runner sends it within a second or two of that.\nNext: campaign-bot status")
    else:
        say("! No runner is at work, so nothing goes out yet.\nNext: campaign-bot run")


def _refuse(bot: Bot, post: Post, status: Status) -> None:
    """Everything that must be settled before a person may send it."""
    from bot.lifecycle import has_begun, is_final, state_of
    from bot.model import MessageState

    states = {message.state for message in post.messages}
    if is_final(post) and states & {MessageState.POSTED, MessageState.DELETED}:
        raise UsageError(Problem(what=f"{post.code} cannot be sent: it is {state_of(post)}.", remedy=_links(post)))
    if not post.is_signed:
        way = bot.problem(post.code).command if has_begun(post) else f"campaign-bot approve {post.code}"
        raise NotApprovedError(Problem(what=f"{post.code} is not signed off.", remedy=f"Run: {way}"))
    if bot.under_way() is None:
        raise NotReadyError(
            Problem(what="The campaign has not been started yet.", remedy="A person starts it: campaign-bot start")
        )
    if status.paused is not None:
        by = f" by {status.paused.by}" if status.paused.by else ""
        raise PausedError(
            Problem(
                what=f"The campaign is paused{by}; nothing goes out.", remedy="Run: campaign-bot resume, then this."
            )
        )
    if status.account_stopped:
        raise PersonNeededError(
            Problem(
                what=f"Nothing goes out on @{status.account}: {status.account_stopped}", remedy="campaign-bot doctor"
            )
        )
    if any(message.state is MessageState.HELD and message.attempts for message in post.messages):
        raise PersonNeededError(
            Problem(
                what=f"Nobody knows whether a part of {post.code} is out; sending it again could double it.",
                remedy=f"Look at the account, then: campaign-bot resolve {post.code}",
            )
        )


def _is_to_be_continued(post: Post) -> bool:
    from bot.model import MessageState

    return any(message.state is not MessageState.PENDING for message in post.messages)


def _how_far(post: Post) -> str:
    """ "2 of 5 posted; continues with part 3." """
    from bot.model import MessageState

    done = [message.state is MessageState.POSTED for message in post.messages]
    return f"{sum(done)} of {len(done)} posted; continues with part {done.index(False) + 1}."


def _links(post: Post) -> str:
    return next((f"See {message.receipt.url}" for message in post.messages if message.receipt), "")


def _agreed(screen: Screen, bot: Bot, post: Post, status: Status, confirm: str | None) -> bool:
    otherwise = f'Add --confirm "{status.campaign}"'
    if confirm is not None:
        if confirm.strip() != status.campaign:
            raise UsageError(Problem(what=f"The campaign is not called “{confirm}”.", remedy=f"{otherwise}."))
        return True
    if screen.may_ask:
        from bot.cli.preview import show

        show(screen, bot.preview(lambda other: other.code == post.code))
        _warn_of_the_rest(bot, post)
        if _is_to_be_continued(post):
            say(_how_far(post))
    return screen.confirm(f"Send {post.code} on @{bot.account_of(post).handle} now?", otherwise=f"{otherwise}.")


def _warn_of_the_rest(bot: Bot, post: Post) -> None:
    """Whatever is still to come would come after the end of the story."""
    from bot.lifecycle import is_final
    from bot.wording import plural

    now = bot.slot_now().due_at
    rest = [
        other for other in bot.posts() if other.slot.due_at > now and not is_final(other) and other.code != post.code
    ]
    if rest:
        say(f"! {plural(len(rest), 'post is', 'posts are')} still to come, and would follow after it.")

"""Steering a campaign under way: pause, resume, skip, retry, reschedule."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.bootstrap import Shop
    from bot.model import Post, Slot

_AT_ONCE = timedelta(minutes=1)
_CODES = click.argument("codes", metavar="CODE...", nargs=-1, required=True)


def what_follows(shop: Shop) -> str:
    """The line that ends every decision about a post: who carries it out, or what has to be done first."""
    from bot.bootstrap import runner_alive
    from bot.lifecycle import state_of
    from bot.model import Mode, PostState

    record = shop.bot.under_way()
    if record is None:
        unsigned = any(state_of(post) is PostState.DRAFT for post in shop.bot.posts())
        return "Next: campaign-bot preview" if unsigned else "Next: campaign-bot start"
    if record.paused_at is not None:
        return "The campaign is paused, so nothing goes out. Next: campaign-bot resume"
    if shop.bot.mode is Mode.LIVE and (stopped := shop.bot.account().stopped):
        return f"Nothing goes out on the account: {stopped} Next: campaign-bot doctor --online"
    if runner_alive(shop):
        return "The runner takes it from here. To watch it: campaign-bot status --watch"
    return "No runner is at work. Next: campaign-bot run"


@click.command()
@click.option("--reason", metavar="TEXT", default="", help="Why, for the log and for everybody who looks at status.")
@pass_screen
def pause(screen: Screen, reason: str) -> None:
    """Stop everything at once. Nothing is asked; it holds across restarts until somebody resumes.

    \b
    Example:
      campaign-bot pause --reason "Bad news in town"

    What falls due in the meantime is not sent later by itself: it is listed when you resume.
    Then: campaign-bot resume
    """
    from bot.bootstrap import runner_alive
    from bot.reports.words import short_moment

    with _or_not_paused(), screen.shop() as shop:
        done = shop.bot.pause(reason)
        since = short_moment(done.since, shop.bot.zone())
        say(f"‖ {'It was paused already' if done.already else 'Paused'}, since {since}. Nothing more goes out.")
        for code in done.sending:
            say(f"  {code} was being sent at that moment; what became of it: campaign-bot status")
        if shop.bot.stage.storage.database.path is not None and not runner_alive(shop):
            say(f"! No runner is at work in this folder, {shop.config.folder}.")
            say("  If posts still go out, the campaign runs in another folder or on another computer: pause it there.")
        say("Next: campaign-bot resume, when the time is right. It sends nothing of what was missed by itself.")


@contextmanager
def _or_not_paused() -> Iterator[None]:
    """Somebody who wants silence must not take a refusal for one."""
    from bot.errors import CampaignBotError, Problem

    try:
        yield
    except CampaignBotError as error:
        remedy = "Stop the runner: Ctrl+C in its window, or stop the service. Then mend that, and pause."
        raise type(error)(*error.problems, Problem(what="Nothing is paused by this.", remedy=remedy)) from error


@click.command()
@pass_screen
def resume(screen: Screen) -> None:
    """Go on after a pause. What was missed is listed and waits for you; nothing of it is sent by itself.

    \b
    Example:
      campaign-bot resume

    Then, for each post that was missed, one of: campaign-bot skip, campaign-bot reschedule.
    """
    with screen.shop() as shop:
        missed = shop.bot.resume()
        say("✓ Resumed.")
        if not missed:
            say("Nothing was missed.")
        else:
            _say_missed(shop, missed)
        say(what_follows(shop))


def _say_missed(shop: Shop, codes: tuple[str, ...]) -> None:
    from bot.reports.words import one_line, short_moment

    zone, posts = shop.bot.zone(), [shop.bot.post(code) for code in codes]
    titles = shop.bot.titles(posts)
    say(f"{'1 post was' if len(posts) == 1 else f'{len(posts):,} posts were'} missed. For each of them, one of these:")
    for post in posts:
        say(f"! {post.code}  {one_line(titles[post.code])}, was due {short_moment(post.slot.due_at, zone)}")
        say(f"    campaign-bot skip {post.code}                  leave it out")
        say(f"    campaign-bot reschedule {post.code} --to next  the next free slot")
        say(f"    campaign-bot reschedule {post.code} --to now   at once")


def _left_out(post: Post) -> str:
    from bot.model import MessageState

    out = sum(1 for message in post.messages if message.state is MessageState.POSTED)
    if not out:
        return "it will not be sent."
    return f"{out} of {len(post.messages)} parts are out and stay there; the rest will not be sent."


@click.command()
@_CODES
@click.option("--reason", metavar="TEXT", default="", help="Why, for the log.")
@pass_screen
def skip(screen: Screen, codes: tuple[str, ...], reason: str) -> None:
    """Decide that posts are not sent. What is out of a thread stays out.

    \b
    Example:
      campaign-bot skip w07 --reason "She asked us not to"

    To change your mind: campaign-bot reschedule CODE --to next
    """
    with screen.shop() as shop:
        for post in _all_of(shop, codes):
            shop.bot.skip(post.code, reason)
            say(f"» {post.code} is skipped: {_left_out(post)}")
        say(what_follows(shop))


@click.command()
@_CODES
@pass_screen
def retry(screen: Screen, codes: tuple[str, ...]) -> None:
    """Send now what is missing of posts: failed ones, and threads that stopped half-way.

    A thread goes on from its first missing part; nothing is sent twice.

    \b
    Example:
      campaign-bot retry winner

    Then: campaign-bot status
    """
    with screen.shop() as shop:
        for post in _all_of(shop, codes):
            changed = shop.bot.retry(post.code)
            say(f"● {post.code} goes out as soon as the runner comes to it{_from_part(changed)}.")
        say(what_follows(shop))


def _from_part(post: Post) -> str:
    from bot.model import MessageState

    total = len(post.messages)
    out = sum(1 for message in post.messages if message.state is MessageState.POSTED)
    return f", from part {out + 1} of {total}" if total > 1 and out else ""


@click.command()
@click.argument("code")
@click.option("--to", "when", required=True, metavar="WHEN", help="next, now, “Thu 14:30” or “2027-03-11 14:30”.")
@pass_screen
def reschedule(screen: Screen, code: str, when: str) -> None:
    """Move a post to another time, on the clock of the campaign's zone.

    "next" is the next free slot of the campaign; "now" is at once, at a distance to what else is due now.
    A sign-off stays: what was signed is what the post says.

    \b
    Examples:
      campaign-bot reschedule w07 --to next
      campaign-bot reschedule w07 --to "Thu 14:30"

    Then: campaign-bot status
    """
    from bot.cli.moments import slot_for
    from bot.reports.words import short_moment

    with screen.shop() as shop:
        before = shop.bot.post(code)
        slot = slot_for(shop, before.code, when)
        _refuse_unsigned_now(shop, before, slot)
        post = shop.bot.move(before.code, slot)
        zone = shop.bot.zone()
        moment = short_moment(post.slot.due_at, zone)
        say(f"✓ {post.code} moves to {moment} (from {short_moment(before.slot.due_at, zone)}).")
        if when.strip().lower() == "now" and post.slot.due_at - shop.clock.now() > _AT_ONCE:
            say("! That is not at once: until then the other posts leave no room (catch_up_spacing in config.toml).")
        if post.is_signed:
            say(what_follows(shop))
        else:
            say(f"It still needs its sign-off before then. Next: campaign-bot approve {post.code}")


def _refuse_unsigned_now(shop: Shop, post: Post, slot: Slot) -> None:
    """Without a sign-off it would be missed again within the second."""
    from bot.errors import NotApprovedError, Problem
    from bot.model import Standing

    if post.is_signed or slot.due_at > shop.clock.now():
        return
    first = f"campaign-bot approve {post.code}"
    if post.standing is Standing.MISSED:
        first = f"campaign-bot reschedule {post.code} --to next, then: {first}"
    raise NotApprovedError(
        Problem(what=f"{post.code} is not signed off, so it cannot go out now.", remedy=f"First: {first}")
    )


def _all_of(shop: Shop, codes: tuple[str, ...]) -> list[Post]:
    """The posts of all codes, before anything is done about the first. Raises UsageError for all that are unknown."""
    from bot.errors import UsageError

    found: dict[str, Post] = {}
    unknown: list[UsageError] = []
    for code in codes:
        try:
            post = shop.bot.post(code)
        except UsageError as error:
            unknown.append(error)
        else:
            found[post.code] = post
    if unknown:
        raise UsageError(*(problem for error in unknown for problem in error.problems))
    return list(found.values())

"""Settling what got no clear answer: resolve."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from bot.cli.mend import confirm_code, say_text, say_texts
from bot.cli.screen import Screen, say
from bot.cli.steer import what_follows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.bootstrap import Shop
    from bot.calls import SeenPost
    from bot.core.claiming import Claim
    from bot.model import Post

_LATEST = 10
_LOOK_BACK = timedelta(days=1)


@click.command()
@click.argument("code")
@click.option(
    "--found", "address", metavar="URL", help="It is out: the address of the post. The account is read first."
)
@click.option("--unseen", is_flag=True, help="With --found: you see it there, and the account cannot be read.")
@click.option("--confirm", metavar="CODE", help="With --found, for scripts: it is the post although its words differ.")
@click.option("--not-there", is_flag=True, help="You have looked, and it is not out: send it.")
@click.option("--yes", is_flag=True, help="With --not-there, for scripts: do not ask again.")
@click.pass_context
def resolve(
    ctx: click.Context,
    code: str,
    address: str | None,
    unseen: bool,
    confirm: str | None,
    not_there: bool,
    yes: bool,
) -> None:
    """Say what became of a post that got no clear answer, or is held.

    Without an option it shows the post and the account's latest posts, to choose from.

    \b
    Examples:
      campaign-bot resolve w07
      campaign-bot resolve w07 --found https://x.com/NAME/status/NUMBER
      campaign-bot resolve w07 --not-there

    Then: campaign-bot status
    """
    from bot.errors import ExitCode

    _refuse_odd_options(address=address, found_only=unseen or confirm is not None, not_there=not_there)
    screen: Screen = ctx.obj
    decided = True
    with screen.shop() as shop:
        post = _in_doubt(shop.bot.post(code))
        if address:
            _found(screen, shop, post, address, unseen=unseen, confirm=confirm)
        elif not_there:
            decided = _not_there(screen, shop, post, sure=yes)
        else:
            decided = _choose(screen, shop, post)
    ctx.exit(ExitCode.FINE if decided else ExitCode.PERSON_NEEDED)


def _refuse_odd_options(*, address: str | None, found_only: bool, not_there: bool) -> None:
    from bot.errors import Problem, UsageError

    if address and not_there:
        raise UsageError(Problem(what="--found and --not-there exclude each other.", remedy="Give one of them."))
    if found_only and not address:
        raise UsageError(Problem(what="--unseen and --confirm belong to --found URL.", remedy="Give the address."))


def _in_doubt(post: Post) -> Post:
    from bot.errors import Problem, UsageError
    from bot.lifecycle import state_of
    from bot.model import MessageState

    doubtful = {MessageState.UNKNOWN, MessageState.HELD, MessageState.FAILED}
    if not any(message.state in doubtful for message in post.messages):
        raise UsageError(
            Problem(
                what=f"{post.code} is {state_of(post)}: there is nothing to settle about it.",
                remedy="What needs you: campaign-bot status",
            )
        )
    return post


def _found(
    screen: Screen, shop: Shop, post: Post, address: str, *, unseen: bool = False, confirm: str | None = None
) -> None:
    seen = _seen_there(screen, shop, post, address, unseen=unseen, confirm=confirm)
    shop.bot.mending.settle_found(post.code, address, seen=seen)
    say(f"✓ {post.code} is on record as posted; that part is never sent again.")
    say(what_follows(shop))


def _seen_there(screen: Screen, shop: Shop, post: Post, address: str, *, unseen: bool, confirm: str | None) -> bool:
    """Whether the account shows the post that a person says is there; practice has nothing to read. Raises if it is not."""
    from bot.model import Mode

    if shop.bot.mode is Mode.PRACTICE:
        return True
    claim = _claim(shop, post, address, unseen=unseen)
    if claim.shown is None:
        say("The program has not seen it: it goes on record because you say that you see it there.")
        return False
    if not claim.fits:
        say(f"{post.code} is to say:")
        say_text(claim.wanted)
        say("The post at that address says:")
        say_text(claim.shown)
        confirm_code(screen, post.code, confirm, to="put it on record as this post all the same")
    return True


def _claim(shop: Shop, post: Post, address: str, *, unseen: bool) -> Claim:
    from bot.bootstrap import publisher_for
    from bot.errors import CampaignBotError

    try:
        publisher = publisher_for(shop, shop.bot.account_of(post))
    except CampaignBotError as error:
        return shop.bot.mending.claim_unread(post.code, address, error.problems[0].what, unseen=unseen)
    return shop.bot.mending.check_claim(post.code, address, publisher, unseen=unseen)


def _not_there(screen: Screen, shop: Shop, post: Post, *, sure: bool) -> bool:
    """Whether it was decided to send it."""
    _say_second_look(shop, post)
    question = f"Are you sure that {post.code} is not on the account? It will be sent now."
    if not sure and not screen.confirm(question, otherwise="Add --yes, if you have looked."):
        say("Nothing was changed.")
        return False
    shop.bot.mending.settle_not_there(post.code)
    say(f"● {post.code} goes out as soon as the runner comes to it.")
    say(what_follows(shop))
    return True


def _say_second_look(shop: Shop, post: Post) -> None:
    """Read the account before the person is believed. What cannot be read stops nobody; practice has nothing to read."""
    from bot.bootstrap import publisher_for
    from bot.errors import CampaignBotError
    from bot.model import Mode

    if shop.bot.mode is Mode.PRACTICE:
        return
    try:
        publisher = publisher_for(shop, shop.bot.account_of(post))
    except CampaignBotError as error:
        say(f"The account could not be read ({error.problems[0].what}), so only what you have seen counts.")
        return
    say(shop.bot.mending.look_once_more(post.code, publisher))


def _choose(screen: Screen, shop: Shop, post: Post) -> bool:
    """Show all there is to know, and ask where somebody is there to answer."""
    from bot.bootstrap import runner_alive
    from bot.lifecycle import reason_of, state_of
    from bot.model import PostState
    from bot.reports.words import one_line, symbol_and_word

    say(f"{symbol_and_word(state_of(post), colour=screen.colour)}  {post.code}: {one_line(reason_of(post))}")
    say_texts([message.draft for message in post.messages])
    if state_of(post) is PostState.UNKNOWN and runner_alive(shop):
        say("The runner is still looking for it, for minutes as a rule. You need do nothing before it is held.")
    candidates = _say_latest(shop, post)
    if screen.may_ask:
        answer = screen.ask("Which one is it? Its number, 0 if it is not there, or ? to decide later:", otherwise="")
        if answer == "0":
            return _not_there(screen, shop, post, sure=False)
        if answer.isdigit() and int(answer) <= len(candidates):
            _found(screen, shop, post, candidates[int(answer) - 1].url)
            return True
    say(f"If it is there:     campaign-bot resolve {post.code} --found URL")
    say(f"If it is not there: campaign-bot resolve {post.code} --not-there")
    return False


def _say_latest(shop: Shop, post: Post) -> list[SeenPost]:
    """The account's latest posts; returns those that no post of ours is known to be, in the order of their numbers."""
    from bot.bootstrap import publisher_for
    from bot.errors import NetworkRefusedError, Problem
    from bot.publishers import LookError
    from bot.reports.words import one_line, short_moment

    account = shop.bot.account_of(post)
    try:
        seen = publisher_for(shop, account).recent(min(post.slot.due_at, shop.clock.now()) - _LOOK_BACK)
    except LookError as error:
        what = f"The posts of @{account.handle} could not be read: {error.outcome.reason}"
        raise NetworkRefusedError(
            Problem(what=what, remedy="Look at the account yourself, then use --found.")
        ) from None
    ours = _codes_by_id(shop.bot.posts())
    candidates: list[SeenPost] = []
    say(f"The latest posts of @{account.handle}:" if seen else f"There are no recent posts on @{account.handle}.")
    for found in seen[:_LATEST]:
        mark = ours.get(found.network_id, "")
        if not mark:
            candidates.append(found)
            mark = str(len(candidates))
        say(f"  {mark:>6}  {short_moment(found.posted_at, shop.bot.zone())}  {one_line(found.text)}")
        say(f"          {found.url}{_how_alike(post, found)}")
    return candidates


def _how_alike(post: Post, found: SeenPost) -> str:
    from bot.likeness import Likeness, likeness

    alike = {likeness(message.draft.text, found.text) for message in post.messages}
    if Likeness.SAME in alike:
        return "  <- the same words"
    if Likeness.UNSURE in alike:
        return "  <- the same words; X does not say where its link leads"
    return "  <- the same words, another link" if Likeness.OTHER_LINKS in alike else ""


def _codes_by_id(posts: Sequence[Post]) -> dict[str, str]:
    return {message.receipt.network_id: post.code for post in posts for message in post.messages if message.receipt}

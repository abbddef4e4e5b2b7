"""Mending what is out, or may be: resolve, delete, correct."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say
from bot.cli.steer import what_follows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.bootstrap import Shop
    from bot.calls import SeenPost
    from bot.model import Draft, PlannedPost, Post, Slot

_LATEST = 10
_LOOK_BACK = timedelta(days=1)


@click.command()
@click.argument("code")
@click.option("--found", "address", metavar="URL", help="It is out: the address of the post.")
@click.option("--not-there", is_flag=True, help="You have looked, and it is not out: send it.")
@click.option("--yes", is_flag=True, help="With --not-there, for scripts: do not ask again.")
@click.pass_context
def resolve(ctx: click.Context, code: str, address: str | None, not_there: bool, yes: bool) -> None:
    """Say what became of a post that got no clear answer, or is held.

    Without an option it shows the post and the account's latest posts, to choose from.

    \b
    Examples:
      campaign-bot resolve w07
      campaign-bot resolve w07 --found https://x.com/NAME/status/NUMBER
      campaign-bot resolve w07 --not-there

    Then: campaign-bot status
    """
    from bot.errors import ExitCode, Problem, UsageError

    if address and not_there:
        raise UsageError(Problem(what="--found and --not-there exclude each other.", remedy="Give one of them."))
    screen: Screen = ctx.obj
    decided = True
    with screen.shop() as shop:
        post = _in_doubt(shop.bot.post(code))
        if address:
            _found(shop, post, address)
        elif not_there:
            decided = _not_there(screen, shop, post, sure=yes)
        else:
            decided = _choose(screen, shop, post)
    ctx.exit(ExitCode.FINE if decided else ExitCode.PERSON_NEEDED)


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


def _found(shop: Shop, post: Post, address: str) -> None:
    shop.bot.mending.settle_found(post.code, address)
    say(f"✓ {post.code} is on record as posted; that part is never sent again.")
    say(what_follows(shop))


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
    _say_texts([message.draft for message in post.messages])
    if state_of(post) is PostState.UNKNOWN and runner_alive(shop):
        say("The runner is still looking for it, for minutes as a rule. You need do nothing before it is held.")
    candidates = _say_latest(shop, post)
    if screen.may_ask:
        answer = screen.ask("Which one is it? Its number, 0 if it is not there, or ? to decide later:", otherwise="")
        if answer == "0":
            return _not_there(screen, shop, post, sure=False)
        if answer.isdigit() and int(answer) <= len(candidates):
            _found(shop, post, candidates[int(answer) - 1].url)
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
    from bot.text import match_key

    account = shop.bot.account_of(post)
    try:
        seen = publisher_for(shop, account).recent(min(post.slot.due_at, shop.clock.now()) - _LOOK_BACK)
    except LookError as error:
        what = f"The posts of @{account.handle} could not be read: {error.outcome.reason}"
        raise NetworkRefusedError(
            Problem(what=what, remedy="Look at the account yourself, then use --found.")
        ) from None
    ours = _codes_by_id(shop.bot.posts())
    wanted = {match_key(message.draft.text) for message in post.messages}
    candidates: list[SeenPost] = []
    say(f"The latest posts of @{account.handle}:" if seen else f"There are no recent posts on @{account.handle}.")
    for found in seen[:_LATEST]:
        mark = ours.get(found.network_id, "")
        if not mark:
            candidates.append(found)
            mark = str(len(candidates))
        say(f"  {mark:>6}  {short_moment(found.posted_at, shop.bot.zone())}  {one_line(found.text)}")
        same = "  <- the same words" if match_key(found.text) in wanted else ""
        say(f"          {found.url}{same}")
    return candidates


def _codes_by_id(posts: Sequence[Post]) -> dict[str, str]:
    return {message.receipt.network_id: post.code for post in posts for message in post.messages if message.receipt}


@click.command()
@click.argument("code")
@click.option("--confirm", metavar="CODE", help="The post's code once more, for scripts; people are asked for it.")
@pass_screen
def delete(screen: Screen, code: str, confirm: str | None) -> None:
    """Take a post off the network, all parts of it. It is never sent again.

    \b
    Example:
      campaign-bot delete w07

    To put something in its place: campaign-bot correct CODE --replace
    """
    with screen.shop() as shop:
        post = _that_is_out(shop.bot.post(code))
        _say_what_is_out(post)
        say("Deleting cannot be undone: likes, replies and the address go with it, and it is never sent again.")
        _confirm_code(screen, post.code, confirm)
        _delete(shop, post)
        say(f"To put something in its place: campaign-bot correct {post.code} --replace")


def _that_is_out(post: Post) -> Post:
    from bot.errors import Problem, UsageError
    from bot.lifecycle import state_of
    from bot.model import MessageState

    if any(message.state is MessageState.POSTED for message in post.messages):
        return post
    raise UsageError(
        Problem(
            what=f"Nothing of {post.code} is on the network: it is {state_of(post)}.",
            remedy=f"To keep it from being sent: campaign-bot skip {post.code}. "
            "To change its text: correct the list or the template, then campaign-bot plan.",
        )
    )


def _confirm_code(screen: Screen, code: str, confirm: str | None) -> None:
    """Raises UsageError when the typed code is another one."""
    from bot.errors import Problem, UsageError

    if confirm is None:
        confirm = screen.ask(f"Type {code} to delete it:", otherwise=f"Add --confirm {code}.")
    if confirm.casefold() != code:
        raise UsageError(Problem(what=f"“{confirm}” is not {code}, so nothing was deleted."))


def _delete(shop: Shop, post: Post) -> None:
    from bot.bootstrap import publisher_for
    from bot.model import Mode

    shop.bot.mending.delete(post.code, publisher_for(shop, shop.bot.account_of(post)))
    if shop.bot.mode is Mode.PRACTICE:
        say(f"⊘ {post.code} is deleted, in practice: nothing was sent.")
    else:
        say(f"⊘ {post.code} is deleted. X may show it for a little longer, and copies made by others stay.")


def _say_what_is_out(post: Post) -> None:
    for message in post.messages:
        if message.receipt is not None:
            say(f"{post.code}  {message.receipt.url}")
            _say_texts([message.draft])


def _say_texts(drafts: Sequence[Draft]) -> None:
    from bot.reports.words import visible

    for draft in drafts:
        for line in visible(draft.text).split("\n"):
            say(f"  │ {line}".rstrip())
        say()


@click.command()
@click.argument("code")
@click.option("--reply", metavar="TEXT", help="Answer the post with this correction; the post itself stays.")
@click.option("--replace", is_flag=True, help="Delete it, and plan a new one from the corrected list or template.")
@click.option(
    "--at", "when", metavar="WHEN", help="next, “Thu 14:30” or “2027-03-11 14:30”; else in a quarter of an hour."
)
@click.option("--confirm", metavar="CODE", help="With --replace, for scripts: the post's code once more.")
@pass_screen
def correct(screen: Screen, code: str, reply: str | None, replace: bool, when: str | None, confirm: str | None) -> None:
    """Correct a post that is out: answer it, or replace it. X lets nobody edit a post through its API.

    Either way the correction is a post with a code of its own, and needs a sign-off of its own before it goes out.
    Before --replace, correct the list (and load it) or the template.

    \b
    Examples:
      campaign-bot correct w07 --reply "Correction: her name is Siân."
      campaign-bot correct w07 --replace

    Then: campaign-bot approve w07-c1
    """
    from bot.errors import Problem, UsageError

    if (reply is None) is (not replace):
        raise UsageError(
            Problem(what="Say how to correct it.", remedy=f'campaign-bot correct {code} --reply "…", or --replace')
        )
    with screen.shop() as shop:
        post = shop.bot.post(code)
        slot = _slot(shop, post, when)
        if reply is not None:
            planned = shop.bot.mending.correct_by_reply(post.code, _checked(reply), slot)
        else:
            planned = _replace(screen, shop, post, slot, confirm)
        _say_correction(shop, planned)


def _slot(shop: Shop, post: Post, when: str | None) -> Slot | None:
    from bot.cli.moments import slot_for
    from bot.errors import Problem, UsageError

    if when is None:
        return None
    if when.strip().casefold() == "now":
        raise UsageError(
            Problem(
                what="A correction needs a sign-off before it goes out, so it cannot go out now.",
                remedy="Leave --at out; after the sign-off: campaign-bot reschedule CODE --to now",
            )
        )
    slot = slot_for(shop, post.code, when)
    if slot.due_at <= shop.clock.now():
        raise UsageError(Problem(what=f"{slot.local:%a %d %b %H:%M} has passed.", where="--at"))
    return slot


def _checked(text: str) -> str:
    from bot.errors import Problem, UsageError
    from bot.text import MAX_WEIGHT, normalise, weighted_length

    if not text.strip():
        raise UsageError(Problem(what="The correction is empty.", where="--reply"))
    used = weighted_length(normalise(text))
    if used > MAX_WEIGHT:
        what = f"It uses {used} of {MAX_WEIGHT} characters."
        raise UsageError(Problem(what=what, where="--reply", remedy=f"Take out {used - MAX_WEIGHT}."))
    return text


def _replace(screen: Screen, shop: Shop, post: Post, slot: Slot | None, confirm: str | None) -> PlannedPost:
    """Show old and new, ask, delete the old (unless that is done already), plan the new."""
    from bot.lifecycle import state_of
    from bot.model import PostState

    gone = state_of(post) is PostState.DELETED
    if not gone:
        _that_is_out(post)
    new = shop.bot.mending.replacement(post.code)
    say("The old text:")
    _say_texts([message.draft for message in post.messages])
    say("The new text:")
    _say_texts(new.messages)
    if not gone:
        say("The old post is deleted, which cannot be undone; the new one goes out after its sign-off.")
        _confirm_code(screen, post.code, confirm)
        _delete(shop, post)
    return shop.bot.mending.correct_by_replacement(post.code, new, slot)


def _say_correction(shop: Shop, planned: PlannedPost) -> None:
    from bot.reports.words import short_moment

    say(f"✓ {planned.code} is planned for {short_moment(planned.slot.due_at, shop.bot.zone())}:")
    _say_texts(planned.messages)
    say("It goes out only if it is signed off before then.")
    say(f"Next: campaign-bot approve {planned.code}")

"""Mending what is out: delete, correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.bootstrap import Shop
    from bot.model import Draft, PlannedPost, Post, Slot


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
        confirm_code(screen, post.code, confirm)
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


def confirm_code(screen: Screen, code: str, confirm: str | None, *, to: str = "delete it") -> None:
    """Raises UsageError when the typed code is another one."""
    from bot.errors import Problem, UsageError

    if confirm is None:
        confirm = screen.ask(f"Type {code} to {to}:", otherwise=f"Add --confirm {code}.")
    if confirm.casefold() != code:
        done = "deleted" if to == "delete it" else "changed"
        raise UsageError(Problem(what=f"“{confirm}” is not {code}, so nothing was {done}."))


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
            say_texts([message.draft])


def say_texts(drafts: Sequence[Draft]) -> None:
    """The texts of some messages, set off."""
    for draft in drafts:
        say_text(draft.text)


def say_text(text: str) -> None:
    """One text, set off."""
    from bot.reports.words import visible

    for line in visible(text).split("\n"):
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
    say_texts([message.draft for message in post.messages])
    say("The new text:")
    say_texts(new.messages)
    if not gone:
        say("The old post is deleted, which cannot be undone; the new one goes out after its sign-off.")
        confirm_code(screen, post.code, confirm)
        _delete(shop, post)
    return shop.bot.mending.correct_by_replacement(post.code, new, slot)


def _say_correction(shop: Shop, planned: PlannedPost) -> None:
    from bot.reports.words import short_moment

    say(f"✓ {planned.code} is planned for {short_moment(planned.slot.due_at, shop.bot.zone())}:")
    say_texts(planned.messages)
    say("It goes out only if it is signed off before then.")
    say(f"Next: campaign-bot approve {planned.code}")

"""campaign-bot approve: a person's name under exactly what was previewed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say
from bot.errors import Problem, UsageError

if TYPE_CHECKING:
    from bot.core.bot import Bot
    from bot.core.signing import Signed
    from bot.reports.preview import Preview

_MOST_CODES = 12
_PLACEHOLDER = "your name"
"""What stands in the commands that are shown, for a person to fill in."""


@click.command()
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--all", "everything", is_flag=True, help="Every post that is not signed off yet.")
@click.option("--by", default="", metavar="NAME", help="Whose sign-off it is.")
@click.option("--code", "plan_code", default="", metavar="PLANCODE", help="The plan code on the preview that was read.")
@click.option("--accept-warnings", is_flag=True, help="For scripts: tick the warnings of what is signed, in your name.")
@pass_screen
def approve(
    screen: Screen, codes: tuple[str, ...], everything: bool, by: str, plan_code: str, accept_warnings: bool
) -> None:
    """Sign posts off, exactly as they were previewed. Nothing is ever sent without it.

    At a terminal it shows what there is to sign, and asks; who signs ticks the warnings shown. With --code it
    refuses with the difference if the plan is another one by now, and asks about warnings alone; a script adds
    --accept-warnings. Whatever changes a text or a time later ends the sign-off of the
    posts it touches, and says so.

    Example: campaign-bot approve --all --by "Ann Example" --code 7ZGX-D2

    What comes next: campaign-bot start
    """
    if everything and codes:
        raise UsageError(Problem(what="--all and single codes cannot be combined.", remedy="Give one or the other."))
    if not (everything or codes or screen.may_ask):
        raise UsageError(Problem(what="It is not said what to sign off.", remedy="Add --all, or codes such as w07."))
    if not (plan_code or screen.may_ask):
        raise UsageError(
            Problem(
                what="A sign-off needs the plan code of the preview that was read.",
                remedy='It stands on the last lines of campaign-bot preview; add: --code PLANCODE --by "Your Name"',
            )
        )
    screen = replace(screen, actor=by.strip() or screen.actor)
    wanted = codes or None
    with screen.shop() as shop:
        bot = shop.bot
        sheet = bot.unsigned(wanted)
        signer = _signer(screen)
        if not plan_code and sheet.posts and not _agreed(screen, sheet, signer):
            say("Nothing was signed off.")
            return
        signed = bot.approve(
            codes=wanted,
            plan_code=plan_code or sheet.plan_code,
            by=signer,
            accept_warnings=accept_warnings or not plan_code or _ticked(screen, sheet),
        )
        _show(signed, signer, sheet)
        _show_left(bot)


def _signer(screen: Screen) -> str:
    """A script's user name is nobody's sign-off; at a terminal it is the person who sits there."""
    if not screen.actor and not screen.may_ask:
        raise UsageError(Problem(what="A sign-off needs a name.", remedy='Add --by "Your Name".'))
    if screen.actor.casefold() == _PLACEHOLDER:
        what = f"“{screen.actor}” is nobody's name, and a sign-off stays on record."
        raise UsageError(Problem(what=what, remedy='Put your own there, such as --by "Ann Example".'))
    return screen.who()


def _agreed(screen: Screen, sheet: Preview, signer: str) -> bool:
    from bot.cli.preview import show
    from bot.core.checking import refuse_errors
    from bot.wording import plural

    show(screen, sheet if sheet.errors else replace(sheet, next_command=""))
    refuse_errors(sheet.findings)
    if sheet.warnings:
        say(f"\n! {plural(len(sheet.warnings), 'warning')} above: with your sign-off you accept them.")
    posts = "this post" if sheet.posts == 1 else f"these {plural(sheet.posts, 'post')}"
    return click.confirm(f"\nSign off {posts} of plan {sheet.plan_code} as {signer}?")


def _ticked(screen: Screen, sheet: Preview) -> bool:
    """Whether a person at the terminal accepts the warnings that stand; a script says so by an option."""
    from bot.cli.check import finding_lines
    from bot.wording import plural

    if not sheet.warnings or sheet.errors or not screen.may_ask:
        return False
    for finding in sheet.warnings:
        for line in finding_lines(finding, sheet, colour=screen.colour):
            say(line)
    return click.confirm(f"\nAccept {plural(len(sheet.warnings), 'warning')} with your sign-off?")


def _show(signed: Signed, signer: str, sheet: Preview) -> None:
    from bot.wording import plural

    if signed.codes:
        posts = plural(len(signed.codes), "post")
        say(f"✓ {signer} has signed off {posts} of plan {signed.plan_code}: {_some(signed.codes)}.")
        if sheet.warnings:
            say(f"  Accepted with it: {plural(len(sheet.warnings), 'warning')}.")
    else:
        say(f"Nothing of plan {signed.plan_code} was waiting for a sign-off.")
    if signed.already:
        say(f"  Signed off before: {_some(signed.already)}.")


def _show_left(bot: Bot) -> None:
    from bot.wording import plural

    codes = [card.code for day in bot.unsigned().days for card in day.cards]
    if codes:
        say(f"  Not signed off yet: {plural(len(codes), 'post')} ({_some(codes)}).")
    go_on = "campaign-bot start" if bot.under_way() is None else "campaign-bot status"
    say(f"Next: {'campaign-bot approve --all' if codes else go_on}")


def _some(codes: Sequence[str]) -> str:
    more = len(codes) - _MOST_CODES
    return ", ".join(codes[:_MOST_CODES]) + (f" and {more:,} more" if more > 0 else "")

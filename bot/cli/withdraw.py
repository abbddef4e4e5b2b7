"""campaign-bot withdraw: somebody does not want to be named; every pending post that names them is stopped at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.bootstrap import Shop
    from bot.core.remaking import Remade
    from bot.core.withdrawing import Public, Pulled
    from bot.model import Draft, Worker
    from bot.pulling import Pull


@click.command()
@click.argument("person", required=False)
@click.option("--reason", metavar="TEXT", default="", help="Why, for the log. It can be erased.")
@click.option("--undo", is_flag=True, help="They have changed their mind: take the withdrawal back. Needs --by.")
@click.option("--delete", "delete_all", is_flag=True, help="Also delete what is public about them, without asking.")
@click.option(
    "--keep-organisation",
    is_flag=True,
    help="Keep the post about their organisation, although nobody else of it is on the list.",
)
@click.pass_context
def withdraw(
    ctx: click.Context, person: str | None, reason: str, undo: bool, delete_all: bool, keep_organisation: bool
) -> None:
    """Take PERSON (a rank, a name or an id) out of every post that is still to come, at once.

    It works while the campaign runs. Posts about them are skipped, others that name them are made again without them
    and need a new sign-off. Nobody moves up: their place stays a gap. What is public already is listed, and deleted if
    you say so. Without PERSON it shows who has withdrawn.

    \b
    Examples:
      campaign-bot withdraw 7
      campaign-bot withdraw "Siân Example" --reason "She wrote to us on Monday"
      campaign-bot --by "Ann Example" withdraw --undo "Siân Example"

    Then: campaign-bot status
    """
    from bot.errors import ExitCode, Problem, UsageError

    screen: Screen = ctx.obj
    if undo and (delete_all or keep_organisation or person is None):
        raise UsageError(
            Problem(what="--undo takes a person, and nothing else.", remedy="campaign-bot withdraw --undo PERSON")
        )
    with screen.shop() as shop:
        if person is None:
            _show(shop)
            return
        found = shop.bot.people.find(person)
        if undo:
            _undo(screen, shop, found, reason)
            return
        done = _withdraw(screen, shop, found, reason, keep=keep_organisation)
        left = offer_to_delete(screen, shop, done.public, delete_all=delete_all)
        open_ends = say_what_is_open(done) or left
    ctx.exit(ExitCode.PERSON_NEEDED if open_ends else ExitCode.FINE)


def _show(shop: Shop) -> None:
    people = shop.bot.people.withdrawn()
    if not people:
        say("Nobody has withdrawn.")
        return
    say(table(("Rank", "Name", "Organisation", "Id"), [_row(one) for one in people]))


def _row(one: Worker) -> tuple[str, str, str, str]:
    return (str(one.rank), one.name or "(erased)", one.organisation, one.worker_id)


def _withdraw(screen: Screen, shop: Shop, person: Worker, reason: str, *, keep: bool) -> Pulled:
    """Stop first, ask afterwards: a question about the organisation can wait, a post cannot."""
    from bot.reports.words import one_line

    people = shop.bot.people
    done = people.withdraw(person, reason=reason, keep_organisation=keep)
    say(f"✓ {one_line(person.name)} has withdrawn. Nothing more goes out that names them; nobody moves up.")
    say_pulled(shop, done)
    if done.alone and not keep:
        names = ", ".join(one_line(name) for name in done.alone)
        say(f"Nobody else of {names} is on the list, so its post would point at them. It is left out, too.")
        question = "Keep the post about the organisation all the same?"
        if screen.may_ask and click.confirm(question):
            people.withdraw(person, reason=reason, keep_organisation=True)
            back, remade = people.give_back_organisation(person)
            say_back(back)
            say_remade(remade)
        else:
            say(f"To keep it: campaign-bot withdraw {person.rank} --keep-organisation")
    elif done.alone:
        back, remade = people.give_back_organisation(person)
        say_back(back)
        say_remade(remade)
    return done


def say_back(codes: Sequence[str]) -> None:
    """Posts that are drafts again."""
    if codes:
        say(f"● Drafts again, to be signed off: {', '.join(codes)}")


def say_pulled(shop: Shop, done: Pulled) -> None:
    """Every post that was stopped, what was on its way, and what was made again."""
    from bot.reports.words import one_line

    titles = shop.bot.titles([pull.post for pull in done.pulls])
    for pull in done.pulls:
        say(f"  {pull.post.code}  {one_line(titles[pull.post.code])}: {_fate(pull)}")
    if not done.pulls:
        say("  No post that is still to come had to be stopped.")
    for code in done.on_its_way:
        say(f"! A part of {code} was being sent at that very moment. In a minute: campaign-bot status")
        say("  If it went out, run this command again: it offers to delete it.")
    say_remade(done.remade)


def _fate(pull: Pull) -> str:
    from bot.model import Standing

    if pull.standing is Standing.SKIPPED:
        return f"skipped ({pull.reason.rstrip('.')})"
    if pull.begun:
        return "stopped; what is out of it stays out, the rest waits for you"
    return "its sign-off has ended; it names them among others"


def say_remade(remade: Sequence[Remade]) -> None:
    """Before and after of every post that was made again."""
    for one in remade:
        if one.problem is not None:
            say(f"✗ {one.code} could not be made again: {one.problem}")
            say("  It stays unsigned, so it does not go out. Then: campaign-bot plan")
            continue
        if one.before == one.after:
            continue
        say(
            f"\n{one.code}, made again in its slot. {'Before:' if set(one.before) - set(one.after) else 'It says more now.'}"
        )
        _say_texts(one.before, but_not=one.after)
        say("After:" if set(one.after) - set(one.before) else "After: that is left out.")
        _say_texts(one.after, but_not=one.before)


def _say_texts(drafts: Sequence[Draft], *, but_not: Sequence[Draft]) -> None:
    """Of a thread only the parts that differ."""
    from bot.reports.words import visible

    for number, draft in enumerate(drafts, start=1):
        if len(drafts) > 1 and draft in but_not:
            continue
        where = f"{number}/{len(drafts)} " if len(drafts) > 1 else ""
        for line in visible(draft.text).split("\n"):
            say(f"  {where}│ {line}".rstrip())


def offer_to_delete(screen: Screen, shop: Shop, public: Sequence[Public], *, delete_all: bool) -> bool:
    """List what is on the network, and delete what a person says. Whether anything is left there."""
    if not public:
        say("Nothing about them is public, as far as this database knows.")
        return False
    say("\nPublic already:")
    left: list[Public] = []
    for one in public:
        _say_public(one)
        if delete_all or (screen.may_ask and click.confirm(f"Delete it from the account ({_parts(one)})?")):
            _delete(shop, one)
        else:
            left.append(one)
    if left and not screen.may_ask:
        say("To delete all of it: run this again with --delete")
    return bool(left)


def _say_public(one: Public) -> None:
    for message in one.messages:
        if message.receipt is not None:
            of = f", part {message.position + 1} of {len(one.post.messages)}" if len(one.post.messages) > 1 else ""
            say(f"  {one.post.code}{of}  {message.receipt.url}")
    if not one.is_whole:
        say("    Only these parts would be deleted. The parts after them stay where they are; X shows “This post was")
        say("    deleted” in between. What is not sent yet of the thread is not sent any more.")


def _parts(one: Public) -> str:
    return (
        one.post.code if one.is_whole else f"{len(one.messages)} of {len(one.post.messages)} parts of {one.post.code}"
    )


def _delete(shop: Shop, one: Public) -> None:
    from bot.bootstrap import publisher_for
    from bot.model import Mode

    shop.bot.people.delete(one, publisher_for(shop, shop.bot.account_of(one.post)))
    practice = " (in practice: nothing was sent)" if shop.bot.mode is Mode.PRACTICE else ""
    say(f"  ⊘ Deleted{practice}. X may show it for a little longer, and copies made by others stay.")


def say_what_is_open(done: Pulled) -> bool:
    """What has to be signed or decided next. Whether a person is needed."""
    for rank in done.places:
        say(f"\n! Place {rank} of the winner thread is not named any more, and the thread waits for your decision:")
        say(f"    campaign-bot winner --unnamed {rank}   it says that somebody prefers not to be named")
        say(f"    campaign-bot winner --without {rank}   it says nothing of that place")
        say("    campaign-bot skip winner          there is no winner thread")
    unsigned = [one.code for one in done.remade if one.unsigned and one.problem is None]
    if unsigned:
        say(f"\nTo be signed off again: {', '.join(unsigned)}")
        say(f"Next: campaign-bot preview, then campaign-bot approve {' '.join(unsigned)}")
    stopped = [pull.post.code for pull in done.pulls if pull.begun and not pull.own]
    for code in stopped:
        say(f"! {code} has begun: leave out the rest of it with campaign-bot skip {code}")
    if not (unsigned or done.places):
        say("Next: campaign-bot status")
    return bool(done.places or stopped or any(one.problem for one in done.remade))


def _undo(screen: Screen, shop: Shop, person: Worker, reason: str) -> None:
    from bot.errors import Problem, UsageError
    from bot.reports.words import one_line

    if not screen.actor:
        raise UsageError(
            Problem(
                what="A withdrawal is taken back by a person with a name.",
                remedy=f'campaign-bot --by "Your Name" withdraw --undo "{person.name or person.rank}"',
            )
        )
    back, remade = shop.bot.people.undo(person, reason=reason)
    say(f"✓ {one_line(person.name)} may be named again. That is on record in the name of {screen.actor}.")
    say_back(back)
    say_remade(remade)
    say("Posts whose slot has passed meanwhile: campaign-bot reschedule CODE --to next. New ones: campaign-bot plan")
    say("Next: campaign-bot preview")

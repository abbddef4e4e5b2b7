"""campaign-bot contributions: what people sent in for a day of posts, from the file to the moderator's word."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.contributions_screen import (
    despite_lines,
    edited_lines,
    intake_lines,
    judged_json,
    judged_lines,
    list_lines,
    moderator,
    sent_out_lines,
    waiting,
    warned_lines,
)
from bot.cli.screen import Screen, pass_screen, say, say_json
from bot.errors import Problem, UsageError

if TYPE_CHECKING:
    from bot.core.bot import Bot
    from bot.core.moderating import Judged

_PASTED = "-"
_by = click.option("--by", default="", metavar="NAME", help="The moderator's name.")


@click.group(invoke_without_command=True)
@click.pass_context
def contributions(ctx: click.Context) -> None:
    """Take in, read, edit, approve or turn down what people sent in for a day of posts.

    Without a command it lists them all. Nothing becomes public before a moderator has approved it, and the plan with it
    is signed off.

    Example: campaign-bot contributions load contributions.csv

    What comes next: campaign-bot contributions review
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(show_list)


@contributions.command(short_help="Take in a CSV file or workbook, or - for a paste.")
@click.argument("source", metavar="FILE")
@click.option("--sheet", metavar="NAME", help="For a workbook: the sheet that holds them.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what was understood and what would change; save nothing.")
@click.option("--yes", is_flag=True, help="Save changes to what is known without asking.")
@pass_screen
def load(screen: Screen, source: str, sheet: str | None, dry_run: bool, yes: bool) -> None:
    """Take in a CSV file or workbook of contributions, or - for what you paste.

    One contribution a row, under headings: time (or "any time"), name (a first name or a team), text, photo, alt text,
    consent, and id if there is one. All of it is taken in or nothing; every cell that cannot be read is named. The same
    file again adds nothing twice, and shows what has changed.

    Example: campaign-bot contributions load contributions.csv

    What comes next: campaign-bot contributions review
    """
    from bot.bootstrap import nothing_loaded
    from bot.cli.columns import source_of
    from bot.core.taking_in import compare, with_pictures
    from bot.ranking.contributions import read_contributions, read_pasted_contributions

    if source == _PASTED:
        handed = read_pasted_contributions(sys.stdin.buffer.read(), screen.folder)
    else:
        handed = read_contributions(Path(source_of(source, screen.folder)), sheet)
    submissions = with_pictures(handed)
    if dry_run and nothing_loaded(screen.config()):
        for line in intake_lines(compare((), submissions), handed.notes, done=False):
            say(line)
        say("\nNothing was saved.")
        return
    with screen.shop(create=not dry_run) as shop:
        facet = shop.bot.contributions
        intake = facet.take_in(submissions, source=handed.source_name, save=False)
        for line in intake_lines(intake, handed.notes, done=False, with_new=dry_run):
            say(line)
        if dry_run:
            say("\nNothing was saved.")
            return
        if intake.changed and not yes and screen.may_ask and not click.confirm("\nSave this?"):
            say("Nothing was saved.")
            return
        intake = facet.take_in(submissions, source=handed.source_name)
        judged = facet.judged()
    for line in intake_lines(intake, (), done=True):
        say(line)
    for line in list_lines(waiting(judged), colour=screen.colour, every=judged):
        say(line)
    say(f"Next: {'campaign-bot contributions review' if waiting(judged) else 'campaign-bot plan'}")


@contributions.command()
@click.option("--text", required=True, metavar="TEXT", help="What it says, word for word.")
@click.option("--name", default="", metavar="NAME", help="A first name or a team.")
@click.option("--time", "when", default="", metavar="TIME", help="When: 09:30, “Mon 09:30”, or “any time”.")
@click.option("--photo", type=click.Path(path_type=Path, dir_okay=False), help="The file of a picture.")
@click.option("--alt-text", default="", metavar="TEXT", help="What the picture shows.")
@click.option("--consent", default="", metavar="TEXT", help="Whether the author has agreed: yes (when, how), or no.")
@click.option("--now", is_flag=True, help="Approve it, plan it into the next free slot, and sign it off.")
@click.option("--yes", is_flag=True, help="With --now: without asking.")
@_by
@pass_screen
def add(
    screen: Screen,
    text: str,
    name: str,
    when: str,
    photo: Path | None,
    alt_text: str,
    consent: str,
    now: bool,
    yes: bool,
    by: str,
) -> None:
    """Take in a single contribution, also while the day is under way.

    Example: campaign-bot contributions add --name Ana --text "First visit of the day done." --consent "yes, by e-mail"

    What comes next: campaign-bot contributions approve CODE
    """
    from bot.core.moderating import submitted

    submission = submitted(
        {"text": text, "name": name, "time": when, "alt_text": alt_text, "consent": consent}, photo=photo
    )
    who = moderator(screen, by) if now else ""
    with screen.shop(create=True) as shop:
        intake = shop.bot.contributions.take_in((submission,), source="by hand")
        code = (*intake.added, *intake.changed, *intake.same)[0].code
        judged = shop.bot.contributions.one(code)
        if intake.same:
            say(f"It is there already, as {code}.")
        for line in judged_lines(judged, colour=screen.colour):
            say(line)
        if now:
            _send_out(screen, shop.bot, judged, who, yes=yes)
            return
    say(f"Next: campaign-bot contributions approve {code}")


@contributions.command("list", short_help="List all contributions, with what was found.")
@click.option("--waiting", "only_waiting", is_flag=True, help="Only those that wait for a moderator.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@pass_screen
def show_list(screen: Screen, only_waiting: bool = False, as_json: bool = False) -> None:
    """List all contributions, with what the checks say and what to do about it.

    Example: campaign-bot contributions list --waiting
    """
    with screen.shop(create=True) as shop:
        judged = shop.bot.contributions.judged()
    shown = waiting(judged) if only_waiting else judged
    if as_json:
        say_json({"version": 1, "contributions": [judged_json(one) for one in shown]})
        return
    for line in list_lines(shown, colour=screen.colour, every=judged):
        say(line)
    for line in despite_lines(judged):
        say(line)


@contributions.command(short_help="Show one as its post will read.")
@click.argument("code")
@pass_screen
def show(screen: Screen, code: str) -> None:
    """Show one contribution as its post will read, part by part if it is a thread.

    Example: campaign-bot contributions show c07
    """
    with screen.shop(create=True) as shop:
        for line in judged_lines(shop.bot.contributions.one(code), colour=screen.colour):
            say(line)


@contributions.command(short_help="Change a contribution, which ends its approval.")
@click.argument("code")
@click.option("--text", metavar="TEXT", help="The new text.")
@click.option("--name", metavar="NAME", help="First name or team; “” for none.")
@click.option("--time", "when", metavar="TIME", help="09:30, “Mon 09:30”, or “any time”.")
@click.option("--alt-text", metavar="TEXT", help="What the picture shows.")
@click.option("--photo", type=click.Path(path_type=Path, dir_okay=False), help="The file of another picture.")
@click.option("--consent", metavar="TEXT", help="Whether the author has agreed: yes (when, how), or no.")
@_by
@pass_screen
def edit(
    screen: Screen,
    code: str,
    text: str | None,
    name: str | None,
    when: str | None,
    alt_text: str | None,
    photo: Path | None,
    consent: str | None,
    by: str,
) -> None:
    """Change a contribution; shows before and after, and ends its approval. Loading the same file again keeps the edit.

    Example: campaign-bot contributions edit c07 --text "A good team meeting this morning." --by "Ann Example"

    What comes next: campaign-bot contributions approve c07
    """
    given = {"text": text, "name": name, "time": when, "alt_text": alt_text, "consent": consent}
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes and photo is None:
        raise UsageError(Problem(what="It is not said what to change.", remedy='Add for example --text "…".'))
    with screen.shop() as shop:
        edited = shop.bot.contributions.edit(code, changes, photo=photo, by=moderator(screen, by))
    for line in edited_lines(edited, colour=screen.colour):
        say(line)


@contributions.command(short_help="Split a long one at the ends of its sentences.")
@click.argument("code")
@click.option("--off", is_flag=True, help="One message again.")
@_by
@pass_screen
def thread(screen: Screen, code: str, off: bool, by: str) -> None:
    """Split a long contribution into a thread at the ends of its sentences; shows each part. Ends its approval.

    Example: campaign-bot contributions thread c07 --by "Ann Example"

    What comes next: campaign-bot contributions approve c07
    """
    with screen.shop() as shop:
        edited = shop.bot.contributions.make_thread(code, thread=not off, by=moderator(screen, by))
    for line in edited_lines(edited, colour=screen.colour):
        say(line)


@contributions.command(short_help="Approve them, in a moderator's name.")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--all-clean", is_flag=True, help="All that wait and in which nothing was found, after showing them.")
@click.option("--despite", default="", metavar="TEXT", help="Why what the checks found may stay.")
@click.option("--now", is_flag=True, help="Also plan it into the next free slot and sign it off.")
@click.option("--yes", is_flag=True, help="Without asking.")
@_by
@pass_screen
def approve(
    screen: Screen, codes: tuple[str, ...], all_clean: bool, despite: str, now: bool, yes: bool, by: str
) -> None:
    """Approve contributions, in a moderator's name. What has changed since it was shown is not approved.

    Example: campaign-bot contributions approve --all-clean --by "Ann Example"

    What comes next: campaign-bot plan
    """
    if bool(codes) == all_clean:
        raise UsageError(
            Problem(what="It is not said what to approve.", remedy="Give codes such as c07, or --all-clean.")
        )
    who = moderator(screen, by)
    with screen.shop() as shop:
        facet = shop.bot.contributions
        seen = (
            [one for one in waiting(facet.judged()) if one.is_clean]
            if all_clean
            else [facet.one(code) for code in codes]
        )
        for judged in seen:
            for line in judged_lines(judged, colour=screen.colour):
                say(line)
        if not seen:
            say("Nothing that waits is without findings. Read them: campaign-bot contributions review")
            return
        if now:
            for judged in seen:
                _send_out(screen, shop.bot, judged, who, yes=yes, despite=despite)
            return
        question = f"\nApprove {len(seen)} of them as {who}?" if len(seen) > 1 else f"\nApprove it as {who}?"
        if not yes and not screen.confirm(question, otherwise="Add --yes once you have read them."):
            say("Nothing was approved.")
            return
        done = facet.approve(seen, by=who, despite=despite)
    say(f"✓ {who} has approved {', '.join(one.code for one in done) or 'nothing new'}.")
    say("Next: campaign-bot plan")


@contributions.command("turn-down")
@click.argument("code")
@click.option("--note", default="", metavar="TEXT", help="Why; only in the log and the list.")
@_by
@pass_screen
def turn_down(screen: Screen, code: str, note: str, by: str) -> None:
    """Decide that a contribution is not posted, with a note why.

    Also when its author asks for it. A post of it that waits leaves the plan at once. What is out stays out until you
    delete it: campaign-bot delete c07.

    Example: campaign-bot contributions turn-down c07 --note "Names a school" --by "Ann Example"

    What comes next: campaign-bot contributions list
    """
    from bot.core.checking import findings

    who = moderator(screen, by)
    note = note.strip() or screen.ask("Why?", otherwise='Add --note "why".')
    with screen.shop() as shop:
        facet = shop.bot.contributions
        planned = facet.is_planned(facet.one(code).contribution.code)
        done = facet.turn_down(code, note=note, by=who)
        left = planned and not facet.is_planned(done.code)
        public = facet.addresses(done.code)
        miscounted = [one for one in findings(shop.bot.record) if one.rule == "DAY-COUNT" and one.asks] if left else []
    say(f"✓ {done.code} is turned down by {who}: {done.note}")
    if left:
        say("  Its post has left the plan, and does not go out.")
    for finding in miscounted:
        say(f"! {finding.post_code}: {finding.message}\n  → {finding.remedy}")
    for url in public:
        say(f"! It is public: {url}")
    if public:
        say("  To take it off the network: campaign-bot delete " + done.code)
        return
    say("Next: campaign-bot contributions list")


@contributions.command(short_help="Walk through what waits, one by one.")
@_by
@pass_screen
def review(screen: Screen, by: str) -> None:
    """Walk through what waits, one by one, at a terminal: approve, turn down, edit, thread, or leave it for later.

    Example: campaign-bot contributions review --by "Ann Example"

    What comes next: campaign-bot plan
    """
    from bot.cli.contributions_review import walk

    if not screen.may_ask:
        what, remedy = "A review needs a person at a terminal.", "Scripts use list, approve and turn-down."
        raise UsageError(Problem(what=what, remedy=remedy))
    who = moderator(screen, by)
    with screen.shop(create=True) as shop:
        walk(screen, shop.bot.contributions, who)


def _send_out(screen: Screen, bot: Bot, judged: Judged, who: str, *, yes: bool, despite: str = "") -> None:
    """Approve one as it was shown, plan it and sign it off."""
    facet, code = bot.contributions, judged.contribution.code
    question = f"\nApprove {code} as {who}, and post it in the next free slot?"
    if not yes and not screen.confirm(question, otherwise="Add --yes once you have read it."):
        say("Nothing was approved.")
        return
    facet.approve((judged,), by=who, despite=despite)
    placed = facet.place((code,), by=who)
    for line in warned_lines(placed, colour=screen.colour):
        say(line)
    if placed.warnings and not yes and not screen.confirm("\nAccept that, and sign it off?", otherwise="Add --yes."):
        left = " ".join(post.code for post in placed.posts)
        say(f"{code} has a slot, but is not signed off, so it does not go out.\nNext: campaign-bot approve {left}")
        return
    for line in sent_out_lines(facet.sign_out(placed, by=who), who):
        say(line)

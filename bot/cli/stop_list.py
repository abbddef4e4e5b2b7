"""campaign-bot stop-list: names that no campaign of this database may say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, table
from bot.errors import ExitCode, ListError, Problem, UsageError

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.core.stopping import Stopped
    from bot.wishes import StopEntry

_PASTED = "-"
_NO_FILE = "--file takes names from a file, so leave the name out."


@click.group("stop-list", invoke_without_command=True)
@click.pass_context
def stop_list(ctx: click.Context) -> None:
    """Names that must never be said, in any campaign of this database. Without a command it shows them.

    \b
    Examples:
      campaign-bot stop-list
      campaign-bot stop-list add "Ann Example" --organisation "Lantern Row"
      campaign-bot stop-list add --file do-not-name.csv
      campaign-bot stop-list remove "Ann Example"
    """
    if ctx.invoked_subcommand is None:
        screen: Screen = ctx.obj
        with screen.shop() as shop:
            _show(shop)


def _show(shop: Shop) -> None:
    from bot.reports.words import short_moment

    entries = shop.bot.people.stop_list()
    if not entries:
        say('The stop list is empty. To add a name: campaign-bot stop-list add "NAME"')
        return
    rows = [
        (
            one.name,
            one.organisation or "(everybody of that name)",
            one.by,
            short_moment(one.at, shop.bot.zone()) if one.at else "",
            one.reason,
        )
        for one in entries
    ]
    say(table(("name", "organisation", "added by", "when", "why"), rows))


@stop_list.command()
@click.argument("name", required=False)
@click.option("--organisation", metavar="NAME", default="", help="Only the person of that name there, no namesakes.")
@click.option("--reason", metavar="TEXT", default="", help="Why. It stands in the list, and can be erased.")
@click.option(
    "--file", "source", metavar="FILE", help="A name a line, or CSV with name and organisation; - for what you paste."
)
@click.option("--delete", "delete_all", is_flag=True, help="Also delete what is public and names them, without asking.")
@click.pass_context
def add(
    ctx: click.Context, name: str | None, organisation: str, reason: str, source: str | None, delete_all: bool
) -> None:
    """Put NAME on the stop list. Every pending post that says it is stopped at once, as withdraw does.

    The full name and, for people of the list, the handle are found however they are written. Initials and nicknames are
    not: add each as a name of its own. Without --organisation everybody of that name is meant.

    \b
    Examples:
      campaign-bot stop-list add "Ann Example"
      campaign-bot stop-list add --file do-not-name.csv --reason "List of the safeguarding team"
    """
    from bot.cli.withdraw import offer_to_delete, say_pulled, say_what_is_open
    from bot.core.stopping import checked

    screen: Screen = ctx.obj
    if (name is None) is (source is None):
        raise UsageError(Problem(what="Give a name, or --file." if name is None else _NO_FILE))
    entries = (checked(name, organisation),) if name is not None else _from_file(screen.folder, source or "")
    with screen.shop(create=True) as shop:
        done = shop.bot.people.stop(entries, reason=reason)
        _say_added(done)
        open_ends = False
        if shop.bot.record.record().plan_code:
            say_pulled(shop, done.pulled)
            left = offer_to_delete(screen, shop, done.pulled.public, delete_all=delete_all)
            open_ends = say_what_is_open(done.pulled) or left
    ctx.exit(ExitCode.PERSON_NEEDED if open_ends else ExitCode.FINE)


def _from_file(folder: Path, source: str) -> tuple[StopEntry, ...]:
    from bot.core.stopping import entries_in

    where = "what was pasted" if source == _PASTED else source
    try:
        path = Path(source)
        content = (
            sys.stdin.buffer.read() if source == _PASTED else (path if path.exists() else folder / path).read_bytes()
        )
    except OSError as error:
        raise ListError(Problem(what=f"It cannot be read: {error.strerror}.", where=where)) from None
    try:
        text = content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    found = entries_in(text, where)
    if not found:
        raise ListError(Problem(what="There is no name in it.", where=where, remedy="A name a line, or CSV."))
    return found


def _say_added(done: Stopped) -> None:
    from bot.reports.words import one_line
    from bot.wording import plural

    say(f"✓ {plural(len(done.added), 'name is', 'names are')} new on the stop list.")
    for one in done.added:
        where = f" of {one_line(one.organisation)}" if one.organisation else ", whoever it is"
        say(f"  {one_line(one.name)}{where}")
    if done.known:
        say(f"{plural(len(done.known), 'name was', 'names were')} on it already.")
    for person in done.people:
        say(f"! On this campaign's list: {one_line(person)}")
    if done.elsewhere:
        say(
            f"! {plural(done.elsewhere, 'post', 'posts')} of other campaigns in this database stopped, too; plan those again."
        )


@stop_list.command()
@click.argument("name")
@click.option("--organisation", metavar="NAME", default="", help="As it was added.")
@pass_screen
def remove(screen: Screen, name: str, organisation: str) -> None:
    """Take NAME off the stop list. Nothing goes out by that: posts come back as drafts, and need a sign-off.

    \b
    Example:
      campaign-bot stop-list remove "Ann Example"

    Then: campaign-bot plan
    """
    from bot.core.stopping import checked

    with screen.shop() as shop:
        shop.bot.people.allow(checked(name, organisation))
        say(f"✓ {name} is off the stop list. Who has withdrawn stays withdrawn.")
        say("Next: campaign-bot plan, to make posts again that were stopped.")

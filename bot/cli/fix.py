"""campaign-bot fix: one value of the loaded list, with everything that changes shown first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import ndiff
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say
from bot.errors import ListError, Problem

if TYPE_CHECKING:
    from bot.consent import Consent
    from bot.core.fixing import Fixing, Proposal
    from bot.digest import Change
    from bot.model import Draft, PlannedPost

_MOST_POSTS, _MOST_ROWS, _MOST_CODES = 40, 30, 12
_THREAD = 2
"""Messages from which on a post is a thread."""


@click.command()
@click.argument("who", metavar="WHO")
@click.argument("field", metavar="FIELD")
@click.argument("value", metavar="VALUE")
@click.option("--only", is_flag=True, help="A new organisation for this person alone, not a new name for all of it.")
@click.option("--rest", is_flag=True, help="Change the list and what is still to come, though posts about it are out.")
@click.option("--by", default="", metavar="NAME", help="Who does this; with consent: who recorded it.")
@click.option("--how", default="", metavar="TEXT", help="Consent: how it was given, such as “form of 3 March”.")
@click.option("--on", default="", metavar="DATE", help="Consent: when it was recorded; without it, today.")
@click.option("--until", default="", metavar="DATE", help="Consent: the last day on which it holds.")
@click.option(
    "--networks", default="", metavar="NAMES", help="Consent: for which networks, such as x; without it, all."
)
@click.option("-n", "--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@pass_screen
def fix(
    screen: Screen,
    who: str,
    field: str,
    value: str,
    only: bool,
    rest: bool,
    by: str,
    how: str,
    on: str,
    until: str,
    networks: str,
    dry_run: bool,
    yes: bool,
) -> None:
    """Correct one value of the loaded list, and see every post that says something else then, before and after.

    WHO is a rank, a name or an id; for consent also all. FIELD is name, organisation, organisation-handle, handle, rank,
    count, photo, alt-text, pronouns or consent. VALUE is written as in a cell of the list; a dash empties it.

    Only the posts that are shown change, in their slots, and only their sign-off ends. Your file is not changed: correct
    it there too, or the next load brings the old value back.

    Example: campaign-bot fix 7 name "Zoë Applethwaite-Hill"

    Example: campaign-bot fix "Seven Stiles Support" name "Seven Stiles Care"

    Example: campaign-bot fix 7 consent "name and photo" --how "signed form"

    What comes next: campaign-bot preview
    """
    from bot.core.fixing import Wish
    from bot.ranking.fixes import FixField, field_named

    meant = field_named(field)
    screen = replace(screen, actor=by.strip() or screen.actor)
    details = {"--how": how, "--on": on, "--until": until, "--networks": networks}
    _refuse_muddle(meant is FixField.CONSENT, not only or meant is FixField.ORGANISATION, details)
    with screen.shop() as shop:
        fixing = shop.bot.fixing
        consent = _consent(screen, fixing, value, details) if meant is FixField.CONSENT else None
        made = fixing.propose(Wish(who=who, field=meant, value=value, only=only, rest=rest, consent=consent))
        titles = shop.bot.titles(shop.bot.record.posts()) if made.planned else {}
        for line in _lines(made, titles, fixing, colour=screen.colour):
            say(line)
        if dry_run or not (yes or screen.confirm("\nChange this?", otherwise="Add --yes, or --dry-run to look only.")):
            say("\nNothing was changed.")
            return
        fixing.carry_out(made)
    for line in _done(made):
        say(line)


def _refuse_muddle(is_consent: bool, only_fits: bool, details: dict[str, str]) -> None:
    from bot.errors import UsageError

    given = [option for option, text in details.items() if text.strip()]
    if given and not is_consent:
        raise UsageError(Problem(what=f"{given[0]} is for consent.", remedy="Leave it out."))
    if not only_fits:
        raise UsageError(Problem(what="--only is for a person's organisation.", remedy="Leave it out."))


def _consent(screen: Screen, fixing: Fixing, value: str, details: dict[str, str]) -> Consent:
    """What was said, read as cells of a list are. Raises ListError."""
    from bot.ranking.cells import CellError
    from bot.ranking.consent_cells import Told, cover, day, networks, words

    try:
        told = Told(
            cover=cover(value),
            networks=networks(details["--networks"]),
            how=words(details["--how"]),
            recorded_by=screen.who(),
            recorded_on=day(details["--on"]) or fixing.today(),
            until=day(details["--until"]),
        )
    except CellError as error:
        raise ListError(Problem(what=error.what, where="consent", remedy=error.remedy)) from None
    consent = told.consent()
    if consent is None:
        raise ListError(Problem(what="It is empty.", where="consent", remedy="Write “name”, “name, photo” or “no”."))
    return replace(consent, by_hand=True)


def _lines(made: Proposal, titles: dict[str, str], fixing: Fixing, *, colour: bool) -> Iterator[str]:
    from bot.ranking import describe_changes
    from bot.reports.words import bold, one_line
    from bot.wording import plural

    yield bold("In the list", colour=colour)
    for line in describe_changes(made.rows[:_MOST_ROWS]):
        yield f"  {one_line(line)}"
    if len(made.rows) > _MOST_ROWS:
        yield f"  … and {len(made.rows) - _MOST_ROWS:,} more"
    if not made.rows:
        yield "  only who recorded the consent, when and how"
    yield ""
    if not made.planned:
        yield "Nothing is planned yet, so no post changes."
    elif not made.posts:
        yield "No post says anything else."
    else:
        yield bold(f"{plural(len(made.posts), 'post')} would change", colour=colour)
        for change in made.posts[:_MOST_POSTS]:
            yield from _change(change, titles, signed=change.code in made.signed)
        if len(made.posts) > _MOST_POSTS:
            yield f"  … and {len(made.posts) - _MOST_POSTS:,} more"
    yield from _warnings(made, fixing)


def _warnings(made: Proposal, fixing: Fixing) -> Iterator[str]:
    from bot.reports.words import one_line

    if made.refused:
        names = ", ".join(one_line(name) for name in made.refused)
        yield f"! They have said no, and are left as they are: {names}"
    if made.out:
        yield f"! Out already, and not changed: {_some(made.out)}. Then: campaign-bot correct {made.out[0]}"
    if made.signed and not made.posts:
        yield f"! Consent would no longer cover what is signed off: {_some(made.signed)}. Their sign-off would end."
    if made.posts and fixing.ends_practice:
        yield "! Practice is under way; it ends with this, as with a new plan. Begin again: campaign-bot start"


def _change(change: Change, titles: dict[str, str], *, signed: bool) -> Iterator[str]:
    from bot.reports.words import one_line

    yield ""
    ends = "; its sign-off ends" if signed else ""
    title = f"  {one_line(titles[change.code])}" if change.code in titles else ""
    yield f"  {change.symbol} {change.code}{title}{_how(change)}{ends}"
    yield from _difference(change)


def _difference(change: Change) -> Iterator[str]:
    """Line by line; of a thread only the parts that differ."""
    before, after = (post.messages if post else () for post in (change.before, change.after))
    if len(before) != len(after) or len(before) < _THREAD:
        yield from _compared(_lines_of(before), _lines_of(after))
        return
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        if old != new:
            yield f"      part {number} of {len(after)}"
            yield from _compared(_lines_of([old]), _lines_of([new]))


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for line in ndiff(before, after):
        if not line.startswith("?"):
            yield f"      {line.rstrip()}"


def _how(change: Change) -> str:
    """What else happens to a post than other words."""
    from bot.days import say_time
    from bot.reports.words import short_day

    def when(post: PlannedPost) -> str:
        return f"{short_day(post.slot.local)} {say_time(post.slot.local)}"

    if change.before is None or change.after is None:
        return f", new, {when(change.after)}" if change.after else ", would be gone"
    moved = f", from {when(change.before)} to {when(change.after)}" if change.moved else f", {when(change.after)}"
    return moved + (f", was {change.before.code}" if change.before.code != change.after.code else "")


def _lines_of(drafts: Sequence[Draft]) -> list[str]:
    """The lines of these messages with their pictures, as they are compared."""
    lines: list[str] = []
    for draft in drafts:
        lines += draft.text.splitlines()
        lines += [f"[picture {media.sha256[:8]}, described as: {media.alt_text}]" for media in draft.media]
    return lines


def _done(made: Proposal) -> Iterator[str]:
    from bot.wording import plural

    changed = f", and {plural(len(made.posts), 'post')} with it" if made.posts else ""
    yield f"\n✓ The list is changed{changed}. Your file is not: correct it there too, before you load it again."
    if made.signed:
        yield f"! These need a new sign-off: {_some(made.signed)}"
    if made.out:
        yield f"Next: campaign-bot correct {made.out[0]}"
    elif made.signed:
        yield "Next: campaign-bot check, then campaign-bot approve"
    else:
        yield "Next: campaign-bot check" if made.planned else "Next: campaign-bot plan"


def _some(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - _MOST_CODES:,} more" if len(codes) > _MOST_CODES else ""
    return f"{', '.join(codes[:_MOST_CODES])}{more}"

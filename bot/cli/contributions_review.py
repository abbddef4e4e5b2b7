"""Walking through what waits for a moderator, at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.contributions_screen import edited_lines, judged_lines, waiting
from bot.cli.screen import Screen, fail, say
from bot.config import UNWAIVABLE
from bot.errors import CampaignBotError, Problem, UsageError

if TYPE_CHECKING:
    from bot.core.moderating import Contributions, Judged

_HELP = "a approve · t turn down · e edit the text · s split into a thread\n  d describe the picture · l later · q stop"


def walk(screen: Screen, facet: Contributions, who: str) -> None:
    """Those without findings together, after they have been shown; the others one by one."""
    _offer_clean_ones(screen, facet, who)
    for code in [one.contribution.code for one in waiting(facet.judged())]:
        if not _decide(screen, facet, code, who):
            break
    left = len(waiting(facet.judged()))
    say(f"\n{left} still wait." if left else "\n✓ Nothing waits any more.")
    say("Next: campaign-bot plan" if not left else "Next: campaign-bot contributions review, or campaign-bot plan")


def _offer_clean_ones(screen: Screen, facet: Contributions, who: str) -> None:
    """Offer to approve at once what nothing was found in; who says no sees them one by one."""
    clean = [one for one in waiting(facet.judged()) if one.is_clean]
    if len(clean) > 1:
        for one in clean:
            for line in judged_lines(one, colour=screen.colour):
                say(line)
        say(f"\nThe checks found nothing in these {len(clean)}. They find the plain cases only: read them.")
        if click.confirm(f"Approve all {len(clean)} as {who}? (No shows them one by one.)"):
            facet.approve(clean, by=who)


def _decide(screen: Screen, facet: Contributions, code: str, who: str) -> bool:
    """One contribution, until it is decided or left; False to stop."""
    while True:
        judged = facet.one(code)
        for line in judged_lines(judged, colour=screen.colour):
            say(line)
        say(f"  {_HELP}")
        answer = click.prompt("What about it?", type=click.Choice(list("atesdlq"), case_sensitive=False)).lower()
        if answer in {"q", "l"}:
            return bool(answer == "l")
        try:
            if _do(answer, facet, judged, screen, who):
                return True
        except CampaignBotError as error:
            fail(error)


def _do(answer: str, facet: Contributions, judged: Judged, screen: Screen, who: str) -> bool:
    """Carry an answer out; says whether the contribution is decided."""
    code = judged.contribution.code
    if answer == "a":
        despite = _despite(judged)
        facet.approve((judged,), by=who, despite=despite)
        say(f"✓ {code} is approved.")
    elif answer == "t":
        facet.turn_down(code, note=click.prompt("Why?"), by=who)
        say(f"✓ {code} is turned down.")
    else:
        if answer == "e":
            edited = facet.edit(code, {"text": _text(judged)}, by=who)
        elif answer == "d":
            edited = facet.edit(code, {"alt_text": _description(judged)}, by=who)
        else:
            edited = facet.make_thread(code, thread=not judged.contribution.thread, by=who)
        for line in list(edited_lines(edited, colour=screen.colour))[:3]:
            say(line)
        return False
    return True


def _despite(judged: Judged) -> str:
    """The reason, where the checks said no; without one, or where none would do, the approval is refused."""
    if not judged.blocks or any(finding.rule in UNWAIVABLE for finding in judged.blocks):
        return ""
    answer: str = click.prompt("The checks say no. Why is it safe all the same?", default="", show_default=False)
    return answer


def _description(judged: Judged) -> str:
    """What the picture shows. Raises UsageError where there is none."""
    if judged.contribution.photo is None:
        raise UsageError(Problem(what=f"{judged.contribution.code} has no picture."))
    answer: str = click.prompt("What does the picture show?")
    return answer


def _text(judged: Judged) -> str:
    """The new text: in an editor, where there is one."""
    written = click.edit(judged.contribution.text)
    return judged.contribution.text if written is None else written

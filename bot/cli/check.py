"""campaign-bot check: what the checks say about the plan, and a person's word that something may stay as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say, say_json
from bot.errors import ExitCode, Problem, UsageError

if TYPE_CHECKING:
    from bot.model import Finding
    from bot.reports.preview import Preview

_MOST_ALIKE = 12
"""Findings of one check that are listed one by one; more are counted."""


@click.command()
@click.argument("code", default="", metavar="[POST]")
@click.option("--waive", default="", metavar="RULE", help="Let an error of this check be, for one POST.")
@click.option(
    "--tick", default="", metavar="RULE", help="Accept the warnings of this check: of a POST, or all of them."
)
@click.option(
    "--withdraw", default="", metavar="RULE", help="Take back what was waived or ticked of it: of a POST, or all of it."
)
@click.option("--by", default="", metavar="NAME", help="Whose word it is.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log and for everybody who signs.")
@click.option("--json", "as_json", is_flag=True, help="The findings for programs.")
@pass_screen
def check(screen: Screen, code: str, waive: str, tick: str, withdraw: str, by: str, reason: str, as_json: bool) -> None:
    """Run all checks over the plan: lengths, names, privacy, dates, money and more.

    Ends with exit code 3 if an error blocks sign-off, else with 0; warnings do not count.

    An error can be waived for one post, a warning ticked for a post or the whole campaign, by a named person with a
    reason. That ends when the post changes, or when it is taken back (--withdraw). What harms people or what X would refuse cannot be waived.

    Example: campaign-bot check --tick MENTION --by "Ann Example" --reason "All of them have agreed"

    What comes next: campaign-bot fix for the list; or correct a template or config.toml, then campaign-bot plan
    """
    _refuse_muddle(code, waive, tick, withdraw)
    screen = replace(screen, actor=by.strip() or screen.actor)
    if waive or tick or withdraw:
        done = (
            _take_back(screen, code, withdraw, reason)
            if withdraw
            else _accept(screen, code, waive, tick, _reason(screen, reason))
        )
        if not as_json:
            say(done)
    with screen.shop() as shop:
        sheet = shop.bot.sheet(
            lambda post: not code or bool(waive or tick or withdraw) or post.code == shop.bot.post(code).code
        )
    if as_json:
        say_json(findings_json(sheet))
    else:
        for line in _check_lines(sheet, colour=screen.colour):
            say(line)
    click.get_current_context().exit(ExitCode.FINDINGS if sheet.errors else ExitCode.FINE)


def _refuse_muddle(code: str, waive: str, tick: str, withdraw: str) -> None:
    given = [name for name, rule in (("--waive", waive), ("--tick", tick), ("--withdraw", withdraw)) if rule]
    if len(given) > 1:
        what = f"{' and '.join(given)} cannot be combined."
        raise UsageError(Problem(what=what, remedy="Give one, then the other."))
    if waive and not code:
        remedy = f"Name the post: campaign-bot check --waive {waive} w07"
        raise UsageError(Problem(what="An error is waived for one post at a time.", remedy=remedy))


def _reason(screen: Screen, reason: str) -> str:
    """Why; and it needs a name. Raises UsageError where a script gives neither."""
    if not screen.actor and not screen.may_ask:
        raise UsageError(Problem(what="It is not said whose word this is.", remedy='Add --by "Your Name".'))
    given = reason.strip() or screen.ask("Why may it stay as it is?", otherwise='Add --reason "why".')
    if not given:
        raise UsageError(Problem(what="There is no reason.", remedy='Add --reason "why".'))
    return given


def _accept(screen: Screen, code: str, waive: str, tick: str, reason: str) -> str:
    """What was done, to be said."""
    from bot.wording import plural

    with screen.shop() as shop:
        if waive:
            found = shop.bot.accepting.waive(waive, code, reason=reason)
            done = f"waived for {found[0].post_code}"
        else:
            found = shop.bot.accepting.tick(tick, code, reason=reason)
            done = f"ticked for {found[0].post_code}" if code else "ticked for the whole campaign"
    return f"✓ {found[0].rule} is {done} by {screen.who()}: {plural(len(found), 'finding')}."


def _take_back(screen: Screen, code: str, rule: str, reason: str) -> str:
    """What was done, to be said."""
    from bot.wording import plural

    with screen.shop() as shop:
        taken = shop.bot.accepting.take_back(rule, code, reason=reason.strip())
    where = f"for {taken.given[0].post_code}" if code else "in the whole campaign"
    signed = f"\n! These need a new sign-off: {', '.join(taken.ended)}" if taken.ended else ""
    given = plural(len(taken.given), "waiver or tick", "waivers and ticks")
    return f"✓ {taken.rule}: {given} taken back {where}.{signed}"


def next_after_check(sheet: Preview) -> str:
    """The next command."""
    from bot.model import PostState, SeriesKind

    if sheet.errors and any(card.kind is SeriesKind.CONTRIBUTIONS for day in sheet.days for card in day.cards):
        return "correct the contributions (campaign-bot contributions edit), a template or config.toml, then: campaign-bot plan"
    if sheet.errors:
        return "correct the list (campaign-bot fix), or a template or config.toml (then: campaign-bot plan)"
    return "campaign-bot preview" if PostState.DRAFT in dict(sheet.counts) else sheet.next_command


def finding_lines(finding: Finding, sheet: Preview, *, colour: bool) -> Iterator[str]:
    """A finding with its place and what to do about it, or who has accepted it; only a thread has parts worth counting."""
    from bot.reports.words import ACCEPTED_SYMBOL, SEVERITY_SYMBOLS, dim, one_line, painted_severity

    threads = {card.code for day in sheet.days for card in day.cards if len(card.parts) > 1}
    part = f", part {finding.part}" if finding.part and finding.post_code in threads else ""
    place = f"{finding.post_code}{part}: " if finding.post_code else ""
    said = f"{place}{one_line(finding.message)} ({finding.rule})"
    if finding.accepted:
        yield "  " + dim(f"{ACCEPTED_SYMBOL} {said}", colour=colour)
        yield f"    {one_line(finding.accepted)}"
        return
    yield "  " + painted_severity(f"{SEVERITY_SYMBOLS[finding.severity]} {said}", finding.severity, colour=colour)
    if finding.remedy:
        yield f"    → {one_line(finding.remedy)}"


def findings_json(sheet: Preview) -> dict[str, object]:
    """Stable keys for programs."""
    from bot.reports.preview_json import preview_json

    return {
        "version": 1,
        "plan_code": sheet.plan_code,
        "errors": len(sheet.errors),
        "warnings": len(sheet.warnings),
        "findings": preview_json(sheet)["findings"],
    }


def _check_lines(sheet: Preview, *, colour: bool) -> Iterator[str]:
    from bot.reports.preview_text import findings_line
    from bot.reports.words import bold

    yield f"plan {sheet.plan_code} · {findings_line(sheet)}"
    groups: Sequence[tuple[str, Sequence[Finding]]] = (
        ("Errors: these block sign-off", sheet.errors),
        ("Warnings: look at these before you sign", sheet.warnings),
        ("Waived and ticked", [finding for finding in sheet.findings if finding.accepted]),
    )
    for heading, findings in groups:
        if findings:
            yield ""
            yield bold(heading, colour=colour)
        yield from _some_of_each(findings, sheet, colour=colour)
    yield ""
    yield f"Next: {next_after_check(sheet)}"


def _some_of_each(findings: Sequence[Finding], sheet: Preview, *, colour: bool) -> Iterator[str]:
    """All findings of a check, or the first of very many."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    shown = {id(finding) for found in by_rule.values() for finding in found[:_MOST_ALIKE]}
    for finding in findings:
        if id(finding) in shown:
            yield from finding_lines(finding, sheet, colour=colour)
    for rule, found in by_rule.items():
        if len(found) > _MOST_ALIKE:
            yield f"  … and {len(found) - _MOST_ALIKE:,} more of {rule} (all of them: campaign-bot check --json)"

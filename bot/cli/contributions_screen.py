"""Contributions on the screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bot.cli.screen import Screen, table
from bot.contribution import Contribution, Moderation
from bot.errors import Problem, UsageError

if TYPE_CHECKING:
    from bot.core.moderating import Edited, Judged, SentOut
    from bot.core.taking_in import Intake
    from bot.model import Finding

SYMBOLS = {Moderation.WAITING: "○", Moderation.APPROVED: "●", Moderation.TURNED_DOWN: "»"}
_NARROWEST = 80
_LONGEST_NAME = 20


def moderator(screen: Screen, by: str) -> str:
    """Whose word it is. Raises UsageError where nobody is named and nobody sits there."""
    name = by.strip() or screen.actor
    if name:
        return name
    if screen.may_ask:
        return screen.ask("Your name, for the log:", otherwise='Add --by "Your Name".')
    raise UsageError(Problem(what="A moderator needs a name.", remedy='Add --by "Your Name".'))


def waiting(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """Those that nobody has decided on."""
    return tuple(one for one in judged if one.contribution.state is Moderation.WAITING)


def intake_lines(intake: Intake, notes: Sequence[str], *, done: bool, with_new: bool = True) -> Iterator[str]:
    """What was taken in, or would be: counted when it is done, in full before; new ones only ``with_new``."""
    from bot.reports.words import one_line
    from bot.wording import plural

    if done:
        counts = (
            (len(intake.added), "taken in"),
            (len(intake.changed), "changed"),
            (len(intake.same), "known already"),
        )
        said = ", ".join(f"{number:,} {word}" for number, word in counts if number) or "nothing new"
        yield f"\n✓ Contributions: {said}."
        return
    for one in intake.added if with_new else ():
        text = one_line(one.text) or "(no text)"
        yield _cut(f"  + {one.code}  {one.time or 'any time':<10}  {one_line(one.said)}: {text}", _width())
    for change in intake.alterations:
        yield f"  ~ {change.code}  {change.field}"
        yield f"      before: {one_line(change.before) or '(nothing)'}"
        yield f"      after:  {one_line(change.after) or '(nothing)'}"
    if intake.voided:
        yield f"! Approved before, and waiting again: {', '.join(intake.voided)}"
    if intake.missing and (intake.same or intake.changed):
        codes = ", ".join(one.code for one in intake.missing)
        yield f"! {plural(len(intake.missing), 'contribution')} known before, but not in this file, stay: {codes}"
    for note in (*intake.repeated, *notes):
        yield f"! {one_line(note)}"


def list_lines(judged: Sequence[Judged], *, colour: bool, every: Sequence[Judged]) -> Iterator[str]:
    """A table as wide as the screen, then what was found in those that wait, and how many there are of ``every`` state."""
    from bot.reports.words import bold

    if not every:
        yield "There are no contributions here. Take some in: campaign-bot contributions load FILE"
        return
    if judged:
        yield from _table_lines(judged)
    found = [one for one in judged if one.findings and one.contribution.state is Moderation.WAITING]
    if found:
        yield ""
        yield bold("What the checks say about those that wait", colour=colour)
    for one in found:
        yield from _findings_lines(one.findings, colour=colour)
    yield ""
    yield _counted([one.contribution for one in every])


def _table_lines(judged: Sequence[Judged]) -> Iterator[str]:
    """The texts are cut where the screen ends; ``show`` has them in full."""
    from bot.reports.words import one_line

    rows = [
        (
            one.contribution.code,
            _state(one.contribution),
            one.contribution.time or "any time",
            _cut(one_line(one.contribution.said), _LONGEST_NAME),
            _marks(one),
            one_line(one.contribution.text) or "(no text)",
        )
        for one in judged
    ]
    for line in table(("code", "state", "time", "from", "found", "text"), rows).split("\n"):
        yield _cut(line, _width())


def judged_lines(judged: Judged, *, colour: bool) -> Iterator[str]:
    """One contribution as its post will read."""
    from bot.reports.words import bold, dim, one_line, visible
    from bot.text import MAX_WEIGHT, weighted_length

    one = judged.contribution
    yield ""
    heading = f"{one.code} · {one_line(one.said)} · {one.time or 'any time'} · {_state(one)}"
    yield bold(heading, colour=colour)
    for number, message in enumerate(judged.messages, start=1):
        part = f"part {number} of {len(judged.messages)}, " if len(judged.messages) > 1 else ""
        yield dim(f"  {part}{weighted_length(message.text)} of {MAX_WEIGHT}", colour=colour)
        for line in visible(message.text).split("\n"):
            yield f"  │ {line}".rstrip()
        for media in message.media:
            yield f"  photo: {one_line(media.alt_text) or 'no alternative text'}"
    yield f"  consent: {one_line(one.consent) or 'nothing is said'}"
    if one.moderated_by:
        word = f": {one_line(one.note or one.despite)}" if one.note or one.despite else ""
        yield f"  {one.state.value} by {one_line(one.moderated_by)}{word}"
    yield from _findings_lines(judged.findings, colour=colour)


def edited_lines(edited: Edited, *, colour: bool) -> Iterator[str]:
    """Before and after, and what that means."""
    from bot.reports.words import one_line

    one = edited.judged.contribution
    for change in edited.alterations:
        yield f"{change.code}, {change.field}"
        yield f"  before: {one_line(change.before) or '(nothing)'}"
        yield f"  after:  {one_line(change.after) or '(nothing)'}"
    yield from judged_lines(edited.judged, colour=colour)
    if edited.voided:
        yield f"! {one.code} was approved before this change, and waits again. If it was planned, it has left the plan."
    yield f"Next: campaign-bot contributions approve {one.code}"


def warned_lines(placed: SentOut, *, colour: bool) -> Iterator[str]:
    """What the checks warn of in posts that are about to be signed off."""
    if placed.warnings:
        yield "\nThe checks warn of this; it is accepted with the sign-off:"
        yield from _findings_lines(placed.warnings, colour=colour)


def sent_out_lines(sent: SentOut, who: str) -> Iterator[str]:
    """Where a late contribution has found its place."""
    from bot.days import say_local
    from bot.reports.words import one_line

    for post in sent.posts:
        yield f"✓ {post.code} is signed off by {who} for {say_local(post.slot.local)} (plan {sent.plan.plan_code})."
        if post.kind.value == "closing":
            yield "  Its count has changed; it now reads:"
            yield from (f"  │ {line}" for message in post.messages for line in message.draft.text.split("\n"))
    others = [void for void in sent.plan.voided if void.code not in {post.code for post in sent.posts}]
    for void in others:
        yield f"! {void.code} has lost its sign-off: {one_line(void.why)}"
    yield "Next: campaign-bot status"


def despite_lines(judged: Sequence[Judged]) -> Iterator[str]:
    """What moderators have let be."""
    from bot.reports.words import one_line

    for one in judged:
        if one.contribution.despite:
            rules = ", ".join(one.contribution.despite_rules)
            yield f"! {one.contribution.code}: {rules} waived by {one.contribution.moderated_by}: {one_line(one.contribution.despite)}"


def judged_json(judged: Judged) -> dict[str, object]:
    """Stable keys for programs."""
    from bot.reports.words import utc_text

    one = judged.contribution
    return {
        "code": one.code,
        "state": one.state.value,
        "time": one.time,
        "name": one.name,
        "text": one.text,
        "photo": one.photo.sha256 if one.photo else None,
        "alt_text": one.alt_text,
        "consent": one.consent,
        "thread": one.thread,
        "moderated_by": one.moderated_by,
        "moderated_at": utc_text(one.moderated_at),
        "note": one.note,
        "despite": one.despite,
        "messages": [message.text for message in judged.messages],
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity.value,
                "message": finding.message,
                "remedy": finding.remedy,
                "accepted": finding.accepted,
            }
            for finding in judged.findings
        ],
    }


def _findings_lines(findings: Sequence[Finding], *, colour: bool) -> Iterator[str]:
    """Each finding, and what to do about it; what helps against several in a row is said once, after them."""
    from bot.reports.words import ACCEPTED_SYMBOL, SEVERITY_SYMBOLS, one_line, painted_severity

    for number, finding in enumerate(findings, start=1):
        symbol = ACCEPTED_SYMBOL if finding.accepted else SEVERITY_SYMBOLS[finding.severity]
        place = f"{finding.post_code}: " if finding.post_code else ""
        said = f"{symbol} {place}{one_line(finding.message)} ({finding.rule})"
        yield "  " + painted_severity(said, finding.severity, colour=colour)
        following = findings[number : number + 1]
        if finding.accepted:
            yield f"    {one_line(finding.accepted)}"
        elif finding.remedy not in [one.remedy for one in following if not one.accepted]:
            yield f"    → {one_line(finding.remedy)}"


def _marks(judged: Judged) -> str:
    errors = len(judged.blocks)
    others = len(judged.findings) - errors
    words = ([f"✗ {errors}"] if errors else []) + ([f"! {others}"] if others else [])
    return " ".join(words) or "✓"


def _state(one: Contribution) -> str:
    return f"{SYMBOLS[one.state]} {one.state.value}"


def _cut(line: str, room: int) -> str:
    return line if len(line) <= room else f"{line[: room - 1].rstrip()}…"


def _width() -> int:
    """Of the terminal; what goes to a file or a program is as narrow as the narrowest."""
    return max(_NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else _NARROWEST


def _counted(every: Sequence[Contribution]) -> str:
    from bot.wording import plural

    counts = [(state, sum(one.state is state for one in every)) for state in Moderation]
    said = ", ".join(f"{number} {state.value}" for state, number in counts if number)
    return f"{plural(len(every), 'contribution')}: {said}."

"""Contributions on the screen."""

from __future__ import annotations

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
_SHOWN = 60


def moderator(screen: Screen, by: str) -> str:
    """Whose word it is. Raises UsageError where nobody is named and nobody sits there."""
    name = by.strip() or screen.actor
    if name:
        return name
    if screen.may_ask:
        return screen.ask("Your name, for the log:", otherwise="Add --by “Your Name”.")
    raise UsageError(Problem(what="A moderator needs a name.", remedy="Add --by “Your Name”."))


def waiting(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """Those that nobody has decided on."""
    return tuple(one for one in judged if one.contribution.state is Moderation.WAITING)


def intake_lines(intake: Intake, notes: Sequence[str], *, done: bool) -> Iterator[str]:
    """What was taken in, or would be: counted when it is done, in full before."""
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
    for one in intake.added:
        yield f"  + {one.code}  {one.time or 'any time':<16}  {one_line(one.said)}: {_beginning(one.text)}"
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


def list_lines(judged: Sequence[Judged], *, colour: bool) -> Iterator[str]:
    """A table, then what was found in those that are not turned down."""
    from bot.reports.words import bold, one_line

    if not judged:
        yield "There are no contributions here. Take some in: campaign-bot contributions load FILE"
        return
    rows = [
        (
            one.contribution.code,
            _state(one.contribution),
            one.contribution.time or "any time",
            one_line(one.contribution.said),
            _marks(one),
            _beginning(one.contribution.text),
        )
        for one in judged
    ]
    yield table(("code", "state", "time", "from", "found", "text"), rows)
    found = [one for one in judged if one.findings and one.contribution.state is Moderation.WAITING]
    if found:
        yield ""
        yield bold("What the checks say about those that wait", colour=colour)
    for one in found:
        for finding in one.findings:
            yield from _finding_lines(finding, colour=colour)
    yield ""
    yield _counted([one.contribution for one in judged])


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
    for finding in judged.findings:
        yield from _finding_lines(finding, colour=colour)


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


def _finding_lines(finding: Finding, *, colour: bool) -> Iterator[str]:
    from bot.reports.words import ACCEPTED_SYMBOL, SEVERITY_SYMBOLS, one_line, painted_severity

    symbol = ACCEPTED_SYMBOL if finding.accepted else SEVERITY_SYMBOLS[finding.severity]
    said = f"{symbol} {finding.post_code}: {one_line(finding.message)} ({finding.rule})"
    yield "  " + painted_severity(said, finding.severity, colour=colour)
    yield f"    {one_line(finding.accepted)}" if finding.accepted else f"    → {one_line(finding.remedy)}"


def _marks(judged: Judged) -> str:
    errors = len(judged.blocks)
    others = len(judged.findings) - errors
    words = ([f"✗ {errors}"] if errors else []) + ([f"! {others}"] if others else [])
    return " ".join(words) or "✓"


def _state(one: Contribution) -> str:
    return f"{SYMBOLS[one.state]} {one.state.value}"


def _beginning(text: str) -> str:
    from bot.reports.words import one_line

    line = one_line(text) or "(no text)"
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _counted(every: Sequence[Contribution]) -> str:
    from bot.wording import plural

    counts = [(state, sum(one.state is state for one in every)) for state in Moderation]
    said = ", ".join(f"{number} {state.value}" for state, number in counts if number)
    return f"{plural(len(every), 'contribution')}: {said}."

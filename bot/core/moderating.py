"""What moderators do with contributions: read, edit, approve, turn down; and the way of a late one into the day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.checks import RULES, run_checks
from bot.checks.contributed import OWN_WORDS, WITH_NAMES, own_words, whole_posts, with_remedies
from bot.checks.contributed import despite as with_word
from bot.config import SAFEGUARDS, UNWAIVABLE, Config, Series
from bot.contribution import Alteration, Contribution, Moderation, Submission, alterations
from bot.core import planning, signing, taking_in
from bot.core.checking import as_problem, findings, open_warnings
from bot.core.composing import Composer
from bot.core.desk import Desk
from bot.core.remaking import watchlist_of
from bot.errors import FindingsError, NotReadyError, PersonNeededError, Problem, UsageError
from bot.model import Draft, Finding, MessageState, Post, Ranking, SeriesKind, Severity
from bot.ranking.cells import CellError
from bot.ranking.contributions import agrees, consent_of, covers_photo, name_of, text_of, time_of
from bot.text import MAX_WEIGHT, weighted_length
from bot.watchlist import Watchlist

_NUMBER = re.compile(r"(?<![\w/#@.:-])\d[\d,]*(?![\w/])")
_PARSERS: Mapping[str, Callable[[str], str]] = {
    "text": text_of,
    "name": name_of,
    "time": time_of,
    "alt_text": str.strip,
    "consent": consent_of,
}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A contribution, the messages that it would make, and what the checks say about it."""

    contribution: Contribution
    messages: tuple[Draft, ...]
    findings: tuple[Finding, ...]

    @property
    def blocks(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.blocks)

    @property
    def is_clean(self) -> bool:
        """Nothing was found, not even a warning."""
        return not self.findings


@dataclass(frozen=True, kw_only=True)
class Edited:
    """A contribution after a moderator's change. ``voided``: it had been approved, and waits again."""

    judged: Judged
    alterations: tuple[Alteration, ...]
    voided: bool


@dataclass(frozen=True, kw_only=True)
class SentOut:
    """Posts that are planned and signed off at once: a late contribution, and the closing if its count has changed.
    ``warnings`` are what the checks warn of in them, and are accepted with the sign-off."""

    plan: planning.PlanResult
    posts: tuple[Post, ...]
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """What can be done with the contributions of one campaign; always on the record."""

    desk: Desk
    config: Config

    def take_in(self, submissions: Sequence[Submission], *, source: str, save: bool = True) -> taking_in.Intake:
        """Store what was handed in; see ``taking_in.take_in``. Raises NotReadyError where no series takes contributions."""
        self._series()
        return taking_in.take_in(self.desk, submissions, source=source, save=save)

    def all(self) -> tuple[Contribution, ...]:
        """Everything that was sent in."""
        known = self.desk.storage.campaigns.find(self.desk.campaign)
        return self.desk.storage.contributions.all(known.campaign_id) if known else ()

    def judged(self) -> tuple[Judged, ...]:
        """All of them, judged. Raises TemplateError."""
        return self.judge(self.all())

    def judge(self, every: Sequence[Contribution], also: str = "") -> tuple[Judged, ...]:
        """Contributions that may not be stored yet, each by itself and against the others. Raises TemplateError.

        Those that are turned down are not looked at, but for the one with the code ``also``.
        """
        open_ones = [one for one in every if one.state is not Moderation.TURNED_DOWN or one.code == also]
        composer, series = Composer(self.config, Ranking(), None), self._series()
        messages = {one.code: composer.contribution(one, series) for one in every}
        found = _own_findings(open_ones, self.config, self.desk) + [
            finding
            for one in open_ones
            for finding in (*_too_long(one, messages[one.code]), *_without_consent(one, self.config))
        ]
        known = {(finding.post_code, finding.rule) for finding in found}
        whole = _whole_findings({one: messages[one.code] for one in open_ones}, self.desk)
        found += [finding for finding in whole if (finding.post_code, finding.rule) not in known]
        found = list(with_word(with_remedies(found, frozenset(messages)), every))
        found.sort(key=lambda finding: finding.severity is not Severity.ERROR)
        return tuple(
            Judged(
                contribution=one,
                messages=messages[one.code],
                findings=tuple(finding for finding in found if finding.post_code == one.code),
            )
            for one in every
        )

    def is_planned(self, code: str) -> bool:
        """Whether a post of it waits in the plan, or is out."""
        return any(post.code == code for post in _posts(self.desk))

    def addresses(self, code: str) -> tuple[str, ...]:
        """Where its post can be read by everybody; nothing for what is not out, or is deleted."""
        messages = [message for post in _posts(self.desk) if post.code == code for message in post.messages]
        out = [one.receipt.url for one in messages if one.receipt and one.state is MessageState.POSTED]
        return tuple(out)

    def one(self, code: str) -> Judged:
        """The contribution with this code, judged even when it is turned down: approving it comes next. Raises UsageError."""
        wanted = code.strip().lower()
        for judged in self.judge(self.all(), also=wanted):
            if judged.contribution.code == wanted:
                return judged
        remedy = "campaign-bot contributions list shows them all."
        raise UsageError(Problem(what=f"No contribution has the code “{code}”.", remedy=remedy))

    def edit(self, code: str, changes: Mapping[str, str], *, photo: Path | None = None, by: str) -> Edited:
        """Change fields of a contribution, which ends its approval. Raises UsageError."""
        before = self.one(code).contribution
        values = {field: _parsed(code, field, value) for field, value in changes.items()}
        after = replace(before, **values)  # type: ignore[arg-type]  # the parsers give texts
        after = replace(after, consented=agrees(after.consent))
        pictures = {}
        if photo is not None:
            submission = _pictured(photo)
            after = replace(after, photo=submission.photo)
            if submission.photo:
                pictures[submission.photo.sha256] = (submission.photo.mime, submission.picture)
        return self._edited(before, after, by=by, pictures=pictures)

    def make_thread(self, code: str, *, thread: bool, by: str) -> Edited:
        """Let a contribution be split into a thread, or not; that ends its approval."""
        before = self.one(code).contribution
        return self._edited(before, replace(before, thread=thread), by=by, pictures={})

    def approve(self, seen: Sequence[Judged], *, by: str, despite: str = "") -> tuple[Contribution, ...]:
        """Approve what a moderator has seen, and nothing that has changed since.

        ``despite`` is the reason why what the checks found may stay. Raises FindingsError where they say no.
        """
        _require_name(by)
        waiting = [judged for judged in seen if judged.contribution.state is not Moderation.APPROVED]
        refused = [
            finding
            for judged in waiting
            for finding in judged.blocks
            if finding.rule in UNWAIVABLE or not despite.strip()
        ]
        if refused:
            raise FindingsError(*map(_refusal, refused))
        pairs = [(one.contribution, self._approved(one, by, despite)) for one in waiting]
        self._decide(pairs, "contribution approved", by=by)
        return tuple(after for _, after in pairs)

    def turn_down(self, code: str, *, note: str, by: str) -> Contribution:
        """Decide that a contribution is not posted; a post of it that waits leaves the plan. The note says why."""
        _require_name(by)
        before = self.one(code).contribution
        after = replace(
            _waiting(before),
            state=Moderation.TURNED_DOWN,
            moderated_by=by.strip(),
            moderated_at=self.desk.clock.now(),
            note=note.strip(),
        )
        self._decide([(before, after)], "contribution turned down", by=by)
        return after

    def send_out(self, codes: Sequence[str], *, by: str) -> SentOut:
        """Plan again and sign these contributions off, with the closing post where only its count has changed.

        What is signed off already stays where it is. Raises what planning and signing raise.
        """
        return self.sign_out(self.place(codes, by=by), by=by)

    def place(self, codes: Sequence[str], *, by: str) -> SentOut:
        """The first half: plan again, so that these contributions have a slot. Nothing of it is signed off yet."""
        _require_name(by)
        desk = replace(self.desk, actor=by.strip())
        closing = {
            post.code: post for post in _posts(desk) if post.kind is SeriesKind.CLOSING and post.approval is not None
        }
        result = planning.plan(desk, self.config)
        again = [
            void.code
            for void in result.voided
            if void.code in closing and _counts_anew(closing[void.code], desk.post(void.code))
        ]
        posts = tuple(desk.post(code) for code in (*codes, *again))
        warnings = open_warnings(findings(desk), frozenset(post.code for post in posts))
        return SentOut(plan=result, posts=posts, warnings=warnings)

    def sign_out(self, placed: SentOut, *, by: str) -> SentOut:
        """The second half: sign off what was placed, warnings and all."""
        desk = replace(self.desk, actor=by.strip())
        codes = [post.code for post in placed.posts]
        signing.approve(desk, codes=codes, plan_code=placed.plan.plan_code, by=by)
        return replace(placed, posts=tuple(map(desk.post, codes)))

    def _series(self) -> Series:
        for series in self.config.series:
            if series.kind is SeriesKind.CONTRIBUTIONS:
                return series
        raise NotReadyError(
            Problem(
                what="This campaign takes no contributions.",
                where="config.toml, [[series]]",
                remedy='Add a series of kind = "contributions", or begin anew: campaign-bot init --kind day FOLDER',
            )
        )

    def _approved(self, judged: Judged, by: str, despite: str) -> Contribution:
        rules = tuple(dict.fromkeys(finding.rule for finding in judged.findings if finding.severity is Severity.ERROR))
        return replace(
            judged.contribution,
            state=Moderation.APPROVED,
            moderated_by=by.strip(),
            moderated_at=self.desk.clock.now(),
            note="",
            despite=despite.strip() if rules else "",
            despite_rules=rules,
        )

    def _edited(
        self, before: Contribution, after: Contribution, *, by: str, pictures: Mapping[str, tuple[str, bytes]]
    ) -> Edited:
        _require_name(by)
        changed = alterations(before, after)
        if not changed:
            raise UsageError(Problem(what=f"That is what {before.code} says already; nothing was changed."))
        after = _waiting(after)
        self._decide([(before, after)], "contribution edited", by=by, changed=changed, pictures=pictures)
        voided = before.state is Moderation.APPROVED
        return Edited(judged=self.one(after.code), alterations=changed, voided=voided)

    def _decide(
        self,
        pairs: Sequence[tuple[Contribution, Contribution]],
        action: str,
        *,
        by: str,
        changed: Iterable[Alteration] = (),
        pictures: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> None:
        if not pairs:
            return
        desk = replace(self.desk, actor=by.strip())
        fields = ", ".join(one.field for one in changed)
        texts = "; ".join(f"{one.field}: “{one.before}” became “{one.after}”" for one in changed)
        entries = [
            desk.entry(
                action,
                post_code=after.code,
                detail=fields or ", ".join(after.despite_rules),
                note=texts or after.despite or after.note,
            )
            for _, after in pairs
        ]
        record = desk.record()
        store = desk.storage.contributions
        if not store.moderate(record.campaign_id, pairs, pictures=pictures or {}, entries=entries):
            raise PersonNeededError(
                Problem(
                    what="Somebody has changed a contribution since you read it; nothing was written.",
                    remedy="Read it again: campaign-bot contributions list",
                )
            )


def submitted(cells: Mapping[str, str], *, photo: Path | None) -> Submission:
    """One contribution as somebody typed it. Raises UsageError with everything that cannot be understood."""
    values, problems = {}, []
    for field, value in cells.items():
        try:
            values[field] = _PARSERS[field](value)
        except CellError as error:
            problems.append(Problem(what=error.what, where=field.replace("_", " "), remedy=error.remedy))
    if problems:
        raise UsageError(*problems)
    consented = agrees(values.get("consent", ""))
    submission = Submission(where="by hand", consented=consented, **values)  # type: ignore[arg-type]  # all are texts
    if photo is None:
        return submission
    pictured = _pictured(photo)
    return taking_in.with_picture(submission, pictured.picture)


def _own_findings(every: Sequence[Contribution], config: Config, desk: Desk) -> list[Finding]:
    off = {name for name, _ in config.checks.off} - UNWAIVABLE - SAFEGUARDS
    view = own_words(every, now=desk.clock.now(), checks=config.checks)
    found = run_checks(view, [RULES[name] for name in OWN_WORDS if name not in off])
    return [finding for finding in found if finding.post_code]


def _whole_findings(every: Mapping[Contribution, Sequence[Draft]], desk: Desk) -> Iterable[Finding]:
    """What the posts say with name and template around the words, and whom they must not name; once for each check."""
    known = desk.storage.campaigns.find(desk.campaign)
    texts = {one: [message.text for message in messages] for one, messages in every.items()}
    watchlist = watchlist_of(desk) if known else Watchlist()
    found = run_checks(
        whole_posts(texts, now=desk.clock.now(), watchlist=watchlist), [RULES[name] for name in WITH_NAMES]
    )
    return {(finding.post_code, finding.rule): finding for finding in found if finding.post_code}.values()


def _too_long(one: Contribution, messages: Sequence[Draft]) -> Iterable[Finding]:
    for number, message in enumerate(messages, start=1):
        used = weighted_length(message.text)
        if used > MAX_WEIGHT:
            around = " with the template around it" if message.text != one.text else ""
            what = f"The post is {used - MAX_WEIGHT:,} over: {used:,} of {MAX_WEIGHT} characters{around}."
            yield Finding(rule="LEN", severity=Severity.ERROR, message=what, post_code=one.code, part=number)


def _without_consent(one: Contribution, config: Config) -> Iterable[Finding]:
    """Where consent is the lawful basis, there has to be some, for the photo too; on any basis, a no is a no."""
    if one.consent and not one.consented:
        what = f"Its author has not agreed (“{one.consent}”)."
    elif config.privacy.basis != "consent":
        return
    elif not one.consented:
        what = "Its author has not agreed, and config.toml gives consent as the lawful basis."
    elif one.photo and not covers_photo(one.consent):
        what = f"The consent (“{one.consent}”) does not cover the photo."
    else:
        return
    yield Finding(rule="CONSENT", severity=Severity.ERROR, message=what, post_code=one.code)


def _refusal(finding: Finding) -> Problem:
    problem = as_problem(replace(finding, part=None))
    if finding.rule in UNWAIVABLE:
        return problem
    return replace(problem, remedy=f'{problem.remedy}. Or approve it with your reason: --despite "why it is safe"')


def _counts_anew(before: Post, after: Post) -> bool:
    """Only numbers differ: the rest is what was signed. A number inside a word or an address is part of it."""
    said = [
        [(_NUMBER.sub("0", message.draft.text), message.draft.media) for message in post.messages]
        for post in (before, after)
    ]
    return said[0] == said[1]


def _waiting(one: Contribution) -> Contribution:
    """The same, with nothing said about it."""
    return replace(
        one, state=Moderation.WAITING, moderated_by="", moderated_at=None, note="", despite="", despite_rules=()
    )


def _parsed(code: str, field: str, value: str) -> str:
    try:
        return _PARSERS[field](value)
    except CellError as error:
        where = f"{code}, {field.replace('_', ' ')}"
        raise UsageError(Problem(what=error.what, where=where, remedy=error.remedy)) from None


def _pictured(path: Path) -> Submission:
    read = taking_in.read_picture(path, str(path))
    if isinstance(read, Problem):
        raise UsageError(read)
    return taking_in.with_picture(Submission(), read)


def _require_name(by: str) -> None:
    if not by.strip():
        raise UsageError(Problem(what="A moderator needs a name.", remedy='Add --by "Your Name".'))


def _posts(desk: Desk) -> tuple[Post, ...]:
    record = desk.record()
    return desk.storage.plans.posts(record.campaign_id)

"""From config, list and templates to a plan that stands frozen in the database.

Planning again is safe at any time: what is signed off or out keeps its slot, what has begun keeps its text, and a
sign-off ends exactly where what was signed has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from bot.config import Config
from bot.config_reading import config_digest
from bot.core.composing import Composer
from bot.core.desk import Desk
from bot.core.remaking import watchlist_of
from bot.digest import Change, plan_code, plan_difference, post_digest
from bot.lifecycle import has_begun, is_final, state_of
from bot.memory import without_collector
from bot.model import Account, PlannedPost, Post, PostKey, PostState, Ranking, SeriesKind, Standing
from bot.plan import Assignment, Pinned, assign
from bot.publishers.registry import require_known
from bot.settings import settings_of, settings_to_json
from bot.storage.plans import PlanLine, PlanUpdate, Revision
from bot.wordings import Turn, choose_wordings

NOT_OUT = frozenset({PostState.SKIPPED, PostState.DELETED, PostState.MISSED, PostState.FAILED})
"""Posts in these states are not among what a closing post counts."""
Progress = Callable[[Iterable[Assignment], int], Iterable[Assignment]]


@dataclass(frozen=True, kw_only=True)
class Voided:
    """A sign-off that ended, and why."""

    code: str
    why: str


@dataclass(frozen=True, kw_only=True)
class PlanResult:
    """What planning did: the code of the plan, what changed, whose sign-off ended, and remarks."""

    plan_code: str
    changes: tuple[Change, ...]
    voided: tuple[Voided, ...]
    notes: tuple[str, ...]
    first: bool


@dataclass(frozen=True, kw_only=True)
class Staying:
    """Posts that keep their slots and codes, and posts that keep their texts, whatever else is planned."""

    slots: frozenset[PostKey] = frozenset()
    texts: frozenset[PostKey] = frozenset()


@without_collector()
def plan(
    desk: Desk, config: Config, *, respread: bool = False, progress: Progress = lambda items, _: items
) -> PlanResult:
    """Plan the week, or plan it again. With ``respread`` even what is signed off may move.

    Raises ConfigError for a network that is not known, PlanError, TemplateError and ListError; then nothing has changed.
    """
    require_known(config.account.network)
    update, result = prepare(desk, config, watchlist_of(desk).nameable, respread=respread, progress=progress)
    desk.storage.plans.apply(desk.record().campaign_id, update, now=desk.clock.now())
    return result


def prepare(
    desk: Desk,
    config: Config,
    ranking: Ranking,
    *,
    respread: bool = False,
    progress: Progress = lambda items, _: items,
    staying: Staying | None = None,
) -> tuple[PlanUpdate, PlanResult]:
    """What ``plan`` would write and say for a list; nothing is written. Raises as ``plan`` does."""
    record = desk.record()
    account = desk.storage.campaigns.ensure_account(config.account.network, config.account.handle)
    staying = staying or Staying()
    stored = desk.storage.plans.posts(record.campaign_id)
    fixed = {one.contribution_id for one in ranking.contributions if one.time}
    pinned = tuple(
        Pinned(key=post.key, code=post.code, slot=post.slot)
        for post in stored
        if post.key in staying.slots or _keeps_slot(post, fixed, desk.clock.now(), respread=respread)
    )
    made = assign(
        config,
        ranking,
        account_id=account.account_id,
        pinned=pinned,
        now=desk.clock.now(),
        busy=desk.storage.plans.busy_elsewhere(record.campaign_id, account.account_id),
    )
    not_out = {post.key.subject_id for post in stored if state_of(post) in NOT_OUT}
    composer = Composer(config, ranking, desk.storage.rankings.folder(record.campaign_id), not_out=not_out)
    by_key = {post.key: post for post in stored}
    wordings = _wordings(made.assignments, by_key, composer)
    wanted = tuple(
        _planned(assignment, by_key.get(assignment.key), composer, wordings[assignment.key], staying)
        for assignment in progress(made.assignments, len(made.assignments))
    )
    update, result = _difference(desk, config, account, stored, wanted, composer)
    update = replace(update, based_on=record.plan_code)
    return update, replace(result, notes=made.notes, first=not record.plan_code)


def _keeps_slot(post: Post, fixed: Collection[str], now: datetime, *, respread: bool) -> bool:
    """``fixed`` are the contributions with a time of their own, by id: once that has passed, a person has to move them."""
    if has_begun(post) or is_final(post) or post.kind is SeriesKind.CORRECTION:
        return True
    timed = post.kind in {SeriesKind.OPENING, SeriesKind.CLOSING} or post.key.subject_id in fixed
    if timed and post.slot.due_at <= now:
        return True
    if post.standing is Standing.MISSED:
        return post.approval is not None and not respread
    return not respread and (post.standing is Standing.APPROVED or post.moved_by_hand)


def _wordings(
    assignments: Sequence[Assignment], stored: Mapping[PostKey, Post], composer: Composer
) -> dict[PostKey, int]:
    """A wording for every post; those that are planned already keep theirs."""
    by_series: dict[str, list[Assignment]] = {}
    for assignment in assignments:
        by_series.setdefault(assignment.key.series, []).append(assignment)
    chosen: dict[PostKey, int] = {}
    for series, mine in by_series.items():
        known = [stored.get(assignment.key) for assignment in mine]
        turns = [
            Turn(subject_id=assignment.subject_id, kept=post.wording if post else None)
            for assignment, post in zip(mine, known, strict=True)
        ]
        wordings = choose_wordings(turns, composer.wordings(series))
        chosen |= {assignment.key: wording for assignment, wording in zip(mine, wordings, strict=True)}
    return chosen


def _planned(
    assignment: Assignment, stored: Post | None, composer: Composer, wording: int, staying: Staying
) -> PlannedPost:
    if stored is not None and (has_begun(stored) or is_final(stored) or stored.key in staying.texts):
        messages, wording = tuple(message.draft for message in stored.messages), stored.wording
    else:
        messages = composer.compose(assignment, wording)
    return PlannedPost(
        key=assignment.key,
        kind=assignment.kind,
        code=assignment.code,
        slot=assignment.slot,
        messages=messages,
        wording=wording,
    )


def as_planned(post: Post) -> PlannedPost:
    """A stored post the way the planner speaks of it."""
    return PlannedPost(
        key=post.key,
        kind=post.kind,
        code=post.code,
        slot=post.slot,
        messages=tuple(message.draft for message in post.messages),
        in_reply_to=post.in_reply_to,
        wording=post.wording,
    )


def lines_of(posts: Iterable[PlannedPost], digests: Mapping[PostKey, str]) -> tuple[PlanLine, ...]:
    """A plan as it is remembered under its code."""
    return tuple((post.code, digests[post.key], post.slot.local.isoformat(timespec="seconds")) for post in posts)


def _difference(
    desk: Desk,
    config: Config,
    account: Account,
    stored: tuple[Post, ...],
    wanted: tuple[PlannedPost, ...],
    composer: Composer,
) -> tuple[PlanUpdate, PlanResult]:
    """What has to be written so that the database holds the wanted posts, and what to tell about it."""
    keys = {post.key for post in wanted}
    kept = tuple(post for post in stored if post.key not in keys and not _may_go(post))
    gone = tuple(post for post in stored if post.key not in keys and _may_go(post))
    by_key = {post.key: post for post in stored}
    digests = {post.key: post.digest for post in kept} | _digests(account, stored, wanted)
    revised = [_revision(by_key[post.key], post, digests[post.key]) for post in wanted if post.key in by_key]
    revised += [(_no_longer_wanted(post), None) for post in kept if not (has_begun(post) or _stays(post))]
    everything = tuple(chain(wanted, (as_planned(post) for post in kept)))
    lines = lines_of(everything, digests)
    code = plan_code(lines)
    changes = plan_difference((as_planned(post) for post in stored), everything)
    voided = tuple(why for _, why in revised if why is not None)
    touched = {post.post_id for post in gone} | {revision.post_id for revision, _ in revised if revision is not None}
    update = PlanUpdate(
        added=tuple((post, digests[post.key]) for post in wanted if post.key not in by_key),
        revised=tuple(revision for revision, _ in revised if revision is not None),
        removed=tuple(post.post_id for post in gone),
        media=composer.media,
        settings=settings_to_json(settings_of(config)),
        config_digest=config_digest(config),
        plan_code=code,
        lines=lines,
        seen=tuple(post for post in stored if post.post_id in touched),
        entries=(
            desk.entry("plan", detail=f"plan {code}: {_counted(changes)}"),
            *(desk.entry("sign-off ended", post_code=void.code, detail=void.why) for void in voided),
        ),
    )
    return update, PlanResult(plan_code=code, changes=changes, voided=voided, notes=(), first=False)


def _digests(account: Account, stored: Sequence[Post], wanted: Iterable[PlannedPost]) -> dict[PostKey, str]:
    """What has begun keeps its digest, as it keeps its texts: also one that was pulled, or whose texts were erased."""
    history = {post.key: post.digest for post in stored if has_begun(post)}
    return {
        post.key: history.get(post.key) or post_digest(account.network, account.handle, post.messages, post.in_reply_to)
        for post in wanted
    }


def _stays(post: Post) -> bool:
    """It does not come from the list, or its story is told."""
    return is_final(post) or post.kind is SeriesKind.CORRECTION


def _may_go(post: Post) -> bool:
    """Nobody wants it any more and nothing was ever tried with it."""
    return not _stays(post) and all(message.attempts == 0 for message in post.messages)


def _no_longer_wanted(post: Post) -> Revision:
    """A post that was tried, but is not out, and whose subject has left the list: it stays on record, unsent."""
    return Revision(
        post_id=post.post_id,
        code=post.code,
        slot=post.slot,
        digest=post.digest,
        standing=Standing.SKIPPED,
        standing_reason="No longer in the list.",
        approved=False,
        wording=post.wording,
    )


def _revision(stored: Post, wanted: PlannedPost, digest: str) -> tuple[Revision | None, Voided | None]:
    """How a stored post becomes the wanted one; None when it already is."""
    rewritten = digest != stored.digest
    moved = wanted.slot.local != stored.slot.local
    retimed = wanted.slot != stored.slot
    if not (rewritten or retimed or wanted.code != stored.code or wanted.wording != stored.wording):
        return None, None
    voided = None
    if stored.is_signed and (rewritten or moved):
        why = "its text or picture has changed" if rewritten else "the planner moved it"
        voided = Voided(code=wanted.code, why=why)
    standing = stored.standing
    if standing is not Standing.SKIPPED and (voided or moved or rewritten):
        standing = Standing.DRAFT
    revision = Revision(
        post_id=stored.post_id,
        code=wanted.code,
        slot=wanted.slot,
        digest=digest,
        standing=standing,
        standing_reason="" if standing is Standing.DRAFT else stored.standing_reason,
        approved=stored.is_signed and voided is None,
        wording=wanted.wording,
        messages=wanted.messages if rewritten else None,
    )
    return revision, voided


def _counted(changes: Iterable[Change]) -> str:
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.kind.value] = counts.get(change.kind.value, 0) + 1
    return ", ".join(f"{number} {word}" for word, number in counts.items()) or "nothing changed"

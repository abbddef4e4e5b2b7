"""One value of the loaded list corrected: what that changes in every post is shown first, then all of it is written at once.

Only the posts that the value touches are planned anew, in their slots; theirs is the only sign-off that ends. Like
planning, it works on the record, and a practice copy of the plan as it was ends with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.config import Config
from bot.config_reading import config_digest
from bot.consent import Consent, Recorded, said
from bot.core.composing import Composer
from bot.core.consenting import end_sign_offs, uncovered
from bot.core.desk import Desk
from bot.core.loading import with_consents
from bot.core.planning import Staying, prepare
from bot.core.remaking import watchlist_of
from bot.digest import Change
from bot.errors import CampaignBotError, Problem, UsageError
from bot.lifecycle import has_begun, is_final
from bot.model import Draft, Post, PostKey, Ranking, SeriesKind
from bot.plan import Assignment
from bot.pulling import VOID
from bot.ranking import Change as RowChange
from bot.ranking import differences
from bot.ranking.fixes import EVERYBODY, FixField, fix, who_is
from bot.storage.plans import PlanUpdate

_FROM_THE_LIST = frozenset({SeriesKind.WORKERS, SeriesKind.ORGANISATIONS, SeriesKind.WINNER})
_NAMED = 8


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants: who (a rank, a name, an id), which field, which value as it was typed.

    ``only``: a person alone moves to a new organisation. ``rest``: change the list and what is still to come, although
    posts about it are out. ``consent`` stands in the place of ``value`` for that field.
    """

    who: str
    field: FixField
    value: str = ""
    only: bool = False
    rest: bool = False
    consent: Consent | None = None


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a fix would do. ``rows`` are the changes of the list, ``posts`` those of the plan; ``signed`` are the codes whose
    sign-off would end, ``out`` those that are out, or on their way, and stay as they are. ``refused`` are the names of people who have said no
    when everybody else says yes. Nothing is written yet."""

    wish: Wish
    rows: tuple[RowChange, ...]
    ranking: Ranking
    recorded: Mapping[str, Recorded]
    planned: bool
    posts: tuple[Change, ...] = ()
    signed: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    update: PlanUpdate | None = None
    seen: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Fixing:
    """Correcting the loaded list. ``stage`` is what delivery works on: the record, or the practice copy."""

    desk: Desk
    stage: Desk
    config: Config

    def propose(self, wish: Wish) -> Proposal:
        """What it would change. Raises UsageError, and ListError for a value that no list may hold."""
        record = self.desk.record()
        old = self.desk.storage.rankings.load(record.campaign_id)
        recorded = self.desk.storage.rankings.recorded(record.campaign_id)
        if wish.field is FixField.CONSENT:
            recorded = _agreed(old, recorded, wish)
            new = with_consents(old, recorded)
        else:
            folder = self.desk.storage.rankings.folder(record.campaign_id) or Path()
            new = fix(old, who_is(old, wish.who), wish.field, wish.value, folder=folder, only=wish.only)
        if new == old:
            raise UsageError(Problem(what="The list says that already; nothing was changed."))
        made = Proposal(
            wish=wish,
            rows=differences(old, new),
            ranking=new,
            recorded=recorded,
            planned=bool(record.plan_code),
            refused=_refused(old, wish),
        )
        if not made.planned:
            return made
        if wish.field is FixField.CONSENT:
            return replace(made, signed=tuple(post.code for post in uncovered(self.stage, recorded)))
        return self._with_posts(made, old)

    def carry_out(self, made: Proposal) -> None:
        """Write all of a proposal, or nothing. Raises UsageError when the posts have changed since it was made."""
        campaign_id = self.desk.record().campaign_id
        entry = self.desk.entry("fix", detail=_detail(made), note=_note(made))
        if made.update is None:
            for desk in {id(desk): desk for desk in (self.desk, self.stage)}.values():
                if made.planned:  # first: whatever happens in between, nothing goes out that consent does not cover
                    end_sign_offs(desk, uncovered(desk, made.recorded))
                own_id = desk.record().campaign_id
                desk.storage.fixes.change_list(own_id, made.ranking, recorded=made.recorded, entries=(entry,))
            return
        done = self.desk.storage.fixes.change_posts(
            campaign_id,
            replace(made.update, entries=(entry, *made.update.entries)),
            ranking=made.ranking,
            recorded=made.recorded,
            seen=made.seen,
            now=self.desk.clock.now(),
        )
        if not done:
            what = "One of these posts has changed, or begun to go out, while you were looking; nothing was changed."
            raise UsageError(Problem(what=what, remedy="Run the same command again: it shows how things stand now."))

    def today(self) -> date:
        """The date in the campaign's zone."""
        return self.desk.clock.now().astimezone(ZoneInfo(self.config.zone)).date()

    @property
    def ends_practice(self) -> bool:
        """Whether practice is under way: planning anew ends it."""
        return self.stage is not self.desk

    def _with_posts(self, made: Proposal, old: Ranking) -> Proposal:
        self._refuse_other_config()
        stored = self.desk.storage.plans.posts(self.desk.record().campaign_id)
        before, after = (self._composer(ranking) for ranking in (old, made.ranking))
        differing = frozenset(post.key for post in stored if _differs(post, before, after))
        moved = _subjects_moved(old, made.ranking)
        replanned = frozenset(
            post.key for post in stored if post.kind in _FROM_THE_LIST and post.key.subject_id in moved
        )
        out = tuple(post.code for post in stored if post.key in differing | replanned and _is_out(post))
        if out and not made.wish.rest:
            raise UsageError(*_already_out(out))
        staying = Staying(
            slots=frozenset(post.key for post in stored) - replanned,
            texts=frozenset(post.key for post in stored if not post.digest.startswith(VOID)) - differing - replanned,
        )
        nameable = replace(watchlist_of(self.desk), ranking=made.ranking).nameable
        update, result = prepare(self.desk, self.config, nameable, staying=staying)
        _refuse_more(result.changes, differing | replanned, moved)
        made = replace(made, posts=result.changes, out=out)
        if not result.changes:
            return made
        changed = {change.before.key for change in result.changes if change.before}
        return replace(
            made,
            update=update,
            signed=tuple(void.code for void in result.voided),
            seen={post.post_id: post.digest for post in stored if post.key in changed},
        )

    def _composer(self, ranking: Ranking) -> Composer:
        nameable = replace(watchlist_of(self.desk), ranking=ranking).nameable
        return Composer(self.config, nameable, self.desk.storage.rankings.folder(self.desk.record().campaign_id))

    def _refuse_other_config(self) -> None:
        if self.desk.planned().config_digest != config_digest(self.config):
            what = "config.toml has changed since the week was planned, so that more than this would change."
            raise UsageError(Problem(what=what, remedy="First run: campaign-bot plan. Then fix again."))


def _agreed(old: Ranking, recorded: Mapping[str, Recorded], wish: Wish) -> dict[str, Recorded]:
    """What is recorded when one person has said this, or everybody: who has said no is asked one by one."""
    if wish.consent is None:
        raise UsageError(
            Problem(what="It is not said what they agree to.", remedy="Write “name”, “name, photo” or “no”.")
        )
    if wish.who.strip().casefold() in EVERYBODY:
        said_no = {worker_id for worker_id, known in recorded.items() if not known.consent.name}
        people = [one.worker_id for one in old.workers if not (wish.consent.name and one.worker_id in said_no)]
    else:
        target = who_is(old, wish.who)
        people = [worker.worker_id for worker in old.workers if worker is target]
    if not people:
        what = "Nobody is left whom this is about: organisations agree to nothing, and who has said no is asked one by one."
        raise UsageError(Problem(what=what, remedy="Say which person is meant."))
    found = dict(recorded)
    for worker_id in people:
        known = recorded.get(worker_id)
        listed = "" if known is None else known.listed if known.consent.by_hand else said(known.consent)
        found[worker_id] = Recorded(consent=wish.consent, listed=listed)
    return found


def _refused(old: Ranking, wish: Wish) -> tuple[str, ...]:
    """Who has said no, and is not meant by "all"."""
    if wish.who.strip().casefold() not in EVERYBODY or wish.consent is None or not wish.consent.name:
        return ()
    return tuple(worker.name for worker in old.workers if worker.consent and not worker.consent.name)


def _differs(post: Post, before: Composer, after: Composer) -> bool:
    """Whether the template says something else of the new list than of the old one."""
    if post.kind not in _FROM_THE_LIST or (is_final(post) and not has_begun(post)):
        return False
    return _rendered(post, before) != _rendered(post, after)


def _rendered(post: Post, composer: Composer) -> tuple[Draft, ...] | str:
    """The messages, or why there are none: its subject is gone, a picture is no longer there."""
    assignment = Assignment(
        key=post.key, kind=post.kind, code=post.code, slot=post.slot, subject_id=post.key.subject_id
    )
    try:
        return composer.compose(assignment, post.wording)
    except KeyError:
        return "gone"
    except CampaignBotError as error:
        return str(error)


def _is_out(post: Post) -> bool:
    return has_begun(post)


def _subjects_moved(old: Ranking, new: Ranking) -> frozenset[str]:
    """Workers with another rank, organisations that came or went: their posts may come, go or move."""
    ranks = {worker.worker_id: worker.rank for worker in old.workers}
    moved = {worker.worker_id for worker in new.workers if ranks.get(worker.worker_id) != worker.rank}
    here, there = ({item.organisation_id for item in ranking.organisations} for ranking in (old, new))
    return frozenset(moved | (here ^ there))


def _refuse_more(changes: Collection[Change], meant: Collection[PostKey], moved: Collection[str]) -> None:
    """A fix changes what it touches and nothing else. Raises UsageError."""
    more = [
        change.code
        for change in changes
        if not {post.key for post in (change.before, change.after) if post} & set(meant)
        and not {post.key.subject_id for post in (change.before, change.after) if post} & set(moved)
    ]
    if more:
        shown = ", ".join(more[:_NAMED]) + (f" and {len(more) - _NAMED} more" if len(more) > _NAMED else "")
        what = f"The list or the stop list has changed since the week was planned: {shown} would change too."
        raise UsageError(Problem(what=what, remedy="First run: campaign-bot plan. Then fix again."))


def _already_out(codes: tuple[str, ...]) -> list[Problem]:
    several = len(codes) > 1
    shown = ", ".join(codes[:_NAMED]) + (f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else "")
    what = f"{shown} {'are' if several else 'is'} out already, or on the way, and cannot be changed by a fix."
    remedy = (
        f"Correct what is out: campaign-bot correct {codes[0]}. To correct the list and what is still to come as well, run "
        "this again with --rest first."
    )
    return [Problem(what=what, remedy=remedy)]


def _detail(made: Proposal) -> str:
    people = list(dict.fromkeys(change.worker_id for change in made.rows)) or ["consent"]
    shown = ", ".join(people[:_NAMED]) + (f" and {len(people) - _NAMED} more" if len(people) > _NAMED else "")
    codes = ", ".join(change.code for change in made.posts[:_NAMED]) or "no post"
    more = f" and {len(made.posts) - _NAMED} more" if len(made.posts) > _NAMED else ""
    return f"{made.wish.field} of {shown}: {codes}{more}"


def _note(made: Proposal) -> str:
    return "; ".join(
        f"{row.name}: {row.field} {row.before or 'nothing'} -> {row.after or 'nothing'}" for row in made.rows[:_NAMED]
    )

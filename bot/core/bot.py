"""The facade: everything that the command line (and later pages) may do to a campaign goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.config import Config
from bot.core import steering, watching
from bot.core.desk import Desk
from bot.errors import Problem, UsageError
from bot.lifecycle import state_of
from bot.model import (
    Account,
    AuditEntry,
    CampaignRecord,
    Finding,
    Mode,
    Post,
    PostState,
    Ranking,
    SeriesKind,
    Slot,
)
from bot.reports.preview import Preview, title_of, titles_of
from bot.reports.status_text import Status, StatusProblem
from bot.storage import Storage

if TYPE_CHECKING:  # looking at the status needs none of these; each is imported by what it serves
    from bot.core import fixing, loading, moderating, planning, rehearsing, signing, starting
    from bot.core.accepting import Accepting
    from bot.core.delivering import Event
    from bot.core.exporting import Exporting
    from bot.core.following import Following
    from bot.core.health import Health
    from bot.core.measuring import Measuring
    from bot.core.mending import Mending
    from bot.core.people import People
    from bot.core.reporting import Reporting
    from bot.core.writing import Writing
    from bot.ranking import LoadedList, Question


@dataclass(frozen=True, kw_only=True)
class Bot:
    """One campaign. ``record`` is the real thing; ``stage`` is what delivery works on: the same, or the practice copy.

    Errors that any method may raise are those of ``bot.errors``.
    """

    config: Config
    record: Desk
    stage: Desk
    mode: Mode

    # The list and the plan: always the record.

    def questions(self, loaded: LoadedList, answers: Mapping[int, str | None]) -> tuple[Question, ...]:
        """What has to be asked before a list can be loaded."""
        from bot.ranking import questions

        known = self.record.storage.campaigns.find(self.record.campaign)
        if known is None:
            return ()
        return questions(self.record.storage.rankings.load(known.campaign_id), loaded.rows, answers)

    def load(self, loaded: LoadedList, *, answers: Mapping[int, str | None], save: bool = True) -> loading.LoadResult:
        """Save a ranked list; without ``save``, say what that would change. Sign-offs without consent end."""
        from bot.core import consenting, loading

        result = loading.load(self.record, loaded, answers=answers, save=save)
        return replace(result, ended=(*result.ended, *consenting.end_uncovered(self.record))) if save else result

    def ranking(self) -> Ranking:
        """The list as it was loaded last."""
        return self.record.storage.rankings.load(self.record.record().campaign_id)

    def plan(
        self, *, respread: bool = False, progress: planning.Progress = lambda items, _: items
    ) -> planning.PlanResult:
        """Plan the week, or plan it again. Sign-offs that consent does not cover end."""
        from bot.core import checking, consenting, planning

        checking.refuse_unknown_rules(self.config)
        result = planning.plan(self.record, self.config, respread=respread, progress=progress)
        ended = consenting.end_uncovered(self.record)
        voided = tuple(planning.Voided(code=code, why="consent does not cover it") for code in ended)
        return replace(result, voided=(*result.voided, *voided))

    def findings(self) -> tuple[Finding, ...]:
        """What the checks say."""
        from bot.core import checking

        return checking.findings(self.record)

    def preview(self, choose: Callable[[Post], bool] = lambda _: True) -> Preview:
        """The week as it will be sent; while practising, with what practice has done."""
        return watching.preview(self.stage, mode=self.mode, choose=choose)

    def sheet(self, choose: Callable[[Post], bool] = lambda _: True) -> Preview:
        """The week on record, which is what planning and sign-off speak of, whatever practice has done."""
        return watching.preview(self.record, mode=self.mode, choose=choose)

    def unsigned(self, codes: Sequence[str] | None = None) -> Preview:
        """What waits for a sign-off, of these posts or of all. Raises UsageError for a code that no post has."""
        wanted = None if codes is None else {self.stage.post(code).code for code in codes}
        return watching.preview(
            self.stage,
            mode=self.mode,
            choose=lambda post: state_of(post) is PostState.DRAFT and (wanted is None or post.code in wanted),
        )

    def picture(self, sha256: str) -> bytes:
        """The bytes of a frozen picture."""
        return self.stage.storage.plans.picture(sha256)

    def approve(
        self, *, codes: Sequence[str] | None, plan_code: str, by: str, accept_warnings: bool = True
    ) -> signing.Signed:
        """Sign posts off, wherever the plan is the one that was seen.

        Practice begins as a copy, so one sign-off counts for both. After a change by hand while practising (a
        correction, a post moved) the plan codes differ, and the sign-off is for what its plan code stood on.
        The warnings of what is signed are ticked with the signer's name, unless ``accept_warnings`` says no: then they
        raise FindingsError.
        """
        from bot.core import signing

        seen = plan_code.strip().upper()
        practising = self.stage is not self.record and self.stage.planned().plan_code == seen
        sign = partial(signing.approve, codes=codes, plan_code=plan_code, by=by, accept_warnings=accept_warnings)
        if not practising or self.record.planned().plan_code == seen:
            signed = sign(self.record)
            if practising and signed.codes:
                signing.copy_sign_off(self.record, self.stage, signed)
            return signed
        return sign(self.stage)

    # Under way: the stage.

    def departure(self, *, fingerprint: str | None) -> starting.Departure:
        """What ``start`` shows, or what is in its way."""
        from bot.core import starting

        return starting.departure(self.record, self.mode, fingerprint=fingerprint)

    def record_start(self) -> None:
        """Write down that a person has started the campaign."""
        from bot.core import starting

        starting.record_start(self.stage, self.mode)

    def rehearse(self, copy: Storage, *, progress: Callable[[Event], None] = lambda _: None) -> rehearsing.Rehearsal:
        """Run the whole campaign in a throw-away copy on a virtual clock."""
        from bot.core import rehearsing

        return rehearsing.rehearse(self.record, copy, progress=progress)

    def status(self, *, runner_alive: bool) -> Status:
        """The campaign at one glance."""
        return watching.status(self.stage, self.config, mode=self.mode, runner_alive=runner_alive)

    def health(self, *, lock_held: bool | None, max_age: timedelta) -> Health:
        """Whether all is as it should be. ``lock_held`` is None where a runner may be on another host."""
        from bot.core.health import health

        return health(self.stage, self.mode, lock_held=lock_held, max_age=max_age)

    def log(self, limit: int | None = None) -> tuple[AuditEntry, ...]:
        """Who did what, when; oldest first."""
        return self.stage.storage.journal.entries(self.stage.record().campaign_id, limit=limit)

    def under_way(self) -> CampaignRecord | None:
        """The recorded start that ``run`` goes by; None when there is none in this mode."""
        record = self.stage.storage.campaigns.find(self.stage.campaign)
        if record is None or record.started_at is None or record.mode is not self.mode:
            return None
        return record

    def zone(self) -> ZoneInfo:
        """The campaign's zone: as planned, before that as configured."""
        record = self.stage.storage.campaigns.find(self.stage.campaign)
        planned = record is not None and bool(record.plan_code)
        return ZoneInfo(self.stage.settings().zone if planned else self.config.zone)

    def titles(self, posts: Iterable[Post]) -> dict[str, str]:
        """What people call each post, by its code."""
        titles = titles_of(self.record.storage.rankings.load(self.record.record().campaign_id))
        return {post.code: title_of(post, titles) for post in posts}

    def titles_in(self, campaign_id: int) -> dict[int, str]:
        """What people call each post by its id, also of another campaign that delivery works on."""
        storage = self.stage.storage
        titles = titles_of(storage.rankings.load(campaign_id))
        return {post.post_id: title_of(post, titles) for post in storage.plans.posts(campaign_id)}

    def problem(self, code: str) -> StatusProblem:
        """What a post waits for, and the command that deals with it."""
        return watching.problem_of(self.stage.post(code))

    def posts(self) -> tuple[Post, ...]:
        """All posts, in the order in which they are due."""
        return self.stage.posts()

    def post(self, code: str) -> Post:
        """The post with this code."""
        return self.stage.post(code)

    def account_of(self, post: Post) -> Account:
        """The account a post goes out on."""
        return self.stage.account_of(post)

    def pause(self, reason: str = "") -> steering.Paused:
        """Stop everything at once."""
        return steering.pause(self.stage, reason)

    def resume(self) -> tuple[str, ...]:
        """Go on; returns the codes of what was missed and waits for a person."""
        return steering.resume(self.stage)

    def skip(self, code: str, reason: str = "") -> Post:
        """It will not be sent."""
        return steering.skip_post(self.stage, code, reason)

    def retry(self, code: str) -> Post:
        """Send now what is missing of it."""
        return steering.retry_post(self.stage, code)

    def move(self, code: str, slot: Slot) -> Post:
        """Give it another slot."""
        return steering.move_post(self.stage, code, slot)

    def slot_now(self, code: str = "") -> Slot:
        """This very second, or as soon after it as the post keeps its distance to others that are due about now."""
        return steering.soonest_slot(self.stage, code)

    def next_slot(self, code: str) -> Slot:
        """The next free slot for a post, before the winner thread. Raises UsageError when there is none left."""
        from bot.schedule import next_free_slot

        posts = self.stage.posts()
        last = {SeriesKind.WINNER, SeriesKind.CLOSING}
        winner_at = next((post.slot.due_at for post in posts if post.kind in last and post.code != code), None)
        used = [post.slot.due_at for post in posts]
        slot = next_free_slot(used, self.config, self.stage.clock.now(), winner_at=winner_at)
        if slot is None:
            raise UsageError(
                Problem(
                    what="The campaign has no free slot left.",
                    remedy=f'Say when: campaign-bot reschedule {code} --to "Fri 16:30"',
                )
            )
        return slot

    def record_proof(self, account: Account, *, user_id: str, fingerprint: str) -> None:
        """The credentials at hand belong to the account."""
        now = self.record.clock.now()
        for desk in {id(desk): desk for desk in (self.record, self.stage)}.values():
            desk.storage.campaigns.record_proof(account.account_id, user_id=user_id, proof=fingerprint, now=now)

    def account(self) -> Account:
        """The account that the config names, as stored."""
        return self.record.storage.campaigns.ensure_account(self.config.account.network, self.config.account.handle)

    @property
    def accepting(self) -> Accepting:
        """Letting be what the checks say, in the name of who asks; and taking that back."""
        from bot.core.accepting import Accepting

        return Accepting(record=self.record, stage=self.stage)

    @property
    def mending(self) -> Mending:
        """What is out, or may be: deleting it, correcting it, settling by hand whether it is there. The stage."""
        from bot.core.mending import Mending

        return Mending(config=self.config, record=self.record, stage=self.stage)

    @property
    def article(self) -> Writing:
        """The article that tells of the campaign when it is over."""
        from bot.core.writing import Writing

        return Writing(record=self.record, stage=self.stage, config=self.config, mode=self.mode)

    @property
    def hashtag(self) -> Following:
        """The campaign's hashtag: who used it, how often and when. In the record, whatever is rehearsed."""
        from bot.core.following import Following

        return Following(desk=self.record, config=self.config)

    @property
    def contributions(self) -> moderating.Contributions:
        """What people sent in for a day of posts: taking it in, reading it, approving it. Always the record."""
        from bot.core.moderating import Contributions

        return Contributions(desk=self.record, config=self.config)

    @property
    def people(self) -> People:
        """What people ask for: withdrawing, the stop list, places that nobody is named for."""
        from bot.core.people import People

        return People(config=self.config, record=self.record, stage=self.stage)

    @property
    def fixing(self) -> fixing.Fixing:
        """Correcting one value of the loaded list, with all posts that it touches."""
        from bot.core import fixing

        return fixing.Fixing(desk=self.record, stage=self.stage, config=self.config)

    @property
    def measuring(self) -> Measuring:
        """How the posts are doing, by what the network counts."""
        from bot.core.measuring import Measuring

        return Measuring(config=self.config, desk=self.stage, mode=self.mode)

    @property
    def reporting(self) -> Reporting:
        """What became of the campaign, or of practice."""
        from bot.core.reporting import Reporting

        return Reporting(desk=self.stage, mode=self.mode)

    @property
    def exporting(self) -> Exporting:
        """The plan, and the whole campaign, as files."""
        from bot.core.exporting import Exporting

        return Exporting(config=self.config, desk=self.stage, mode=self.mode)

    def list_folder(self) -> Path | None:
        """Where the list lay when it was loaded."""
        return self.record.storage.rankings.folder(self.record.record().campaign_id)

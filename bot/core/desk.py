"""What every capability works with: the record, the clock, the campaign, and who asks."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Clock
from bot.errors import NotReadyError, Problem, UsageError
from bot.model import Account, AuditEntry, CampaignRecord, Post
from bot.settings import Settings, settings_from_json
from bot.storage import Storage


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One campaign of one database, as one person sees it. ``actor`` stands in the audit log. ``begin`` is the command
    that this kind of campaign begins with, for where nothing is loaded yet."""

    storage: Storage
    clock: Clock
    campaign: str
    actor: str
    begin: str = "campaign-bot load LIST.csv"

    def entry(self, action: str, *, post_code: str = "", detail: str = "", note: str = "") -> AuditEntry:
        """A line for the audit log, in this person's name and now. Names and texts belong into ``note``."""
        return AuditEntry(
            at=self.clock.now(), actor=self.actor, action=action, post_code=post_code, detail=detail, note=note
        )

    def record(self) -> CampaignRecord:
        """The campaign as stored. Raises NotReadyError when nothing was loaded for it."""
        found = self.storage.campaigns.find(self.campaign)
        if found is not None:
            return found
        others = ", ".join(f"“{name}”" for name in self.storage.campaigns.names())
        also = f" The database holds {others}; was the name changed in config.toml?" if others else ""
        raise NotReadyError(
            Problem(
                what=f"Nothing is loaded for “{self.campaign}” yet.{also}",
                remedy=f"Run: {self.begin}",
            )
        )

    def planned(self) -> CampaignRecord:
        """The campaign as stored. Raises NotReadyError when it has no plan."""
        record = self.record()
        if not record.plan_code:
            raise NotReadyError(Problem(what="There is no plan yet.", remedy="Run: campaign-bot plan"))
        return record

    def settings(self) -> Settings:
        """What the plan froze of the config."""
        return settings_from_json(self.planned().settings)

    def posts(self) -> tuple[Post, ...]:
        """All posts of the campaign, in the order in which they are due."""
        return self.storage.plans.posts(self.planned().campaign_id)

    def post(self, code: str) -> Post:
        """The post with this short code. Raises UsageError that names the nearest one."""
        posts = {post.code: post for post in self.posts()}
        if code.lower() in posts:
            return posts[code.lower()]
        raise UsageError(unknown_code(code, posts))

    def account_of(self, post: Post) -> Account:
        """The account a post goes out on."""
        accounts = self.storage.campaigns.accounts(self.record().campaign_id)
        return next(account for account in accounts if account.account_id == post.key.account_id)


def unknown_code(code: str, known: dict[str, Post]) -> Problem:
    """A code that no post has, with those that look like it."""
    from difflib import get_close_matches  # only on the way to an error

    near = get_close_matches(code.lower(), known, n=3) or list(known)[:3]
    return Problem(
        what=f"No post has the code “{code}”.",
        remedy=f"Codes look like {', '.join(near)}; campaign-bot preview shows them all." if near else "",
    )

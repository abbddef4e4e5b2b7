"""Accounts that a runner leaves alone, because it cannot serve them: for want of credentials that were seen to fit.

One database may hold campaigns of several accounts. What this runner cannot serve is said once, and written with the
reason into the logs of the campaigns that it concerns: their health and their status look there, on whatever computer
they are asked. The others go on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.config import Config
from bot.credentials import Credentials, default_path, install_redactor, load_credentials
from bot.errors import CampaignBotError
from bot.model import Account, AuditEntry
from bot.platform import config_dir
from bot.storage import Storage

LEFT = "left alone"
SERVED_AGAIN = "served again"
_ACTOR = "campaign-bot"


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """An account that is not served, and why; ``why`` is empty from when it is served again.

    ``campaigns`` have posts on it that are not final. ``own`` says that it is the account of the runner's own config,
    so that nobody else may be expected to serve it.
    """

    account: Account
    why: str = ""
    campaigns: tuple[str, ...] = ()
    own: bool = False


@dataclass(kw_only=True)
class Serving:
    """Which accounts a runner serves. Not frozen: it remembers what it told, to the tick and to the lanes.

    ``lacks`` says why an account cannot be served; empty when it can. It is asked at every tick, so that credentials
    which come later count without a restart. ``own`` says which account is that of the runner's config.
    """

    storage: Storage
    clock: Clock
    runner_id: str
    lacks: Callable[[Account], str]
    tell: Callable[[Unserved], None]
    own: Callable[[Account], bool] = lambda _: False
    _left: set[int] = field(default_factory=set, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __call__(self, account: Account) -> bool:
        """Whether to serve it; a change is told and logged."""
        why = self.lacks(account)
        self._note(account, why)
        return not why

    def leave(self, account: Account, cause: CampaignBotError) -> None:
        """What a lane found when it was about to begin a call."""
        self._note(account, str(cause))

    def _note(self, account: Account, why: str) -> None:
        with self._lock:
            if bool(why) == (account.account_id in self._left):
                return
            entry = AuditEntry(
                at=self.clock.now(),
                actor=_ACTOR,
                action=LEFT if why else SERVED_AGAIN,
                detail=_mark(account, self.runner_id),
                note=why,
            )
            campaigns = self.storage.journal.add_for_account(account.account_id, entry)
            self._left ^= {account.account_id}
        names = tuple(self.storage.campaigns.get(campaign_id).name for campaign_id in campaigns)
        self.tell(Unserved(account=account, why=why, campaigns=names, own=self.own(account)))


def is_own(config: Config, account: Account) -> bool:
    """Whether it is the account of the config: its credentials come from the environment, or the file of the config."""
    own = config.account
    return (account.network, account.handle.casefold()) == (own.network, own.handle.casefold())


def credentials_of(account: Account, environ: Mapping[str, str]) -> Credentials:
    """Those of an account that is not the config's own: only from the file that is kept for it. Raises CredentialsError."""
    credentials = load_credentials(default_path(config_dir(environ), account.network, account.handle), {})
    install_redactor(credentials.values)
    return credentials


def lacking(open_gateway: Callable[[Account], object], account: Account) -> str:
    """Why the gateway to an account cannot be opened; empty when it can. Nothing is sent, and nobody is asked."""
    try:
        open_gateway(account)
    except CampaignBotError as error:
        return str(error)
    return ""


def serve_every(_account: Account) -> bool:
    """Practice, rehearsals and tests need no credentials."""
    return True


def own_none(_account: Account) -> bool:
    """Practice, rehearsals and tests stay for no account that they cannot serve: there is none."""
    return False


def nobody_serves(
    storage: Storage, accounts: Sequence[Account], *, now: datetime, max_age: timedelta
) -> tuple[Unserved, ...]:
    """Accounts that every runner at work leaves alone; none while no runner is at work, which is another trouble.

    ``max_age`` is that of a living runner's last sign of life.
    """
    alive = storage.installation.runners_alive(now - max_age)
    found = []
    for account in accounts if alive else ():
        marks = (_mark(account, runner_id) for runner_id in alive)
        last = [storage.journal.latest(mark, (LEFT, SERVED_AGAIN)) for mark in marks]
        left = [entry for entry in last if entry is not None and entry.action == LEFT]
        if len(left) == len(last):
            found.append(Unserved(account=account, why=left[-1].note))
    return tuple(found)


def unserved_words(one: Unserved) -> str:
    """That an account is not served, or is again. What is asked is for the folder of its campaign."""
    names = " and ".join(f"“{name}”" for name in one.campaigns)
    account = f"@{one.account.handle}"
    if one.own:
        return f"Nothing goes out on {account}: {one.why}" if one.why else f"{account} is served again."
    account += f" ({names})" if names else ""
    if not one.why:
        return f"{account} is served again."
    place = f" (That is for the folder of {names}.)" if names else ""
    return f"{account} is left to a runner that has its credentials. Here: {one.why}{place}"


def _mark(account: Account, runner_id: str) -> str:
    return f"@{account.handle}, by runner {runner_id}"

"""Accounts that a runner leaves alone, because it has no credentials for them: a runner that has serves them.

One database may hold campaigns of several accounts. What this runner cannot serve is said once, and written into the
logs of the campaigns that it concerns: their health and their status look there, on whatever computer they are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.config import Config
from bot.credentials import Credentials, default_path, fingerprint, install_redactor, load_credentials
from bot.errors import CredentialsError, NotReadyError
from bot.model import Account, AuditEntry
from bot.platform import config_dir
from bot.storage import Storage

LEFT = "left alone"
SERVED_AGAIN = "served again"
_ACTOR = "campaign-bot"


@dataclass(kw_only=True)
class Serving:
    """Which accounts a runner serves. Not frozen: it remembers what it told. Used by one thread.

    ``lacks`` says why there are no credentials for an account; empty when there are. It is asked at every tick, so that
    credentials which come later count without a restart.
    """

    storage: Storage
    clock: Clock
    runner_id: str
    lacks: Callable[[Account], str]
    tell: Callable[[str], None]
    _left: set[int] = field(default_factory=set, init=False)

    def __call__(self, account: Account) -> bool:
        """Whether to serve it; a change is told and logged."""
        why = self.lacks(account)
        if bool(why) == (account.account_id in self._left):
            return not why
        detail = _mark(account, self.runner_id)
        entry = AuditEntry(at=self.clock.now(), actor=_ACTOR, action=LEFT if why else SERVED_AGAIN, detail=detail)
        self.storage.journal.add_for_account(account.account_id, entry)
        if why:
            self._left.add(account.account_id)
            self.tell(f"@{account.handle} is left to a runner that has its credentials. Here: {why}")
        else:
            self._left.discard(account.account_id)
        return not why


def is_own(config: Config, account: Account) -> bool:
    """Whether it is the account of the config: its credentials come from the environment, or the file of the config."""
    own = config.account
    return (account.network, account.handle.casefold()) == (own.network, own.handle.casefold())


def credentials_of(account: Account, environ: Mapping[str, str]) -> Credentials:
    """Those of an account that is not the config's own: only from the file that is kept for it. Raises CredentialsError."""
    credentials = load_credentials(default_path(config_dir(environ), account.network, account.handle), {})
    install_redactor(credentials.values)
    return credentials


def lacking(config: Config, account: Account, environ: Mapping[str, str]) -> str:
    """Why a runner cannot serve another account than its config's; empty when it can. Of its own it says nothing:
    there a want of credentials is a trouble of the runner."""
    from bot.core.starting import require_proof  # which knows all checks; the health needs none

    if is_own(config, account):
        return ""
    try:
        require_proof(account, fingerprint(credentials_of(account, environ)))
    except (CredentialsError, NotReadyError) as error:
        return str(error)
    return ""


def serve_every(_account: Account) -> bool:
    """Practice, rehearsals and tests need no credentials."""
    return True


def nobody_serves(
    storage: Storage, accounts: Sequence[Account], *, now: datetime, max_age: timedelta
) -> tuple[Account, ...]:
    """Accounts that every runner at work leaves alone; none while no runner is at work, which is another trouble.

    ``max_age`` is that of a living runner's last sign of life.
    """
    alive = storage.installation.runners_alive(now - max_age)
    return tuple(
        account
        for account in accounts
        if alive
        and all(
            storage.journal.last_action(_mark(account, runner_id), (LEFT, SERVED_AGAIN)) == LEFT for runner_id in alive
        )
    )


def _mark(account: Account, runner_id: str) -> str:
    return f"@{account.handle}, by runner {runner_id}"

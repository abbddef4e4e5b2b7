"""Accounts side by side: each is served in a lane of its own, and a slow call in one keeps no other waiting.

For the real clock. A tick that waited for every account would let one that gets no answer for twenty seconds make all
others late by as much, and would give no sign of life meanwhile. Where there are more accounts than lanes, a long
backlog gives its lane away after a spell and waits in the row again, so it keeps no other for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self
from zlib import crc32

from bot.core.choosing import Turn
from bot.core.delivering import Deliverer
from bot.errors import DatabaseError, Problem
from bot.model import Account

MOST = 8
"""Accounts that are served at once; each of them may need a connection to the database."""

PATIENCE = 0.7
"""Seconds that a tick waits for its lanes: the next tick begins on the next whole second."""

SPELL = 1.0
"""Seconds, at least, for which a lane stays with an account that has more to do. Up to twice as many, for each account
its own: else a runner would give all its lanes away at once, and take from runners that are freer what waits."""

STUCK = 1800.0
"""Seconds after which a lane that has not ended counts as stuck. A call takes 20 at most, the pictures before it a few
minutes, and what is late goes out spaced, one look for each."""


@dataclass(kw_only=True)
class Lanes:
    """The lanes of one runner; a context manager that waits for them at its end. Used by one thread."""

    patience: float = PATIENCE
    _pool: ThreadPoolExecutor = field(init=False)
    _under_way: dict[int, tuple[Account, Future[datetime | None], float]] = field(default_factory=dict, init=False)
    _closing: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=MOST, thread_name_prefix="lane")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wait until no call is under way. What had not begun yet is left for the next runner."""
        self._closing = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def serve(self, deliverer: Deliverer, accounts: Sequence[Account]) -> list[datetime | None]:
        """Serve those that are not being served already, and wait a moment; when to look again for each of them.

        Raises what a lane has raised, and DatabaseError for one that is stuck.
        """
        for account in turned(accounts, deliverer.runner_id):
            if account.account_id not in self._under_way:
                end: Future[datetime | None] = Future()
                self._under_way[account.account_id] = (account, end, deliverer.clock.monotonic())
                self._begin_spell(deliverer, account.account_id, end)
        wait([future for _, future, _ in self._under_way.values()], timeout=self.patience)
        wakes: list[datetime | None] = []
        failed: list[BaseException] = []
        for account_id, (account, future, since) in list(self._under_way.items()):
            if not future.done():
                _refuse_stuck(account, deliverer.clock.monotonic() - since)
                wakes.append(deliverer.clock.now())
                continue
            del self._under_way[account_id]
            error = future.exception()
            if error is not None:
                failed.append(error)
            else:
                wakes.append(future.result())
        if failed:
            raise failed[0]
        return wakes

    def _begin_spell(self, deliverer: Deliverer, account_id: int, end: Future[datetime | None]) -> None:
        spell = self._pool.submit(self._spell, deliverer, account_id)
        spell.add_done_callback(lambda done: self._end_spell(done, deliverer, account_id, end))

    def _spell(self, deliverer: Deliverer, account_id: int) -> Turn:
        over = deliverer.clock.monotonic() + SPELL * (1 + account_id % MOST / MOST)
        while (turn := deliverer.turn(account_id)).goes_on:
            if self._closing or deliverer.clock.monotonic() >= over:
                break
        return turn

    def _end_spell(
        self, spell: Future[Turn], deliverer: Deliverer, account_id: int, end: Future[datetime | None]
    ) -> None:
        """In the lane: what goes on goes to the back of the row, unless the runner ends."""
        if spell.cancelled() or self._closing:
            end.set_result(deliverer.clock.now())
        elif (error := spell.exception()) is not None:
            end.set_exception(error)
        elif spell.result().goes_on:
            self._begin_spell(deliverer, account_id, end)
        else:
            end.set_result(spell.result().until)


def turned(accounts: Sequence[Account], runner_id: str) -> Sequence[Account]:
    """Each runner begins elsewhere in the same row: several that share a database seldom want the same account."""
    start = crc32(runner_id.encode()) % max(len(accounts), 1)
    return (*accounts[start:], *accounts[:start])


def _refuse_stuck(account: Account, seconds: float) -> None:
    if seconds > STUCK:
        what = f"@{account.handle} has not been served to its end for {seconds / 60:.0f} minutes."
        raise DatabaseError(Problem(what=what, remedy="Stop the runner and start it again: campaign-bot run"))

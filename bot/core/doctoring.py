"""What could go wrong, looked at before it does: one small function for each check, a value for each result.

Nothing here stops at the first trouble. What a check needs from the system is passed in where that is possible.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.calls import Outcome, Refusal
from bot.config import Config
from bot.contribution import Moderation
from bot.core.bot import Bot
from bot.credentials import load_credentials
from bot.errors import CampaignBotError, CredentialsError, DatabaseError, Problem
from bot.model import Account, Mode, PostState, Ranking
from bot.platform import folder_risk, free_bytes
from bot.publishers import LookError, Publisher
from bot.render import Templates
from bot.reports.status_text import Status
from bot.reports.words import made_at, short_moment
from bot.storage.engine import Database
from bot.storage.migrate import require_current, revision_of
from bot.wording import number, plural

OLDEST_PYTHON = (3, 11)
LEAST_FREE = 50 * 1024 * 1024
"""Bytes: room for the database, its copies for practice and rehearsals, and a log."""
PLAUSIBLE_YEARS = range(2026, 2100)
_FINAL = {PostState.POSTED, PostState.SKIPPED, PostState.DELETED}


class Level(StrEnum):
    """A problem has to be mended before the campaign can run; a warning may be lived with."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at, under a short stable name, with what was found and what to do about it."""

    name: str
    level: Level = Level.OK
    message: str
    remedy: str = ""


def as_checks(name: str, problems: Sequence[Problem], level: Level = Level.PROBLEM) -> tuple[Check, ...]:
    """Problems of our own errors, as results."""
    return tuple(
        Check(
            name=name,
            level=level,
            message=f"{problem.where}: {problem.what}" if problem.where else problem.what,
            remedy=problem.remedy,
        )
        for problem in problems
    )


def python_check(version: Sequence[int]) -> Check:
    """``version`` is ``sys.version_info`` or its first numbers."""
    shown = ".".join(str(part) for part in version[:3])
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return Check(name="python", message=f"Python {shown}")
    remedy = "Install Python 3.11 or newer."
    return Check(name="python", level=Level.PROBLEM, message=f"Python {shown} is too old.", remedy=remedy)


def config_check(config: Config) -> Check:
    """The config could be read; is the one thing chosen that only a person can choose?"""
    if config.privacy.basis is None:
        message = "config.toml does not say yet why you may name these people in public."
        remedy = "Choose one under [privacy] basis; planning waits for it."
        return Check(name="config", level=Level.WARNING, message=message, remedy=remedy)
    return Check(name="config", message=f"config.toml is fine: “{config.name}” on @{config.account.handle}")


def mode_check(mode: Mode) -> Check:
    """Practice or live: never a problem, always worth knowing."""
    if mode is Mode.LIVE:
        return Check(name="mode", message="LIVE: posts go out for real once the campaign is started")
    return Check(name="mode", message="PRACTICE: nothing is sent until config.toml says live = true")


def clock_check(zone: str, now: datetime) -> Check:
    """A clock that is years off posts at the wrong time, and X refuses its signatures."""
    local = made_at(now.astimezone(ZoneInfo(zone)))
    if now.year in PLAUSIBLE_YEARS:
        return Check(name="clock", message=f"It is {local} in {zone}; is that right?")
    remedy = "Let this computer set its clock by the internet."
    return Check(name="clock", level=Level.PROBLEM, message=f"The clock says {local}.", remedy=remedy)


def template_checks(config: Config) -> tuple[Check, ...]:
    """Every template of the folder compiles, and every series has its own."""
    wanted = dict.fromkeys(series.template for series in config.series)
    missing = [name for name in wanted if not (config.templates / name).is_file()]
    problems = [
        Problem(
            what="There is no such template.",
            where=name,
            remedy=f"Put it into {config.templates}, or correct the name in config.toml.",
        )
        for name in missing
    ]
    problems += Templates(config.templates).check()
    if problems:
        return as_checks("templates", problems)
    return (Check(name="templates", message=f"{plural(len(wanted), 'template')} in {config.templates}"),)


def place_checks(database: Path | None, folder: Path) -> Iterator[Check]:
    """Where the database lies: no network drive, nothing synchronised, writable, with room. None is a server."""
    place = database.parent if database is not None else folder
    risk = folder_risk(place) if database is not None else None
    if risk is not None:
        yield from as_checks("folder", [risk])
    elif not os.access(place, os.W_OK):
        what = "You may not write into this folder."
        yield from as_checks("folder", [Problem(what=what, where=str(place), remedy="Use a folder of your own.")])
    else:
        yield Check(name="folder", message=f"{place} is safe for a campaign")
    free = free_bytes(place)
    shown = f"{number(free // (1024 * 1024))} MB free"
    if free >= LEAST_FREE:
        yield Check(name="disk", message=shown)
    else:
        yield Check(name="disk", level=Level.PROBLEM, message=f"Only {shown}.", remedy="Make room: at least 50 MB.")


def sleep_check(risk: str | None) -> Check:
    """``risk`` is what ``bot.platform.sleep_risk`` says."""
    if risk is None:
        return Check(name="sleep", message="Nothing says that this computer goes to sleep; leave it on for the week")
    return Check(name="sleep", level=Level.WARNING, message=risk)


def credentials_check(path: Path, environ: Mapping[str, str], *, live: bool) -> Check:
    """Secrets are there, complete and private. Practice needs none; unsafe ones are a problem at any time."""
    try:
        load_credentials(path, environ)
    except CredentialsError as error:
        first = error.problems[0]
        if live or path.exists() or len(error.problems) > 1 or first.where != str(path):
            return as_checks("credentials", error.problems)[0]
        message = "No credentials are stored yet; practice needs none."
        remedy = "Before going live: campaign-bot connect"
        return Check(name="credentials", level=Level.WARNING, message=message, remedy=remedy)
    return Check(name="credentials", message="All four secrets are there, and private")


def database_checks(database: Database) -> tuple[Check, ...]:
    """Can it be read, and is its schema the one that this version works with? One that is not there yet is fine."""
    try:
        revision = revision_of(database)
        if revision is None:
            return (Check(name="database", message="There is none yet; campaign-bot load makes it"),)
        require_current(database)
    except DatabaseError as error:
        return as_checks("database", [_beyond_the_doctor(problem) for problem in error.problems])
    return (Check(name="database", message=f"The database is up to date (revision {revision})"),)


def _beyond_the_doctor(problem: Problem) -> Problem:
    """An error elsewhere may send people here; here it must not."""
    if not problem.remedy.endswith("campaign-bot doctor"):
        return problem
    remedy = "Is this the right file, and does the server run? Copies from before an upgrade end in .backup.db."
    return replace(problem, remedy=remedy)


def list_check(ranking: Ranking, *, is_day: bool = False) -> Check:
    """Is a list loaded, or for a day, has anything been sent in?"""
    if ranking.contributions:
        approved = sum(one.state is Moderation.APPROVED for one in ranking.contributions)
        said = f"{plural(len(ranking.contributions), 'contribution')}, {approved} approved"
        return Check(name="list", message=said)
    if ranking.workers:
        people = plural(len(ranking.workers), "person", "people")
        return Check(name="list", message=f"{people} of {plural(len(ranking.organisations), 'organisation')}")
    if is_day:
        remedy = "campaign-bot contributions load FILE"
        return Check(name="list", level=Level.WARNING, message="There are no contributions yet.", remedy=remedy)
    remedy = "campaign-bot load LIST.csv"
    return Check(name="list", level=Level.WARNING, message="No list is loaded yet.", remedy=remedy)


def ranking_of(bot: Bot) -> Ranking:
    """The list as loaded; an empty one where there is none."""
    known = bot.record.storage.campaigns.find(bot.record.campaign)
    return bot.record.storage.rankings.load(known.campaign_id) if known else Ranking()


def progress_checks(status: Status) -> Iterator[Check]:
    """Plan, start, runner: how far the campaign has come, and whether what should be at work is."""
    if not status.plan_code:
        yield Check(name="plan", message=f"There is no plan yet; next: {status.next_command}")
        return
    if status.config_differs:
        message = "config.toml differs from what runs."
        yield Check(name="plan", level=Level.WARNING, message=message, remedy="To use it: campaign-bot plan")
    else:
        yield Check(name="plan", message=f"Plan {status.plan_code}, as config.toml has it")
    if status.problems:
        message = f"{plural(len(status.problems), 'post needs', 'posts need')} you."
        yield Check(name="posts", level=Level.WARNING, message=message, remedy="Look: campaign-bot status")
    if status.account_stopped:
        message = f"Nothing goes out on @{status.account}: {status.account_stopped}"
        remedy = "When it is mended: campaign-bot doctor --online"
        yield Check(name="account", level=Level.PROBLEM, message=message, remedy=remedy)
    if status.account_waits_until:
        until = short_moment(status.account_waits_until, ZoneInfo(status.zone))
        message = f"X asks to wait, so nothing goes out on @{status.account} before {until}; then it goes on by itself."
        yield Check(name="account", level=Level.WARNING, message=message)
    yield _runner_check(status)


def _runner_check(status: Status) -> Check:
    is_open = any(count for state, count in status.counts if state not in _FINAL)
    if status.started is None:
        return Check(name="runner", message="The campaign is not started")
    if not is_open:
        return Check(name="runner", message="Every post of the campaign is final; no runner is needed")
    if status.runner_seen_at is None:
        message = "The campaign is started and no runner is at work here: nothing will be posted."
        return Check(name="runner", level=Level.PROBLEM, message=message, remedy="campaign-bot run")
    if status.paused is not None:
        message = "The campaign is paused: nothing will be posted."
        return Check(name="runner", level=Level.WARNING, message=message, remedy="campaign-bot resume")
    return Check(name="runner", message="The runner is at work")


def proof_check(account: Account, fingerprint: str | None, *, live: bool) -> Check:
    """Were the very credentials at hand seen to belong to the account? Without that, nothing goes live."""
    if account.proof is not None and account.proof == fingerprint:
        return Check(name="proof", message=f"X has confirmed that the credentials belong to @{account.handle}")
    level = Level.PROBLEM if live else Level.WARNING
    if fingerprint is None:
        message = f"There are no credentials to check for @{account.handle} yet."
        return Check(name="proof", level=level, message=message, remedy="campaign-bot connect")
    if account.proof is None:
        message = f"X has not confirmed yet that the credentials belong to @{account.handle}."
    else:
        message = "The credentials have changed since X confirmed them; that proof is void."
    return Check(name="proof", level=level, message=message, remedy="campaign-bot doctor --online")


def prove(bot: Bot, publisher: Publisher, fingerprint: str) -> Check:
    """Ask the network whose credentials these are, and record the proof when they are the account's.

    One request; X charges about US$0.01 for it. Recording also ends a stop of the account for want of credentials.
    """
    try:
        identity = publisher.whoami()
    except LookError as error:
        return _no_answer(error.outcome)
    wanted = bot.config.account.handle
    if identity.handle.lower() != wanted.lower():
        return Check(
            name="online",
            level=Level.PROBLEM,
            message=f"These credentials belong to @{identity.handle}, config.toml says @{wanted}.",
            remedy="Correct handle in config.toml, or run campaign-bot connect with the secrets of the right account.",
        )
    try:
        account = bot.account()
        bot.record_proof(account, user_id=identity.user_id, fingerprint=fingerprint)
    except CampaignBotError as error:
        return as_checks("online", error.problems)[0]
    return Check(
        name="online", message=f"X says: these credentials belong to @{identity.handle}.{_since(account, fingerprint)}"
    )


def _since(before: Account, fingerprint: str) -> str:
    """What the new proof changes."""
    notes = " This is on record now."
    if before.proof not in {None, fingerprint}:
        notes += " The credentials have changed since the last time; the old proof is void."
    if before.stopped:
        notes += " The account was stopped and may post again."
    return notes


_REMEDIES: Mapping[Refusal, str] = {
    Refusal.UNAUTHORISED: "Generate the access token again in X's console, then: campaign-bot connect",
    Refusal.NO_CREDIT: "Buy credits or raise the limit in X's console, then again: campaign-bot doctor --online",
    Refusal.FORBIDDEN: "Then again: campaign-bot doctor --online (and before it campaign-bot connect, if the token is a new one)",
    Refusal.RATE_LIMITED: "Wait a quarter of an hour, then again: campaign-bot doctor --online",
}


def _no_answer(outcome: Outcome) -> Check:
    """The network refused, or could not be asked. docs/x-setup.md goes through the refusals."""
    if outcome.refusal is None:
        remedy = "Check the internet connection, then again: campaign-bot doctor --online"
    else:
        remedy = _REMEDIES.get(outcome.refusal, "docs/x-setup.md says what X's refusals mean.")
    return Check(name="online", level=Level.PROBLEM, message=outcome.reason, remedy=remedy)

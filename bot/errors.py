"""One tree of errors. Every error a person can cause says what is wrong, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

HOW_TO_BEGIN = "campaign-bot load LIST.csv (for a day: campaign-bot contributions load FILE)"
"""For where the kind of campaign is not known; ``core.watching.load_command`` knows it from the config."""


class ExitCode(IntEnum):
    """What the command line returns; the table in docs/commands.md is checked against this."""

    FINE = 0
    BUG = 1
    USAGE = 2
    FINDINGS = 3
    NOT_APPROVED = 4
    REFUSED = 5
    PERSON_NEEDED = 6
    PAUSED = 7
    LOCKED = 8


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong. ``where`` names file, row, column or key; ``remedy`` says what to do."""

    what: str
    where: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{advice}"


class CampaignBotError(Exception):
    """The root of the tree: carries its problems as data, and the exit code that it stands for."""

    exit_code = ExitCode.USAGE

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class UsageError(CampaignBotError):
    """The request cannot be carried out as it was put."""


class ConfigError(CampaignBotError):
    """config.toml is missing, unreadable or wrong; one problem per key."""


class ListError(CampaignBotError):
    """The ranked list is unreadable or wrong; one problem per cell."""


class ListQuestionError(CampaignBotError):
    """A person of the list may or may not be one that is known already: somebody has to say."""

    exit_code = ExitCode.PERSON_NEEDED


class TemplateError(CampaignBotError):
    """A template is missing or wrong; problems name template, line and row."""


class PlanError(CampaignBotError):
    """The week cannot be planned as described."""


class FindingsError(CampaignBotError):
    """Checks found errors that block."""

    exit_code = ExitCode.FINDINGS


class NotApprovedError(CampaignBotError):
    """Something is not signed off, or has changed since it was."""

    exit_code = ExitCode.NOT_APPROVED


class NotReadyError(CampaignBotError):
    """A recorded start, a plan or a proof of the credentials is missing."""


class CredentialsError(CampaignBotError):
    """Secrets are missing, incomplete, or readable by others."""


class NetworkRefusedError(CampaignBotError):
    """The network said no."""

    exit_code = ExitCode.REFUSED


class PersonNeededError(CampaignBotError):
    """Nothing goes on before a person decides."""

    exit_code = ExitCode.PERSON_NEEDED


class PausedError(CampaignBotError):
    """The campaign is paused, and this would send something."""

    exit_code = ExitCode.PAUSED


class RunnerLockedError(CampaignBotError):
    """Another runner holds this database."""

    exit_code = ExitCode.LOCKED


class DatabaseError(CampaignBotError):
    """The database is missing, outdated, unreadable, or in a place that is not safe for it."""

"""A runner that refuses to work is started again and again by what keeps it running. Why is told once, not each time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.desk import Desk
from bot.errors import CampaignBotError
from bot.platform import protect_folder, state_dir

AGAIN = timedelta(days=1)
"""The same refusal is told again after this long: nobody may have seen it."""


def was_told(desk: Desk, environ: Mapping[str, str], error: CampaignBotError) -> bool:
    """Whether the last start was refused for the same reason less than a day ago, and people were told. Notes this one.

    Where that cannot be noted, it is told each time.
    """
    now, reason = desk.clock.now(), _reason(error)
    try:
        path = _file(desk, environ)
        told_at = _told_at(path, reason)
        if told_at is not None and timedelta(0) <= now - told_at < AGAIN:
            return True
        protect_folder(path.parent)
        path.write_text(f"{reason} {now.isoformat()}\n", "ascii")
    except (OSError, CampaignBotError):
        pass
    return False


def forget_refusal(desk: Desk, environ: Mapping[str, str]) -> None:
    """A runner works: whatever is refused after this is news."""
    try:
        _file(desk, environ).unlink(missing_ok=True)
    except OSError:
        return


def _told_at(path: Path, reason: str) -> datetime | None:
    """When this reason was told last; None when it was another one, or the note is damaged. Raises OSError."""
    before, _, text = (
        path.read_bytes().decode("ascii", "replace").strip().partition(" ") if path.exists() else ("",) * 3
    )
    try:
        told_at = datetime.fromisoformat(text) if before == reason else None
    except ValueError:
        return None
    return told_at if told_at is not None and told_at.tzinfo is not None else None


def _file(desk: Desk, environ: Mapping[str, str]) -> Path:
    return state_dir(environ) / "refusals" / desk.storage.installation.identity().database_id


def _reason(error: CampaignBotError) -> str:
    """By what is to be done about it: the words of what is wrong may hold the time."""
    known = [type(error).__name__, *(f"{problem.where}\n{problem.remedy}" for problem in error.problems)]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:32]

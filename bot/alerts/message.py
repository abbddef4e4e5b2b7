"""What is told. It leaves the house: no names of people, no texts of posts, no secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model import Mode


class AlertKind(StrEnum):
    """Why somebody is told."""

    MISSED = "missed"
    FAILED = "failed"
    HELD = "held"
    PARTIAL = "partial"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    ACCOUNT = "account stopped"
    WAITS = "account waits"
    TROUBLE = "trouble"
    STOPPED = "stopped"
    FINISHED = "finished"
    DAILY = "daily"
    TEST = "test"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One thing to tell. ``at`` is aware; it is shown in the zone it carries. ``post`` is a code, or empty.

    ``what`` is a sentence in plain English, ``command`` what deals with it in the folder of ``campaign``, ``more``
    further lines for people. ``elsewhere``: it is about another campaign than the one whose channels tell it.
    """

    at: datetime
    campaign: str
    account: str
    mode: Mode
    kind: AlertKind
    what: str
    post: str = ""
    command: str = ""
    more: tuple[str, ...] = ()
    elsewhere: bool = False

    @property
    def advice(self) -> str:
        """What deals with it, and where."""
        return advice(self.command, self.campaign if self.elsewhere else "")


def advice(command: str, campaign: str = "") -> str:
    """What deals with it; ``campaign`` is named when the command is for the folder of another one. Empty for none."""
    where = f", in the folder of campaign “{campaign}”" if campaign else ""
    return f"To deal with it{where}: {command}" if command else ""


def alert_json(alert: Alert) -> dict[str, object]:
    """For programs; keys may be added later."""
    return {
        "campaign": alert.campaign,
        "account": alert.account,
        "kind": alert.kind.value,
        "what": "\n".join((alert.what, *alert.more)),
        "post": alert.post or None,
        "command": alert.command or None,
        "at": alert.at.isoformat(timespec="seconds"),
        "mode": alert.mode.value,
    }


def alert_title(alert: Alert) -> str:
    """One line, as the subject of an e-mail."""
    practice = "" if alert.mode is Mode.LIVE else "practice, "
    about = f"{alert.kind.value} {alert.post}" if alert.post else alert.kind.value
    return " ".join(f"{alert.campaign}: {practice}{about}".split())


def alert_text(alert: Alert) -> str:
    """The whole of it for people, in a few lines."""
    lines = [alert.what, *alert.more]
    if alert.command:
        lines += ["", alert.advice]
    if alert.mode is Mode.PRACTICE:
        lines += ["", "This is practice: nothing is sent."]
    lines += [
        "",
        f"Campaign: {alert.campaign}",
        f"Account:  @{alert.account}",
        f"Time:     {alert.at:%a %d %b %H:%M %Z}",
    ]
    return "\n".join(lines) + "\n"

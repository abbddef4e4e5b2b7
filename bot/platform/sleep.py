"""Will this computer go to sleep in the middle of the week? A sleeping computer posts nothing."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from bot.platform.command import output_of

_GSETTINGS = "org.gnome.settings-daemon.plugins.power"
_SLEEP_TARGET = Path("/etc/systemd/system/sleep.target")  # a link to /dev/null when it is masked
_BATTERIES = Path("/sys/class/power_supply")
_REMEDY = "Switch that off for the week, or run the campaign on a computer that stays on."


def sleep_risk() -> str | None:
    """What may put this computer to sleep, and what to do; None when nothing speaks for it, or nothing is known.

    Asks the system's own settings, for at most a few seconds. Never raises.
    """
    if sys.platform == "win32":
        return from_powercfg(output_of("powercfg", "/query", "SCHEME_CURRENT", "SUB_SLEEP", "STANDBYIDLE"))
    elif sys.platform == "darwin":
        return from_pmset(output_of("/usr/bin/pmset", "-g"))
    else:
        return _linux()


def from_pmset(text: str) -> str | None:
    """Read macOS's ``pmset -g``: minutes of idling, 0 for never."""
    found = re.search(r"^\s*sleep\s+(\d+)", text, re.MULTILINE)
    return _after(int(found[1])) if found else None


def from_powercfg(text: str) -> str | None:
    """Read Windows' ``powercfg``: its words are translated, but the last two numbers are seconds on mains and battery."""
    seconds = [int(number, 16) for number in re.findall(r"0x[0-9a-fA-F]{8}", text)][-2:]
    if len(seconds) != len(("mains", "battery")):
        return None
    mains, battery = (-(-number // 60) for number in seconds)
    return _after(mains) or _after(battery, " when it runs on its battery")


def from_gnome(kind: str, seconds: str) -> str | None:
    """Read GNOME's settings: ``'suspend'`` and seconds of idling, 0 for never."""
    if kind.strip().strip("'") in {"", "nothing", "blank"}:
        return None
    found = re.search(r"(\d+)\s*$", seconds)
    return _after(-(-int(found[1]) // 60)) if found else None


def from_lid(*, has_battery: bool, logind: str) -> str | None:
    """Read systemd's logind settings: a laptop sleeps when its lid is closed, unless they say otherwise."""
    if not has_battery or re.search(r"^\s*HandleLidSwitch(ExternalPower)?\s*=\s*(ignore|lock)\b", logind, re.MULTILINE):
        return None
    return "This looks like a laptop, which goes to sleep when its lid is closed. Keep the lid open and the power in."


def _linux() -> str | None:
    try:
        if str(_SLEEP_TARGET.readlink()) == "/dev/null":
            return None
    except OSError:
        pass  # not masked
    gnome = from_gnome(
        output_of("gsettings", "get", _GSETTINGS, "sleep-inactive-ac-type"),
        output_of("gsettings", "get", _GSETTINGS, "sleep-inactive-ac-timeout"),
    )
    return gnome or from_lid(has_battery=_has_battery(), logind=_logind())


def _has_battery() -> bool:
    try:
        return any(supply.name.startswith("BAT") for supply in _BATTERIES.iterdir())
    except OSError:
        return False


def _logind() -> str:
    files = [Path("/etc/systemd/logind.conf"), *sorted(Path("/etc/systemd/logind.conf.d").glob("*.conf"))]
    texts = []
    for file in files:
        try:
            texts.append(file.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    return "\n".join(texts)


def _after(minutes: int, when: str = "") -> str | None:
    if minutes <= 0:
        return None
    unit = "minute" if minutes == 1 else "minutes"
    return f"This computer goes to sleep after {minutes} {unit} without use{when}. {_REMEDY}"

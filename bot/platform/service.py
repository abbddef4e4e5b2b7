"""The runner as a service of this computer's user: systemd, launchd, or the Windows Task Scheduler.

What a service says is escaped by the rules of each format, so that any folder will do:
https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines,
https://www.manpagez.com/man/5/launchd.plist/, https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
"""

from __future__ import annotations

import plistlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from bot.errors import Problem, UsageError
from bot.platform.folders import home_folder, state_dir, user_name

CANNOT_HEAL = (3, 4, 5, 6, 7)
"""Exit codes of ``run`` after which only a person can go on. 2 is tried again: a database server that is not up yet,
a campaign that is started or a config that is mended later; so is 8: the other runner may end."""

RETRY_SECONDS = 30
_UNLESS_A_PERSON_IS_NEEDED = f"""\
trap 'kill -TERM "$runner" || exit 143' TERM INT HUP
"$@" &
runner=$!
wait "$runner"; code=$?
while kill -0 "$runner" 2>/dev/null; do wait "$runner"; code=$?; done
case $code in {"|".join(map(str, CANNOT_HEAL))}) exit 0;; esac
exit "$code"
"""
"""For launchd, which knows failure and success only: what only a person can mend counts as an end. A signal is passed on,
and the runner waited for, because its call under way gets its result recorded."""
_WAKE_MINUTES = 15
_TASK_SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"


class ServiceKind(StrEnum):
    """What keeps a program running."""

    SYSTEMD = "systemd"
    LAUNCHD = "launchd"
    TASK = "task"


@dataclass(frozen=True, kw_only=True)
class Service:
    """One campaign's runner. ``folder`` is absolute; ``environment`` holds no secrets; ``days`` are the campaign's.

    ``user`` is only needed on Windows: ``service_user``.
    """

    name: str
    description: str
    python: Path
    folder: Path
    environment: Mapping[str, str]
    days: tuple[date, date]
    user: str = ""

    def arguments(self, *, log_file: bool) -> tuple[str, ...]:
        """What follows the Python. ``-P``: a file of the campaign's folder is never taken for a module."""
        log = ("--log-file", str(self.folder / "run.log")) if log_file else ()
        return ("-P", "-m", "bot", "-C", str(self.folder), *log, "run")


def default_kind(system: str = sys.platform) -> ServiceKind:
    """What this system has."""
    return {"win32": ServiceKind.TASK, "darwin": ServiceKind.LAUNCHD}.get(system, ServiceKind.SYSTEMD)


def service_user(environ: Mapping[str, str]) -> str:
    """Who a task of Windows belongs to: with the computer or the office's domain in front, where there is one."""
    domain = environ.get("USERDOMAIN", "")
    return f"{domain}\\{user_name()}" if domain else user_name()


def service_file(kind: ServiceKind, name: str, environ: Mapping[str, str]) -> Path:
    """Where the user's own services of a kind lie. Creates nothing."""
    if kind is ServiceKind.SYSTEMD:
        chosen = Path(environ.get("XDG_CONFIG_HOME", ""))
        return (chosen if chosen.is_absolute() else _home(environ) / ".config") / "systemd" / "user" / f"{name}.service"
    if kind is ServiceKind.LAUNCHD:
        return _home(environ) / "Library" / "LaunchAgents" / f"{name}.plist"
    return state_dir(environ) / f"{name}.xml"


def service_text(kind: ServiceKind, service: Service) -> bytes:
    """The file of a service. Raises UsageError for a folder whose name no such file can hold."""
    for text in (str(service.folder), str(service.python), service.description):
        if not text.isprintable():
            raise UsageError(
                Problem(
                    what="There is an unprintable sign in this name, which no service can hold.",
                    where=ascii(text),
                    remedy="Rename it.",
                )
            )
    if kind is ServiceKind.SYSTEMD:
        return _systemd(service).encode()
    return _launchd(service) if kind is ServiceKind.LAUNCHD else _task(service)


def enabling(kind: ServiceKind, name: str, file: Path) -> tuple[str, ...]:
    """The commands that begin a service which has been written."""
    if kind is ServiceKind.SYSTEMD:
        return (
            "systemctl --user daemon-reload",
            f"systemctl --user enable --now {name}.service",
            "loginctl enable-linger",
        )
    if kind is ServiceKind.LAUNCHD:
        return (f"launchctl bootstrap gui/$(id -u) {_in_quotes(file)}",)
    return (f'schtasks /Create /TN "{name}" /XML "{file}"', f'schtasks /Run /TN "{name}"')


def disabling(kind: ServiceKind, name: str) -> tuple[str, ...]:
    """The commands that end a service whose file is gone."""
    if kind is ServiceKind.SYSTEMD:
        return (f"systemctl --user stop {name}.service", "systemctl --user daemon-reload")
    if kind is ServiceKind.LAUNCHD:
        return (f"launchctl bootout gui/$(id -u)/{name}",)
    return (f'schtasks /End /TN "{name}"', f'schtasks /Delete /F /TN "{name}"')


def _systemd(service: Service) -> str:
    command = [_unit_word(str(service.python), is_program=True)]
    command += [_unit_word(argument) for argument in service.arguments(log_file=False)]
    if "$" in str(service.python):  # in the place of the program itself, a $ cannot be written
        command = ["/usr/bin/env", _unit_word(str(service.python)), *command[1:]]
    variables = [
        f"Environment={_unit_word(f'{name}={value}', is_program=True)}" for name, value in service.environment.items()
    ]
    return "\n".join(
        [
            "# Written by campaign-bot service. To take it away: campaign-bot service --uninstall",
            "[Unit]",
            f"Description={service.description.replace('%', '%%').rstrip(chr(92))}",
            "Wants=network-online.target",
            "After=network-online.target",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            f"ExecStart={' '.join(command)}",
            f"WorkingDirectory={_unit_path(service.folder)}",
            *variables,
            "Restart=on-failure",
            f"RestartSec={RETRY_SECONDS}",
            f"RestartPreventExitStatus={' '.join(map(str, CANNOT_HEAL))}",
            "# A call that is under way gets its result recorded.",
            "TimeoutStopSec=90",
            "UMask=0077",
            "NoNewPrivileges=yes",
            "LockPersonality=yes",
            "RestrictRealtime=yes",
            "RestrictSUIDSGID=yes",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
            "SystemCallArchitectures=native",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        ]
    )


def _unit_word(text: str, *, is_program: bool = False) -> str:
    """One word of a command line in a unit, where %, \\, quotes and $ have meanings (a $ not in the program's name)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped if is_program else escaped.replace("$", "$$")}"'


def _unit_path(folder: Path) -> str:
    """A path that stands alone is taken as it is, but for % and what a line's end would swallow."""
    text = str(folder).replace("%", "%%")
    return f"{text}/" if text.endswith(("\\", " ")) else text


def _launchd(service: Service) -> bytes:
    command = [str(service.python), *service.arguments(log_file=True)]
    return plistlib.dumps(
        {
            "Label": service.name,
            "ProgramArguments": ["/bin/sh", "-c", _UNLESS_A_PERSON_IS_NEEDED, service.name, *command],
            "WorkingDirectory": str(service.folder),
            "EnvironmentVariables": dict(service.environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": RETRY_SECONDS,
            "ExitTimeOut": 90,
            "Umask": 0o077,
            "StandardOutPath": "/dev/null",
            "StandardErrorPath": "/dev/null",
        },
        sort_keys=False,
    )


def _task(service: Service) -> bytes:
    """UTF-16, as the Task Scheduler itself writes. During the campaign it wakes the computer every quarter of an hour."""
    ET.register_namespace("", _TASK_SPACE)
    task = ET.Element(_tag("Task"), version="1.2")
    _add(task, {"RegistrationInfo": {"Description": service.description}})
    triggers = ET.SubElement(task, _tag("Triggers"))
    _add(triggers, {"LogonTrigger": {"Enabled": "true", "UserId": service.user}})
    _add(triggers, {"TimeTrigger": _quarter_hours(*service.days)})
    principals = ET.SubElement(task, _tag("Principals"))
    principal = ET.SubElement(principals, _tag("Principal"), id="Author")
    _add(
        principal,
        {
            "UserId": service.user,
            "LogonType": "InteractiveToken",
            "RunLevel": "LeastPrivilege",
        },
    )
    _add(task, {"Settings": _task_settings()})
    actions = ET.SubElement(task, _tag("Actions"), Context="Author")
    _add(
        actions,
        {
            "Exec": {
                "Command": str(_windowless(service.python)),
                "Arguments": subprocess.list2cmdline(service.arguments(log_file=True)),
                "WorkingDirectory": str(service.folder),
            }
        },
    )
    ET.indent(task)
    text: bytes = ET.tostring(task, encoding="utf-16", xml_declaration=True)
    return text


def _quarter_hours(first: date, last: date) -> dict[str, object]:
    """From the first day to the day after the last. Without a duration, which may not exceed 31 days, it has no other end."""
    return {
        "Repetition": {"Interval": f"PT{_WAKE_MINUTES}M", "StopAtDurationEnd": "false"},
        "StartBoundary": f"{first.isoformat()}T00:00:00",
        "EndBoundary": f"{(last + timedelta(days=2)).isoformat()}T00:00:00",
        "Enabled": "true",
    }


def _task_settings() -> dict[str, object]:
    """In the order that the schema asks for."""
    return {
        "RestartOnFailure": {"Interval": "PT1M", "Count": "999"},
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "StartWhenAvailable": "true",
        "RunOnlyIfNetworkAvailable": "false",
        "WakeToRun": "true",
        "Enabled": "true",
        "ExecutionTimeLimit": "PT0S",
    }


def _add(parent: ET.Element, content: Mapping[str, object]) -> None:
    for name, value in content.items():
        child = ET.SubElement(parent, _tag(name))
        if isinstance(value, Mapping):
            _add(child, value)
        else:
            child.text = str(value)


def _tag(name: str) -> str:
    return f"{{{_TASK_SPACE}}}{name}"


def _windowless(python: Path) -> Path:
    """The Python that opens no console window, where there is one."""
    other = python.with_name("pythonw.exe")
    return other if python.name.lower() == "python.exe" and other.exists() else python


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else home_folder()


def _in_quotes(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"

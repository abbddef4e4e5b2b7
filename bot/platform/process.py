"""Which process is this, so that another one can tell later whether it is gone for sure."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.platform.command import output_of

_STARTED_FIELD = 22  # of /proc/PID/stat, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """A process that is never mistaken for a later one with the same number.

    ``boot_id`` and ``started`` are opaque: equal or not is all that counts, and empty means that this system does not
    say. ``pid`` 0 stands for a process that left no record.
    """

    pid: int
    host: str
    boot_id: str
    started: str


def this_process() -> ProcessIdentity:
    """The process that asks."""
    pid = os.getpid()
    return ProcessIdentity(pid=pid, host=socket.gethostname(), boot_id=boot_id(), started=started(pid))


def surely_gone(process: ProcessIdentity) -> bool:
    """Whether that process has ended, beyond doubt. In doubt (another computer, an unknown boot), False."""
    if process.pid <= 0 or process.host != socket.gethostname() or not process.boot_id:
        return False
    current_boot = boot_id()
    if not current_boot:
        return False
    if process.boot_id != current_boot:
        return True
    if not _exists(process.pid):
        return True
    now_started = started(process.pid)
    return bool(now_started and process.started and now_started != process.started)


def boot_id(system: str = sys.platform) -> str:
    """An id that changes with each start of the computer; empty where the system has none (Windows)."""
    if system == "linux":
        return _text_of(Path("/proc/sys/kernel/random/boot_id"))
    if system == "darwin":
        return output_of("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid").strip()
    return ""


def started(pid: int, system: str = sys.platform) -> str:
    """When a process began, in whatever form the system tells it; empty when it does not."""
    if system == "linux":
        return started_from_stat(_text_of(Path(f"/proc/{pid}/stat")))
    if system == "darwin":
        return output_of("/bin/ps", "-o", "lstart=", "-p", str(pid)).strip()
    return ""


def started_from_stat(stat: str) -> str:
    """The start time out of a line of /proc/PID/stat: a program's name in it may hold spaces and brackets."""
    after_name = stat.rpartition(")")[2].split()
    index = _STARTED_FIELD - 3  # the fields after the name begin with the third
    return after_name[index] if len(after_name) > index else ""


def _exists(pid: int) -> bool:
    if sys.platform != "win32":  # where os.kill(pid, 0) would end the process: in doubt, it lives
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
    return True


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

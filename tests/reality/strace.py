"""strace: counts the system calls of a process, kills it at one of them, or lets one of them fail.

It counts each kind of call, in each thread, by itself (https://strace.io, ``-e inject``). A signal comes before the
call is done, so killing at every call passes through every state between two calls.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_LINE = re.compile(r"^(?P<thread>\d+) +(?P<call>\w+)\(")
_ATTACHED = re.compile(r"Process \d+ attached")


@dataclass(frozen=True, kw_only=True)
class Site:
    """The ``number``-th call of a kind, counted from 1, in the main thread of a run."""

    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.call}#{self.number}"


@cache
def why_not() -> str:
    """Why strace cannot be used here; empty when it can."""
    if sys.platform != "linux":
        return "strace runs on Linux only"
    found = shutil.which("strace")
    if found is None:
        return "strace is not installed"
    probe = [found, "-qq", "-o", os.devnull, "-e", "inject=write:signal=KILL:when=1", "echo", "x"]
    tried = subprocess.run(probe, check=False, capture_output=True, text=True)
    if tried.returncode not in {-signal.SIGKILL, 128 + signal.SIGKILL}:
        return f"strace may not trace here: {tried.stderr.strip()[:200] or tried.returncode}"
    return ""


def require_strace() -> None:
    """Skip with a word where strace cannot run; where CI has said that it must be there, fail."""
    reason = why_not()
    if not reason:
        return
    if os.environ.get("CI") and os.environ.get("CAMPAIGN_BOT_NEEDS_STRACE") == "1":
        pytest.fail(f"This suite must run here, and cannot: {reason}.")
    pytest.skip(f"NOT PROVED HERE: {reason}.")


class Tracer:
    """strace on a process that has stopped itself; ``go`` lets it run. The log goes to a file if one is named."""

    def __init__(self, pid: int, *options: str, log: Path | None = None) -> None:
        self._pid = pid
        command = ["strace", "-f", "-p", str(pid), "-o", str(log or os.devnull), *options]
        self._strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        said = self._strace.stderr.readline() if self._strace.stderr else ""
        assert _ATTACHED.search(said), f"strace did not attach: {said}"

    def go(self) -> None:
        os.kill(self._pid, signal.SIGCONT)

    def close(self) -> None:
        """It ends with the process."""
        self._strace.communicate(timeout=60)


def sites(log: Path, pid: int, kinds: Sequence[str] = (), *, since: str = "") -> tuple[Site, ...]:
    """Every call that the main thread made, in order, from a log of a clean run; only some kinds if they are named,
    and only from the first line on that holds ``since``."""
    counts: Counter[str] = Counter()
    found = []
    begun = False
    for line in log.read_text("utf-8", "replace").splitlines():
        begun = begun or since in line
        match = _LINE.match(line)
        if match is None or int(match["thread"]) != pid or (kinds and match["call"] not in kinds):
            continue
        counts[match["call"]] += 1
        if begun:
            found.append(Site(call=match["call"], number=counts[match["call"]]))
    return tuple(found)


def was_reached(log: Path) -> bool:
    """Whether a call was made to fail, from the log of a run with a fault."""
    return "(INJECTED)" in log.read_text("utf-8", "replace")

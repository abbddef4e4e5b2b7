"""A runner with nothing to do for a long time: how much of a core it takes, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import MB, Row, campaign_bot, environment

_NAME = "Care Heroes of the Year"
_SETTLED = 3.0
"""Seconds after which a process has started up."""


def idle_runner(folder: Path, seconds: float) -> Iterator[Row]:
    """A real ``run`` whose first post is days away, in practice mode. Read from /proc, so only on Linux."""
    if not Path("/proc/self/stat").exists():
        return
    campaign_bot(folder, "start", "--no-run", "--confirm", _NAME)
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], cwd=folder, env=environment(), stdout=subprocess.DEVNULL
    ) as runner:
        try:
            time.sleep(_SETTLED)
            before = _processor_seconds(runner.pid)
            time.sleep(seconds)
            share = (_processor_seconds(runner.pid) - before) / seconds
            memory = _resident(runner.pid)
        finally:
            runner.terminate()
    yield Row(what="idle runner, share of a core", measured=f"{share:.2%}", target="1 %", fine=share < 0.01)
    yield Row(
        what="idle runner, resident memory", measured=f"{memory / MB:.0f} MB", target="100 MB", fine=memory < 100 * MB
    )


def _processor_seconds(pid: int) -> float:
    """User and system time so far; fields 14 and 15 of proc_pid_stat(5), counted after the name in brackets."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    """Bytes of physical memory."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))

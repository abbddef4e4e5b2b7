"""One trial: a copy of the checkout, a bug put into it, and the suite that must catch it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.teeth.bug import Bug

ROOT = Path(__file__).parents[2]
_LEFT_OUT = (".git", ".venv", "build", "dist", "*_cache", "__pycache__", ".hypothesis", "*.egg-info", "node_modules")
LONGEST = 400
"""Seconds for one suite. One that hangs has caught nothing."""
CAUGHT = 1
"""What pytest and the torture suites end with when a promise was broken; anything else means that they did not run."""
_DOSE = re.compile(r"T[1-5](:\d+(-\d+)?)?")


class BrokenBugError(Exception):
    """A seeded bug that does not fit the program any more, or that no suite could judge."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a trial ended; ``survived`` says that nobody noticed the bug. ``seconds`` of the suite."""

    name: str
    suite: str
    survived: bool
    seconds: float
    trouble: str = ""


def command_of(suite: str) -> list[str]:
    """How a suite is run."""
    if _DOSE.fullmatch(suite):
        return [sys.executable, "-m", "tests.torture", "--dose", suite]
    return [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", suite]


def lay_out(place: Path) -> Path:
    """A copy of the checkout without what was made in it."""
    shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    return place


class Bench:
    """One copy of the checkout, in which one bug after the other stands and is taken out again."""

    def __init__(self, place: Path) -> None:
        self.place = lay_out(place)
        self._edits = 0

    def untouched(self, suite: str) -> Result:
        """The program without a bug must pass."""
        began = time.monotonic()
        done = self._run(command_of(suite))
        trouble = "" if done.returncode == 0 else f"fails without any bug:\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
        return Result(name="no bug", suite=suite, survived=False, seconds=time.monotonic() - began, trouble=trouble)

    def try_out(self, bug: Bug) -> Result:
        """The program with the bug must not. Raises nothing: what went wrong stands in the result."""
        try:
            clean = self._seed(bug)
        except BrokenBugError as error:
            return Result(name=bug.name, suite=bug.suite, survived=False, seconds=0, trouble=str(error))
        began = time.monotonic()
        try:
            survived, trouble = self._judge(bug)
        finally:
            self._write(bug.file, clean)
        seconds = time.monotonic() - began
        return Result(name=bug.name, suite=bug.suite, survived=survived, seconds=seconds, trouble=trouble)

    def _judge(self, bug: Bug) -> tuple[bool, str]:
        check = f"compile(open({bug.file!r}, encoding='utf-8').read(), {bug.file!r}, 'exec'); import bot.bootstrap"
        if bug.file.startswith("bot/"):
            check += f", {bug.file.removesuffix('.py').replace('/', '.')}"
        loads = self._run([sys.executable, "-c", check])
        if loads.returncode != 0:
            return False, f"the program does not even load: {loads.stderr[-500:]}"
        done = self._run(command_of(bug.suite))
        if done.returncode not in {0, CAUGHT}:
            return (
                False,
                f"the suite did not run (exit code {done.returncode}):\n{done.stdout[-2000:]}{done.stderr[-500:]}",
            )
        return done.returncode == 0, ""

    def _seed(self, bug: Bug) -> str:
        """Put the bug in; returns the text without it."""
        clean = (self.place / bug.file).read_text("utf-8")
        times = clean.count(bug.old)
        if times != 1:
            what = f"its text stands in {bug.file} {times} times, not once; mend the bug, it tests nothing"
            raise BrokenBugError(what)
        self._write(bug.file, clean.replace(bug.old, bug.new))
        return clean

    def _write(self, file: str, text: str) -> None:
        """Each with a time of its own, so that no compiled file of another state counts."""
        self._edits += 1
        path = self.place / file
        path.write_text(text, "utf-8")
        os.utime(path, (1_000_000_000 + self._edits * 10,) * 2)

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_BOT_")}
        environ |= {"PYTHONPATH": str(self.place), "NO_COLOR": "1", "PYTEST_ADDOPTS": ""}
        try:
            return subprocess.run(
                command, cwd=self.place, env=environ, capture_output=True, check=False, text=True, timeout=LONGEST
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, -1, "", f"no end within {LONGEST} seconds")

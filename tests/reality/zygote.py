"""A process that has imported the whole program once and forks a runner for each case, in milliseconds.

It reads one order a line, as JSON, and answers each with one line. The jobs are those of ``jobs.py``.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a job ended: its exit code (negative: the signal that killed it), and what it wrote down."""

    code: int
    said: dict[str, Any]

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Zygote:
    """The forking process, from the side of the test."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        command = [sys.executable, "-m", "tests.reality.zygote"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ
        )
        self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def fork(self, job: str, folder: Path, options: Mapping[str, object], *, held: bool = False) -> int:
        """Begin a job; its process id. A held one has stopped itself before its first step."""
        said = self._said(folder)
        said.unlink(missing_ok=True)
        order = {"job": job, "folder": str(folder), "held": held, "options": {**options}, "said": str(said)}
        return int(self._ask(order)["pid"])

    def wait(self, pid: int, folder: Path) -> Ended:
        """Wait for a job's end."""
        code = int(self._ask({"wait": pid})["code"])
        said = self._said(folder)
        return Ended(code=code, said=json.loads(said.read_text("utf-8")) if code >= 0 and said.exists() else {})

    def run(self, job: str, folder: Path, **options: object) -> Ended:
        """A job from its beginning to its end."""
        return self.wait(self.fork(job, folder, options), folder)

    def _said(self, folder: Path) -> Path:
        """Beside the folder of a case, which may be read-only."""
        return folder.with_name(f"{folder.name}{self._name}.said.json")

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"died": true}')
        assert "died" not in answer, "the forking process died"
        return answer


def main() -> None:
    from tests.reality import jobs

    jobs.warm_up()
    gc.collect()
    gc.freeze()
    _say({})
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            _say({"code": os.waitstatus_to_exitcode(status)})
            continue
        pid = os.fork()
        if pid == 0:
            _become(jobs.JOBS[order["job"]], order)
        if order["held"]:
            os.waitpid(pid, os.WUNTRACED)
        _say({"pid": pid})


def _become(job: Any, order: dict[str, Any]) -> None:
    """The child: it never returns to the loop."""
    folder = Path(order["folder"])
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open as long as the process
    sys.stdout = sys.stderr
    if order["held"]:
        os.kill(os.getpid(), signal.SIGSTOP)
    try:
        code, said = job(folder, order["options"])
    except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to hear of it
        code, said = 99, {"error": f"{type(error).__name__}: {error}"}
    Path(order["said"]).write_text(json.dumps(said), "utf-8")
    os._exit(code)


def _say(answer: dict[str, Any]) -> None:
    sys.__stdout__.write(json.dumps(answer) + "\n")  # type: ignore[union-attr]  # it was given a pipe
    sys.__stdout__.flush()  # type: ignore[union-attr]  # as above


if __name__ == "__main__":
    main()

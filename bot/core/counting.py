"""The number of the latest call, kept outside of everything that a backup can bring back.

A database that was put back to an older state has forgotten calls that were made. This file has not: its number is
written, and on the disk, before each call begins, and never goes down. There is one file for each database id.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from bot.errors import DatabaseError, Problem
from bot.platform import sync_folder

_DIGITS = 20


class CallCount:
    """The file of one database. Safe to use from several threads; one process of a computer writes it at a time."""

    def __init__(self, state: Path, database_id: str) -> None:
        self.path = state / "calls" / f"{database_id}.count"
        self._lock = threading.Lock()
        self._latest: int | None = None

    def read(self) -> int:
        """The latest number; 0 when this computer knows of none. Raises DatabaseError for a file that is damaged."""
        try:
            text = self.path.read_text(encoding="ascii").strip()
            return (
                int(text) if text else 0
            )  # empty: the process was killed between making the file and its first number
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            remedy = "Run: campaign-bot db verify (it looks at the account, and begins a new count)"
            raise DatabaseError(
                Problem(what="The count of calls cannot be read.", where=str(self.path), remedy=remedy)
            ) from error

    def note(self, number: int) -> None:
        """Have this number on the disk, or a higher one, before anything else happens. Raises OSError."""
        with self._lock:
            if self._latest is None:
                self._latest = self.read()
            if number > self._latest:
                self._write(number)
                self._latest = number

    def _write(self, number: int) -> None:
        """In place: so few bytes lie in one sector, which a power cut leaves old or new."""
        new = not self.path.exists()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{number:0{_DIGITS}d}\n".encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync_folder(self.path.parent)

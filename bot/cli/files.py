"""Writing what a person asked for into a file: whole or not at all, or to the standard output for ``-``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.cli.screen import say
from bot.errors import Problem, UsageError

STDOUT = "-"
PAGES = (".html", ".htm")


def write_text(path: Path, text: str, endings: Sequence[str], *, encoding: str = "utf-8") -> Path:
    """Write a text with the line ends that it has. Raises UsageError for another ending than one of ``endings``."""
    return write_bytes(path, text.encode(encoding), endings)


def write_bytes(path: Path, content: bytes, endings: Sequence[str]) -> Path:
    """Write a file in the place of one of that name, and say so. Raises UsageError."""
    if str(path) == STDOUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return path
    put(path, content, endings)
    say(f"✓ Wrote {path.resolve()}")
    return path


def put(path: Path, content: bytes, endings: Sequence[str]) -> None:
    """The same to a file alone, for those who say it in their own words. Raises UsageError."""
    refuse_other_ending(path, endings)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise UsageError(
            Problem(
                what=f"The file cannot be written: {error.strerror}.",
                where=str(path),
                remedy="Choose another folder or name, and close the file in other programs.",
            )
        ) from error


def refuse_other_ending(path: Path, endings: Sequence[str]) -> None:
    """For commands that spend money or time before they write. Raises UsageError."""
    if str(path) != STDOUT and path.suffix.lower() not in endings:
        ending = endings[0]
        what = f"The file needs a name that ends in {' or '.join(endings)}."
        raise UsageError(Problem(what=what, where=str(path), remedy=f"For example: {path.stem or 'report'}{ending}"))

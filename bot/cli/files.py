"""Writing what a person asked for into a file: whole or not at all, or to the standard output for ``-``."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from bot.cli.screen import say
from bot.errors import Problem, UsageError

STDOUT = "-"


def write_text(path: Path, text: str, endings: Collection[str], *, encoding: str = "utf-8") -> Path:
    """Write a text with the line ends that it has. Raises UsageError for another ending than one of ``endings``."""
    return write_bytes(path, text.encode(encoding), endings)


def write_bytes(path: Path, content: bytes, endings: Collection[str]) -> Path:
    """Write a file in the place of one of that name, and say so. Raises UsageError."""
    if str(path) == STDOUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return path
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
    say(f"✓ Wrote {path.resolve()}")
    return path


def refuse_other_ending(path: Path, endings: Collection[str]) -> None:
    """For commands that spend money or time before they write. Raises UsageError."""
    if str(path) != STDOUT and path.suffix.lower() not in endings:
        ending = next(iter(endings))
        what = f"The file needs a name that ends in {' or '.join(sorted(endings))}."
        raise UsageError(Problem(what=what, where=str(path), remedy=f"For example: {path.stem or 'report'}{ending}"))

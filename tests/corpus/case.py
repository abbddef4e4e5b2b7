"""One input of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import ExitCode

Content = bytes | str | Callable[[Path], object]
"""What a file holds, or what makes it at a path."""

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, kw_only=True)
class Case:
    """``files`` are laid into a planned campaign's folder before the command is given there.

    ``says`` must stand in what is said (empty: what ``says.toml`` has for it); ``typed`` is what comes through the
    pipe. ``writes`` names what a command that succeeds may leave behind. ``bare`` is a folder without a database.
    """

    words: tuple[str, ...]
    says: str = ""
    code: ExitCode = ExitCode.USAGE
    files: Mapping[str, Content] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    typed: bytes = b""
    writes: tuple[str, ...] = ()
    bare: bool = False


def lay(path: Path, content: Content) -> None:
    """Make a file of a case."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, "utf-8", newline="")
    else:
        content(path)

"""A new campaign's folder: config, templates, a sample list. Nothing that is there already is touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import Problem, UsageError
from bot.resources import sample_contributions, sample_list, templates_dir

CONFIG = "config.toml"
TEMPLATES = "templates"
SAMPLE = "top20.csv"
DAY_SAMPLE = "contributions.csv"
OF_A_DAY = frozenset({"contribution.txt.j2", "opening.txt.j2", "closing.txt.j2"})
"""Templates of a day of contributions; all others are of a week."""
IGNORE = ".gitignore"
_IGNORED = """\
# What campaign-bot keeps here does not belong into version control: it is the record of one computer.
*.db
*.db-wal
*.db-shm
*.runner.lock
*credentials*
"""


@dataclass(frozen=True, kw_only=True)
class NewFolder:
    """What was written, as paths inside the folder; ``kept`` was there before and is left as it was."""

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...] = ()


def new_files(config_text: str, *, day: bool = False) -> dict[str, bytes]:
    """The content of a new campaign's folder, by path inside it: of a week, or of a day of contributions."""
    paths = [path for path in sorted(templates_dir().glob("*.j2")) if (path.name in OF_A_DAY) == day]
    templates = {f"{TEMPLATES}/{path.name}": path.read_bytes() for path in paths}
    sample = {DAY_SAMPLE: sample_contributions().read_bytes()} if day else {SAMPLE: sample_list().read_bytes()}
    own = {CONFIG: config_text.encode(), **sample, IGNORE: _IGNORED.encode()}
    return {CONFIG: own.pop(CONFIG), **templates, **own}


def set_up(folder: Path, files: dict[str, bytes]) -> NewFolder:
    """Write all the files or none. A ``.gitignore`` that is there stays; any other file that is there is an error.

    Raises UsageError with one problem for each file in the way, or when the folder cannot be written to.
    """
    in_the_way = [name for name in files if name != IGNORE and _is_taken(folder / name)]
    if in_the_way:
        raise UsageError(*_taken([folder / name for name in in_the_way]))
    wanted = {name: content for name, content in files.items() if not _is_taken(folder / name)}
    made: list[Path] = []
    try:
        for name, content in wanted.items():
            _write_new(folder / name, content, made)
    except OSError as error:
        _take_back(made)
        raise UsageError(
            Problem(
                what=f"The folder cannot be written to: {error.strerror or error}.",
                where=str(folder),
                remedy="Choose a folder of your own.",
            )
        ) from error
    return NewFolder(folder=folder, written=tuple(wanted), kept=tuple(name for name in files if name not in wanted))


def _is_taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _taken(paths: list[Path]) -> Iterator[Problem]:
    """One for each; the way out is the same for all, and stands once, at the end."""
    remedy = "Name another folder (campaign-bot init NEW_FOLDER), or move what is there away."
    for path in paths:
        what = "This is there already, and is never overwritten."
        yield Problem(what=what, where=str(path), remedy=remedy if path == paths[-1] else "")


def _write_new(path: Path, content: bytes, made: list[Path]) -> None:
    for folder in reversed([parent for parent in path.parents if not parent.exists()]):
        folder.mkdir()
        made.append(folder)
    with path.open("xb") as file:
        made.append(path)
        file.write(content)


def _take_back(made: list[Path]) -> None:
    """Undo in reverse; what resists stays, because the error that led here is the one to tell."""
    for path in reversed(made):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()

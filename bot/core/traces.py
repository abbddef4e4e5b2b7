"""Looking for names in files, byte by byte: the proof that what was erased is gone, and the list of what is left.

A name is looked for as it stands in the database, in composed and decomposed form, as JSON and as HTML write it, in
UTF-8, UTF-16 and Windows-1252, without regard to the case of plain letters; also inside zip containers, which is what
workbooks are. Other compressed files and pictures cannot be looked into.
"""

from __future__ import annotations

import html
import json
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SHORTEST = 4
"""Letters: shorter values would be found in any file."""
_LARGEST = 1 << 30
_IGNORED = {".git", ".venv", "venv", "node_modules", "__pycache__"}
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A file in which something was found: how many of the values. ``unread`` says why it could not be looked into."""

    path: Path
    values: int = 0
    unread: str = ""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What was looked through, and where something is left."""

    files: int
    values: int
    traces: tuple[Trace, ...] = ()


def needles_of(values: Iterable[str]) -> dict[str, frozenset[bytes]]:
    """The byte strings to look for, by value. Values that are too short to tell anything are left out."""
    return {value: frozenset(_forms(value)) for value in values if sum(map(str.isalnum, value)) >= SHORTEST}


def search(files: Iterable[Path], needles: Mapping[str, frozenset[bytes]]) -> Search:
    """Look through files. One that cannot be read is a trace with the reason."""
    found: list[Trace] = []
    number = 0
    for path in files:
        number += 1
        try:
            hits = _hits(path, needles)
        except (OSError, zipfile.BadZipFile) as error:
            found.append(Trace(path=path, unread=str(error)))
            continue
        if hits:
            found.append(Trace(path=path, values=hits))
    return Search(files=number, values=len(needles), traces=tuple(found))


def files_below(folder: Path) -> tuple[Path, ...]:
    """All files of a folder, without what version control and package managers keep there. Links are not followed."""
    return tuple(sorted(_walk(folder)))


def traces_in(texts: Iterable[tuple[str, str]], values: Iterable[str]) -> dict[str, int]:
    """For a server: how many texts of each table hold one of the values. ``texts`` are pairs of table and text."""
    wanted = [unicodedata.normalize("NFC", value).casefold() for value in values]
    found: dict[str, int] = {}
    for table, text in texts:
        plain = unicodedata.normalize("NFC", text).casefold()
        if any(value in plain for value in wanted):
            found[table] = found.get(table, 0) + 1
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink():
            continue
        if path.is_dir():
            if path.name not in _IGNORED:
                yield from _walk(path)
        elif path.is_file():
            yield path


def _forms(value: str) -> Iterator[bytes]:
    spellings = {unicodedata.normalize(form, value) for form in ("NFC", "NFD")}
    spellings |= {value.replace("\u2019", "'"), value.replace("'", "\u2019")}
    written = {json.dumps(one)[1:-1] for one in spellings} | {html.escape(one) for one in spellings}
    written |= {html.escape(one, quote=False) for one in spellings}
    for text in spellings | written:
        for encoding in _ENCODINGS:
            try:
                yield text.encode(encoding).lower()
            except UnicodeEncodeError:
                continue


def _hits(path: Path, needles: Mapping[str, frozenset[bytes]]) -> int:
    """How many of the values are in a file, which is read once."""
    found: set[str] = set()
    for content in _contents(path):
        found |= {value for value, forms in needles.items() if any(form in content for form in forms)}
    return len(found)


def _contents(path: Path) -> Iterator[bytes]:
    """The bytes of a file, plain letters in lower case, and those of the members of a zip container."""
    if path.stat().st_size > _LARGEST:
        raise OSError(f"larger than {_LARGEST >> 30} GB")
    content = path.read_bytes()
    yield content.lower()
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.file_size <= _LARGEST:
                    yield archive.read(member).lower()

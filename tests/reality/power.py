"""What a disk may hold after a power cut: the log of a run's writes, played back with what was not synced left out.

The model is strict: until a file is synced any of its writes may be lost, whole or by sectors of 512 bytes, in any
order, and until its folder is synced its coming and going may be lost too. The log of requests stands in between.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from tests.reality.jobs import DATABASE

CALLS = "openat,pwrite64,ftruncate,fsync,fdatasync,unlink,sendto"
OPTIONS = ("-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}")
SECTOR = 512
FILES = ("", "-wal")
"""The database and its log. The third file (-shm) is memory: it is made anew whenever nobody has the database open."""

_HEX = r"(?:\\x[0-9a-f]{2})*"
_CALL = re.compile(rf"^\d+ +(?P<call>\w+)\((?P<rest>.*)\) += (?P<result>-?\d+)(?:<(?P<opened>{_HEX})>)?")
_ON_FILE = re.compile(rf"^\d+<(?P<path>{_HEX})>")
_TEXT = re.compile(rf'"(?P<text>{_HEX})"')
_NUMBER_LAST = re.compile(r", (?P<number>\d+)$")


class Kind(Enum):
    """What was done."""

    CREATE = auto()
    WRITE = auto()
    TRUNCATE = auto()
    SYNC = auto()
    SYNC_FOLDER = auto()
    REMOVE = auto()
    POST = auto()


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One step of the log. ``place`` is the offset of a write, or the new length of a file."""

    kind: Kind
    file: str = ""
    place: int = 0
    data: bytes = b""


def deeds_of(log: Path, folder: Path) -> Iterator[Deed]:
    """The log of strace, as far as it is about the database of a folder or about requests to post."""
    for line in _whole_lines(log.read_text("latin-1").splitlines()):
        match = _CALL.match(line)
        if match is not None and int(match["result"]) >= 0:
            yield from _deed(match, folder)


def _whole_lines(lines: Iterable[str]) -> Iterator[str]:
    """A call during which another thread spoke stands in two lines."""
    begun: dict[str, str] = {}
    for line in lines:
        thread = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>").rstrip()
        elif " resumed>" in line and thread in begun:
            yield begun.pop(thread) + line.split(" resumed>", 1)[1]
        else:
            yield line


def _deed(match: re.Match[str], folder: Path) -> Iterator[Deed]:
    call, rest = match["call"], match["rest"]
    if call == "sendto":
        if _plain(_TEXT.search(rest)).startswith(b"POST /2/tweets "):
            yield Deed(kind=Kind.POST)
        return
    on = _ON_FILE.match(rest)
    path = Path(_text(on["path"] if on else _TEXT.search(rest)["text"]))  # type: ignore[index]  # strace wrote it
    if path == folder:
        if call in {"fsync", "fdatasync"}:
            yield Deed(kind=Kind.SYNC_FOLDER)
        return
    suffix = path.name.removeprefix(DATABASE)
    if path.parent != folder or not path.name.startswith(DATABASE) or suffix not in FILES:
        return
    yield from _deed_on(call, suffix, rest)


def _deed_on(call: str, suffix: str, rest: str) -> Iterator[Deed]:
    number = _NUMBER_LAST.search(rest)
    place = int(number["number"]) if number else 0
    match call:
        case "openat" if "O_CREAT" in rest:
            yield Deed(kind=Kind.CREATE, file=suffix)
        case "pwrite64":
            yield Deed(kind=Kind.WRITE, file=suffix, place=place, data=_plain(_TEXT.search(rest)))
        case "ftruncate":
            yield Deed(kind=Kind.TRUNCATE, file=suffix, place=place)
        case "fsync" | "fdatasync":
            yield Deed(kind=Kind.SYNC, file=suffix)
        case "unlink":
            yield Deed(kind=Kind.REMOVE, file=suffix)


def _plain(match: re.Match[str] | None) -> bytes:
    return bytes.fromhex(match["text"].replace("\\x", "")) if match else b""


def _text(escaped: str) -> str:
    return bytes.fromhex(escaped.replace("\\x", "")).decode()


State = dict[str, bytes]


@dataclass(kw_only=True)
class Disk:
    """What is safe, and what is only promised. ``posts`` counts the requests to post that have begun."""

    safe: State
    listed: set[str]
    waiting: list[Deed] = field(default_factory=list)
    posts: int = 0

    def take(self, deed: Deed) -> None:
        """The next step of the log."""
        match deed.kind:
            case Kind.POST:
                self.posts += 1
            case Kind.SYNC:
                self.safe[deed.file] = _applied(self.safe.get(deed.file, b""), self._writes(deed.file))
                self.waiting = [each for each in self.waiting if each.file != deed.file or each.kind in _NAMES]
            case Kind.SYNC_FOLDER:
                for each in self.waiting:
                    self._list(each)
                self.waiting = [each for each in self.waiting if each.kind not in _NAMES]
            case _:
                self.waiting.append(deed)

    def after_cut(self, keep: Sequence[Deed]) -> State:
        """What is found when only these of the waiting deeds have reached the disk."""
        listed = set(self.listed)
        for deed in keep:
            if deed.kind is Kind.CREATE:
                listed.add(deed.file)
            elif deed.kind is Kind.REMOVE:
                listed.discard(deed.file)
        return {
            file: _applied(self.safe.get(file, b""), [deed for deed in keep if deed.file == file]) for file in listed
        }

    def _writes(self, file: str) -> list[Deed]:
        return [deed for deed in self.waiting if deed.file == file]

    def _list(self, deed: Deed) -> None:
        if deed.kind is Kind.CREATE:
            self.listed.add(deed.file)
        elif deed.kind is Kind.REMOVE:
            self.listed.discard(deed.file)
            self.safe.pop(deed.file, None)


_NAMES = {Kind.CREATE, Kind.REMOVE}


def _applied(content: bytes, deeds: Iterable[Deed]) -> bytes:
    image = bytearray(content)
    for deed in deeds:
        if deed.kind is Kind.WRITE:
            if len(image) < deed.place:
                image.extend(bytes(deed.place - len(image)))
            image[deed.place : deed.place + len(deed.data)] = deed.data
        elif deed.kind is Kind.TRUNCATE:
            del image[deed.place :]
            image.extend(bytes(deed.place - len(image)))
    return bytes(image)


def cuts(start: bytes, deeds: Sequence[Deed], *, each: int, seed: int) -> Iterator[tuple[int, int, State]]:
    """After each step: its number, the requests that have begun, and what may be on the disk. None, all, and ``each``
    random choices of what was not safe, half of them torn into sectors; every state once for each number of requests.
    """
    dice = random.Random(seed)  # noqa: S311 - it has to be repeatable
    disk = Disk(safe={"": start}, listed={""})
    seen: set[tuple[int, int]] = set()
    for step, deed in enumerate(deeds):
        disk.take(deed)
        choices: list[Sequence[Deed]] = [(), disk.waiting]
        if disk.waiting:
            choices += [_some(disk.waiting, dice, torn=number % 2 == 1) for number in range(each)]
        for choice in choices:
            state = disk.after_cut(choice)
            key = disk.posts, hash(tuple(sorted(state.items())))
            if key not in seen:
                seen.add(key)
                yield step, disk.posts, state


def _some(waiting: Sequence[Deed], dice: random.Random, *, torn: bool) -> list[Deed]:
    share = dice.choice((0.2, 0.5, 0.8))
    parts = [part for deed in waiting for part in (_sectors(deed) if torn else (deed,))]
    return [part for part in parts if dice.random() < share]


def _sectors(deed: Deed) -> Iterator[Deed]:
    if deed.kind is not Kind.WRITE:
        yield deed
        return
    begin, end = deed.place, deed.place + len(deed.data)
    while begin < end:
        stop = min(end, (begin // SECTOR + 1) * SECTOR)
        yield Deed(kind=deed.kind, file=deed.file, place=begin, data=deed.data[begin - deed.place : stop - deed.place])
        begin = stop


def found_after(state: State, folder: Path) -> tuple[str, int]:
    """Open what is left: the word of the integrity check, and how many intents are remembered."""
    for suffix in (*FILES, "-shm"):
        path = folder / f"{DATABASE}{suffix}"
        path.unlink(missing_ok=True)
        if suffix in state:
            path.write_bytes(state[suffix])
    try:
        with closing(sqlite3.connect(folder / DATABASE)) as connection:
            (word,) = connection.execute("PRAGMA integrity_check").fetchone()
            (intents,) = connection.execute("SELECT count(*) FROM attempts").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error), 0
    return word, intents

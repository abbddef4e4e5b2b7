"""The record of what was tried: one line of JSON for each piece of work, and the table in docs/proof.md made from it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "build" / "torture.jsonl"
REALITY = ROOT / "build" / "reality.jsonl"
"""What the suites with real processes, sockets and disks write, when CAMPAIGN_BOT_PROOF names it."""
PROOF = ROOT / "docs" / "proof.md"
BEGIN, END = "<!-- torture: begin, generated -->", "<!-- torture: end -->"
SUITES = {
    "T1": "one crash, two faults",
    "T2": "two crashes, one fault",
    "T3": "a runner stands still while another works",
    "T4": "whole campaigns by seed",
    "T13": "seeded bugs that were caught",
}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One piece of work: seeds ``first`` to ``last`` of T4, or one branch of an enumeration (its number in both).

    ``name`` is that of a seeded bug that was caught (T13). ``whole`` is false when only a share of a branch was tried.
    """

    suite: str
    first: int
    last: int
    commit: str
    cases: int
    failures: tuple[str, ...] = ()
    name: str = ""
    whole: bool = True


def commit() -> str:
    """The commit at hand; with a plus when the tree differs from it."""
    head = _git("rev-parse", "--short", "HEAD") or "unknown"
    return f"{head}+" if _git("status", "--porcelain", "--", "bot", "tests", "migrations") else head


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False, text=True)
    return done.stdout.strip()


def read() -> list[Piece]:
    """Everything on record; nothing when there is no record."""
    if not RECORD.exists():
        return []
    lines = RECORD.read_text("utf-8").splitlines()
    return [_piece(json.loads(line)) for line in lines if line]


def _piece(stored: dict[str, Any]) -> Piece:
    """What older versions wrote besides is passed over."""
    known = {name: stored[name] for name in Piece.__dataclass_fields__ if name in stored}
    return Piece(**{**known, "failures": tuple(stored["failures"])})


def add(piece: Piece) -> None:
    """One more line."""
    RECORD.parent.mkdir(exist_ok=True)
    with RECORD.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(piece)) + "\n")


def latest(pieces: Iterable[Piece]) -> list[Piece]:
    """Each piece of work once for each commit: the larger one, else the later one."""
    kept: dict[tuple[object, ...], Piece] = {}
    for piece in pieces:
        key = (piece.suite, piece.commit, piece.first, piece.last, piece.name)
        if key not in kept or piece.cases >= kept[key].cases:
            kept[key] = piece
    return list(kept.values())


def table(pieces: Iterable[Piece], reality: Iterable[Mapping[str, Any]] = ()) -> str:
    """What was tried, by suite and commit, as a table in Markdown."""
    key = attrgetter("suite", "commit")
    rows = [_row(list(group)) for _, group in groupby(sorted(latest(pieces), key=key), key=key)]
    real = sorted(latest_real(reality), key=_of_real)
    rows += [_real_row(list(group)) for _, group in groupby(real, key=_of_real)]
    head = ["| suite | commit | cases | seeds or branches | broken promises |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def _of_real(line: Mapping[str, Any]) -> tuple[str, str]:
    return line["suite"], line["commit"]


def _real_row(lines: Sequence[Mapping[str, Any]]) -> str:
    (suite, at), seeds = _of_real(lines[0]), sorted({seed for line in lines for seed in line["seeds"]})
    cases, failures = (sum(line[key] for line in lines) for key in ("cases", "failures"))
    return f"| {suite} | {at} | {cases:,} | {_joined((seed, seed) for seed in seeds) or '–'} | {failures} |"


def latest_real(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each suite once for each commit and the seed that it begins with: the larger dose, else the later one."""
    kept: dict[tuple[object, ...], Mapping[str, Any]] = {}
    for line in lines:
        key = (line["suite"], line["commit"], *line["seeds"][:1])
        if key not in kept or line["cases"] >= kept[key]["cases"]:
            kept[key] = line
    return list(kept.values())


def read_reality() -> list[dict[str, Any]]:
    """What the suites in the real world have written, if they have."""
    if not REALITY.exists():
        return []
    return [json.loads(line) for line in REALITY.read_text("utf-8").splitlines() if line]


ENOUGH = {"crashes and freezes": (("T1", "T2", "T3"), 11_000), "campaigns by seed": (("T4",), 2_000)}
"""What CI has to have tried at the commit at hand."""


def lacking(pieces: Iterable[Piece], at: str) -> list[str]:
    """What is missing for ENOUGH at a commit, or failed."""
    here = [piece for piece in latest(pieces) if piece.commit == at]
    found = [f"{piece.suite}:{piece.first}: {failure}" for piece in here for failure in piece.failures]
    for what, (suites, wanted) in ENOUGH.items():
        tried = sum(piece.cases for piece in here if piece.suite in suites)
        if tried < wanted:
            found.append(f"{what}: {tried:,} of {wanted:,}")
    return found


REAL_ENOUGH = {
    "T6 kill -9, post with a picture": 500,
    "T6 kill -9, post, its answer lost": 500,
    "T6 kill -9, thread": 600,
    "T6 kill -9, upgrade": 1_000,
    "T6 kill -9, backup": 300,
    "T6 kill -9, restore": 200,
    "T6 kill -9, load": 500,
    "T7": 200,
    "T8 power cut": 5_000,
    "T8 teeth": 2,
    "T9": 24 * 4,
    "T10": 3,
    "T11 clock": 12 * 5,
    "T11 zones": 20 * 2,
    "T12 server": 300,
    "T12 old copy": 2,
    "T12 frozen transaction": 1,
    "T12 loss": 2,
}
"""What CI has to have tried with real processes, sockets and disks: cases of all suites whose names begin so."""


def lacking_real(lines: Iterable[Mapping[str, Any]], at: str, beyond: Sequence[str] = ()) -> list[str]:
    """What is missing for REAL_ENOUGH at a commit, or failed; but for the suites that are ``beyond`` this machine."""
    here = [line for line in latest_real(lines) if line["commit"] == at]
    found = [f"{line['suite']}: cases that failed: {line['failures']}" for line in here if line["failures"]]
    for what, wanted in REAL_ENOUGH.items():
        tried = sum(line["cases"] for line in here if line["suite"].startswith(what))
        if tried < wanted and not what.startswith(tuple(beyond)):
            found.append(f"{what}: {tried:,} of {wanted:,}")
    return found


def _row(pieces: Sequence[Piece]) -> str:
    suite, at = pieces[0].suite, pieces[0].commit
    cases = sum(piece.cases for piece in pieces)
    failures = sum(len(piece.failures) for piece in pieces)
    named = f"{suite}: {SUITES[suite]}"
    where = "–" if suite == "T13" else _ranges(pieces)
    return f"| {named} | {at} | {cases:,} | {where} | {failures} |"


MOST_RANGES = 6
"""Of more than so many, only the number and the bounds are shown; the record has them all."""


def _ranges(pieces: Sequence[Piece]) -> str:
    return _joined((piece.first, piece.last) for piece in pieces)


def _joined(ranges: Iterable[tuple[int, int]]) -> str:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(set(ranges)):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    if len(merged) > MOST_RANGES:
        number = sum(last - first + 1 for first, last in merged)
        return f"{number} between {merged[0][0]} and {merged[-1][1]}"
    return ", ".join(f"{first} to {last}" if first != last else str(first) for first, last in merged)


def write_proof() -> None:
    """Put the table where docs/proof.md keeps a place for it."""
    text = PROOF.read_text("utf-8") if PROOF.exists() else f"# Proof\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    PROOF.write_text(f"{before}{BEGIN}\n\n{table(read(), read_reality())}\n\n{END}{after}", "utf-8")

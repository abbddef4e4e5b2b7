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
    real = {(line["suite"], line["commit"]): line for line in reality}
    rows += [_real_row(line) for _, line in sorted(real.items())]
    head = ["| suite | commit | cases | seeds or branches | broken promises |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def _real_row(line: Mapping[str, Any]) -> str:
    seeds = ", ".join(str(seed) for seed in line["seeds"]) or "–"
    return f"| {line['suite']} | {line['commit']} | {line['cases']:,} | {seeds} | {line['failures']} |"


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
    merged: list[tuple[int, int]] = []
    for first, last in sorted({(piece.first, piece.last) for piece in pieces}):
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

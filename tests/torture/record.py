"""The record of what was tried: one line of JSON for each piece of work, and the table in docs/proof.md made from it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "build" / "torture.jsonl"
PROOF = ROOT / "docs" / "proof.md"
BEGIN, END = "<!-- torture: begin, generated -->", "<!-- torture: end -->"
SUITES = {
    "T1": "one crash, two faults",
    "T2": "two crashes, one fault",
    "T3": "a runner stands still while another works",
    "T4": "whole campaigns by seed",
}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One piece of work: seeds ``first`` to ``last`` of T4, or one branch of an enumeration (its number in both).

    ``beyond`` counts broken promises outside the stated limits, which are no failures.
    """

    suite: str
    first: int
    last: int
    commit: str
    cases: int
    failures: tuple[str, ...] = ()
    beyond: int = 0


def commit() -> str:
    """The commit at hand; with a plus when the tree differs from it."""
    head = _git("rev-parse", "--short", "HEAD") or "unknown"
    return f"{head}+" if _git("status", "--porcelain", "--", "bot", "tests/torture") else head


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False, text=True)
    return done.stdout.strip()


def read() -> list[Piece]:
    """Everything on record; nothing when there is no record."""
    if not RECORD.exists():
        return []
    lines = RECORD.read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines if line]
    return [Piece(**{**piece, "failures": tuple(piece["failures"])}) for piece in found]


def add(piece: Piece) -> None:
    """One more line."""
    RECORD.parent.mkdir(exist_ok=True)
    with RECORD.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(piece)) + "\n")


def table(pieces: Iterable[Piece]) -> str:
    """What was tried, by suite and commit, as a table in Markdown."""
    key = attrgetter("suite", "commit")
    rows = [_row(list(group)) for _, group in groupby(sorted(pieces, key=key), key=key)]
    head = ["| suite | commit | cases | seeds or branches | broken promises | beyond the stated limits |"]
    return "\n".join([*head, "| --- | --- | --- | --- | --- | --- |", *rows])


def _row(pieces: Sequence[Piece]) -> str:
    suite, at = pieces[0].suite, pieces[0].commit
    cases = sum(piece.cases for piece in pieces)
    failures = sum(len(piece.failures) for piece in pieces)
    beyond = sum(piece.beyond for piece in pieces)
    named = f"{suite}: {SUITES[suite]}"
    return f"| {named} | {at} | {cases:,} | {_ranges(pieces)} | {failures} | {beyond} |"


def _ranges(pieces: Sequence[Piece]) -> str:
    merged: list[tuple[int, int]] = []
    for first, last in sorted({(piece.first, piece.last) for piece in pieces}):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return ", ".join(f"{first} to {last}" if first != last else str(first) for first, last in merged)


def write_proof() -> None:
    """Put the table where docs/proof.md keeps a place for it."""
    text = PROOF.read_text("utf-8") if PROOF.exists() else f"# Proof\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    PROOF.write_text(f"{before}{BEGIN}\n\n{table(read())}\n\n{END}{after}", "utf-8")

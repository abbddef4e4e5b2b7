"""The benchmarks run; what they measure is for `make bench` to judge, never for a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(sys.platform == "win32", reason="they read what a child took by wait4(2)")
@pytest.mark.parametrize(("measure", "rows"), [("help", 1), ("planning", 2)])
def test_a_quick_run_prints_a_row_for_each_measure_and_judges_nothing(measure: str, rows: int) -> None:
    words = [sys.executable, "-m", "benchmarks", "--quick", "--only", measure]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    table = [line for line in said.splitlines() if line.startswith("|")]
    assert len(table) == 2 + rows
    assert all(line.count("|") == 5 for line in table)

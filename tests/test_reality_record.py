"""The record of the suites with real processes: what CI asks of it, and how it stands in docs/proof.md."""

from __future__ import annotations

from typing import Any

from tests.torture import record


def a_line(suite: str, cases: int, **more: Any) -> dict[str, Any]:
    return {"suite": suite, "cases": cases, "failures": 0, "seeds": [], "commit": "a", **more}


ENOUGH = [a_line(f"{suite} of a kind", wanted) for suite, wanted in record.REAL_ENOUGH.items()]


def test_each_suite_is_asked_for_at_the_commit_at_hand() -> None:
    assert record.lacking_real(ENOUGH, "a") == []
    assert len(record.lacking_real(ENOUGH, "b")) == len(record.REAL_ENOUGH)
    (missing,) = record.lacking_real([line for line in ENOUGH if not line["suite"].startswith("T9")], "a")
    assert missing == "T9: 0 of 96"


def test_a_case_that_failed_is_not_made_good_by_the_others() -> None:
    assert record.lacking_real([*ENOUGH, a_line("T9 wire", 300, failures=1)], "a") == ["T9 wire: cases that failed: 1"]


def test_what_a_machine_cannot_run_is_not_asked_of_it() -> None:
    here = [line for line in ENOUGH if line["suite"][:3] not in {"T6 ", "T7 "}]
    assert record.lacking_real(here, "a", ("T6", "T7")) == []
    assert len(record.lacking_real(here, "a", ("T6",))) == 1


def test_the_larger_dose_of_a_suite_counts_and_its_seeds_add_up() -> None:
    small, large = a_line("T9 wire", 5), a_line("T9 wire", 31)
    rounds = [
        a_line("T10 soak", 3, seeds=[1, 2, 3]),
        a_line("T10 soak", 1, seeds=[1]),
        a_line("T10 soak", 1, seeds=[4]),
    ]
    shown = record.table([], [large, small, *rounds])
    assert "| T9 wire | a | 31 | – | 0 |" in shown
    assert "| T10 soak | a | 4 | 1 to 4 | 0 |" in shown

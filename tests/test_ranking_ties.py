"""What is a tie, what is a mistake, and what is only worth a look."""

from __future__ import annotations

import pytest

from bot.ranking.cells import rank
from bot.ranking.sheet import ListRow
from bot.ranking.ties import Ranked, settle


def ranked(*cells: str) -> Ranked:
    """Settle rows given as "rank" or "rank/count"; row numbers begin at 2."""
    rows = []
    for number, cell in enumerate(cells, start=2):
        text, _, count = cell.partition("/")
        read = rank(text)
        rows.append(
            ListRow(
                row=number,
                rank=read.number,
                tied=read.marked,
                name=f"Ann {number}",
                organisation="Acorn",
                count=int(count) if count else None,
            )
        )
    return settle(rows, lambda row: f"row {row}")


TIES = {
    "marked before": (["1", "=2", "=2", "4"], [2]),
    "marked behind": (["1", "2=", "2=", "4"], [2]),
    "in words": (["1", "joint 2", "tied 2", "4"], [2]),
    "equal counts and the next rank skipped": (["1/9", "2/7", "2/7", "4/5"], [2]),
    "one mark and equal counts": (["=1/9", "1/9", "3/5"], [1]),
    "three at the end": (["1/9", "2/3", "2/3", "2/3"], [2]),
    "counted down": (["4/5", "2/7", "2/7", "1/9"], [2]),
    "none": (["1", "2", "3"], []),
}


@pytest.mark.parametrize(("cells", "tied"), TIES.values(), ids=TIES.keys())
def test_a_tie_is_recognised(cells: list[str], tied: list[int]) -> None:
    result = ranked(*cells)
    assert result.problems == ()
    assert sorted({row.rank for row in result.rows if row.tied}) == tied
    assert all(row.tied == (row.rank in tied) for row in result.rows)


MISTAKES = {
    "no counts": (["1", "2", "2"], "Rank 2 stands in rows 3 and 4, and without counts nothing says that it is a tie."),
    "different counts": (["1/9", "1/8"], "Rank 1 stands in rows 2 and 3, but their counts differ."),
    "next rank not skipped": (["1/9", "1/9", "2/5"], "but rank 2 comes next instead of 3."),
    "one mark only": (["=1/9", "1/8"], "Rank 1 stands in rows 2 and 3, but their counts differ."),
    "mark alone": (["1", "=2", "3"], "Rank 2 is marked as shared, but no other row has it."),
    "many": (["5"] * 9, "Rank 5 stands in rows 2, 3, 4, 5, 6, 7 and 3 more"),
}


@pytest.mark.parametrize(("cells", "what"), MISTAKES.values(), ids=MISTAKES.keys())
def test_any_other_repeated_rank_is_an_error(cells: list[str], what: str) -> None:
    (problem,) = ranked(*cells).problems
    assert what in problem.what
    assert problem.remedy
    assert problem.where.startswith("row ")


NOTES = {
    "a rank is missing": (["1", "2", "4"], "No row has rank 3. Ranks stay as they are."),
    "several are missing": (["3", "6", "7"], "No row has rank 1 to 2, 4 to 5. Ranks stay as they are."),
    "dense after a marked tie": (["=1", "=1", "2"], "Rank 2 comes after a tie where rank 3 is usual."),
    "counts against the order": (["1/5", "2/9"], "A better rank has a lower count: see row 3."),
    "marked against the counts": (["=1/5", "=1/4"], "Rank 1 is marked as shared though the counts differ."),
}


@pytest.mark.parametrize(("cells", "note"), NOTES.values(), ids=NOTES.keys())
def test_what_is_unusual_is_noted_and_never_renumbered(cells: list[str], note: str) -> None:
    result = ranked(*cells)
    assert result.problems == ()
    assert any(given.startswith(note) for given in result.notes)
    assert [row.rank for row in result.rows] == [rank(cell.partition("/")[0]).number for cell in cells]


def test_a_gap_after_a_tie_is_right() -> None:
    assert ranked("1", "=2", "=2", "=2", "5").notes == ()

"""Who is who from one load to the next."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.errors import ExitCode, ListError, ListQuestionError
from bot.model import Ranking
from bot.ranking import ChangeKind, ListRow, describe, describe_changes, match, questions


def rows(*people: str) -> tuple[ListRow, ...]:
    """Make rows of "name/organisation" or "name/organisation/id", ranked from 1; row numbers begin at 2."""
    made = []
    for rank, person in enumerate(people, start=1):
        name, organisation, *own = person.split("/")
        source_id = own[0] if own else None
        made.append(
            ListRow(row=rank + 1, rank=rank, name=name, organisation=organisation, source_id=source_id, count=9)
        )
    return tuple(made)


def ranking(*people: str, before: Ranking | None = None, answers: Mapping[int, str | None] | None = None) -> Ranking:
    return match(before or Ranking(), rows(*people), answers or {}).ranking


def ids(listing: Ranking) -> list[str]:
    return [worker.worker_id for worker in listing.workers]


def test_an_id_is_made_of_name_and_organisation_and_does_not_change() -> None:
    first = ranking("Siân Pell/Acorn", "Bo Tarn/Oak")
    assert ids(first) == ids(ranking("SIAN PELL/acorn", "Bo Tarn/Oak"))
    assert all(len(one) == 10 and int(one, 16) >= 0 for one in ids(first))
    assert ids(ranking("Bo Tarn/Oak", "Siân Pell/Acorn", before=first)) == ids(first)[::-1]


def test_the_same_list_again_changes_nothing() -> None:
    before = ranking("Ann Pell/Acorn", "Bo Tarn/Oak")
    again = match(before, rows("Ann Pell/Acorn", "Bo Tarn/Oak"), {})
    assert again.ranking == before
    assert again.changes == ()


def test_with_an_id_column_a_rename_is_a_rename() -> None:
    before = ranking("Ann Pell/Acorn/A 7", "Bo Tarn/Oak/8")
    after = match(before, rows("Ann Tarn/Oak/a-7", "Bo Tarn/Oak/8"), {})
    assert ids(after.ranking) == ids(before) == ["id:a-7", "id:8"]
    assert [change.kind for change in after.changes] == [ChangeKind.RENAMED, ChangeKind.MOVED_ORGANISATION]


def test_an_id_column_that_comes_later_finds_the_people() -> None:
    before = ranking("Ann Pell/Acorn")
    assert ids(ranking("Ann Pell/Acorn/7", before=before)) == ids(before)


def test_ids_that_wandered_to_other_people_are_asked() -> None:
    before = ranking("Ann Pell/Acorn/7", "Bo Tarn/Oak/8")
    asked = questions(before, rows("Ann Pell/Acorn/8", "Bo Tarn/Oak/7"), {})
    assert [question.row.row for question in asked] == [2, 3]
    assert [worker.name for worker in asked[0].candidates] == ["Ann Pell", "Bo Tarn"]


def test_two_ids_are_two_people_however_alike_their_names() -> None:
    before = ranking("Ann Pell/Acorn/7")
    assert ids(ranking("Ann Pelle/Acorn/9", before=before)) == ["id:9"]


DOUBTFUL = {
    "a slip of the pen": "Ann Pelll/Acorn",
    "a wedding": "Ann Tarn-Pell/Acorn",
    "another surname": "Ann Moor/Acorn",
    "another organisation": "Ann Pell/Oak",
    "both parts slipped": "Anne Pel/Acorn",
}


@pytest.mark.parametrize("person", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_a_doubtful_match_is_asked_and_never_guessed(person: str) -> None:
    before = ranking("Ann Pell/Acorn")
    with pytest.raises(ListQuestionError) as caught:
        match(before, rows(person), {})
    (problem,) = caught.value.problems
    assert problem.where == "row 2"
    assert f"may be Ann Pell of Acorn ({ids(before)[0]})" in problem.what
    assert caught.value.exit_code is ExitCode.PERSON_NEEDED


def test_the_answer_settles_who_it_is() -> None:
    before = ranking("Ann Pell/Acorn")
    same = match(before, rows("Ann Moor/Acorn"), {2: ids(before)[0]})
    assert ids(same.ranking) == ids(before)
    assert describe_changes(same.changes) == ("~ Ann Moor: was Ann Pell (the same person)",)
    new = match(before, rows("Ann Moor/Acorn"), {2: None})
    assert ids(new.ranking) != ids(before)
    assert describe_changes(new.changes) == ("+ Ann Moor", "- Ann Pell")


def test_somebody_else_is_simply_new() -> None:
    before = ranking("Ann Pell/Acorn", "Bo Tarn/Oak")
    after = match(before, rows("Ann Pell/Acorn", "Cy Moor/Elm"), {})
    assert describe_changes(after.changes) == ("+ Cy Moor", "- Bo Tarn")


def test_a_name_that_is_free_again_does_not_get_the_id_of_who_left_it() -> None:
    before = ranking("Ann Pell/Acorn")
    renamed = ranking("Ann Moor/Acorn", before=before, answers={2: ids(before)[0]})
    both = ranking("Ann Moor/Acorn", "Ann Pell/Acorn", before=renamed)
    assert ids(both)[0] == ids(before)[0]
    assert ids(both)[1] != ids(before)[0]
    assert ids(both)[1].startswith(ids(before)[0])


@pytest.mark.parametrize(
    ("answers", "message"),
    [({9: None}, "no such row"), ({2: "0000000000"}, "Nobody on the list before"), ({2: "{0}", 3: "{0}"}, "twice")],
)
def test_an_answer_that_cannot_be_is_refused(answers: dict[int, str | None], message: str) -> None:
    before = ranking("Ann Pell/Acorn")
    given = {row: answer and answer.format(ids(before)[0]) for row, answer in answers.items()}
    with pytest.raises(ListError, match=message):
        match(before, rows("Ann Moor/Acorn", "Ann Hill/Acorn"), given)


def test_organisations_come_by_their_best_worker_with_the_sum_of_counts() -> None:
    listing = ranking("Ann Pell/Acorn Ltd", "Bo Tarn/Oak", "Cy Moor/ACORN  Limited")
    assert [(one.name, one.count) for one in listing.organisations] == [("Acorn Ltd", 18), ("Oak", 9)]
    assert listing.organisations[0].worker_ids == (ids(listing)[0], ids(listing)[2])
    assert listing.workers[2].organisation == "Acorn Ltd"


def test_an_organisation_with_its_spelling_corrected_keeps_its_id() -> None:
    before = ranking("Ann Pell/Riverside Trsut", "Bo Tarn/Oak")
    after = ranking("Ann Pell/Riverside Trust", "Bo Tarn/Oak", before=before, answers={2: ids(before)[0]})
    old, new = before.organisations[0], after.organisations[0]
    assert (new.organisation_id, new.name) == (old.organisation_id, "Riverside Trust")


def test_somebody_who_moves_does_not_take_the_organisation_along() -> None:
    before = ranking("Ann Pell/Acorn", "Bo Tarn/Oak")
    after = ranking("Ann Pell/Elm Homes", "Bo Tarn/Oak", before=before, answers={2: ids(before)[0]})
    assert after.organisations[0].organisation_id != before.organisations[0].organisation_id


def test_changes_are_told_line_by_line() -> None:
    before = ranking("Ann Pell/Acorn", "Bo Tarn/Oak")
    after = match(before, rows("Bo Tarn/Oak", "Ann Pell/Acorn"), {})
    assert describe_changes(after.changes) == ("~ Bo Tarn: rank 2nd -> 1st", "~ Ann Pell: rank 1st -> 2nd")
    assert describe(after.ranking)[0] == ("1st", "Bo Tarn", "Oak", "9", "")


def test_two_long_lists_of_strangers_are_told_apart_without_comparing_all() -> None:
    before = ranking(*(f"Ann{number}x Pell{number}/Acorn" for number in range(3000)))
    after = ranking(*(f"Zed{number}y Moor{number}/Acorn" for number in range(3000)), before=before)
    assert not set(ids(before)) & set(ids(after))

from hypothesis import given
from hypothesis import strategies as st

from bot.wordings import Turn, choose_wordings


def test_no_wording_comes_again_before_all_others_have_been_seen() -> None:
    chosen = choose_wordings([Turn(subject_id=f"s{number}") for number in range(20)], 7)
    for start in range(14):
        assert len(set(chosen[start : start + 7])) == 7


def test_a_new_post_takes_neither_wording_of_its_neighbours() -> None:
    turns = [Turn(subject_id="a", kept=0), Turn(subject_id="new"), Turn(subject_id="b", kept=1)]
    assert choose_wordings(turns, 3)[1] == 2


def test_two_campaigns_do_not_run_in_the_same_order() -> None:
    one = choose_wordings([Turn(subject_id=f"one-{number}") for number in range(8)], 8)
    other = choose_wordings([Turn(subject_id=f"other-{number}") for number in range(8)], 8)
    assert one != other


def test_a_wording_that_is_gone_is_chosen_again() -> None:
    assert choose_wordings([Turn(subject_id="a", kept=9)], 1) == (0,)


@given(st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=30), st.integers(1, 5))
def test_what_is_planned_keeps_its_wording_and_choosing_is_stable(kept: list[int | None], count: int) -> None:
    turns = [Turn(subject_id=str(number), kept=wording) for number, wording in enumerate(kept)]
    chosen = choose_wordings(turns, count)
    assert all(0 <= wording < count for wording in chosen)
    assert all(turn.kept in (None, got) or turn.kept >= count for turn, got in zip(turns, chosen, strict=True))
    again = [Turn(subject_id=turn.subject_id, kept=got) for turn, got in zip(turns, chosen, strict=True)]
    assert choose_wordings(again, count) == chosen

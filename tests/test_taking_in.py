"""Contributions come in: from messy files, once, and known again when they change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.contribution import Contribution, Moderation, Submission
from bot.core.moderating import submitted
from bot.core.taking_in import Intake, compare, with_pictures
from bot.errors import ListError, UsageError
from bot.ranking.cells import CellError
from bot.ranking.contributions import agrees, consent_of, covers_photo, read_contributions, text_of, time_of
from bot.sentences import in_parts
from tests.days import ANN, FORTY, HEADINGS, a_day, approve_clean, take_in, written
from tests.workbook_files import write_xlsx

TIMES = (
    ("any time", ""), ("", ""), ("-", ""), ("9.30", "09:30"), ("9:30 am", "09:30"), ("12am", "00:00"), ("12 pm", "12:00"),
    ("09:30:00", "09:30"), ("Mon 9am", "Mon 09:00"), ("monday 09:30", "Mon 09:30"), ("2027-03-08 09:30", "2027-03-08 09:30"),
    ("8/3/2027 9:30", "2027-03-08 09:30"), ("0.395833333333", "09:30"),
)  # fmt: skip
CONSENTS = (
    ("yes", True, True), ("Yes, by e-mail on 3 March", True, True), ("name only", True, False), ("name, photo", True, True),
    ("✓", True, True), ("TRUE", True, True), ("no", False, False), ("", False, False), ("not yet", False, False),
)  # fmt: skip


def one(text: str = "Hello there.", name: str = "Ana", **fields: str) -> Submission:
    return Submission(text=text, name=name, where="row 2", **fields)  # type: ignore[arg-type]  # all are texts


def first(*submissions: Submission) -> tuple[Contribution, ...]:
    return compare((), submissions).added


def codes(intake: Intake) -> tuple[list[str], list[str], list[str], list[str]]:
    groups = (intake.added, intake.changed, intake.same, intake.missing)
    added, changed, same, missing = ([found.code for found in group] for group in groups)
    return added, changed, same, missing


@pytest.mark.parametrize(("written_as", "meant"), TIMES)
def test_a_time_is_understood_as_people_write_it(written_as: str, meant: str) -> None:
    assert time_of(written_as) == meant


@pytest.mark.parametrize("text", ["lunch", "9", "25:00", "Mon", "Blursday 09:00", "2027-02-30 09:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="is not a time"):
        time_of(text)


@pytest.mark.parametrize(("cell", "yes", "photo"), CONSENTS)
def test_consent_is_understood(cell: str, yes: bool, photo: bool) -> None:
    assert (agrees(consent_of(cell)), covers_photo(consent_of(cell))) == (yes, photo)


def test_an_unclear_consent_is_refused() -> None:
    with pytest.raises(CellError, match="does not say whether"):
        consent_of("maybe")


def test_emoji_and_line_breaks_stay_and_hidden_signs_do_not() -> None:
    text = (
        "Hi \U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f\n\nBye."
    )
    assert text_of(text) == text
    with pytest.raises(CellError, match="U\\+202E"):
        text_of("Hi \u202e there")
    with pytest.raises(CellError, match="probably “Siân”"):
        text_of("SiÃ¢n")


def test_the_same_file_again_adds_nothing() -> None:
    handed = (one(), one("Another one.", "Bea"), one("A third.", ""))
    stored = first(*handed)
    assert codes(compare(stored, handed)) == ([], [], ["c01", "c02", "c03"], [])


def test_an_edit_by_a_moderator_survives_the_same_file() -> None:
    handed = (one("A long and winding text."),)
    stored = (replace(first(*handed)[0], text="Something shorter.", state=Moderation.APPROVED),)
    assert codes(compare(stored, handed)) == ([], [], ["c01"], [])


def test_a_text_that_was_rewritten_keeps_its_code_and_waits_again() -> None:
    stored = (replace(first(one("We had a very good day at the office."))[0], state=Moderation.APPROVED),)
    intake = compare(stored, (one("We had a really good day at the office."),))
    assert codes(intake) == ([], ["c01"], [], [])
    assert intake.changed[0].contribution_id == stored[0].contribution_id
    assert intake.changed[0].state is Moderation.WAITING
    assert intake.voided == ("c01",)
    assert [(change.field, change.after) for change in intake.alterations] == [
        ("text", "We had a really good day at the office.")
    ]
    again = compare(intake.changed, (one("We had a really good day at the office."),))
    assert codes(again) == ([], [], ["c01"], [])


def test_another_text_of_the_same_team_is_another_contribution() -> None:
    stored = first(one("Nine minutes of huddle.", "Hospital Team"))
    assert codes(compare(stored, (one("The canteen has soup!", "Hospital Team"),))) == (["c02"], [], [], ["c01"])


def test_an_id_of_its_own_is_what_counts() -> None:
    stored = first(one("Completely this.", source_id="7"))
    assert codes(compare(stored, (one("Entirely other words, and longer.", "Someone", source_id="7"),)))[1] == ["c01"]


def test_two_equal_rows_are_taken_once_and_the_person_is_told() -> None:
    intake = compare((), (one(), one()))
    assert len(intake.added) == 1
    assert len(intake.repeated) == 1


def test_numbers_go_on_and_what_is_missing_in_the_new_file_stays() -> None:
    stored = first(one("First thing.", "A"), one("Second thing.", "B"))
    assert codes(compare(stored, (one("Third matter entirely.", "C"),))) == (["c03"], [], [], ["c01", "c02"])


def test_every_bad_cell_is_named_at_once_and_nothing_is_taken(tmp_path: Path) -> None:
    rows = [
        ["lunch", "Ana", "Hi", "", "", "yes"],
        ["", "Bea", "Ho", "no.png", "", "maybe"],
        ["", "", "A\u202eB", "", "", ""],
    ]
    path = tmp_path / "day.csv"
    path.write_text(written(rows), "utf-8")
    with pytest.raises(ListError) as raised:
        with_pictures(read_contributions(path))
    where = [problem.where for problem in raised.value.problems]
    assert sorted(where) == [
        "day.csv, row 2, column time",
        "day.csv, row 3, column consent",
        "day.csv, row 3, column photo",
        "day.csv, row 4, column text",
    ]


def test_a_workbook_is_read_as_a_csv_file_is(tmp_path: Path) -> None:
    rows = [["09:30", "Ana", "Hello, all\nand you", "", "", "yes"], ["any time", "", "Two", "", "", "no"]]
    (tmp_path / "day.csv").write_text(written(rows), "utf-8")
    book = write_xlsx(tmp_path / "day.xlsx", {"Sheet1": [list(HEADINGS), *rows]})
    from_csv, from_book = (read_contributions(path) for path in (tmp_path / "day.csv", book))
    told = [[replace(row.submission, where="") for row in handed.rows] for handed in (from_csv, from_book)]
    assert told[0] == told[1]


def test_headings_are_matched_generously_and_what_is_not_used_is_said(tmp_path: Path) -> None:
    path = tmp_path / "form.csv"
    headings = ("Timestamp", "Your name", "Your tweet", "Preferred time", "I agree")
    path.write_text(written([["x", "Ana", "Hello, all", "9am", "Yes"]], headings), "utf-8")
    handed = read_contributions(path)
    found = handed.rows[0].submission
    assert (found.name, found.text, found.time, found.consented) == ("Ana", "Hello, all", "09:00", True)
    assert handed.notes == ("Column “Timestamp” is not used.",)


def test_a_file_without_texts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("rank,name\n1,Ana\n", "utf-8")
    with pytest.raises(ListError, match="No column of texts"):
        read_contributions(path)


def test_a_picture_is_frozen_when_it_comes_in(tmp_path: Path) -> None:
    stage = a_day(tmp_path)
    [code] = [found.code for found in stage.bot.contributions.all() if found.photo]
    (tmp_path / "corner.png").unlink()
    facet = stage.bot.contributions
    facet.edit(code, {"alt_text": "A reading corner with two red armchairs."}, by=ANN)
    facet.approve([facet.one(code)], by=ANN)
    stage.plan_and_sign()
    [media] = stage.posts[code].messages[0].draft.media
    assert stage.bot.picture(media.sha256).startswith(b"\x89PNG")
    assert media.alt_text == "A reading corner with two red armchairs."
    stage.storage.close()


def test_a_typed_one_reports_everything_that_is_wrong() -> None:
    cells = {"text": "A\u202eB", "name": "", "time": "lunch", "alt_text": "", "consent": "maybe"}
    with pytest.raises(UsageError) as raised:
        submitted(cells, photo=None)
    assert len(raised.value.problems) == 3


def test_a_file_of_forty_loads_on_every_engine_and_once(tmp_path: Path, database_url: str) -> None:
    stage = a_day(tmp_path, FORTY, database_url)
    before = stage.bot.contributions.all()
    assert len(before) == 40
    take_in(stage.bot.contributions, tmp_path / "contributions.csv")
    assert stage.bot.contributions.all() == before
    assert len(approve_clean(stage)) == 28
    stage.bot.plan()
    assert len(stage.bot.posts()) == 30
    stage.bot.contributions.turn_down("c05", note="asked us to", by=ANN)
    assert "c05" not in {post.code for post in stage.bot.posts()}
    stage.storage.close()


def test_parts_end_where_sentences_end_and_nothing_is_lost() -> None:
    text = "One two three. Four five six! Seven eight nine? Ten."
    parts = in_parts(text, lambda piece: len(piece) <= 30)
    assert parts == ("One two three. Four five six!", "Seven eight nine? Ten.")
    assert " ".join(parts) == text


def test_a_sentence_without_an_end_is_cut_between_words_and_a_word_never() -> None:
    assert in_parts("alpha beta gamma delta", lambda piece: len(piece) <= 12) == ("alpha beta", "gamma delta")
    assert in_parts("x" * 30 + " yes", lambda piece: len(piece) <= 12) == ("x" * 30, "yes")


def test_a_no_is_a_no_on_any_lawful_basis_and_silence_is_not(tmp_path: Path) -> None:
    rows = [("", "Ana", "Hello there.", "", "", "no"), ("", "Bea", "Hello all.", "", "", "")]
    stage = a_day(tmp_path, rows, basis='basis = "public task"')
    found = [{finding.rule for finding in judged.findings} for judged in stage.bot.contributions.judged()]
    assert found == [{"CONSENT"}, set()]
    stage.storage.close()

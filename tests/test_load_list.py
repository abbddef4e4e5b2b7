"""Reading a list: the sample, every problem at once, values kept as they are spelled, and files that are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import bot
from bot.errors import ListError
from bot.ranking import describe, read_list

SAMPLE = Path(bot.__file__).parent / "samples" / "top20.csv"


def write(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_sample_has_twenty_clean_rows_with_a_tie() -> None:
    table = describe(read_list(SAMPLE))
    assert len(table) == 20
    assert table[0] == ("1st", "Siân Penhallow", "Larkspur Lane Care", "148", "@sianp_example")
    assert [line[0] for line in table[7:12]] == ["8th", "=9th", "=9th", "11th", "12th"]
    assert read_list(SAMPLE).notes == ()


def test_every_problem_of_a_list_is_reported_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "rank,name,organisation,handle\nx,,Acorn,a b\n2,Bo,#REF!,\n3,Cy,Oak,\n3,Di,Oak,\n")
    with pytest.raises(ListError) as caught:
        read_list(path)
    places = [problem.where for problem in caught.value.problems]
    expected = ["row 2, column rank", "row 2, column name", "row 2, column handle", "row 3, column organisation"]
    assert places == [f"list.csv, {place}" for place in expected]


def test_a_bad_handle_does_not_hide_a_bad_tie(tmp_path: Path) -> None:
    path = write(tmp_path, "rank,name,organisation,handle\n1,Ann,Acorn,a b\n1,Bo,Oak,\n")
    with pytest.raises(ListError) as caught:
        read_list(path)
    assert [problem.where.rpartition(", ")[2] for problem in caught.value.problems] == ["column handle", "column rank"]


def test_the_row_number_is_the_one_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    path = write(tmp_path, 'Top list\n\nrank,name,organisation\n1,"Ann\nPell",Acorn\n\n2,,Oak\n')
    with pytest.raises(ListError, match=r"list\.csv, row 6, column name"):
        read_list(path)


@pytest.mark.parametrize("name", ["Siân Pell", "Łukasz Pell", "Bo O’Brien", "Bo O'Brien", "José-María Öz", "沈 小明"])
def test_a_name_is_kept_as_it_is_spelled(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, f"rank,name,organisation\n1,{name},CAFÉ’s Care@Home\n")
    row = read_list(path).rows[0]
    assert (row.name, row.organisation) == (name, "CAFÉ’s Care@Home")


def test_joiners_that_a_script_needs_are_kept(tmp_path: Path) -> None:
    name = "\u0645\u06cc\u200c\u0631\u0627"
    assert read_list(write(tmp_path, f"rank,name,organisation\n1,{name},Acorn\n")).rows[0].name == name


def test_every_optional_column_is_read(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "ann.jpg").write_bytes(b"picture")
    head = "Staff ID,#,Worker,Council,Uses,X handle,Org handle,Image,Image description,Pronouns"
    path = write(tmp_path, f'{head}\n12.0,1,Ann,Acorn,"1,200",@ann,-,photos\\ann.jpg,Ann smiles,she/her\n')
    row = read_list(path).rows[0]
    assert (row.source_id, row.count, row.handle, row.organisation_handle) == ("12", 1200, "ann", None)
    assert (row.photo, row.alt_text, row.pronouns) == ("photos/ann.jpg", "Ann smiles", "she/her")


def test_notes_name_what_may_be_a_slip(tmp_path: Path) -> None:
    text = "1,Ann,Riverside Care Trust\n2,Bo,Riverside Care Trsut\n3,Cy,RIVERSIDE  care trust\n4,Ann,Oak Ltd\n"
    notes = read_list(write(tmp_path, f"rank,name,organisation\n{text}")).notes
    assert "“RIVERSIDE care trust” (row 4) is taken for “Riverside Care Trust” and spelled so." in notes
    assert any(note.startswith("Two organisations look alike: “Riverside Care Trsut”") for note in notes)
    assert "2 people are called Ann (rows 2, 5)." in notes


def test_a_folder_a_missing_file_and_a_pipe_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="This is a folder"):
        read_list(tmp_path)
    with pytest.raises(ListError, match="There is no such file"):
        read_list(tmp_path / "none.csv")
    with pytest.raises(ListError, match="could not be read"):
        read_list(tmp_path / "nul\x00.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in the file system are Unix only")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ListError, match="not an ordinary file"):
        read_list(tmp_path / "pipe.csv")


def test_a_photo_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    folder.mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"picture")
    (folder / "ann.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(ListError, match="leads out of the list's folder"):
        read_list(write(folder, "rank,name,organisation,photo,alt text\n1,Ann,Acorn,ann.jpg,Ann smiles\n"))


def test_a_legitimate_line_break_with_commas_is_no_open_quote(tmp_path: Path) -> None:
    path = write(tmp_path, 'rank,name,organisation,Notes\n1,Ann,Acorn,"one, two, three\nfour, five, six"\n')
    assert read_list(path).rows[0].name == "Ann"


def test_a_long_list_is_read_whole(tmp_path: Path) -> None:
    lines = "".join(f"{rank},Ann{rank} Pell,Acorn {rank % 50}\n" for rank in range(1, 5001))
    assert len(read_list(write(tmp_path, f"rank,name,organisation\n{lines}")).rows) == 5000

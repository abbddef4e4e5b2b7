"""Lists as offices really save them: each either loads, or says what is wrong in words a coordinator understands."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ListError
from bot.ranking import read_list
from bot.ranking.sheet import LoadedList

GOOD = "rank,name,organisation\n1,Siân Pell,Acorn Care\n2,Bo Tarn,Oak Trust\n"


def load(folder: Path, content: bytes, name: str = "list.csv") -> LoadedList:
    path = folder / name
    path.write_bytes(content)
    return read_list(path)


def row(text: str, header: str = "rank,name,organisation") -> bytes:
    return f"{header}\n{text}\n".encode()


READABLE = {
    "plain UTF-8": (GOOD.encode(), ""),
    "UTF-8 with mark": (GOOD.encode("utf-8-sig"), ""),
    "UTF-16": (GOOD.encode("utf-16"), "Read as UTF-16."),
    "UTF-16, big end first": (b"\xfe\xff" + GOOD.encode("utf-16-be"), "Read as UTF-16."),
    "UTF-16 without mark": (GOOD.encode("utf-16-le"), "Read as UTF-16."),
    "UTF-32": (GOOD.encode("utf-32"), "Read as UTF-32."),
    "Windows-1252": (GOOD.encode("cp1252"), "Read as Windows-1252."),
    "semicolons": (GOOD.replace(",", ";").encode(), "Cells are separated by semicolons."),
    "tabs": (GOOD.replace(",", "\t").encode(), "Cells are separated by tabs."),
    "vertical bars": (GOOD.replace(",", "|").encode(), "Cells are separated by vertical bars."),
    "sep line": (b"sep=;\r\n" + GOOD.replace(",", ";").encode(), "Cells are separated by semicolons."),
    "sep line for an odd sign": (b'"sep=^"\n' + GOOD.replace(",", "^").encode(), "Cells are separated by '^'."),
    "title rows": (b"Top 20 care workers,,\n,,\n" + GOOD.encode(), "The headings are in row 3"),
    "blank rows between": (GOOD.replace("\n2", "\n\n,,\n2").encode(), "2 empty rows were left out."),
    "trailing blank rows": (GOOD.encode() + b",,\r\n,,\r\n\r\n", ""),
    "no last line end": (GOOD.rstrip().encode(), ""),
    "old Mac line ends": (GOOD.replace("\n", "\r").encode(), ""),
    "Windows line ends": (GOOD.replace("\n", "\r\n").encode(), ""),
    "NUL characters": (GOOD.replace("Tarn", "Ta\x00rn").encode(), "Empty (NUL) characters were left out."),
    "spaces after commas": (GOOD.replace(",Siân Pell", ', "Siân Pell"').encode(), ""),
    "extra spaces": (GOOD.replace("Siân Pell", "  Siân \u00a0 Pell ").encode(), ""),
    "decomposed accents": (GOOD.replace("â", "a\u0302").encode(), ""),
    "quoted line break": (GOOD.replace("Siân Pell", '"Siân\nPell"').encode(), ""),
    "generous headings": (
        GOOD.replace("rank,name,organisation", "Position, Care Worker ,EMPLOYER").encode(),
        "Columns understood: Position -> rank, Care Worker -> name, EMPLOYER -> organisation",
    ),
    "unknown column": (
        b"rank,name,organisation,Notes\n1,Si\xc3\xa2n Pell,Acorn Care,x\n2,Bo Tarn,Oak Trust,",
        "“Notes”",
    ),
    "short rows": (GOOD.replace("organisation", "organisation,handle").encode(), "2 rows end early"),
    "text marks": (GOOD.replace("\n1,", '\n"=""1""",').encode(), ""),
    "column without heading": (GOOD.replace("Care", "Care,,x").replace("tion", "tion,,Team").encode(), "“Team”"),
}


@pytest.mark.parametrize(("content", "note"), READABLE.values(), ids=READABLE.keys())
def test_a_messy_file_loads_and_says_how_it_was_read(tmp_path: Path, content: bytes, note: str) -> None:
    loaded = load(tmp_path, content)
    people = [(row.rank, row.name, row.organisation) for row in loaded.rows]
    assert people == [(1, "Siân Pell", "Acorn Care"), (2, "Bo Tarn", "Oak Trust")]
    assert any(note in given for given in loaded.notes) if note else loaded.notes == ()


WITH_HANDLE = "rank,name,organisation,handle"
WITH_PHOTO = "rank,name,organisation,photo,alt text"
REFUSED_FILES = {
    "empty": (b"", "The file is empty"),
    "only white space": (b" \r\n\n", "The file is empty"),
    "only NUL": (b"\x00" * 50, "The file is empty"),
    "only commas": (b",,,\n,,,\n", "every cell is blank"),
    "only columns": (b"," * 600, "The row has 601 cells; at most 500"),
    "headings only": (b"rank,name,organisation\n\n", "no rows below them"),
    "xlsx": (b"PK\x03\x04\x14\x00", "The workbook cannot be read"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1", "The workbook cannot be read"),
    "pdf": (b"%PDF-1.7", "PDF file"),
    "rtf": (b"{\\rtf1 }", "text document (RTF)"),
    "web page": (b"<html><table><tr><td>1", "web page"),
    "picture": (
        b"\x89PNG\r\n\x1a\n" + bytes(range(1, 32)) * 9,
        "file could not be read as Windows-1252|not a text file",
    ),
    "cut UTF-16": (b"\xff\xfer\x00a", "could not be read as UTF-16"),
    "no headings": (b"1,Ann Pell,Acorn Care\n", "No row of headings was found"),
    "missing column": (
        b"rank,name\n1,Ann Pell\n",
        "No column for organisation was found. The headings are “rank”, “name”",
    ),
    "typing slip in heading": (b"rank,name,organistaion\n", "Is “organistaion” meant to be “organisation”?"),
    "name in two columns": (b"rank,first name,surname,organisation\n", "first and last name together"),
    "column twice": (
        b"rank,name,organisation,Employer\n",
        "Columns C “organisation” and D “Employer” both mean organi",
    ),
    "too large": (b"rank,name,organisation\n" + b" " * 20 * 1024 * 1024, "The file is 20 MB; at most 20 MB"),
    "too many rows": (b"rank,name,organisation\n" + b"1,a,b\n" * 100_001, "has 100,001 rows; at most 100,000"),
    "far too many rows": (b"rank,name,organisation\n" + b"1,a,b\n" * 100_500, "more than 100,000 rows"),
    "open quote": (row('1,"Ann Pell,Acorn Care\n2,Bo Tarn,Oak Trust'), 'row 2: A quotation mark (") opens'),
    "quote closed rows later": (row('1,"Ann,Acorn\n2,"Bo",Oak'), 'row 2: A quotation mark (") opens'),
    "huge swallowed cell": (row('1,"Ann,Acorn\n' + "2,Bo,Oak\n" * 20_000), 'row 2: A quotation mark (") opens'),
}


@pytest.mark.parametrize(("content", "message"), REFUSED_FILES.values(), ids=REFUSED_FILES.keys())
def test_a_file_that_is_no_list_is_refused_with_a_remedy(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ListError) as caught:
        load(tmp_path, content)
    assert any(part in str(caught.value) for part in message.split("|"))
    assert all("list.csv" in problem.where and problem.remedy for problem in caught.value.problems)


REFUSED_CELLS = {
    "rank empty": (row(",Ann Pell,Acorn"), "column rank: The rank is empty."),
    "rank in words": (row("first,Ann Pell,Acorn"), "“first” is not a rank"),
    "rank nought": (row("0,Ann Pell,Acorn"), "“0” is not a rank"),
    "rank below nought": (row("-1,Ann Pell,Acorn"), "“-1” is not a rank"),
    "rank a date": (row("03-Jan,Ann Pell,Acorn"), "“03-Jan” is not a rank"),
    "rank with a fraction": (row("1.5,Ann Pell,Acorn"), "“1.5” is not a rank"),
    "total row": (row("Total,,"), "“Total” is not a rank"),
    "name empty": (row("1, ,Acorn"), "column name: The name is empty."),
    "name of digits": (row("1,1234,Acorn"), "“1234” is not a name"),
    "name a handle": (row("1,@ann,Acorn"), "“@ann” looks like a handle"),
    "name an address": (row("1,ann@example.org,Acorn"), "looks like a handle or an e-mail address"),
    "name a link": (row("1,https://example.org/ann,Acorn"), "is a link, not a name"),
    "name a sheet error": (row("1,#REF!,Acorn"), "spreadsheet error #REF!"),
    "name not found": (row("1,#N/A,Acorn"), "spreadsheet error #N/A"),
    "name a formula": (row("1,=A2,Acorn"), "“=A2” is a formula"),
    "name damaged": (
        row("1,SiÃ¢n Pell,Acorn"),
        "“SiÃ¢n Pell” is damaged (probably “Siân Pell”). Save the list again as",
    ),
    "name damaged, Polish": (row("1,Å\x81ukasz,Acorn"), "control character, U+0081"),
    "apostrophe damaged": (row("1,Oâ€™Brien,Acorn"), "(probably “O’Brien”)"),
    "old Mac letters": (row("1,Si‰n Pell,Acorn"), "looks damaged"),
    "letter lost": (row("1,Si\ufffdn Pell,Acorn"), "holds a letter that was lost"),
    "letter as question mark": (row("1,?ukasz Pell,Acorn"), "“?ukasz Pell” has lost a letter"),
    "HTML code": (row("1,O&#39;Brien,Acorn"), "Write it as it should read: “O'Brien”?"),
    "HTML tag": (row("1,<b>Ann</b>,Acorn"), "holds HTML code"),
    "zero width": (row("1,Ann\u200b Pell,Acorn"), "invisible character (zero width space, U+200B)"),
    "reading direction": (row("1,Ann \u202ePell,Acorn"), "right-to-left override, U+202E"),
    "control": (row("1,Ann \x07Pell" + "l" * 200 + ",Acorn"), "control character, U+0007"),
    "name too long": (row(f"1,{'Ann ' * 30},Acorn"), "The name has 119 characters"),
    "cell too long": (row(f"1,{'x' * 2001},Acorn"), "2,001 characters; at most 2,000"),
    "organisation empty": (row("1,Ann Pell,"), "column organisation: The organisation is empty."),
    "organisation a handle": (row("1,Ann Pell,@acorn"), "“@acorn” looks like a handle"),
    "own heading is named": (row("1,Ann Pell,", "Rank,Name,Employer"), "list.csv, row 2, column Employer: The org"),
    "comma too many": (row("1,Pell, Ann,Acorn"), "row 2: The row has 4 cells, but there are only 3 headings"),
    "row cut short": (row("1,Ann Pell"), "row 2: The row has only 2 cells, but there are 3 headings"),
    "count vague": (row("1,Ann,Acorn,1.200", "rank,name,organisation,count"), "“1.200” is not a whole number"),
    "count in words": (row("1,Ann,Acorn,many", "rank,name,organisation,count"), "“many” is not a whole number"),
    "count shortened": (row("1,Ann,Acorn,1.2E+03", "rank,name,organisation,count"), "“1.2E+03” is not a whole number"),
    "handle with a space": (row("1,Ann,Acorn,@ann pell", WITH_HANDLE), "column handle: “@ann pell” is not an X handle"),
    "handle too long": (row("1,Ann,Acorn,sixteen_letters_", WITH_HANDLE), "is not an X handle"),
    "handle of another network": (row("1,Ann,Acorn,https://example.org/ann", WITH_HANDLE), "is not an X handle"),
    "handle twice": (row("1,Ann,Acorn,ann\n2,Bo,Oak,ANN", WITH_HANDLE), "@ANN stands in row 2 too, for Ann"),
    "person twice": (
        row("1,Siân Pell,Acorn Ltd\n2,sian pell,ACORN LTD."),
        "row 3, column name: sian pell of ACORN LTD.",
    ),
    "id twice": (row("1,Ann,Acorn,7\n2,Bo,Oak,7.0", "rank,name,organisation,id"), "The id 7 stands in row 2 too"),
    "id missing": (row("1,Ann,Acorn,7\n2,Bo,Oak,", "rank,name,organisation,id"), "row 3, column id: The id is empty."),
    "two handles of one organisation": (
        row("1,Ann,Acorn,acorn_a\n2,Bo,acorn,acorn_b", "rank,name,organisation,organisation handle"),
        "acorn has the handle @acorn_a in row 2, but not here",
    ),
    "photo not there": (row("1,Ann,Acorn,ann.jpg,Ann smiles", WITH_PHOTO), "There is no picture “ann.jpg”"),
    "photo elsewhere": (row("1,Ann,Acorn,../ann.jpg,Ann smiles", WITH_PHOTO), "not inside the list's folder"),
    "photo on a drive": (row("1,Ann,Acorn,C:\\ann.jpg,Ann smiles", WITH_PHOTO), "not inside the list's folder"),
    "photo a link": (row("1,Ann,Acorn,https://example.org/a.jpg,Ann", WITH_PHOTO), "is a link, not a file"),
    "photo undescribed": (row("1,Ann,Acorn,here.jpg,", WITH_PHOTO), "picture here.jpg has no description"),
    "photo over-described": (
        row(f"1,Ann,Acorn,here.jpg,{'a ' * 600}", WITH_PHOTO),
        "has 1,199 characters; X takes 1,000",
    ),
    "rank twice": (
        row("1,Ann,Acorn\n1,Bo,Oak"),
        "row 3, column rank: Rank 1 stands in rows 2 and 3, and without counts",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED_CELLS.values(), ids=REFUSED_CELLS.keys())
def test_a_bad_cell_is_named_with_row_column_and_remedy(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "here.jpg").write_bytes(b"picture")
    with pytest.raises(ListError) as caught:
        load(tmp_path, content)
    assert message in str(caught.value)
    assert len(caught.value.problems) >= 1
    assert all("list.csv, row " in problem.where and problem.remedy for problem in caught.value.problems)


def test_offices_call_the_count_many_things(tmp_path: Path) -> None:
    for heading in ("No. of uses", "Number of nominations", "Votes"):
        loaded = load(tmp_path, row("1,Siân Pell,Acorn Care,1200", f"rank,name,organisation,{heading}"))
        assert loaded.rows[0].count == 1200, heading


def test_a_column_of_numbers_may_be_the_count_and_how_to_say_so_is_shown(tmp_path: Path) -> None:
    header = "rank,name,organisation,Times thanked,Notes"
    notes = load(tmp_path, row('1,Siân Pell,Acorn Care,"1,200",lovely', header)).notes
    assert 'Column “Times thanked” is not used. If it is the count, add: --column count="Times thanked"' in notes
    assert "Column “Notes” is not used." in notes

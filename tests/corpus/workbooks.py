"""Workbooks: broken, locked, huge, or of a kind that only looks like one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from bot.errors import ExitCode
from tests.corpus.case import FILES, Case, Content
from tests.workbook_files import Cell, write_ods, write_xlsx

HEADINGS: list[Cell] = ["rank", "name", "organisation"]
ANN: list[Cell] = [1, "Ann Pell", "Acorn Care"]
BO: list[Cell] = [2, "Bo Tarn", "Oak Trust"]


def refused(content: Content, name: str = "list.xlsx", *more: str) -> Case:
    return Case(words=("load", name, *more), files={name: content})


def fine(content: Content, name: str = "list.xlsx", *more: str, rows: tuple[str, ...] = ("2", "3")) -> Case:
    new = [word for row in rows for word in ("--new", row)]
    return Case(words=("load", name, "--dry-run", *new, *more), files={name: content}, code=ExitCode.FINE)


def kept(name: str) -> bytes:
    return (FILES / name).read_bytes()


def sheet(*rows: list[Cell]) -> Callable[[Path], object]:
    return lambda path: write_xlsx(path, {"List": rows})


def edited(part: str, old: str, new: str, *rows: list[Cell]) -> Callable[[Path], object]:
    """A sound workbook with one part of its XML replaced."""

    def make(path: Path) -> None:
        write_xlsx(path, {"List": rows or (HEADINGS, ANN)})
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        assert old.encode() in parts[part]
        parts[part] = parts[part].replace(old.encode(), new.encode())
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)

    return make


def cut(share: float) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        write_xlsx(path, {"List": (HEADINGS, ANN)})
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])

    return make


def without(part: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        write_xlsx(path, {"List": (HEADINGS, ANN)})
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist() if name != part}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)

    return make


def bomb(path: Path) -> None:
    """A sheet of 300 MB that packs into 300 kB."""
    write_xlsx(path, {"List": (HEADINGS, ANN)})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/s1.xml"] = parts["xl/s1.xml"].replace(b"Ann Pell", b"A" * 300_000_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def locked_ods(path: Path) -> None:
    write_ods(path, [HEADINGS, ANN])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    space = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    parts["META-INF/manifest.xml"] = (
        f'<manifest:manifest {space}><manifest:file-entry manifest:full-path="content.xml">'
        '<manifest:encryption-data manifest:checksum="x"/></manifest:file-entry></manifest:manifest>'
    ).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def far_ods(path: Path) -> None:
    """One cell that says that it stands in every cell of the sheet."""
    write_ods(path, [HEADINGS, ANN])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    cell = b'<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated='
    cell += b'"16384" office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'
    parts["content.xml"] = parts["content.xml"].replace(b"</table:table>", cell)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


ROW = "</sheetData>"
WORKBOOKS = {
    "only its first bytes": refused(b"PK\x03\x04"),
    "only half of it": refused(cut(0.5)),
    "all but its end": refused(cut(0.97)),
    "an old one, only its first bytes": refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "list.xls"),
    "an old one with its middle gone": refused(
        kept("good.xls")[:2_000] + bytes(1_000) + kept("good.xls")[3_000:], "list.xls"
    ),
    "an old one full of ones": refused(kept("good.xls")[:512] + b"\xff" * 5_120, "list.xls"),
    "no sheets": refused(edited("xl/workbook.xml", '<sheet name="List" sheetId="1" r:id="rId1"/>', "")),
    "a sheet that is not there": refused(without("xl/s1.xml")),
    "no list of sheets": refused(without("xl/workbook.xml")),
    "no relations": refused(without("xl/_rels/workbook.xml.rels")),
    "XML that does not close": fine(edited("xl/s1.xml", "</row>", "<row>"), rows=("2",)),
    "XML that is none": refused(edited("xl/s1.xml", "<worksheet", "worksheet")),
    "a laugh a billion times": fine(
        edited("xl/s1.xml", "<worksheet", '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet'),
        rows=("2",),
    ),
    "an outside entity": refused(edited("xl/s1.xml", "Ann Pell", "&passwords;")),
    "a shared text that is not there": refused(edited("xl/s1.xml", '<c r="A2"><v>1</v>', '<c r="A2" t="s"><v>99</v>')),
    "a cell in the last corner": refused(
        edited("xl/s1.xml", ROW, f'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>{ROW}')
    ),
    "a cell in no corner": refused(
        edited("xl/s1.xml", ROW, f'<row r="9"><c r="ZZZZZZ99999999999"><v>1</v></c></row>{ROW}')
    ),
    "a row number below one": refused(edited("xl/s1.xml", 'r="A2"', 'r="A0"')),
    "too many rows": refused(sheet(HEADINGS, *([ANN] * 100_030))),
    "a bomb": refused(bomb),
    "locked": refused(kept("locked.xlsx")),
    "a locked ods": refused(locked_ods, "list.ods"),
    "an ods that says a cell is everywhere": refused(far_ods, "list.ods"),
    "an ods without content": refused(
        lambda path: zipfile.ZipFile(path, "w").writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        "list.ods",
    ),
    "empty sheet": refused(sheet()),
    "only headings": refused(sheet(HEADINGS)),
    "only a picture": refused(sheet([None], [None])),
    "formulas that nobody computed": refused(kept("formulas_never_computed.xlsx")),
    "ranks in words, a fraction and a formula": refused(kept("bad_ranks.xls"), "list.xls"),
    "an error in a cell": refused(sheet(HEADINGS, [1, "#REF!", "Acorn Care"])),
    "a yes for a rank": refused(sheet(HEADINGS, [True, "Ann Pell", "Acorn Care"])),
    "a fraction for a rank": refused(sheet(HEADINGS, [1.5, "Ann Pell", "Acorn Care"])),
    "a formula as a text": refused(sheet(HEADINGS, [1, "=A1&B1", "Acorn Care"])),
    "a number for a name": refused(sheet(HEADINGS, [1, 12345, "Acorn Care"])),
    "two lists": refused(lambda path: write_xlsx(path, {"2026": [HEADINGS, ANN], "2027": [HEADINGS, BO]})),
    "a sheet of another name": refused(sheet(HEADINGS, ANN), "list.xlsx", "--sheet", "Top 20"),
    "a CSV file called .xlsx": fine("rank,name,organisation\n1,Ann Pell,Acorn\n2,Bo Tarn,Oak\n"),
    "a workbook called .csv": fine(sheet(HEADINGS, ANN, BO), "list.csv"),
    "an old workbook with a title": fine(kept("good.xls"), "list.xls", rows=("4", "5")),
    "an old workbook with a formula as a text": fine(kept("formula_text.xls"), "list.xls", rows=("4", "5", "6")),
    "a stray cell far below": fine(
        edited(
            "xl/s1.xml",
            ROW,
            f'<row r="90000"><c r="C90000" t="inlineStr"><is><t> </t></is></c></row>{ROW}',
            HEADINGS,
            ANN,
            BO,
        )
    ),
}

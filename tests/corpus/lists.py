"""Lists as CSV: encodings, shapes and cells. Those of ``test_load_messy`` go through the command line too."""

from __future__ import annotations

import gzip
import os
import zipfile
from dataclasses import replace
from pathlib import Path

from bot.errors import ExitCode
from tests.corpus.case import Case, Content
from tests.test_load_messy import REFUSED_CELLS, REFUSED_FILES

HEAD = "rank,name,organisation\n"
ROWS = "1,Siân Pell,Acorn Care\n2,Bo Tarn,Oak Trust\n"
GOOD = HEAD + ROWS


def refused(content: Content, name: str = "list.csv") -> Case:
    return Case(words=("load", name), files={name: content, "here.jpg": b"picture"})


def fine(content: Content, name: str = "list.csv", *, rows: tuple[str, ...] = ("2", "3")) -> Case:
    """Loads, and says how it was read; only looked at, so that nothing is saved."""
    new = [word for row in rows for word in ("--new", row)]
    return Case(words=("load", name, "--dry-run", *new), files={name: content}, code=ExitCode.FINE)


def cell(name: str) -> Case:
    return refused(f'{HEAD}1,"{name}",Acorn Care\n')


def rank(text: str) -> Case:
    return refused(f"{HEAD}{text},Ann Pell,Acorn Care\n")


def count(text: str) -> Case:
    return refused(f'rank,name,organisation,count\n1,Ann Pell,Acorn Care,"{text}"\n')


def _zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("top20.csv", GOOD)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


SHAPES = {
    "half of a UTF-16 letter": refused(b"\xff\xfe" + GOOD.encode("utf-16-le") + b"\x41"),
    "UTF-16 cut inside a pair": refused(b"\xff\xfe" + GOOD.encode("utf-16-le") + b"\x3d\xd8"),
    "two byte order marks": fine(b"\xef\xbb\xbf" * 2 + GOOD.encode()),
    "an encoding that changes on the way": refused(GOOD.encode() + "3,Zoë Å,Oak Trust\n".encode("cp1252")),
    "a file of bytes": refused(bytes(range(256)) * 20),
    "a cell of a megabyte": refused(f"{HEAD}1,{'a' * 2**20},Acorn Care\n"),
    "a quoted cell of a megabyte": refused(f'{HEAD}1,"{"a " * 2**19}",Acorn Care\n'),
    "a heading of a megabyte": refused(f"rank,name,{'o' * 2**20}\n1,Ann,Acorn\n"),
    "one line without an end": refused(b"rank,name,organisation" * 40_000),
    "a quotation mark and nothing else": refused('"'),
    "a quotation mark at the very end": refused(f'{GOOD}3,Cy Voss,"'),
    "the same heading twice": refused(b"rank,name,name,organisation\n1,Ann,Pell,Acorn Care\n"),
    "no heading for the people": refused("rank,team,organisation\n1,Ann Pell,Acorn Care\n"),
    "headings at the bottom": refused(ROWS + HEAD),
    "headings twice": refused(GOOD + HEAD + "3,Cy Voss,Oak Trust\n"),
    "a merged title above": fine("Care Heroes 2027,,\nTop 20 of the year,,\n,,\n" + GOOD, rows=("5", "6")),
    "thirty rows of title": refused("Care Heroes,,\n" * 30 + GOOD),
    "a row for the totals": refused(f"{GOOD}Total,20,\n"),
    "an index of the other kind": refused("name,organisation\nAnn Pell,Acorn Care\n"),
    "a question, not a list": refused("Dear all,\nplease find the list attached.\n"),
    "JSON": refused('[{"rank": 1, "name": "Ann Pell"}]'),
    "a web page called .xls": refused("<html><body><table><tr><td>rank</td></tr></table></body></html>", "list.xls"),
    "a database": refused(b"SQLite format 3\x00" + bytes(range(1, 100)) * 10),
    "a zip with a list in it": refused(_zipped, "list.zip"),
    "a gzip": refused(gzip.compress(GOOD.encode(), mtime=0), "list.csv.gz"),
    "a letter (docx)": refused(_zipped, "list.docx"),
    "a shell script": refused("#!/bin/sh\nrm -rf /\n"),
    "no such file": Case(words=("load", "nowhere.csv")),
    "a folder": refused(lambda path: path.mkdir()),
    "a pipe that nobody writes": refused(os.mkfifo),
    "a link to itself": refused(_loop),
    "a link to nothing": refused(lambda path: path.symlink_to("gone.csv")),
    "the null device": Case(words=("load", "/dev/null")),
    "an endless device": Case(words=("load", "/dev/zero")),
    "an empty name": Case(words=("load", "")),
    "a name with a NUL": Case(words=("load", "a\x00b.csv")),
    "a very long name": Case(words=("load", "a" * 5_000 + ".csv")),
    "a web address": Case(words=("load", "https://example.org/top20.csv")),
    "an address of a database that is none": Case(words=("load", "sqlite:///nowhere.db")),
    "an address of an unknown server": Case(words=("load", "oracle://x/y", "--query", "t")),
    "a question that writes": Case(words=("load", "sqlite:///campaign.db", "--query", "DELETE FROM posts")),
    "two questions in one": Case(words=("load", "sqlite:///campaign.db", "--query", "SELECT 1; DROP TABLE posts")),
    "a table that is not there": Case(words=("load", "sqlite:///campaign.db", "--query", "heroes")),
    "an endless question": Case(
        words=(
            "load",
            "sqlite:///campaign.db",
            "--query",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i AS rank, 'a' AS name, 'b' AS organisation FROM n",
        )
    ),
    "nothing pasted": Case(words=("load", "-")),
    "nonsense pasted": Case(words=("load", "-"), typed=b"hello\x00\xff"),
    "a sheet asked of a CSV file": Case(words=("load", "list.csv", "--sheet", "Top"), files={"list.csv": GOOD}),
    "a question asked of a CSV file": Case(words=("load", "list.csv", "--query", "x"), files={"list.csv": GOOD}),
    "a column that is not there": Case(words=("load", "list.csv", "--column", "name=Who"), files={"list.csv": GOOD}),
    "a field that is not there": Case(
        words=("load", "list.csv", "--column", "shoe size=name"), files={"list.csv": GOOD}
    ),
    "a row that is not there": Case(words=("load", "list.csv", "--new", "99"), files={"list.csv": GOOD}),
    "somebody who is not there": Case(words=("load", "list.csv", "--same", "2=nobody"), files={"list.csv": GOOD}),
    "a row that is no number": Case(words=("load", "list.csv", "--same", "two=nobody"), files={"list.csv": GOOD}),
}

CELLS = {
    "rank with a comma": rank('"1,5"'),
    "rank minus one": rank("-1"),
    "rank as a formula": rank("=A1+1"),
    "a tie of one": rank("=3"),
    "rank in full-width digits": rank("\uff11"),
    "rank in Arabic digits": rank("٣"),
    "rank in Roman digits": rank("IV"),
    "rank as a power": rank("1e3"),
    "rank in another base": rank("0x1"),
    "rank not a number": rank("NaN"),
    "rank without an end": rank("inf"),
    "a rank of thirty digits": rank("1" * 30),
    "a rank of nine digits": rank("999999999"),
    "rank superscript": rank("²"),
    "rank TRUE": rank("TRUE"),
    "rank a range": rank("1-3"),
    "name a link formula": cell('=HYPERLINK(""http://evil.example"",""click"")'),
    "name a command formula": cell("=cmd|'/C calc'!A0"),
    "name a sum": cell("@SUM(1+1)*cmd|' /C calc'!A0"),
    "name a telephone number": cell("+44 7700 900123"),
    "name a negative sum": cell("-2+3+4"),
    "name in colours of a terminal": cell("\x1b[31mAnn Pell\x1b[0m"),
    "name rings the bell": cell("Ann\x07 Pell"),
    "name with half a letter": refused((HEAD + "1,Ann X Pell,Acorn\n").encode().replace(b"X", b"\xed\xa0\x80")),
    "name is no character": cell("Ann \ufdd0 Pell"),
    "name a smile": cell("😀"),
    "name of dots": cell("..."),
    "name a template": cell("{{ worker.__class__ }}"),
    "name a wild template": cell("{% for i in range(9**9) %}x{% endfor %}"),
    "name a script": cell("<script>alert(1)</script>"),
    "name a code": cell("O&apos;Brien"),
    "name turned round": cell("Ann \u202eLLEP"),
    "name with a soft hyphen": cell("Ann\u00adPell"),
    "name with a joiner": cell("Ann\u200dPell"),
    "name with a mark inside": cell("Ann\ufeffPell"),
    "name hidden in tags": cell("Ann\U000e0041\U000e0042 Pell"),
    "name private": cell("Ann \ue000 Pell"),
    "name of a thousand accents": cell("A" + "\u0301" * 1_000 + "nn Pell"),
    "name not there": cell("#N/A"),
    "name an error of LibreOffice": cell("Err:502"),
    "name a web address": cell("www.example.org/ann"),
    "name all spaces": cell("\u3000\u00a0 "),
    "count below nought": count("-5"),
    "count with a fraction": count("12.5"),
    "count too large": count("9" * 20),
    "count in money": count("£12"),
    "count with odd groups": count("1,2,3"),
    "count a formula": count("=SUM(A1:A9)"),
}

GOOD_ONES = {
    "half a letter taken for Windows-1252": fine(f"{HEAD}1,Ann Pell,Acorn \u20ac\n2,Bo Tarn,Oak\n".encode("cp1252")),
    "a person called Null": fine(f"{HEAD}1,Chris Null,Acorn Care\n2,True Example,Oak Trust\n"),
    "a person called None": fine(f"{HEAD}1,None Example,Acorn Care\n2,NaN Example,Oak Trust\n"),
    "a name like an order to a database": fine(f"{HEAD}1,Robert'); DROP TABLE posts;--,Acorn Care\n2,Bo Tarn,Oak\n"),
    "a name like a format": fine(f"{HEAD}1,Ann %s%n $1 Pell,Acorn Care\n2,Bo Tarn,Oak\n"),
    "an organisation that begins with @": fine(f"{HEAD}1,Ann Pell,@Home Care\n2,Bo Tarn,Oak\n"),
    "a name in Hindi": fine(f"{HEAD}1,प्रिया शर्मा,Acorn Care\n2,Bo Tarn,Oak\n"),
    "a name in Hebrew": fine(f"{HEAD}1,נועה לוי,Acorn Care\n2,Bo Tarn,Oak\n"),
    "a name with an apostrophe in front": fine(f"{HEAD}1,'t Hooft Example,Acorn Care\n2,Bo Tarn,Oak\n"),
    "text marks of a spreadsheet": fine(f"{HEAD}1,'=Ann Pell,Acorn Care\n2,Bo Tarn,Oak\n"),
}

KNOWN = {
    f"{kind}: {name}": replace(refused(content), says=says.split(" Save")[0])
    for kind, table in (("file", REFUSED_FILES), ("cell", REFUSED_CELLS))
    for name, (content, says) in table.items()
    if "|" not in says
}

LISTS = {**SHAPES, **CELLS, **GOOD_ONES, **KNOWN}

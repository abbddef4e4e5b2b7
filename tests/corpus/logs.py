"""Usage logs for ``rank``."""

from __future__ import annotations

import os

from bot.errors import ExitCode
from tests.corpus.case import Case, Content

YEAR = ("--since", "2026-03-01", "--until", "2027-03-01")
HEAD = "worker id,worker,organisation,time\n"
USE = "w1,Ann Pell,Acorn Care,2026-05-01T09:00:00\n"


def refused(content: Content, *more: str, name: str = "usage.csv") -> Case:
    return Case(words=("rank", name, *YEAR, *more), files={name: content})


def fine(content: Content, *more: str) -> Case:
    words = ("rank", "usage.csv", *YEAR, "--out", "made.csv", *more)
    return Case(words=words, files={"usage.csv": content}, code=ExitCode.FINE, writes=("made.csv",))


def asked(*words: str) -> Case:
    return Case(words=("rank", *words), files={"usage.csv": HEAD + USE})


LOGS = {
    "empty": refused(""),
    "only headings": refused(HEAD),
    "no headings": refused(USE * 3),
    "no time": refused("worker id,worker,organisation\nw1,Ann Pell,Acorn\n"),
    "bytes": refused(bytes(range(256)) * 10),
    "NUL characters": refused(b"\x00" * 1_000),
    "UTF-16 without an end": fine(b"\xff\xfe" + (HEAD + USE).encode("utf-16-le") + b"\x41"),
    "times that are none": refused(HEAD + USE.replace("2026-05-01T09:00:00", "in spring") * 5),
    "times that may be two": refused(HEAD + USE.replace("2026-05-01T09:00:00", "03/04/2026 09:00")),
    "times of another year": refused(HEAD + USE.replace("2026-05", "1926-05")),
    "times beyond all calendars": refused(HEAD + USE.replace("2026-05-01", "99999-99-99")),
    "ids that are empty": refused(HEAD + USE.replace("w1", "") * 5),
    "a quotation mark that does not close": refused(HEAD + 'w1,"Ann Pell,Acorn,2026-05-01\n' + USE * 5),
    "a line of two megabytes": refused(HEAD + "w1," + "A" * 2**21 + ",Acorn,2026-05-01\n"),
    "a folder": refused(lambda path: path.mkdir()),
    "a pipe that nobody writes": refused(os.mkfifo),
    "a workbook": refused(b"PK\x03\x04" + b"\x00" * 100, name="usage.xlsx"),
    "Parquet that is none": refused(b"PAR1" + b"\x00" * 100 + b"PAR1", name="usage.parquet"),
    "Parquet that is cut": refused(b"PAR1", name="usage.parquet"),
    "no such file": Case(words=("rank", "nowhere.csv", *YEAR)),
    "no database": Case(words=("rank", "sqlite:///nowhere.db", *YEAR)),
    "a question that writes": Case(words=("rank", "sqlite:///campaign.db", "--query", "DELETE FROM posts", *YEAR)),
    "years turned round": asked("usage.csv", "--since", "2027-03-01", "--until", "2026-03-01"),
    "a day that is none": asked("usage.csv", "--since", "2026-02-30", "--until", "2027-03-01"),
    "a zone that is none": asked("usage.csv", *YEAR, "--zone", "Mars/Olympus"),
    "a zone out of its folder": asked("usage.csv", *YEAR, "--zone", "../../etc/passwd"),
    "nobody at the top": asked("usage.csv", *YEAR, "--top", "0"),
    "too many at the top": asked("usage.csv", *YEAR, "--top", "1000000"),
    "a list in the way": asked("usage.csv", *YEAR, "--out", "top20.csv"),
    "a list in no folder": asked("usage.csv", *YEAR, "--out", "nowhere/made.csv"),
    "a list in the log's place": asked("usage.csv", *YEAR, "--out", "usage.csv", "--replace"),
    "nobody excluded": asked("usage.csv", *YEAR, "--exclude", "nowhere.txt"),
    "a column that is not there": asked("usage.csv", *YEAR, "--leave-out", "staff=yes"),
    "a role that is not there": asked("usage.csv", *YEAR, "--column", "shoe=worker"),
    "a name that is a formula": fine(
        HEAD + 'w1,"=HYPERLINK(""http://evil.example"")",Acorn Care,2026-05-01T09:00:00\n' + USE.replace("w1", "w2")
    ),
    "an id that is a formula": fine(HEAD + USE.replace("w1", "=1+1")),
    "an organisation that is a sum": fine(HEAD + USE.replace("Acorn Care", "+SUM(A1:A9)")),
    "an organisation with a handle's sign": fine(HEAD + USE.replace("Acorn Care", "@Home Care")),
    "a name that begins with a tab": fine(HEAD + 'w1,"\t=1+1 Ann",Acorn Care,2026-05-01T09:00:00\n'),
    "a name with a full-width sign": fine(HEAD + USE.replace("Ann Pell", "\uff1d1+1 Ann")),
    "a name that begins with a minus": fine(HEAD + USE.replace("Ann Pell", "-2+3 Ann")),
    "one bad row in a thousand": fine(HEAD + USE * 999 + USE.replace("2026-05-01", "spring")),
}

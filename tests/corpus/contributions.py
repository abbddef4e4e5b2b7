"""What people send in for a day of posts, and what moderators type, as badly as can be."""

from __future__ import annotations

from bot.errors import ExitCode
from bot.resources import day_example
from tests.corpus.case import Case, Content

_DAY = day_example().read_text("utf-8").replace('basis = ""', 'basis = "consent"')
_HEAD = "time,name,text,photo,alt text,consent\n"


def load(content: Content, says: str, *, code: ExitCode = ExitCode.USAGE, name: str = "day.csv") -> Case:
    """A file of a day, only looked at when it is fine."""
    words = ("contributions", "load", name, *(("--dry-run",) if code is ExitCode.FINE else ()))
    files = {"config.toml": _DAY, name: content, "notes.txt": "no picture"}
    return Case(words=words, says=says, code=code, files=files, bare=True)


def cell(column: str, value: str, says: str) -> Case:
    """One cell that cannot be read; its place has to be named."""
    cells = {"time": "", "name": "Ana", "text": "Hello.", "photo": "", "alt text": "", "consent": "yes"}
    row = ",".join('"' + found.replace('"', '""') + '"' for found in {**cells, column: value}.values())
    return load(_HEAD + row + "\n", says)


def typed(*words: str, says: str, code: ExitCode = ExitCode.USAGE) -> Case:
    files = {"config.toml": _DAY}
    return Case(words=("contributions", *words), says=says, code=code, files=files, bare=True)


CONTRIBUTIONS = {
    "no file": load("", "The file is empty"),
    "headings alone": load(_HEAD, "no rows below them"),
    "no column of texts": load("rank,name\n1,Ana\n", "No column of texts was found"),
    "two columns of texts": load("text,tweet\na,b\n", "Two columns mean text"),
    "a page of the web": load("<!doctype html><p>Hello", "web page"),
    "a cell too many": load("text,name\nHello,Ana,yes\n", "row 2: The row has 3 cells"),
    "an open quotation mark": load(_HEAD + ',Ana,"Hello.\n,Bea,Hi.,,,yes\n', "never closed"),
    "a time that is none": cell("time", "lunch", "row 2, column time: “lunch” is not a time"),
    "an hour that is none": cell("time", "25:10", "is not a time"),
    "a day that is none": cell("time", "30/02/2027 09:00", "is not a time"),
    "a doubtful consent": cell("consent", "perhaps", "does not say whether"),
    "a photo that is not there": cell("photo", "gone.jpg", "There is no picture “gone.jpg”"),
    "a photo outside the folder": cell("photo", "../../etc/passwd", "is not inside the list's folder"),
    "a photo that is no picture": cell("photo", "notes.txt", "It is not a JPEG, PNG, GIF or WebP picture"),
    "a text that turns round": cell("text", "Hello \u202eevil", "U+202E"),
    "a damaged text": cell("text", "SiÃ¢n says hello", "is damaged"),
    "a text of a book": cell("text", "word " * 3_000, "at most 2,000 are read"),
    "a name of a thousand letters": cell("name", "A" * 1_000, "at most 100 are read"),
    "a description of a book": cell("alt text", "word " * 390, "X takes 1,000"),
    "a formula as a text is a text": load(_HEAD + ',Ana,"=HYPERLINK(""x"")",,,yes\n', "=HYPERLINK", code=ExitCode.FINE),
    "an empty text is shown": load(_HEAD + ",Ana,,,,yes\n", "(no text)", code=ExitCode.FINE),
    "a template in a text stays text": load(_HEAD + ",Ana,{{ 7 * 7 }},,,yes\n", "{{ 7 * 7 }}", code=ExitCode.FINE),
    "a contribution that is not there": typed("approve", "c99", "--by", "Ann", says="There is no campaign here yet"),
    "approving nothing": typed("approve", "--by", "Ann", says="It is not said what to approve"),
    "changing nothing": typed("edit", "c01", "--by", "Ann", says="It is not said what to change"),
    "adding what cannot be read": typed("add", "--text", "Hi", "--time", "noonish", says="“noonish” is not a time"),
    "adding a picture that is none": typed(
        "add", "--text", "Hi", "--photo", "config.toml", says="not a JPEG, PNG, GIF"
    ),
    "a review without a person": typed("review", "--by", "Ann", says="A review needs a person"),
    "contributions in a week": Case(
        words=("contributions", "add", "--text", "Hi"), says="This campaign takes no contributions"
    ),
}

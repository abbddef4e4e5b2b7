"""A CSV file or workbook of contributions -> what was handed in, every cell understood, or every mistake at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot import config_values as values
from bot.contribution import Submission
from bot.errors import ListError, Problem
from bot.ranking import cells
from bot.ranking.cells import CellError
from bot.ranking.columns import HEADER_WITHIN, plain
from bot.ranking.csv_source import read_bytes, read_csv
from bot.ranking.sheet import Sheet, SheetRow
from bot.ranking.workbooks import is_workbook, read_workbook
from bot.text import normalise

MAX_TEXT = 2_000
MAX_NAME = 100
_LONGEST = 100_000
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "number", "no", "#", "contribution id", "response id", "reference", "ref"),
    "time": ("time", "when", "post at", "slot", "wanted time", "preferred time", "time of day", "what time", "posting time"),
    "name": ("name", "first name", "team", "first name or team", "name or team", "your name", "from", "who", "author", "forename"),
    "text": ("text", "tweet", "post", "message", "contribution", "your tweet", "your text", "words", "story", "your story", "content"),
    "photo": ("photo", "image", "picture", "photo file", "image file", "picture file", "file"),
    "alt_text": ("alt text", "alt", "image description", "photo description", "picture description", "description of the photo"),
    "consent": ("consent", "agreed", "permission", "i agree", "consent given", "happy to be published", "ok to publish", "may we publish"),
}  # fmt: skip
_FIELD_OF = {heading: field for field, headings in _HEADINGS.items() for heading in headings}
_ANY_TIME = frozenset(
    {"", "any", "any time", "anytime", "whenever", "-", "\u2013", "n/a", "no preference", "don't mind"}
)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?::\d{2})? ?(?P<half>am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE
)
_BRITISH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_FRACTION = re.compile(r"0\.\d+")
_NOON = 12
_MINUTES = 24 * 60
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_YES = re.compile(
    r"(?:y|yes|true|x|\u2713|\u2714|ok|okay|agreed?|given|i agree|consents?|name|photo)\b.*|[\u2713\u2714].*",
    re.IGNORECASE | re.DOTALL,
)
_NO = re.compile(r"(?:n|no|none|false|not|withdrawn|refused|declined|0)\b.*|-|\u2013|", re.IGNORECASE | re.DOTALL)
_LOST_EMOJI = re.compile(r"\?\?|(?<=\s)\?")
_EMOJI_ARE_LOST = (
    "Such a file cannot hold emoji: a spreadsheet writes ? for each. If there were any, load the workbook itself, or save "
    "it as CSV UTF-8."
)
_NEVER = frozenset({"Co", "Cs"})
_JOINERS = frozenset({"\u200c", "\u200d"})
_TAGS = range(0xE0020, 0xE0080)
_MARKED_TEXT = re.compile("'+[=+\\-@\uff1d\uff0b\uff0d\uff20]")


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """One row as understood; ``photo`` is the path of its picture, relative to the file."""

    submission: Submission
    photo: str = ""


@dataclass(frozen=True, kw_only=True)
class HandedInFile:
    """A whole file: its rows, what is wrong with them, and notes on how it was read."""

    source_name: str
    folder: Path
    rows: tuple[HandedIn, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def read_contributions(path: Path, sheet: str | None = None) -> HandedInFile:
    """Read a file. Raises ListError for one that is no list of contributions; mistakes in cells are in the result."""
    return understand(read_workbook(path, sheet) if is_workbook(path) else read_csv(path))


def read_pasted_contributions(data: bytes, folder: Path) -> HandedInFile:
    """The same for what was pasted or piped."""
    return understand(read_bytes(data, name="what was pasted", folder=folder))


def understand(sheet: Sheet) -> HandedInFile:
    """Find headings and columns, then every cell. Raises ListError when there is no column of texts."""
    header, columns = _layout(sheet)
    problems: list[Problem] = []
    below = [row for row in sheet.rows if row.number > header.number]
    if not below:
        what = "There are headings, but no rows below them."
        raise ListError(Problem(what=what, where=sheet.where(header.number), remedy="Add the rows."))
    rows = tuple(_row(sheet, row, columns, header, problems) for row in below)
    used = set(columns.values())
    unused = [cell for index, cell in enumerate(header.cells) if cell.strip() and index not in used]
    lost = "Read as Windows-1252." in sheet.notes and any(_LOST_EMOJI.search(row.submission.text) for row in rows)
    notes = (
        *sheet.notes,
        *([_EMOJI_ARE_LOST] if lost else []),
        *(f"Column “{' '.join(cell.split())[:60]}” is not used." for cell in unused),
    )
    return HandedInFile(
        source_name=sheet.source_name, folder=sheet.folder, rows=rows, problems=tuple(problems), notes=notes
    )


def _layout(sheet: Sheet) -> tuple[SheetRow, dict[str, int]]:
    """The row of headings, and the index of each column that is known."""
    if not sheet.rows:
        raise ListError(Problem(what="The file is empty.", where=sheet.source_name, remedy="Save it again."))
    early = [row for row in sheet.rows if row.number <= HEADER_WITHIN] or sheet.rows[:1]
    header = max(early, key=lambda row: len({field for cell in row.cells if (field := _field(cell))}))
    columns: dict[str, int] = {}
    for index, cell in enumerate(header.cells):
        field = _field(cell)
        if field in columns:
            what = f"Two columns mean {field.replace('_', ' ')}: “{header.cells[columns[field]]}” and “{cell}”."
            remedy = "Give one of them another heading."
            raise ListError(Problem(what=what, where=sheet.where(header.number), remedy=remedy))
        if field:
            columns[field] = index
    if "text" not in columns:
        shown = ", ".join(f"“{' '.join(cell.split())[:40]}”" for cell in header.cells[:12] if cell.strip())
        remedy = (
            "The file needs a row of headings: time, name, text, photo, alt text, consent. Only text has to be there."
        )
        what = f"No column of texts was found. The headings are {shown}."
        raise ListError(Problem(what=what, where=sheet.where(header.number), remedy=remedy))
    return header, columns


def _field(heading: str) -> str:
    if len(heading) > _LONGEST:
        return ""
    for text in (heading, re.sub(r"\(.*?\)", " ", heading)):
        if field := _FIELD_OF.get(plain(text)):
            return field
    return ""


def _row(
    sheet: Sheet, row: SheetRow, columns: Mapping[str, int], header: SheetRow, problems: list[Problem]
) -> HandedIn:
    def read(field: str, parse: Callable[[str], str]) -> str:
        if field not in columns:
            return ""
        try:
            return parse(row.cell(columns[field]))
        except CellError as error:
            where = sheet.where(row.number, " ".join(header.cells[columns[field]].split()))
            problems.append(Problem(what=error.what, where=where, remedy=error.remedy))
            return ""

    beyond = row.cells[len(header.cells) :]
    if any(cell.strip() for cell in beyond):
        what = f"The row has {len(row.cells)} cells, but there are only {len(header.cells)} headings."
        remedy = "Is there a comma too many? Put a text that holds one in quotation marks."
        problems.append(Problem(what=what, where=sheet.where(row.number), remedy=remedy))
    consent = read("consent", consent_of)
    submission = Submission(
        where=sheet.where(row.number),
        source_id=read("id", lambda cell: cells.source_id(cell) or ""),
        time=read("time", time_of),
        name=read("name", name_of),
        text=read("text", text_of),
        alt_text=read("alt_text", lambda cell: cells.alt_text(cell) or ""),
        consent=consent,
        consented=agrees(consent),
    )
    return HandedIn(submission=submission, photo=read("photo", partial(_photo, folder=sheet.folder)))


def _photo(cell: str, folder: Path) -> str:
    return cells.photo(cell, folder) or ""


def time_of(cell: str) -> str:
    """ "any time" -> ""; "9.30", "9:30 am", "Mon 9am", "2026-11-30 09:30", "30/11/2026 9:30" -> with the clock as 09:30.

    Raises CellError.
    """
    text = cells.clean(cell)
    if text.casefold() in _ANY_TIME:
        return ""
    if _FRACTION.fullmatch(text):  # a spreadsheet's time of day without its format
        return "{:02}:{:02}".format(*divmod(round(float(text) * _MINUTES) % _MINUTES, 60))
    clock = next((found for found in _CLOCK.finditer(text) if found.end() == len(text)), None)
    if clock is None or (clock["minute"] is None and clock["half"] is None):
        raise _no_time(text)
    hour = int(clock["hour"])
    if clock["half"]:
        hour = hour % _NOON + (_NOON if clock["half"].casefold().startswith("p") else 0)
    try:
        moment = values.moment(f"{hour:02}:{clock['minute'] or '00'}")
        day = _day(text[: clock.start()].replace("T", " ").strip(" ,"))
    except (values.WrongValueError, ValueError):
        raise _no_time(text) from None
    return f"{day} {moment:%H:%M}".strip()


def _day(words: str) -> str:
    """ "Monday" -> "Mon", a date -> its ISO form. Raises WrongValueError."""
    if not words:
        return ""
    if british := _BRITISH_DATE.fullmatch(words):
        words = f"{british[3]}-{int(british[2]):02}-{int(british[1]):02}"
    numbers = values.weekdays(words)
    if numbers is not None and len(numbers) == 1:
        return _WEEKDAYS[min(numbers)]
    return values.day(words).isoformat()


def _no_time(text: str) -> CellError:
    remedy = "Write it as 09:30, or with the day as Mon 09:30; or “any time”."
    return CellError(f"“{text[:60]}” is not a time.", remedy)


def name_of(cell: str) -> str:
    """A first name or a team. Raises CellError."""
    text = cells.optional(cell) or ""
    if len(text) > MAX_NAME:
        raise CellError(f"The name has {len(text)} characters; at most {MAX_NAME} are read.", "Shorten it.")
    return text


def text_of(cell: str) -> str:
    """The text as it will be sent, word for word; only blanks at its ends and at line ends go. Raises CellError."""
    text = normalise(cell[1:] if _MARKED_TEXT.match(cell) else cell)
    if len(text) > MAX_TEXT:
        raise CellError(f"The text has {len(text):,} characters; at most {MAX_TEXT:,} are read.", "Shorten it.")
    for char in text:
        if _is_hidden(char):
            name = unicodedata.name(char, "control character").lower()
            remedy = "Type the text again; it often comes with copied text."
            raise CellError(f"The text holds an invisible character ({name}, U+{ord(char):04X}).", remedy)
    for line in text.splitlines():
        cells.clean("".join(char for char in line if char.isprintable()))  # damaged letters and spreadsheet errors
    return text


def _is_hidden(char: str) -> bool:
    """Emoji are joined by signs that are not seen, and flags are made of them; anything else of that kind misleads."""
    category = unicodedata.category(char)
    if category == "Cf":
        return char not in _JOINERS and ord(char) not in _TAGS
    return category in _NEVER or (category == "Cc" and char not in "\n\t")


def consent_of(cell: str) -> str:
    """What is said about consent, if it can be understood. Raises CellError."""
    text = cells.clean(cell)
    if not (_NO.fullmatch(text) or _YES.fullmatch(text)):
        remedy = "Write yes, name or photo (with when and how, if you like), or no."
        raise CellError(f"“{text[:60]}” does not say whether this person has agreed.", remedy)
    return text


def agrees(consent: str) -> bool:
    """Whether what is said about consent is a yes."""
    return bool(_YES.fullmatch(consent)) and not _NO.fullmatch(consent)


def covers_photo(consent: str) -> bool:
    """A yes that names what it is for ("name only") has to name the photo."""
    words = consent.casefold()
    named = "name" in words or "text" in words
    return agrees(consent) and (not named or any(word in words for word in ("photo", "picture", "image")))

"""One cell -> one value, or what is wrong with it. Nothing is guessed: what could mean two things is refused."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from bot.ranking.sheet import MAX_CELL

MAX_NAME = 100
MAX_ALT_TEXT = 1_000
MAX_PRONOUNS = 40
# What of a cell's text fits one line of a message.
_SHOWN = 60
_MAX_RANK = 1_000_000
_MAX_COUNT = 10**12

_RANK = re.compile(
    r"(?P<before>=|(?:joint|tied|equal)\s)?\s*(?:no\.?\s*|#)?(?P<rank>[0-9]{1,9})(?:\.0+)?(?:st|nd|rd|th)?"
    r"\s*(?P<after>=|\(?(?:joint|tied?|equal)\)?)?\.?",
    re.IGNORECASE,
)
_COUNT = re.compile(r"(?P<whole>[0-9]+|[0-9]{1,3}(?:(?P<mark>[, '\u2019])[0-9]{3})(?:(?P=mark)[0-9]{3})*)(?:\.0+)?")
_HANDLE_LINK = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.)?(?:x|twitter)\.com/@?(?P<name>[^/?#]*)/?(?:[?#].*)?", re.IGNORECASE
)
# "@Home Care" is a name that begins so; "@carehome" and "Care Home (@carehome)" hold a handle.
_LONE_HANDLE = re.compile(r"^@\w+$|(?<!\w)(?<!^)@\w")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_SHEET_ERROR = re.compile(
    r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|FIELD!)|Err:[0-9]{3}", re.IGNORECASE
)
_MARKED_TEXT = re.compile("'+[=+\\-@\uff1d\uff0b\uff0d\uff20]")
# "=A2", "=SUM(A1)", and what calls another program: "=cmd|'/C calc'!A0".
_FORMULA = re.compile(r"=\s*(?:[A-Za-z.]+\(|\$?[A-Za-z]{1,3}\$?[0-9]+\b)|[=+\-@].*(?:\||!\$?[A-Z]{1,3}\$?[0-9])")
# UTF-8 read as Windows-1252: the first byte of a letter shows as one of these, the next as a character of 0x80 to 0xBF.
_LATER_BYTES = "".join(bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xC0)).replace("\ufffd", "")
_LATER = rf"[\x80-\x9f{re.escape(_LATER_BYTES)}]"
_MOJIBAKE = re.compile(rf"[\u00c2-\u00c5\u00ce-\u00d1]{_LATER}|[\u00e0-\u00ef]{_LATER}{{2}}|\u00f0\u0178{_LATER}")
# Letters of an old Mac file, read as Windows-1252, in the middle of a word.
_MAC = re.compile("\\w[\u2030\u00ac\u221a\u2044\u02c6\u2039\u203a]\\w")
_LOST_LETTER = re.compile(r"[^\W\d_]\?[^\W\d_]|(?<!\S)\?[^\W\d_]")
_ENTITY = re.compile(r"&(?:#[0-9]+|#x[0-9a-f]+|[a-z]{2,8});", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
# What a letter program or a template leaves behind: "{{ name }}", "{First name}".
_UNFILLED = re.compile(r"[{}]")
_NOTHING = frozenset({"-", "\u2013", "\u2014", "n/a", "N/A"})
_CSV_UTF8 = "Save the list again as “CSV UTF-8” from the program it was made in, or type the name again."


# Most cells: nothing to squeeze, to compose, to mark or to refuse.
_PLAIN = re.compile(r"[0-9A-Za-z](?: ?[0-9A-Za-z.,&/()@_-])*+")


class CellError(Exception):
    """A cell that cannot be understood: what is wrong, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(what)


class Rank(NamedTuple):
    """A rank, and whether it was marked as shared ("=3")."""

    number: int
    marked: bool


def clean(cell: str) -> str:
    """Squeeze white space and compose letters (NFC); accents and quotation marks stay. Raises CellError."""
    if len(cell) > MAX_CELL:
        raise CellError(f"The cell holds {len(cell):,} characters; at most {MAX_CELL:,} are read.", "Shorten it.")
    if _PLAIN.fullmatch(cell):
        return cell
    if not cell.isprintable():
        _refuse_invisible(cell)
    if not cell.isascii():  # before white space is squeezed: a hard blank is what half of a damaged "à" looks like
        _refuse_damaged(cell)
    text = " ".join(cell.split())
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    elif text.startswith("'") and _MARKED_TEXT.match(text):
        # A spreadsheet's mark for "this is text", not part of it.
        text = text[1:]
    if text.startswith(("#", "Err", "err", "ERR")) and _SHEET_ERROR.fullmatch(text):
        raise CellError(f"The cell holds the spreadsheet error {text}.", "Mend the formula in the spreadsheet.")
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text)


def optional(cell: str) -> str | None:
    """Give the text of a cell that may be empty; a lone dash or "n/a" is empty."""
    text = clean(cell)
    return None if not text or text in _NOTHING else text


def rank(cell: str) -> Rank:
    """Read 7, 7.0, 7th, =3, 3=, "joint 3"."""
    text = clean(cell)
    if not text:
        raise CellError("The rank is empty.", "Write the rank as a number, such as 7.")
    found = _RANK.fullmatch(text)
    if not found or not 1 <= int(found["rank"]) <= _MAX_RANK:
        remedy = "Write a whole number from 1, such as 7; for a shared rank write =7."
        raise CellError(f"“{_short(text)}” is not a rank.", remedy)
    return Rank(int(found["rank"]), bool(found["before"] or found["after"]))


def count(cell: str) -> int | None:
    """Read 1200, 1,200, 1 200, 1200.0; None when empty."""
    text = optional(cell)
    if text is None:
        return None
    found = _COUNT.fullmatch(text)
    if not found or (number := int(re.sub(r"\D", "", found["whole"]))) > _MAX_COUNT:
        raise CellError(f"“{_short(text)}” is not a whole number.", "Write the count in digits, such as 1200 or 1,200.")
    return number


def person(cell: str) -> str:
    """Read a person's name, which is kept as it is spelled."""
    text = _titled(cell, "name", MAX_NAME)
    if "@" in text:
        remedy = "Write the person's name here, and the handle in a column “handle”."
        raise CellError(f"“{_short(text)}” looks like a handle or an e-mail address, not a name.", remedy)
    return text


@lru_cache(maxsize=4_096)
def organisation(cell: str) -> str:
    """Read an organisation's name, which is kept as it is spelled; Care@Home is one, @carehome is not."""
    text = _titled(cell, "organisation", MAX_NAME)
    if "@" in text and _LONE_HANDLE.search(text):
        remedy = "Write the organisation's name here, and its handle in a column “organisation handle”."
        raise CellError(f"“{_short(text)}” looks like a handle, not an organisation.", remedy)
    return text


def handle(cell: str) -> str | None:
    """Read @name, name or https://x.com/name -> name; X allows 1 to 15 letters, digits and underscores."""
    text = optional(cell)
    if text is None:
        return None
    link = _HANDLE_LINK.fullmatch(text)
    name = link["name"] if link else text.removeprefix("@").removeprefix("\uff20")
    if not _HANDLE.fullmatch(name):
        remedy = "Write it as @name: 1 to 15 letters (A to Z), digits or underscores; or leave the cell empty."
        raise CellError(f"“{_short(text)}” is not an X handle.", remedy)
    return name


def source_id(cell: str) -> str | None:
    """Read an id; a spreadsheet's 123.0 is 123."""
    text = clean(cell)
    return re.sub(r"(?<=[0-9])\.0+$", "", text) or None


def alt_text(cell: str) -> str | None:
    """Read a description of the picture; X takes at most 1,000 characters."""
    text = optional(cell)
    if text and len(text) > MAX_ALT_TEXT:
        what = f"The description of the picture has {len(text):,} characters; X takes {MAX_ALT_TEXT:,}."
        raise CellError(what, "Shorten it.")
    return text


def pronouns(cell: str) -> str | None:
    """Read pronouns such as she/her."""
    text = optional(cell)
    if text and len(text) > MAX_PRONOUNS:
        raise CellError(f"“{_short(text)}” is too long for pronouns.", "Write for example she/her or they/them.")
    return text


def photo(cell: str, folder: Path) -> str | None:
    """Read the path of a picture, which must be inside the list's folder; given back with forward slashes."""
    text = optional(cell)
    if text is None:
        return None
    path = text.replace("\\", "/")
    if "://" in path:
        raise CellError(
            f"“{_short(text)}” is a link, not a file.", "Save the picture beside the list and name the file."
        )
    inside = f"Put the picture beside the list (or in a folder there) and write for example photos/{_leaf(path)}."
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:", path) or ".." in path.split("/"):
        raise CellError(f"“{_short(text)}” is not inside the list's folder.", inside)
    real = _existing(folder / path)
    if real is None:
        raise CellError(f"There is no picture “{_short(text)}” beside the list.", inside)
    if not real.is_relative_to(folder.resolve()):
        raise CellError(f"“{_short(text)}” leads out of the list's folder.", inside)
    return PurePosixPath(path).as_posix()


def _existing(path: Path) -> Path | None:
    try:
        real = path.resolve()
        return real if real.is_file() else None
    except (OSError, ValueError):
        return None


def _titled(cell: str, word: str, longest: int) -> str:
    text = clean(cell)
    if not text:
        raise CellError(f"The {word} is empty.", "Fill it in, or delete the row.")
    if _FORMULA.match(text):
        raise CellError(f"“{_short(text)}” is a formula, not its result.", "Paste the cells as values and save again.")
    if _ENTITY.search(text) or _TAG.search(text):
        fix = _TAG.sub("", html.unescape(text))
        raise CellError(f"“{_short(text)}” holds HTML code.", f"Write it as it should read: “{_short(fix)}”?")
    if _LINK.search(text):
        raise CellError(f"“{_short(text)}” is a link, not a {word}.", f"Write the {word} here.")
    if _UNFILLED.search(text):
        raise CellError(f"“{_short(text)}” holds a placeholder that was never filled in.", f"Write the {word} itself.")
    if not any(char.isalpha() for char in text):
        raise CellError(
            f"“{_short(text)}” is not a {word}.", "Are the columns in the right order? Write it in letters."
        )
    if _LOST_LETTER.search(text):
        raise CellError(f"“{_short(text)}” has lost a letter: it shows as a question mark.", _CSV_UTF8)
    if len(text) > longest:
        raise CellError(f"The {word} has {len(text)} characters; at most {longest} fit a post.", "Shorten it.")
    return text


def _refuse_invisible(cell: str) -> None:
    """Refuse what cannot be seen but changes what is read: controls, direction marks, zero-width and private signs."""
    for index, char in enumerate(cell):
        hidden = unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs") or _is_no_character(char)
        if hidden and char not in "\t\r\n" and not _joins(cell, index):
            name = unicodedata.name(char, "control character").lower()
            remedy = "Delete the cell's content and type it again."
            raise CellError(f"The cell holds an invisible character ({name}, U+{ord(char):04X}).", remedy)


def _is_no_character(char: str) -> bool:
    """Code points that Unicode keeps free for ever (https://www.unicode.org/faq/private_use.html#nonchar1)."""
    return "\ufdd0" <= char <= "\ufdef" or ord(char) & 0xFFFE == 0xFFFE  # noqa: PLR2004  # the last two of each plane


def _joins(cell: str, index: int) -> bool:
    """Persian and Indian spellings need (non-)joiners between letters; they do nothing between Latin ones."""
    if cell[index] not in "\u200c\u200d" or not 0 < index < len(cell) - 1:
        return False
    around = (unicodedata.category(cell[index - 1]), unicodedata.category(cell[index + 1]))
    return all(category in ("Lo", "Mn", "Mc") for category in around)


def _refuse_damaged(text: str) -> None:
    if "\ufffd" in text:
        raise CellError(f"“{_short(text)}” holds a letter that was lost (shown as \ufffd).", _CSV_UTF8)
    if _MOJIBAKE.search(text):
        raise CellError(f"“{_short(text)}” is damaged{_probably(text)}.", _CSV_UTF8)
    if _MAC.search(text):
        raise CellError(f"“{_short(text)}” looks damaged: it holds a sign inside a word.", _CSV_UTF8)


def _probably(text: str) -> str:
    """Say what the text was before UTF-8 was read as Windows-1252, if that can be told."""
    try:
        data = b"".join(_byte(char) for char in text)
        return f" (probably “{_short(data.decode('utf-8'))}”)"
    except UnicodeError:
        return ""


def _byte(char: str) -> bytes:
    return char.encode("latin-1") if "\x80" <= char <= "\x9f" else char.encode("cp1252")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _leaf(path: str) -> str:
    return path.rsplit("/", 1)[-1] or "sian.jpg"

"""What a text weighs by X's public rules, and what stands in it: links, mentions, tags.

The rules are those of X's "Counting characters" page and its published v3 settings: 280 weighted characters; one for
most Latin, Greek, Cyrillic, Hebrew and Arabic, two for everything else; two for an emoji however many code points it is
made of; 23 for a link however long it is. Text is measured in Unicode form NFC. Emoji are recognised by the grammar of
UTS #51 (https://www.unicode.org/reports/tr51/) instead of a table, so that next year's count as two as well.

Every pattern here is bounded or possessive in effect: time is linear in the length of the text, whatever it holds.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

MAX_WEIGHT = 280
LINK_WEIGHT = 23

_MAX_HOST = 253
_MAX_LABEL = 63
_MAX_TLD = 24
_MAX_TCO_SLUG = 40

# Latin letters with accents may stand in a name without https://, other scripts only after it.
_ACCENTED = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_HOST_WITH_SCHEME = re.compile(
    r"[^\s\x00-\x2c\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f\u2000-\u206f\u3000-\u303f\uff00-\uff0f]+"
)
_CANDIDATE = re.compile(
    rf"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?://(?P<user>[A-Za-z0-9._~!$&'*+,;=%:-]{{1,64}}@)?)|(?P<host>[A-Za-z0-9_.{_ACCENTED}-]+)"
)
_MAYBE_LINK = re.compile(r"\.\S|://")  # most texts have neither, and need no closer look
_STOPS_SCHEME = re.compile(r"[A-Za-z0-9@\uff20$#\uff03]")
_STOPS_TLD = re.compile(r"[A-Za-z0-9@\uff20+-]")
_IP_V6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")
_IP_V4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?!$)|$)){4}")
_PORT = re.compile(r":[0-9]{1,5}(?![0-9])")
_PATH = re.compile(rf"/[A-Za-z0-9!*';:=+,.$%\[\]_~@|&#/()\u2013{_ACCENTED}\u0400-\u04ff-]*")
_QUERY = re.compile(r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]*")
_CLOSERS = ".,;:!?'*@$%[]~|(&"

_HEAVY = re.compile("[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
# A single emoji weighs two by its code point already; the grammar is needed only where pieces are joined.
_JOINED_EMOJI = re.compile("[\u200d\u20e3\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_ONE_EMOJI = "\U0001f600"
_INVALID = re.compile("[\ufffe\ufeff\uffff]")

_MENTION = re.compile(rf"(?<![A-Za-z0-9_!#$%&*@\uff20])[@\uff20]([A-Za-z0-9_]{{1,20}})(?![@\uff20{_ACCENTED}]|://)")
_CASHTAG = re.compile(r"(?<!\S)\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?![\w$])")
_TAG_SIGN = re.compile(r"[#\uff03]")
_TAG_EXTRAS = "_\u00b7\u30fb\u200c\u200d\u05f3\u05f4\u05be"


@dataclass(frozen=True, kw_only=True)
class _Link:
    """Where a link stands in a text, and what it weighs."""

    start: int
    end: int
    weight: int


def normalise(text: str) -> str:
    """The one form in which a text is stored, compared and sent: NFC, LF, no blanks at line ends or around the text."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def weighted_length(text: str) -> int:
    """What X counts for this text; up to ``MAX_WEIGHT`` may be sent.

    A web address with https:// whose ending is on no list of top-level domains may or may not become a link: it counts as the longer
    of the two, so that nothing that passes here is refused there.
    """
    text = unicodedata.normalize("NFC", text)
    if "." not in text and ":" not in text:
        return _plain_weight(text)
    total = position = 0
    for link in _links(text):
        total += _plain_weight(text[position : link.start]) + link.weight
        position = link.end
    return total + _plain_weight(text[position:])


def is_valid_characters(text: str) -> bool:
    """False if the text holds one of the three code points that X never takes (U+FFFE, U+FEFF, U+FFFF)."""
    return _INVALID.search(text) is None


def find_links(text: str) -> tuple[str, ...]:
    """Everything that X turns into a link, with or without ``https://``, in order."""
    return tuple(text[link.start : link.end] for link in _links(text))


def has_link(text: str) -> bool:
    """Whether X turns anything in this text into a link."""
    return next(_links(text), None) is not None


def find_mentions(text: str) -> tuple[str, ...]:
    """The names that are mentioned, without ``@``, in order; parts of links and e-mail addresses are none."""
    return tuple(_MENTION.findall(_without_links(text)))


def find_hashtags(text: str) -> tuple[str, ...]:
    """The hashtags without ``#``, in order. A tag needs a letter: ``#7`` is none."""
    text = _without_links(text)
    found = []
    end = 0
    for sign in _TAG_SIGN.finditer(text):
        start = sign.end()
        if sign.start() < end or (sign.start() > 0 and _blocks_tag(text[sign.start() - 1])):
            continue
        end = start
        while end < len(text) and _in_tag(text[end]):
            end += 1
        tag = text[start:end]
        if any(c.isalpha() for c in tag) and not text.startswith(("#", "\uff03", "://"), end):
            found.append(tag)
    return tuple(found)


def find_cashtags(text: str) -> tuple[str, ...]:
    """The cashtags without ``$``, in order; X takes at most one in a post."""
    return tuple(_CASHTAG.findall(_without_links(text)))


def split_links(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands before, between and after the links (one more than there are links), and the links, in order."""
    words: list[str] = []
    links: list[str] = []
    position = 0
    for link in _links(text):
        words.append(text[position : link.start])
        links.append(text[link.start : link.end])
        position = link.end
    return (*words, text[position:]), tuple(links)


def _plain_weight(text: str) -> int:
    """The weight of a text without links."""
    if text.isascii():
        return len(text)
    if _JOINED_EMOJI.search(text):
        text = str(_emoji_sequence().sub(_ONE_EMOJI, text))
    return len(text) + len(_HEAVY.findall(text))


@cache
def _emoji_sequence() -> re.Pattern[str]:
    """Emoji that are made of several code points, by the grammar of UTS #51, possessive and so linear.

    ``regex`` knows the properties; it is loaded when the first such emoji is met, because it takes 40 ms.
    (c) and (r) are letters for X unless U+FE0F makes them emoji.
    """
    base = r"(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|[\p{Extended_Pictographic}--[©®]]\uFE0F?|[©®]\uFE0F)"
    tagged = r"(?:[\U000E0020-\U000E007E]{1,16}\U000E007F)?"
    pattern = (
        r"(?V1)\p{Regional_Indicator}{2}"
        r"|[0-9#*]\uFE0F?\u20E3"
        rf"|{base}(?:{tagged}|\u20E3)(?:\u200D{base}{tagged}){{0,9}}+"
    )
    compiled: re.Pattern[str] = importlib.import_module("regex").compile(pattern)
    return compiled


def _without_links(text: str) -> str:
    """The text with every link replaced by a blank."""
    words, _links_in_between = split_links(text)
    return " ".join(words)


def _blocks_tag(before: str) -> bool:
    """Whether a # after this character begins no hashtag."""
    return before == "&" or _in_tag(before)


def _in_tag(character: str) -> bool:
    """Letters of any script, their marks, digits, and what joins words in some scripts."""
    return character.isalnum() or character in _TAG_EXTRAS or unicodedata.category(character)[0] == "M"


def _links(text: str) -> Iterator[_Link]:
    """The links of a text in order."""
    if _MAYBE_LINK.search(text):
        yield from _found_links(text)


@lru_cache(maxsize=16_384)
def _found_links(text: str) -> tuple[_Link, ...]:
    """As ``_links``, each character looked at a bounded number of times. Remembered: a dozen checks ask about each
    text of a plan, one check after the other."""
    return tuple(_search_links(text))


def _search_links(text: str) -> Iterator[_Link]:
    position = 0
    while candidate := _CANDIDATE.search(text, position):
        if candidate["host"] and (scheme := _late_scheme(text, candidate)) is not None:
            position = scheme
            continue
        link = _scheme_link(text, candidate) if candidate["scheme"] else _bare_link(text, candidate)
        if link:
            yield link
        position = link.end if link else candidate.end()


def _late_scheme(text: str, candidate: re.Match[str]) -> int | None:
    """Where http:// begins if the run of characters before it was taken for the start of a name ("...http://")."""
    if not text.startswith("://", candidate.end()):
        return None
    run = candidate["host"].lower()
    length = 5 if run.endswith("https") else 4 if run.endswith("http") else 0
    return candidate.end() - length if 0 < length < len(run) else None


def _scheme_link(text: str, candidate: re.Match[str]) -> _Link | None:
    """A link that begins with http:// or https://."""
    start, end = candidate.span()
    if start and _STOPS_SCHEME.match(text, start - 1):
        return None
    known = True
    if address := _IP_V6.match(text, end):
        host_end: int | None = address.end()
        known = False
    else:
        run = _HOST_WITH_SCHEME.match(text, end)
        host_end = _host_end(text, end, run.end(), ascii_only=False) if run else None
        if run and host_end is None:
            host_end, known = _unknown_host_end(text, end, run.end()), False
    if host_end is None:
        return None
    link_end = _rest_end(text, host_end)
    slug = text[end:link_end].lower().removeprefix("t.co/")
    if candidate["user"] or (slug != text[end:link_end].lower() and len(slug) > _MAX_TCO_SLUG):
        known = False
    raw = 0 if known else _plain_weight(text[start:link_end])
    return _Link(start=start, end=link_end, weight=max(LINK_WEIGHT, raw))


def _bare_link(text: str, candidate: re.Match[str]) -> _Link | None:
    """A link without a scheme: a dotted name that ends in a known top-level domain."""
    start, end = candidate.span()
    if "." not in candidate["host"] or text[start] in "-_." or (start and text[start - 1] in "@\uff20$#\uff03/"):
        return None
    host_end = _host_end(text, start, end, ascii_only=True)
    if host_end is None:
        return None
    return _Link(start=start, end=_rest_end(text, host_end), weight=LINK_WEIGHT)


def _host_end(text: str, start: int, end: int, *, ascii_only: bool) -> int | None:
    """Where the longest host that ends in a known top-level domain ends, looking at text[start:end]."""
    best: int | None = None
    previous = ""
    position = start
    for label in text[start : min(end, start + _MAX_HOST + 1)].split("."):
        if previous and _is_label(previous):
            length = _tld_length(label, ascii_only=ascii_only)
            after = position + length
            if length and not _STOPS_TLD.match(text, after):
                best = after
        if not _is_label(label.replace("_", "-") if "_" in label else label):
            break
        previous = label
        position += len(label) + 1
    return best


def _tld_length(label: str, *, ascii_only: bool) -> int:
    """How many characters at the start of a label are a top-level domain: all of it, or up to another script."""
    known = _top_level_domains()
    folded = label.lower()
    if folded in known and (folded.isascii() or not ascii_only):
        return len(label)
    if label.isascii() and "_" not in label:
        return 0
    for length in range(min(len(label), _MAX_TLD), 1, -1):
        if label[length : length + 1].isascii() and label[length : length + 1] not in ("", "_"):
            continue
        if folded[:length] in known and (not ascii_only or folded[:length].isascii()):
            return length
    return 0


def _unknown_host_end(text: str, start: int, end: int) -> int | None:
    """Where a well-formed host with an unlisted ending ends (an address in numbers, a name of an intranet)."""
    host = text[start:end].rstrip(".-_")
    labels = host.split(".")
    if len(host) > _MAX_HOST:
        return None
    if labels[-1].isdecimal():
        return start + len(host) if _IP_V4.fullmatch(host) else None
    subdomains_fit = all(_is_label(label.replace("_", "-")) for label in labels[:-2])
    if len(labels) > 1 and subdomains_fit and all(_is_label(label) for label in labels[-2:]):
        return start + len(host)
    return None


def _is_label(label: str) -> bool:
    """Whether this can be one label of a domain name: no hyphen at its ends, at most 63 characters as DNS writes it."""
    if not 0 < len(label) <= _MAX_LABEL or label[0] == "-" or label[-1] == "-" or "_" in label:
        return False
    return label.isascii() or len(label.encode("punycode")) + len("xn--") <= _MAX_LABEL


def _rest_end(text: str, host_end: int) -> int:
    """Where port, path and query of a link end."""
    end = host_end
    if port := _PORT.match(text, end):
        end = port.end()
    for part in (_PATH, _QUERY):
        if found := part.match(text, end):
            end += _closed_length(found[0])
    return end


def _closed_length(part: str) -> int:
    """The length of a path or query without what belongs to the sentence: closing marks and unmatched brackets."""
    depth = 0
    end = len(part)
    for index, character in enumerate(part):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            end = index
            break
    kept = len(part[:end].rstrip(_CLOSERS))
    return max(kept, 1) if part[0] == "/" else kept


@cache
def _top_level_domains() -> frozenset[str]:
    """Every top-level domain of the public suffix list (https://publicsuffix.org), in both spellings of IDNA.

    Read on first use: the package's own parser builds much more than the last labels, in ten times the time.
    """
    source = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text(encoding="utf-8")
    official = source.partition("===END ICANN DOMAINS===")[0]
    names = {
        line.strip().rpartition(".")[2] for line in official.split("\n") if line.strip() and not line.startswith("//")
    }
    encoded = {"xn--" + name.encode("punycode").decode("ascii") for name in names if not name.isascii()}
    return frozenset(names | encoded)

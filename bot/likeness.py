"""Whether a post that an account shows says what one of ours says: its words, and where its links lead. Pure.

X shows a link otherwise than it was written: with a scheme, its host in small letters, a slash behind a bare domain, parts of
it percent-encoded. None of that makes it another link; that it leads elsewhere does. The reasons: docs/delivery.md.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import unquote

from bot.text import split_links

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HOST_END = re.compile(r"[/?#]")
_SHORT = re.compile(r"t\.co/[A-Za-z0-9]+", re.IGNORECASE)
_PICTURE = re.compile(r"x\.com/[^/]+/status/[0-9]+/(?:photo|video)/[0-9]+")
_HOSTS_OF_X = frozenset({"twitter.com", "www.twitter.com", "mobile.twitter.com", "www.x.com", "mobile.x.com"})
_ENCODED_LABEL = "xn--"


class Likeness(Enum):
    """How a post that is shown and a text of ours compare."""

    SAME = auto()
    """The same words and the same links."""
    UNSURE = auto()
    """The same words, and nothing says where a link leads: it may be ours, or not."""
    OTHER_LINKS = auto()
    """The same words, and links that surely differ."""
    OTHER = auto()
    """Other words; or nothing but links, and others."""


@dataclass(frozen=True, kw_only=True)
class _Parts:
    words: tuple[str, ...]
    links: tuple[str, ...]

    @property
    def key(self) -> str:
        """All of it in one line: equal also where X saw the end of a link elsewhere than we do."""
        joined = (f"{word}{link}" for word, link in zip(self.words, (*self.links, ""), strict=True))
        return _collapsed("".join(joined))

    @property
    def blanked(self) -> str:
        """The words alone."""
        return _collapsed(" ".join(self.words))


def likeness(ours: str, shown: str) -> Likeness:
    """Compare a text of ours with one that an account shows (links expanded as far as X explained them)."""
    wanted, found = _parts(ours), _parts(shown)
    if wanted.key == found.key:
        return Likeness.SAME
    if wanted.blanked != found.blanked:
        return Likeness.OTHER
    if _may_be(wanted, found) or _may_be(wanted, _without_last(found)) or _may_be(_without_last(wanted), found):
        return Likeness.UNSURE
    return Likeness.OTHER_LINKS if wanted.blanked else Likeness.OTHER


def _parts(text: str) -> _Parts:
    words, links = split_links(unicodedata.normalize("NFC", text))
    return _Parts(words=words, links=tuple(_where_it_leads(link) for link in links))


def _where_it_leads(link: str) -> str:
    """A link without what X may change about it."""
    address = _SCHEME.sub("", link.replace("&amp;", "&"), count=1)
    end = found.start() if (found := _HOST_END.search(address)) else len(address)
    host = ".".join(_decoded(label) for label in address[:end].lower().split("."))
    rest = unicodedata.normalize("NFC", unquote(address[end:]))
    if rest == "/" or rest.startswith(("/?", "/#")):
        rest = rest[1:]
    return ("x.com" if host in _HOSTS_OF_X else host) + rest


def _decoded(label: str) -> str:
    """One label of a domain name as people write it."""
    if not label.startswith(_ENCODED_LABEL):
        return label
    try:
        return label.removeprefix(_ENCODED_LABEL).encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _may_be(wanted: _Parts, found: _Parts) -> bool:
    """Whether they are the same if each short link that nobody explained stands for exactly one link."""
    return (
        len(wanted.links) == len(found.links)
        and [_collapsed(word) for word in wanted.words] == [_collapsed(word) for word in found.words]
        and all(
            one == other or _is_short(one) or _is_short(other)
            for one, other in zip(wanted.links, found.links, strict=True)
        )
    )


def _without_last(parts: _Parts) -> _Parts:
    """Without a link at the very end that may be that of a picture; nobody writes those, X adds them."""
    if (
        not parts.links
        or parts.words[-1].strip()
        or not (_is_short(parts.links[-1]) or _PICTURE.fullmatch(parts.links[-1]))
    ):
        return parts
    return _Parts(words=parts.words[:-1], links=parts.links[:-1])


def _is_short(link: str) -> bool:
    return _SHORT.fullmatch(link) is not None


def _collapsed(text: str) -> str:
    return " ".join(text.split())

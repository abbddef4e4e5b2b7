"""config.toml as people and accidents leave it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from bot.errors import ExitCode
from tests.corpus.case import Case, Content

CONFIG = "config.toml"


def refused(content: Content) -> Case:
    return Case(words=("plan",), files={CONFIG: content})


def line(key: str, new: str, *, code: ExitCode = ExitCode.USAGE) -> Case:
    """One line of the good config, named by its key, is replaced."""

    def make(path: Path) -> None:
        lines = path.read_text("utf-8").splitlines()
        assert any(found.startswith(f"{key} =") for found in lines)
        path.write_text("\n".join(new if found.startswith(f"{key} =") else found for found in lines) + "\n", "utf-8")

    return Case(words=("plan",), files={CONFIG: make}, code=code)


def added(text: str) -> Case:
    """Something is written below it."""

    def make(path: Path) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    return refused(make)


def remade(change: Callable[[Path], object]) -> Case:
    def make(path: Path) -> None:
        path.unlink()
        change(path)

    return refused(make)


def _recoded(encoding: str) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(path.read_text("utf-8").replace("Care Heroes", "Siân Heroes").encode(encoding))


CONFIGS = {
    "empty": refused(""),
    "only a comment": refused("# to be written\n"),
    "not TOML": refused("name: Care Heroes\nzone: Europe/London\n"),
    "JSON": refused('{"campaign": {"name": "x"}}'),
    "a table that does not close": refused("[campaign\nname = 1\n"),
    "a text that does not close": refused('[campaign]\nname = "Care\n'),
    "curly quotation marks": line("name", "name = “Care Heroes”"),
    "a key twice": line("zone", 'zone = "UTC"\nzone = "UTC"'),
    "Windows-1252": refused(_recoded("cp1252")),
    "UTF-16": refused(_recoded("utf-16")),
    "bytes": refused(bytes(range(256))),
    "NUL characters": refused(b"\x00" * 100),
    "a megabyte of brackets": refused("a = " + "[" * 100_000),
    "ten megabytes": refused("# " + "x" * 10_000_000 + "\n"),
    "a folder": remade(lambda path: path.mkdir()),
    "a link to itself": remade(lambda path: path.symlink_to(path.name)),
    "a pipe that nobody writes": remade(os.mkfifo),
    "a name that is empty": line("name", 'name = ""'),
    "a name that is a number": line("name", "name = 7"),
    "a name over two lines": line("name", 'name = "Care\\nHeroes"'),
    "a name of a thousand letters": line("name", f'name = "{"x" * 1_000}"'),
    "a name with an invisible letter": line("name", 'name = "Care\\u200bHeroes"'),
    "an unknown zone": line("zone", 'zone = "Europe/Londn"'),
    "a zone out of the folder of zones": line("zone", 'zone = "../../etc/passwd"'),
    "a zone by its short form": line("zone", 'zone = "BST"'),
    "a day that is none": line("first_day", "first_day = 2027-02-30"),
    "a day as a text": line("first_day", 'first_day = "next Monday"'),
    "a day of the year one": line("first_day", "first_day = 0001-01-01"),
    "a week that ends before it begins": line("last_day", "last_day = 2020-01-01"),
    "a week of eight thousand years": line("last_day", "last_day = 9999-12-31"),
    "live as a word": line("live", 'live = "no"'),
    "live as a number": line("live", "live = 1"),
    "hashtags as a number": line("hashtags", "hashtags = 7"),
    "a hashtag with a space": line("hashtags", 'hashtags = ["Care Heroes"]'),
    "a hashtag of figures": line("hashtags", 'hashtags = ["2027"]'),
    "a hashtag that is a command": line("hashtags", 'hashtags = ["#Care\\nHeroes"]'),
    "a link that is a script": line("link", 'link = "javascript:alert(1)"'),
    "a network that is not known": line("network", 'network = "myspace"'),
    "a handle with a space": line("handle", 'handle = "@example charity"'),
    "a handle too long": line("handle", 'handle = "@a_name_of_more_than_fifteen"'),
    "no handle": line("handle", 'handle = ""'),
    "a window turned round": line("window", 'window = "17:00-09:00"'),
    "a window of no length": line("window", 'window = "09:00-09:00"'),
    "a window with an odd hour": line("window", 'window = "09:00-25:00"'),
    "spacing without a unit": line("spacing", 'spacing = "30"'),
    "spacing below nought": line("spacing", 'spacing = "-30m"'),
    "no spacing": line("spacing", 'spacing = "0s"'),
    "spacing of a year": line("spacing", 'spacing = "9000h"'),
    "lateness of a year": line("lateness_limit", 'lateness_limit = "9000h"'),
    "a kind of series that there is not": line("kind", 'kind = "sponsors"'),
    "ranks in words": line("ranks", 'ranks = "all"'),
    "ranks from nought": line("ranks", 'ranks = "20-0"'),
    "ranks without an end": line("ranks", 'ranks = "20-"'),
    "a billion ranks": line("ranks", 'ranks = "1-1000000000000"'),
    "days that are none": line("days", 'days = "Mo-Th"'),
    "a template out of the folder": line("template", 'template = "../../../etc/passwd"'),
    "a template that is not there": line("template", 'template = "wrker.txt.j2"'),
    "a moment that is none": line("at", 'at = "Friday afternoon"'),
    "no basis": line("basis", 'basis = ""'),
    "a basis of one's own": line("basis", 'basis = "because we may"'),
    "a price in words": line("post", 'post = "cheap"'),
    "a price below nought": line("post", "post = -1"),
    "a price not a number": line("post", "post = nan"),
    "a price without an end": line("post", "post = inf"),
    "a budget below nought": line("usd", "usd = -5"),
    "posts a day in halves": line("posts_a_day", "posts_a_day = 1.5"),
    "a nation that is none": line("nation", 'nation = "Atlantis"'),
    "a folder of templates that is not there": line("folder", 'folder = "texts"'),
    "a database address that is none": line("url", 'url = "campaign.db"'),
    "a database of another make": line("url", 'url = "mysql://x/y"'),
    "a database in a folder that is not there": line("url", 'url = "sqlite:///nowhere/campaign.db"'),
    "a password in the database address": line("url", 'url = "postgresql://ann:secret@/x?host=/nowhere"'),
    "an unknown table": added("[postng]\nspacing = '1h'"),
    "an unknown key": added("[webhook]\nurl = 'x'"),
    "secrets in it": added('[x]\napi_key = "abc"\napi_key_secret = "def"'),
    "a mail password in it": line("usd", 'usd = 5.0\n[alerts.more]\nsmtp_password = "hunter2"'),
    "two series of one name": added(
        '[[series]]\nkind = "organisations"\nname = "Countdown"\ntemplate = "organisation.txt.j2"'
    ),
    "two winner threads": added('[[series]]\nkind = "winner"\nat = "Fri 16:00"\ntemplate = "winner_thread.txt.j2"'),
    "a series that is not a list": added("[series]\nkind = 'workers'"),
    "a check that there is not": added('[checks.off]\nSPELLING = "we can spell"'),
    "a check switched off without a reason": added('[checks.off]\nSENTENCE = ""'),
    "a check that cannot be switched off": added('[checks.off]\nLENGTH = "we know better"'),
    "a quiet time that ends before it begins": added(
        '[[quiet]]\nname = "x"\nkind = "other"\nfrom = "2027-02-01"\nto = "2027-01-01"'
    ),
    "a quiet time of no kind": added('[[quiet]]\nname = "x"\nkind = "lunch"\nfrom = "2027-02-01"\nto = "2027-02-02"'),
}

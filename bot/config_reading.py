"""config.toml -> Config, every mistake reported at once; the example for a new campaign; what tells two configs apart."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from bot import config_values as values
from bot.config import AccountConfig, Config, Posting, Prices, Privacy
from bot.config_alerts import read_alerts
from bot.config_checks import read_budget, read_checks
from bot.config_series import read_series
from bot.config_tables import FILE, Document
from bot.errors import ConfigError, Problem
from bot.resources import config_example

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.config_tables import Table

DATABASE_VARIABLE = "CAMPAIGN_BOT_DATABASE_URL"
DATABASE_FILE = "campaign.db"
_LONGEST_CAMPAIGN = 366
_TABLES = (
    "campaign",
    "account",
    "posting",
    "series",
    "totals",
    "privacy",
    "prices",
    "checks",
    "quiet",
    "budget",
    "alerts",
    "database",
    "templates",
)
_ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_FULL_DAY = timedelta(days=1)
# What a plan does not depend on: where things lie, how to get in, who is told, and whether it is practice.
_NOT_PLANNED = {"folder", "templates", "database_url", "credentials", "api_base", "live", "alerts"} | {
    "own_post_read",
    "post_read",
    "hashtag_usd",
}  # and what reading costs: it is done when somebody asks for it


def read_config(folder: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read the config.toml of a folder, or at a path. ``environ`` stands in for the process's environment.

    Raises ``ConfigError`` with one problem for each mistake.
    """
    path = folder / FILE if folder.is_dir() or folder.suffix != ".toml" else folder
    home = path.parent.resolve()
    text = _text_of(path)
    document = Document(_parsed(text), text)
    document.check_names(_TABLES)
    config = _read(document, home, os.environ if environ is None else environ)
    if document.problems:
        raise ConfigError(*document.problems)
    return config


def example_config(today: date, path: Path | None = None) -> str:
    """The text of config.example.toml (or of ``path``), with its dates moved to the next full Monday to Friday after
    ``today``."""
    text = (path or config_example()).read_text(encoding="utf-8")
    first = min(date.fromisoformat(found) for found in _ISO_DATE.findall(text))
    shift = today + timedelta(days=7 - today.weekday()) - (first - timedelta(days=first.weekday()))
    return _ISO_DATE.sub(lambda found: (date.fromisoformat(found[0]) + shift).isoformat(), text)


def config_digest(config: Config) -> str:
    """A hash (sha256, hex) over everything that a plan depends on, to tell that config.toml differs from what runs."""
    content = json.dumps(_plain(config), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value):
        names = (entry.name for entry in fields(value) if entry.name not in _NOT_PLANNED)
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return str(value.normalize())
    return value if value is None or isinstance(value, bool | int) else str(value)


def _text_of(path: Path) -> str:
    if path.exists() and not path.is_file() and not path.is_dir():  # reading a pipe would wait for ever
        what, remedy = "This is not an ordinary file.", "Save your settings as a text file of that name."
        raise ConfigError(Problem(what=what, where=str(path), remedy=remedy))
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        what, remedy = (
            f"There is no {FILE} in {path.parent.resolve()}.",
            "Go to the campaign's folder, or run campaign-bot init.",
        )
    except UnicodeDecodeError:
        what, remedy = "The file is not saved as UTF-8.", "Save it again with the encoding UTF-8."
    except OSError as error:
        what, remedy = f"The file cannot be read: {error.strerror}.", "Check that you may open it."
    raise ConfigError(Problem(what=what, where=str(path), remedy=remedy))


def _parsed(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        remedy = "Compare the line with config.example.toml: texts stand in quotes, lists in square brackets."
        if re.search(r"=\s*\[?\s*[“”‘’]", text):  # noqa: RUF001 - these very quotes are the mistake to find
            remedy = 'Use straight quotes ("), not curly ones.'
        raise ConfigError(Problem(what=f"The file is not valid TOML: {error}.", where=FILE, remedy=remedy)) from None


def _read(document: Document, home: Path, environ: Mapping[str, str]) -> Config:
    campaign = document.table("campaign")
    first = campaign.read("first_day", values.day, date.min, example="2026-11-30")
    last = campaign.read("last_day", values.day, first, example="2026-12-04")
    posting = _posting(document.table("posting"))
    span = _span(campaign, first, last)
    zone = campaign.read("zone", values.zone, "Europe/London")
    config = Config(
        folder=home,
        name=campaign.read("name", values.text, "", example='"Care Heroes of the Year"'),
        zone=zone,
        first_day=first,
        last_day=last,
        hashtags=campaign.read("hashtags", values.hashtags, ()),
        link=campaign.read("link", values.link, None),
        counted=campaign.read("counted", values.text_or_empty, ""),
        live=campaign.read("live", values.truth, False),
        account=_account(document.table("account"), home),
        posting=posting,
        series=read_series(document, span, weekends=posting.weekends),
        totals=_totals(document.table("totals")),
        privacy=_privacy(document.table("privacy")),
        prices=_prices(document.table("prices")),
        checks=read_checks(document, zone),
        budget=read_budget(document.table("budget")),
        alerts=read_alerts(document.table("alerts")),
        database_url=_database(document.table("database"), home, environ),
        templates=_templates(document.table("templates"), home),
    )
    campaign.finish()
    return config


def _span(campaign: Table, first: date, last: date) -> tuple[date, date] | None:
    if date.min in {first, last}:
        return None
    if last < first:
        campaign.complain("last_day", f"{last} is before first_day, {first}.", "Change one of the two.")
        return None
    if (last - first).days >= _LONGEST_CAMPAIGN:
        campaign.complain(
            "last_day", f"{first} to {last} is more than {_LONGEST_CAMPAIGN} days.", "Change one of the two."
        )
        return None
    return first, last


def _account(table: Table, home: Path) -> AccountConfig:
    network = table.read("network", values.network, "x")
    handle = table.read("handle", values.handle, "", example='"@example"')
    if network == "x" and handle:
        try:
            values.x_handle(handle)
        except values.WrongValueError as wrong:
            table.complain("handle", wrong.what, wrong.remedy)
    credentials = table.read("credentials", values.text_or_empty, "")
    account = AccountConfig(
        network=network,
        handle=handle,
        api_base=table.read("api_base", values.web_address, "https://api.x.com"),
        credentials=_path(home, credentials) if credentials else None,
    )
    table.finish()
    return account


def _posting(table: Table) -> Posting:
    posting = Posting(
        times=table.read("times", values.moments, ()),
        window=table.read("window", values.window, None),
        spacing=table.read("spacing", values.spacing, Posting.spacing),
        weekends=table.read("weekends", values.truth, Posting.weekends),
        lateness_limit=table.read("lateness_limit", values.duration, Posting.lateness_limit),
        catch_up_spacing=table.read("catch_up_spacing", values.duration, Posting.catch_up_spacing),
        thread_gap=table.read("thread_gap", values.duration, Posting.thread_gap),
        if_unanswered=table.read("if_unanswered", values.if_unanswered, Posting.if_unanswered),
    )
    if "times" in table.values and "window" in table.values:
        table.complain("times", "There are both times and a window.", "Keep one of them and take the other out.")
    elif not table.values.get("times") and "window" not in table.values:
        table.complain("window", "There are no posting times.", 'Add a line such as window = "09:00-17:00".')
    _check_distances(table, posting)
    table.finish()
    return posting


def _check_distances(table: Table, posting: Posting) -> None:
    """Listed times keep the spacing, also from the last of a day to the first of the next."""
    instants = [datetime.combine(date(2001, 1, 1), moment) for moment in posting.times]
    for earlier, later in zip(instants, [*instants[1:], *(first + _FULL_DAY for first in instants[:1])], strict=True):
        if later - earlier < posting.spacing:
            spacing = table.values.get("spacing", "30m")
            table.complain(
                "times",
                f"{earlier:%H:%M} and {later:%H:%M} are closer together than the spacing, {spacing}.",
                "Take one of them out, or set a shorter spacing.",
            )


def _totals(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in table.values:
        if not key.isidentifier():
            table.complain(key, "Templates cannot use this name.", "Use letters, digits and underscores.")
        found[key] = table.read(key, _total, "")
    return found


def _total(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise values.WrongValueError("This is neither text nor a number.", 'Write it like "1,204 nominations".')
    return str(value)


def _privacy(table: Table) -> Privacy:
    privacy = Privacy(
        basis=table.read("basis", values.basis, None),
        notice_date=table.read("notice_date", values.day, None),
        objections=table.read("objections", values.text_or_empty, ""),
    )
    table.finish()
    return privacy


def _prices(table: Table) -> Prices:
    prices = Prices(
        post=table.read("post", values.price, Prices.post),
        post_with_link=table.read("post_with_link", values.price, Prices.post_with_link),
        alt_text=table.read("alt_text", values.price, Prices.alt_text),
        own_post_read=table.read("own_post_read", values.price, Prices.own_post_read),
        post_read=table.read("post_read", values.price, Prices.post_read),
    )
    table.finish()
    return prices


def _database(table: Table, home: Path, environ: Mapping[str, str]) -> str:
    written = table.read("url", values.text, f"sqlite:///{DATABASE_FILE}")
    table.finish()
    url = environ.get(DATABASE_VARIABLE, "").strip() or written
    if url.startswith("sqlite:///") and url.partition("?")[0] != "sqlite:///" and ":memory:" not in url:
        file, _, options = url.removeprefix("sqlite:///").partition("?")
        return f"sqlite:///{_path(home, file).as_posix()}" + (f"?{options}" if options else "")
    if not url.startswith(("postgresql://", "postgresql+psycopg://")):
        kind = url.partition("://")[0] if "://" in url else "this text"
        what = f"A database address cannot begin with {kind}."
        remedy = 'Use "sqlite:///campaign.db" or "postgresql://USER@HOST/DATABASE".'
        if url == written:
            table.complain("url", what, remedy)
        else:
            table.problems.append(Problem(what=what, where=DATABASE_VARIABLE, remedy=remedy))
    return url


def _templates(table: Table, home: Path) -> Path:
    folder = table.read("folder", values.text, "templates")
    table.finish()
    return _path(home, folder)


def _path(home: Path, written: str) -> Path:
    path = Path(written)
    place = home / (path.expanduser() if written.startswith("~/") else path)
    try:
        return place.resolve()
    except (OSError, RuntimeError):  # a link to itself: opening it says so
        return place

"""The tables [checks], [[quiet]] and [budget] of config.toml."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.config import Budget, Checks, Config
from bot.config_reading import read_config
from bot.errors import ConfigError
from bot.settings import settings_from_json, settings_of, settings_to_json
from tests.campaigns import a_folder


def config_with(folder: Path, text: str) -> Config:
    path = a_folder(folder) / "config.toml"
    kept = path.read_text("utf-8").partition("[checks]")[0]
    path.write_text(kept + text, "utf-8")
    return read_config(folder, environ={})


def test_everything_has_a_default(tmp_path: Path) -> None:
    config = config_with(tmp_path, "")
    assert (config.checks, config.budget) == (Checks(), Budget())


FULL = """
[checks]
sensitive = true
planned_on = 2026-10-01
nation = "northern ireland"
acronyms = ["RCN"]
links = ["https://www.example.org/heroes", "example.com"]

[checks.off]
SENTENCE = "our style"

[[quiet]]
name = "Local elections"
kind = "pre-election"
from = 2027-03-25
to = "2027-05-06 22:00"

[[quiet]]
name = "Mourning"
kind = "mourning"
zone = "America/New_York"
from = "2027-01-01"
to = "2027-01-02"

[budget]
usd = 5.00
posts_a_day = 100
"""


def test_all_of_it_is_read_and_survives_the_freezing_of_a_plan(tmp_path: Path) -> None:
    config = config_with(tmp_path, FULL)
    checks = config.checks
    assert (checks.sensitive, checks.planned_on, checks.nation) == (True, date(2026, 10, 1), "Northern Ireland")
    assert (checks.links, checks.off) == (("example.org", "example.com"), (("SENTENCE", "our style"),))
    assert config.budget == Budget(usd=Decimal("5.00"), posts_a_day=100)
    election, mourning = checks.quiet
    assert (election.starts_at, election.ends_at) == (
        datetime(2027, 3, 25, tzinfo=UTC),
        datetime(2027, 5, 6, 21, tzinfo=UTC),
    )
    assert (mourning.starts_at, mourning.ends_at) == (
        datetime(2027, 1, 1, 5, tzinfo=UTC),
        datetime(2027, 1, 3, 5, tzinfo=UTC),
    )
    assert settings_from_json(settings_to_json(settings_of(config))) == settings_of(config)


def test_a_plan_of_an_older_version_has_the_defaults() -> None:
    settings = settings_from_json("{}")
    assert (settings.checks, settings.budget) == (Checks(), Budget())


WINDOW = '[[quiet]]\nname = "X"\nfrom = "2027-03-25"\nto = "2027-03-26"\n'


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ('[checks]\nsensitive = "yes"', "[checks] sensitive", "true or false"),
        ('[checks]\nplanned_on = "last week"', "[checks] planned_on", "not a date"),
        ('[checks]\nnation = "Englnd"', "[checks] nation", "Did you mean “England”?"),
        ('[checks]\nlinks = ["not a host"]', "[checks] links", "not the name of a website"),
        ("[checks]\nsensitiv = true", "[checks] sensitiv", "no such setting"),
        ('[checks.off]\nLEN = "why not"', "[checks] off", "LEN cannot be switched off"),
        ('[checks.off]\nDO-NOT-NAME = "why not"', "[checks] off", "cannot be switched off"),
        ('[checks.off]\nSENTENCE = ""', "[checks] off", "without a reason"),
        ('[checks.off]\nsentence = "x"', "[checks] off", "not the name of a check"),
        ('[checks]\noff = ["SENTENCE"]', "[checks] off", "should be a table"),
        ("[budget]\nusd = -1", "[budget] usd", "not a price"),
        ("[budget]\nposts_a_day = 0", "[budget] posts_a_day", "not a number of posts"),
        (WINDOW.replace("name", "nam"), "[[quiet]] number 1 name", "missing"),
        (WINDOW + 'kind = "election"', "[[quiet]] number 1 kind", "pre-election"),
        (WINDOW + 'zone = "London"', "[[quiet]] number 1 zone", "Europe/London"),
        (WINDOW.replace("2027-03-26", "2027-03-24"), "[[quiet]] number 1 to", "before the beginning"),
        (WINDOW.replace("2027-03-25", "25 March"), "[[quiet]] number 1 from", "not a date"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, where: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_with(tmp_path, text)
    assert where in str(caught.value)
    assert said in str(caught.value)

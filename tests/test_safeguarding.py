"""The checks that keep people safe whom contributors support: what they stop, and what they let pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.checks import RULES, run_checks
from bot.checks.contributed import own_words
from bot.config import SAFEGUARDS, Checks
from bot.config_reading import read_config
from bot.contribution import Contribution
from bot.errors import ConfigError, FindingsError
from bot.model import Severity
from bot.wishes import StopEntry
from tests.days import ANN, FORTY, GOOD, POOR, UNSAFE, a_day, a_day_folder, codes_with
from tests.samples import BEFORE

STOPPED = (
    "Visited little Sam and his mum today",
    "A young mum told me that she feels safe now",
    "Met with Mrs T at the hospice",
    "Jayden (9) drew me a picture",
    "Ella, 7, drew me a picture",
    "Sat with a frail gentleman who misses his wife",
    "One of my families moved into their first flat",
    "My service user said thank you",
    "On my way to Cable Street again",
    "Long wait at Northgate General Hospital",
    "The day begins at St Bede’s",
    "Back from HMP Fallowfield",
    "A care leaver I know got her first job",
    "Somebody in Year 9 made my day",
    "The family could not stop crying",
    "Ring me on 07700 900123",
    "A client hugged me",
    "My 10am is a girl who does not speak yet",
    "On Ward 7 all afternoon",
    "Baby Noah is doing well",
)
PASSING = (
    "Families are experts in their own lives",
    "Off home to my family now",
    "Being a child protection social worker is not what television shows",
    "We keep the child’s voice at the centre",
    "Case notes, emails, case notes",
    "My caseload is full and so is my heart",
    "As a mum of two I know about packed lunches",
    "A couple of hours in court",
    "After school pick-up it is back to the laptop",
    "Coffee on the High Street with our student",
    "The family support team made soup",
    "Foster carers are heroes",
    "Young people deserve better buses",
    "In case you wonder: yes, we also laugh",
    "Team day at the Town Hall",
)


def found_in(text: str) -> set[str]:
    view = own_words((Contribution(contribution_id="x", number=1, text=text),), now=BEFORE, checks=Checks())
    found = run_checks(view, [RULES[name] for name in sorted(SAFEGUARDS)])
    assert {finding.severity for finding in found} <= {Severity.ERROR}
    return {finding.rule for finding in found}


@pytest.mark.parametrize("text", STOPPED)
def test_what_points_to_one_person_is_stopped(text: str) -> None:
    assert found_in(text)


@pytest.mark.parametrize("text", PASSING)
def test_what_points_to_nobody_passes(text: str) -> None:
    assert found_in(text) == set()


def test_of_forty_just_the_three_unsafe_ones_are_stopped(tmp_path: Path) -> None:
    stage = a_day(tmp_path)
    assert codes_with(stage, *SAFEGUARDS) == ["c29", "c30", "c31"]
    assert [row[2] for row in UNSAFE] == [
        stage.bot.contributions.one(code).contribution.text for code in ("c29", "c30", "c31")
    ]
    stage.storage.close()


def test_each_poor_one_is_shown_with_a_remedy_that_names_a_command(tmp_path: Path) -> None:
    stage = a_day(tmp_path)
    judged = stage.bot.contributions.judged()[len(GOOD) + len(UNSAFE) :]
    rules = ["LEN", "EMOJI-COUNT", "CAPS", "LINKS", "MENTION", "EMPTY", "DUPLICATE", "ALT-MISSING", "CONSENT"]
    assert len(judged) == len(POOR) == len(rules)
    for one, rule in zip(judged, rules, strict=True):
        found = {finding.rule: finding for finding in one.findings}
        assert rule in found, (rule, found)
        assert "campaign-bot contributions" in found[rule].remedy
        assert one.contribution.code in found[rule].remedy
    stage.storage.close()


def test_they_cannot_be_switched_off(tmp_path: Path) -> None:
    folder = a_day_folder(tmp_path, FORTY)
    text = (folder / "config.toml").read_text("utf-8")
    (folder / "config.toml").write_text(text + '\n[checks.off]\nCHILD = "we know"\nSUPPORTED = "we know"\n', "utf-8")
    with pytest.raises(ConfigError) as raised:
        read_config(folder, environ={})
    assert [problem.what.split()[0] for problem in raised.value.problems] == ["CHILD", "SUPPORTED"]


def test_a_plan_frozen_with_them_off_runs_them_all_the_same() -> None:
    checks = Checks(off=(("CHILD", "we know"), ("SENTENCE", "we know")))
    view = own_words(
        (Contribution(contribution_id="x", number=1, text="A 9-year-old smiled."),), now=BEFORE, checks=checks
    )
    assert "CHILD" in {finding.rule for finding in run_checks(view)}


def test_a_name_or_a_team_can_give_somebody_away_too(tmp_path: Path) -> None:
    stage = a_day(
        tmp_path,
        [("", "Ana of Cobbler Lane", "What a day.", "", "", "yes"), ("", "Mrs T", "Hello all.", "", "", "yes")],
    )
    found = [{finding.rule for finding in one.findings} for one in stage.bot.contributions.judged()]
    assert found == [{"PLACE"}, {"SUPPORTED"}]
    stage.storage.close()


def test_whoever_is_on_the_stop_list_is_found_as_it_comes_in_and_nobody_may_waive_that(tmp_path: Path) -> None:
    stage = a_day(tmp_path, [("", "Ana", "Thank you, Priya Example, for the cake.", "", "", "yes")])
    stage.storage.people.add_to_stop_list(
        [StopEntry(name="Priya Example", reason="asked us", by=ANN, at=stage.clock.now())]
    )
    judged = stage.bot.contributions.one("c01")
    assert {finding.rule for finding in judged.findings} == {"DO-NOT-NAME"}
    with pytest.raises(FindingsError):
        stage.bot.contributions.approve([judged], by=ANN, despite="because")
    stage.storage.close()

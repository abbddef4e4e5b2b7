"""[posting] if_unanswered: what happens to a post that X neither answered nor shows. By default a person is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config_reading import read_config
from bot.errors import ConfigError
from bot.lifecycle import Policy
from bot.settings import Settings, settings_from_json, settings_of, settings_to_json
from tests.campaigns import SENDS_AGAIN, a_config, a_folder

AGAIN = Policy(sends_unanswered_again=True)


def test_a_person_is_asked_unless_the_config_says_otherwise(tmp_path: Path) -> None:
    asks = a_config(tmp_path / "asks")
    again = a_config(tmp_path / "again", **SENDS_AGAIN)
    assert settings_of(asks).policy == Policy() == Policy(sends_unanswered_again=False)
    assert settings_of(again).policy == AGAIN


@pytest.mark.parametrize("written", ['"resend"', "true", '""', "[]"])
def test_any_other_word_is_refused_with_the_two_that_are_known(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(a_folder(tmp_path, if_unanswered=f"if_unanswered = {written}"), environ={})
    (problem,) = caught.value.problems
    assert "[posting] if_unanswered" in problem.where
    assert '"hold"' in problem.remedy
    assert '"send again"' in problem.remedy


@pytest.mark.parametrize("policy", [Policy(), AGAIN])
def test_a_plan_freezes_it(policy: Policy) -> None:
    assert settings_from_json(settings_to_json(Settings(policy=policy))).policy == policy


def test_a_plan_of_an_older_version_that_lacks_the_word_asks() -> None:
    stored = json.loads(settings_to_json(Settings(policy=AGAIN)))
    del stored["if_unanswered"]
    assert settings_from_json(json.dumps(stored)).policy == Policy()

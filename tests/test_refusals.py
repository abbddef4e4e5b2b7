"""A runner that is refused again and again by its service tells people why once, and again when the reason is another."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core import guarding
from bot.core.refusals import AGAIN, forget_refusal, was_told
from bot.credentials import fingerprint
from bot.errors import ExitCode, PersonNeededError, Problem
from tests.campaigns import Stage, a_stage
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.server import FakeXServer
from tests.post_office import PATIENCE, Hook, hook
from tests.underway import campaign_bot, fine, posts_of, refusal, shop_of, turn_live

__all__ = ["hook"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = a_stage(tmp_path)
    yield made
    made.storage.close()


def refused(remedy: str = "Set the clock right.", what: str = "It is 10:00.") -> PersonNeededError:
    return PersonNeededError(Problem(what=what, remedy=remedy))


def told(stage: Stage, folder: Path, error: PersonNeededError) -> bool:
    return was_told(stage.bot.stage, {"CAMPAIGN_BOT_STATE_DIR": str(folder / "state")}, error)


def test_a_reason_is_news_once_even_if_its_words_hold_the_time(stage: Stage, tmp_path: Path) -> None:
    assert not told(stage, tmp_path, refused(what="It is 10:00."))
    assert told(stage, tmp_path, refused(what="It is 10:30."))


def test_another_reason_is_news_and_so_is_the_first_one_after_it(stage: Stage, tmp_path: Path) -> None:
    reasons = [refused("db verify"), refused("clock"), refused("db verify")]
    assert [told(stage, tmp_path, reason) for reason in reasons] == [False, False, False]


def test_after_a_day_it_is_told_again(stage: Stage, tmp_path: Path) -> None:
    assert not told(stage, tmp_path, refused())
    stage.clock.advance(AGAIN - timedelta(seconds=1))
    assert told(stage, tmp_path, refused())
    stage.clock.advance(timedelta(seconds=1))
    assert not told(stage, tmp_path, refused())
    stage.clock.jump(-timedelta(days=3))
    assert not told(stage, tmp_path, refused())


def test_what_is_refused_after_a_runner_has_worked_is_news(stage: Stage, tmp_path: Path) -> None:
    assert not told(stage, tmp_path, refused())
    forget_refusal(stage.bot.stage, {"CAMPAIGN_BOT_STATE_DIR": str(tmp_path / "state")})
    assert not told(stage, tmp_path, refused())


def test_where_nothing_can_be_noted_it_is_told_each_time(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be", "utf-8")
    assert [told(stage, tmp_path, refused()) for _ in range(2)] == [False, False]


def test_a_note_that_is_damaged_is_as_good_as_none(stage: Stage, tmp_path: Path) -> None:
    assert not told(stage, tmp_path, refused())
    (note,) = (tmp_path / "state" / "refusals").iterdir()
    note.write_text(note.read_text("ascii").split()[0] + " yesterday", "ascii")
    assert not told(stage, tmp_path, refused())
    assert told(stage, tmp_path, refused())


def test_a_service_that_is_started_again_and_again_alarms_once(
    signed: Path, fake_x: FakeXServer, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn_live(signed, fake_x.base, monkeypatch)
    with shop_of(signed) as shop:
        proof = fingerprint(CREDENTIALS)
        shop.bot.record_proof(shop.bot.account(), user_id=CREDENTIALS.user_id, fingerprint=proof)
        shop.bot.record_start()
        for code in posts_of(signed):
            if code != "w20":
                shop.bot.skip(code)
        guarding.count_of(shop.bot.record, os.environ).note(1000)
    monkeypatch.setenv("CAMPAIGN_BOT_WEBHOOK", hook.url)
    for _ in range(3):
        assert "db verify" in refusal(campaign_bot(signed, "run"), ExitCode.PERSON_NEEDED)
    kinds = [json.loads(hook.got.get(timeout=PATIENCE)[2])["kind"] for _ in range(2)]
    assert kinds == ["trouble", "stopped"]
    assert hook.got.empty(), "each refused start waits for its own alarms to be sent"
    fine(campaign_bot(signed, "db", "verify", "--yes"))
    fine(campaign_bot(signed, "skip", "w20"))
    fine(campaign_bot(signed, "run"))

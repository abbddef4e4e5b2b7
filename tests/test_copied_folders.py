"""A copied folder and a restored database at the command line: refused with a way out, and the way out works."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bot.calls import Outgoing
from bot.core import guarding
from bot.errors import ExitCode
from bot.lifecycle import state_of
from bot.model import Mode, PostState
from bot.platform import installation_id, state_dir
from tests.fake_x.server import FakeXServer
from tests.underway import campaign_bot, fine, posts_of, refusal, rewrite, shop_of, start_live

FIRST = "w20"


@pytest.fixture
def live(signed: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first post of the signed week, live on the fake, started here and bound to this installation."""
    start_live(signed, fake_x.base, monkeypatch)
    with shop_of(signed) as shop:
        for code in posts_of(signed):
            if code != FIRST:
                shop.bot.skip(code)
    return signed


@pytest.fixture
def elsewhere(live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder on what counts as another computer."""
    copy = shutil.copytree(live, tmp_path / "copied")
    monkeypatch.setenv("CAMPAIGN_BOT_STATE_DIR", str(tmp_path / "another computer"))
    return copy


@pytest.mark.parametrize("command", ["run", "start", "start --no-run"])
def test_a_folder_copied_from_another_computer_is_refused_with_a_way_out(elsewhere: Path, command: str) -> None:
    said = refusal(campaign_bot(elsewhere, *command.split()), ExitCode.PERSON_NEEDED)
    assert "copied from another computer" in said
    assert "campaign-bot run --take-over" in said


def test_a_campaign_that_went_live_stays_live_whatever_its_config_says_by_now(live: Path) -> None:
    """A pause that pauses practice, while posts go out, would be the worst of all answers."""
    rewrite(live, live="live = false")
    with shop_of(live) as shop:
        assert shop.bot.mode is Mode.LIVE
    fine(campaign_bot(live, "pause"))
    rewrite(live, live="live = true")
    with shop_of(live) as shop:
        assert shop.bot.record.record().paused_at is not None


@pytest.mark.parametrize("command", ["status", "run", "pause"])
def test_in_a_folder_that_copies_itself_elsewhere_no_command_works_on_the_database(
    live: Path, tmp_path: Path, command: str
) -> None:
    copy = shutil.copytree(live, tmp_path / "Dropbox" / "week")
    assert "copied to other computers by Dropbox" in refusal(campaign_bot(copy, command), ExitCode.USAGE)


def test_a_refused_run_says_why_and_nothing_else(elsewhere: Path, live: Path, fake_x: FakeXServer) -> None:
    """It used to say first that it was LIVE, and that the window should be left open."""
    assert campaign_bot(elsewhere, "run").output == ""
    with shop_of(elsewhere) as shop:
        guarding.count_of(shop.bot.record, os.environ).note(1000)
        shop.bot.record.storage.installation.bind(installation_id(state_dir(os.environ)), shop.clock.now())
    refused = campaign_bot(elsewhere, "run")
    assert "db verify" in refusal(refused, ExitCode.PERSON_NEEDED)
    assert refused.output == ""


def test_taking_over_reads_the_account_first_and_adopts_what_is_out(elsewhere: Path, fake_x: FakeXServer) -> None:
    text = posts_of(elsewhere)[FIRST].messages[0].draft.text
    with shop_of(elsewhere) as shop:
        from bot.bootstrap import publisher_for

        publisher_for(shop, shop.bot.account()).publish(Outgoing(text=text))
    sent = fake_x.fake.count("POST /2/tweets")
    said = refusal(campaign_bot(elsewhere, "run", "--take-over"), ExitCode.PERSON_NEEDED)
    assert f"did not know of {FIRST}, out already" in said, "the copy is older than the account"
    assert "db verify" in said
    assert state_of(posts_of(elsewhere)[FIRST]) is PostState.POSTED
    refusal(campaign_bot(elsewhere, "resume"), ExitCode.PERSON_NEEDED)
    fine(campaign_bot(elsewhere, "db", "verify", "--yes"))
    assert "Nothing was missed." in fine(campaign_bot(elsewhere, "resume"))
    fine(campaign_bot(elsewhere, "run"))
    assert fake_x.fake.count("POST /2/tweets") == sent
    with shop_of(elsewhere) as shop:
        here = installation_id(state_dir(os.environ))
        assert shop.bot.record.storage.installation.identity().installation_id == here
        assert "take-over" in [entry.action for entry in shop.bot.log()]


def test_taking_over_a_copy_that_knows_all_there_is_goes_straight_on(elsewhere: Path, fake_x: FakeXServer) -> None:
    with shop_of(elsewhere) as shop:
        shop.bot.skip(FIRST)
    said = fine(campaign_bot(elsewhere, "run", "--take-over"))
    assert "The last thing that this copy of the campaign knows of is" in said
    fine(campaign_bot(elsewhere, "run"))


def test_the_first_run_binds_the_database_and_the_next_needs_no_question(live: Path, fake_x: FakeXServer) -> None:
    with shop_of(live) as shop:
        shop.bot.skip(FIRST)
    for _ in range(2):
        fine(campaign_bot(live, "run"))
    assert fake_x.fake.count("POST /2/tweets") == 0


def test_two_copies_on_one_computer_never_run_at_once(live: Path, tmp_path: Path, fake_x: FakeXServer) -> None:
    copy = shutil.copytree(live, tmp_path / "copy")
    with shop_of(live) as shop, guarding.only_one_copy_runs(shop.bot.record, os.environ):
        refusal(campaign_bot(copy, "run"), ExitCode.LOCKED)
    assert fake_x.fake.count("POST /2/tweets") == 0


def test_practice_in_a_copied_folder_is_nobodys_business(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shop_of(signed) as shop:
        shop.bot.record.storage.installation.bind("another computer", shop.clock.now())
    fine(campaign_bot(signed, "start", "--confirm", "Care Heroes of the Year", "--no-run"))
    with shop_of(signed) as shop:
        assert shop.bot.under_way() is not None


def test_verify_at_the_command_line_shows_the_rest_and_ends_the_doubt(live: Path, fake_x: FakeXServer) -> None:
    with shop_of(live) as shop:
        guarding.count_of(shop.bot.record, os.environ).note(1000)
    refusal(campaign_bot(live, "run"), ExitCode.PERSON_NEEDED)
    assert "--yes" in refusal(campaign_bot(live, "db", "verify"), ExitCode.USAGE)
    said = fine(campaign_bot(live, "db", "verify", "--yes"))
    assert FIRST in said
    assert "Next: campaign-bot resume" in said
    with shop_of(live) as shop:
        assert not shop.bot.record.storage.installation.identity().doubt
        guarding.refuse_older_copy(shop.bot.record, guarding.count_of(shop.bot.record, os.environ))


def test_after_a_restore_resume_waits_for_verify_and_then_lists_nothing_that_is_out(
    live: Path, tmp_path: Path, fake_x: FakeXServer
) -> None:
    fine(campaign_bot(live, "reschedule", FIRST, "--to", "now"))
    backup = tmp_path / "before.db"
    fine(campaign_bot(live, "db", "backup", str(backup)))
    fine(campaign_bot(live, "run"))
    assert fake_x.fake.count("POST /2/tweets") == 1
    assert "Next: campaign-bot db verify" in fine(campaign_bot(live, "db", "restore", str(backup), "--yes"))
    assert "db verify" in refusal(campaign_bot(live, "resume"), ExitCode.PERSON_NEEDED)
    assert state_of(posts_of(live)[FIRST]) is PostState.APPROVED
    assert f"Out already, and on record now: {FIRST}" in fine(campaign_bot(live, "db", "verify", "--yes"))
    assert "Nothing was missed." in fine(campaign_bot(live, "resume"))
    fine(campaign_bot(live, "run"))
    assert state_of(posts_of(live)[FIRST]) is PostState.POSTED
    assert fake_x.fake.count("POST /2/tweets") == 1

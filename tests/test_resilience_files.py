"""Files that are damaged, missing or changed under a campaign's feet: what was frozen goes out, the rest is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.errors import ExitCode
from bot.lifecycle import state_of
from bot.model import PostState
from tests.underway import campaign_bot, code_of, fine, posts_of, practise, rewrite


def test_the_week_goes_out_as_planned_without_list_and_templates(signed: Path) -> None:
    texts = [message.draft.text for post in posts_of(signed).values() for message in post.messages]
    (signed / "top20.csv").unlink()
    shutil.rmtree(signed / "templates")
    practise(signed)
    after = posts_of(signed)
    assert {state_of(post) for post in after.values()} == {PostState.POSTED}
    assert [message.draft.text for post in after.values() for message in post.messages] == texts


def test_a_changed_template_waits_for_the_next_plan(signed: Path) -> None:
    (signed / "templates" / "worker.txt.j2").write_text("{{ nonsense", "utf-8")
    practise(signed)
    assert {state_of(post) for post in posts_of(signed).values()} == {PostState.POSTED}


def test_a_changed_config_is_named_by_the_status(signed: Path) -> None:
    rewrite(signed, spacing='spacing = "45m"')
    assert "config.toml differs from what runs" in fine(campaign_bot(signed, "status"))


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\x00" + b"\xff" * 4096])
@pytest.mark.parametrize("command", ["status", "plan", "preview", "run"])
def test_a_damaged_database_is_told_in_words_and_left_as_it_is(planned: Path, content: bytes, command: str) -> None:
    for leftover in planned.glob("campaign.db*"):
        leftover.unlink()
    (planned / "campaign.db").write_bytes(content)
    result = campaign_bot(planned, command)
    assert code_of(result) not in {ExitCode.FINE, ExitCode.BUG}
    assert "database" in str(result.exception)
    assert (planned / "campaign.db").read_bytes() == content


def test_a_folder_in_the_place_of_the_database_is_told_in_words(planned: Path) -> None:
    for leftover in planned.glob("campaign.db*"):
        leftover.unlink()
    (planned / "campaign.db").mkdir()
    result = campaign_bot(planned, "status")
    assert code_of(result) not in {ExitCode.FINE, ExitCode.BUG}
    assert "unable to open database file" in str(result.exception)


def test_a_config_that_is_gone_is_told_with_the_way_out(planned: Path) -> None:
    (planned / "config.toml").unlink()
    result = campaign_bot(planned, "plan")
    assert code_of(result) is ExitCode.USAGE
    assert "config.toml" in str(result.exception)


def test_half_a_config_is_told_with_its_line(planned: Path) -> None:
    text = (planned / "config.toml").read_text("utf-8")
    (planned / "config.toml").write_text(text[: text.index("[posting]") + 5], "utf-8")
    result = campaign_bot(planned, "status")
    assert code_of(result) is ExitCode.USAGE
    assert "line" in str(result.exception)

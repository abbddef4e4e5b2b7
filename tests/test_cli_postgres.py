"""The same commands on a real PostgreSQL server, by the same setting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.underway import NAME, campaign_bot, fine, lay_out


@pytest.fixture
def folder(tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAMPAIGN_BOT_DATABASE_URL", postgres_database)
    monkeypatch.setenv("CAMPAIGN_BOT_STATE_DIR", str(tmp_path / "state"))
    return lay_out(tmp_path / "week")


def said(folder: Path, *words: str) -> str:
    return fine(campaign_bot(folder, *words))


def test_a_campaign_is_planned_signed_rehearsed_and_practised_on_a_server(folder: Path) -> None:
    said(folder, "load", "top20.csv")
    said(folder, "plan")
    code = json.loads(said(folder, "preview", "--json"))["plan_code"]
    assert "31 posts" in said(folder, "approve", "--all", "--accept-warnings", "--by", "Ann Example", "--code", code)
    assert "31 posted" in said(folder, "start", "--dry-run")
    assert "31 approved" in said(folder, "status")
    assert "on record" in said(folder, "start", "--confirm", NAME, "--no-run")
    assert not (folder / "campaign.db").exists()
    assert "Paused" in said(folder, "pause", "--reason", "a day of mourning")
    assert "approve" in said(folder, "log")

"""What every test can ask for by name, and the one thing that every test gets: a state folder of its own."""

from __future__ import annotations

import uuid

import pytest

pytest_plugins = ["tests.databases", "tests.fake_x.fixtures", "tests.aired", "tests.postgres", "tests.underway"]


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what this computer's user keeps; none sees what another test's runner has counted."""
    folder = tmp_path_factory.getbasetemp() / "state" / uuid.uuid4().hex
    monkeypatch.setenv("CAMPAIGN_BOT_STATE_DIR", str(folder))

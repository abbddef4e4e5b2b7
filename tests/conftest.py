"""What every test can ask for by name, and the one thing that every test gets: a state folder of its own."""

from __future__ import annotations

import gc
import uuid

import pytest

from tests.sharing import share_compiled_statements

pytest_plugins = ["tests.databases", "tests.fake_x.fixtures", "tests.aired", "tests.postgres", "tests.underway"]


def pytest_configure() -> None:
    share_compiled_statements()


def pytest_collection_finish() -> None:
    """Five thousand collected tests stay to the end: the collector of garbage need not look through them for ever."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end everything is given back; DuckDB complains about what is left."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what this computer's user keeps; none sees what another test's runner has counted."""
    folder = tmp_path_factory.getbasetemp() / "state" / uuid.uuid4().hex
    monkeypatch.setenv("CAMPAIGN_BOT_STATE_DIR", str(folder))

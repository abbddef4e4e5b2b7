"""A campaign of the coming week in a folder, driven through the command line; parts of it run on a virtual clock."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.bootstrap import Shop, begin_practice, open_shop
from bot.cli import cli
from bot.clock import VirtualClock
from bot.config_reading import example_config, read_config
from bot.credentials import VARIABLES, fingerprint
from bot.errors import CampaignBotError, ExitCode
from bot.model import Post
from bot.platform import installation_id, state_dir
from bot.ranking import read_list
from bot.resources import sample_list, templates_dir
from tests.campaigns import Fault, FaultyNetwork, Stage
from tests.databases import lay_down_at
from tests.fake_x.fixtures import CREDENTIALS

NAME = "Care Heroes of the Year"
ANN = "Ann Example"


def lay_out(folder: Path, **lines: str) -> Path:
    """A folder as ``init`` writes it, for the next full week, basis chosen. ``lines`` replace lines of config.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    text = example_config(datetime.now(UTC).date()).replace('basis = ""', 'basis = "consent"')
    (folder / "config.toml").write_text(text, "utf-8")
    rewrite(folder, **lines)
    shutil.copytree(templates_dir(), folder / "templates")
    shutil.copy(sample_list(), folder / "top20.csv")
    return folder


def rewrite(folder: Path, **lines: str) -> None:
    """Replace lines of config.toml, named by their key."""
    path = folder / "config.toml"
    found = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(lines.get(line.partition(" =")[0], line) for line in found) + "\n", "utf-8")


def give_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that the fake X knows, as a person sets them in the environment."""
    secrets = asdict(CREDENTIALS)
    for name, variable in VARIABLES.items():
        monkeypatch.setenv(variable, secrets[name])


def turn_live(folder: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From practice to live, on a fake X that answers at ``base``."""
    give_secrets(monkeypatch)
    rewrite(folder, live="live = true", network=f'network = "x"\napi_base = "{base}"')


def start_live(folder: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live on a fake X, proved, started, and bound to this installation, as ``start`` leaves it."""
    turn_live(folder, base, monkeypatch)
    with shop_of(folder) as shop:
        known = fingerprint(CREDENTIALS)
        shop.bot.record_proof(shop.bot.account(), user_id=CREDENTIALS.user_id, fingerprint=known)
        shop.bot.record_start()
        shop.bot.record.storage.installation.bind(installation_id(state_dir(os.environ)), shop.clock.now())


@contextmanager
def shop_of(folder: Path, *, create: bool = False) -> Iterator[Shop]:
    config = read_config(folder)
    if create:
        lay_down_at(config.database_url)
    shop = open_shop(config, actor=ANN, create=create)
    try:
        yield shop
    finally:
        shop.close()


def plan(folder: Path) -> str:
    """Load and plan; returns the plan code."""
    with shop_of(folder, create=True) as shop:
        shop.bot.load(read_list(folder / "top20.csv"), answers={})
        return shop.bot.plan().plan_code


def sign(folder: Path) -> None:
    """Sign everything off that waits for it."""
    with shop_of(folder) as shop:
        shop.bot.approve(codes=None, plan_code=shop.bot.record.planned().plan_code, by=ANN)


def practise(folder: Path, *faults: Fault, days: float = 30) -> None:
    """Start practising, and let a runner work through so many days on a virtual clock."""
    with shop_of(folder) as shop:
        fresh = begin_practice(shop)
        fresh.bot.record_start()
        work(fresh, faults, days)
        fresh.close()


def work(shop: Shop, faults: Sequence[Fault] = (), days: float = 30) -> None:
    """Let a runner work on what has been started, on a virtual clock."""
    clock = VirtualClock(datetime.now(UTC))
    desk = replace(shop.bot.stage, clock=clock)
    stage = Stage(bot=replace(shop.bot, record=desk, stage=desk), clock=clock, network=FaultyNetwork(clock))
    stage.network.faults.extend(faults)
    stage.run_until(clock.now() + timedelta(days=days))


def posts_of(folder: Path) -> dict[str, Post]:
    with shop_of(folder) as shop:
        return {post.code: post for post in shop.bot.posts()}


def campaign_bot(folder: Path, *words: str) -> Result:
    """One command, in a folder."""
    return CliRunner().invoke(cli, ["-C", str(folder), "--by", ANN, *words])


def code_of(result: Result) -> ExitCode:
    """The exit code that ``main`` would give."""
    if isinstance(result.exception, CampaignBotError):
        return result.exception.exit_code
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return ExitCode(result.exit_code)


def fine(result: Result) -> str:
    """What a command said that went well."""
    assert code_of(result) is ExitCode.FINE, result.output + str(result.exception)
    return result.output


def refusal(result: Result, code: ExitCode) -> str:
    """What a command said that refused with this exit code."""
    assert code_of(result) is code, result.output
    return str(result.exception)


@pytest.fixture(scope="session")
def _planned_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("planned") / "week")
    plan(folder)
    return folder


@pytest.fixture(scope="session")
def _signed_once(_planned_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed") / "week"
    shutil.copytree(_planned_once, folder)
    sign(folder)
    return folder


@pytest.fixture(scope="session")
def _practised_once(_signed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practised") / "week"
    shutil.copytree(_signed_once, folder)
    practise(folder)
    return folder


@pytest.fixture
def planned(_planned_once: Path, tmp_path: Path) -> Path:
    """The sample week, planned, nothing signed off."""
    return shutil.copytree(_planned_once, tmp_path / "week")


@pytest.fixture
def signed(_signed_once: Path, tmp_path: Path) -> Path:
    """The sample week, all of it signed off."""
    return shutil.copytree(_signed_once, tmp_path / "week")


@pytest.fixture
def practised(_practised_once: Path, tmp_path: Path) -> Path:
    """The sample week, practised to its end: every post is out."""
    return shutil.copytree(_practised_once, tmp_path / "week")

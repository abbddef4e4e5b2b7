"""Campaigns of several accounts in one database: each account is served by a runner that has its credentials."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.bootstrap import live_publisher
from bot.cli.start import _Narrator as Narrator
from bot.clock import VirtualClock
from bot.core.bot import Bot
from bot.core.delivering import Deliverer, Event
from bot.core.desk import Desk
from bot.core.leaving import Serving, is_own, lacking, unserved_words
from bot.core.running import Beat, Runner, Watchful
from bot.credentials import VARIABLES, default_path, fingerprint, save_credentials
from bot.errors import CredentialsError, DatabaseError, NotReadyError, Problem
from bot.lifecycle import state_of
from bot.model import Account, Mode, PostState
from bot.platform import config_dir
from bot.ranking import read_list
from bot.storage import Storage
from tests.campaigns import FRIDAY_BEFORE, FaultyNetwork, a_config, a_storage, load, plan_and_sign
from tests.fake_x.fixtures import CREDENTIALS

ACORN, OAK = "acorn_charity", "oak_charity"
SECRETS = {
    ACORN: CREDENTIALS,
    OAK: replace(CREDENTIALS, access_token="4711-oakToken", access_token_secret="oakTokenSecret"),
}
SOON = timedelta(minutes=1)
FIRST_SLOT = datetime(2027, 3, 8, 9, tzinfo=UTC)


@dataclass(kw_only=True)
class Scene:
    """Two started campaigns, each on its own account, in one database on a virtual clock."""

    bots: dict[str, Bot]
    storage: Storage
    clock: VirtualClock
    networks: dict[str, FaultyNetwork]
    alarms: list[str] = field(default_factory=list)
    broken: dict[str, list[Exception]] = field(default_factory=dict)

    def gateway(self, account: Account) -> FaultyNetwork:
        """Its network, unless something else is to happen next."""
        if self.broken.get(account.handle):
            raise self.broken[account.handle].pop(0)
        return self.networks[account.handle]

    def runner(self, handle: str) -> Runner:
        """A runner from the folder of this account's campaign."""
        runner_id, config = f"runner-{handle}-{len(self.alarms)}", self.bots[handle].config
        serving = Serving(
            storage=self.storage,
            clock=self.clock,
            runner_id=runner_id,
            lacks=partial(lacking, lambda account: live_publisher(config, account, self.clock)),
            tell=lambda one: self.alarms.append(unserved_words(one)),
            own=partial(is_own, config),
        )
        runner = Runner(
            deliverer=Deliverer(
                storage=self.storage,
                publisher_for=self.gateway,
                clock=self.clock,
                runner_id=runner_id,
                mode=Mode.LIVE,
                report=lambda _event: None,
                sender_gone=lambda _runner: False,
                unserved=serving.leave,
            ),
            serves=serving,
            own=serving.own,
        )
        runner.begin(host="here", pid=1)
        return runner

    def work(self, *runners: Runner, until: datetime) -> list[Beat]:
        while True:
            beats = [runner.tick() for runner in runners]
            wakes = [beat.next_at for beat in beats if beat.next_at is not None and not beat.finished]
            if not wakes or min(wakes) > until:
                self.clock.advance_to(until)
                return beats
            self.clock.advance_to(max(min(wakes), self.clock.now() + timedelta(milliseconds=1)))

    def troubles(self, handle: str) -> list[str]:
        health = self.bots[handle].health(lock_held=None, max_age=SOON)
        return [problem.what for problem in health.problems]

    def states(self, handle: str) -> set[PostState]:
        return {state_of(post) for post in self.bots[handle].posts()}


@pytest.fixture
def scene(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    for name in VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
    clock = VirtualClock(FRIDAY_BEFORE)
    storage = a_storage(database_url, clock)
    bots = {handle: a_campaign(tmp_path / handle, storage, clock, handle, database_url) for handle in SECRETS}
    yield Scene(
        bots=bots, storage=storage, clock=clock, networks={handle: FaultyNetwork(clock, handle) for handle in SECRETS}
    )
    storage.close()


def a_campaign(folder: Path, storage: Storage, clock: VirtualClock, handle: str, url: str) -> Bot:
    config = a_config(folder, url)
    own = folder / "own.toml"  # as on a computer of its own: what is kept there for all is another file
    account = replace(config.account, handle=handle, credentials=own)
    config = replace(config, name=f"The week of {handle}", account=account)
    save_credentials(own, SECRETS[handle])
    desk = Desk(storage=storage, clock=clock, campaign=config.name, actor="Ann Example")
    bot = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    rows = (folder / "top20.csv").read_text("utf-8")
    if handle == OAK:  # other people on the same places
        rows = re.sub(r"^(\d+,\S+) [^,]+", r"\1 Oakley", rows, flags=re.MULTILINE)
        (folder / "top20.csv").write_text(rows, "utf-8")
    load(bot, folder / "top20.csv", campaign_id=list(SECRETS).index(handle) + 1)
    plan_and_sign(bot)
    bot.record_proof(bot.account(), user_id="1", fingerprint=fingerprint(SECRETS[handle]))
    bot.record_start()
    return bot


def keep(handle: str) -> Path:
    """Put an account's credentials where they are looked for."""
    path = default_path(config_dir(os.environ), "x", handle)
    save_credentials(path, SECRETS[handle])
    return path


def test_one_runner_with_both_credentials_serves_both_accounts_each_with_its_own(scene: Scene) -> None:
    keep(OAK)
    beats = scene.work(scene.runner(ACORN), until=FIRST_SLOT + timedelta(days=30))
    assert [beat.finished for beat in beats] == [True]
    assert scene.states(ACORN) == scene.states(OAK) == {PostState.POSTED}
    assert scene.alarms == []


def test_an_account_without_credentials_here_is_left_alone_and_stops_nothing_else(scene: Scene) -> None:
    """It used to fail every tick, so that the sign of life grew old for both campaigns."""
    runner = scene.runner(ACORN)
    beats = scene.work(runner, until=FIRST_SLOT + timedelta(days=30))
    assert [beat.finished for beat in beats] == [True]
    assert scene.states(ACORN) == {PostState.POSTED}
    assert scene.states(OAK) == {PostState.APPROVED}
    assert scene.networks[OAK].calls == []


def test_it_is_said_once_and_never_as_nothing_more_happens(scene: Scene) -> None:
    watchful = Watchful(runner=scene.runner(ACORN), alarm=scene.alarms.append)
    for _ in range(5):
        assert watchful.beat() is not None
        scene.clock.sleep(1)
    assert len(scene.alarms) == 1
    assert scene.alarms[0].startswith(f"@{OAK} (“The week of {OAK}”) is left to a runner that has its credentials.")
    assert "no file with credentials" in scene.alarms[0]
    assert scene.alarms[0].endswith(f"(That is for the folder of “The week of {OAK}”.)")


def test_health_and_status_of_the_campaign_that_nobody_serves_say_so_before_anything_is_late(scene: Scene) -> None:
    scene.runner(ACORN).tick()
    assert scene.troubles(ACORN) == []
    (trouble,) = scene.troubles(OAK)
    assert trouble.startswith(f"The runner at work cannot post on @{OAK}: nobody sends what waits there. ")
    assert "There is no file with credentials." in trouble
    assert "no file with credentials" in scene.bots[OAK].status(runner_alive=True).account_stopped
    assert scene.bots[ACORN].status(runner_alive=True).account_stopped == ""


def test_a_campaign_that_comes_later_to_an_account_that_nobody_serves_says_so_too(scene: Scene, tmp_path: Path) -> None:
    runner = scene.runner(ACORN)
    runner.tick()
    url = scene.storage.database.url.render_as_string(hide_password=False)
    week = {"first_day": "first_day = 2027-03-15", "last_day": "last_day = 2027-03-19"}
    config = replace(a_config(tmp_path / "later", url, **week), name="A second week")
    config = replace(config, account=replace(config.account, handle=OAK))
    desk = replace(scene.bots[OAK].record, campaign=config.name)
    later = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    later.load(read_list(tmp_path / "later" / "top20.csv"), answers={})
    later.approve(codes=None, plan_code=later.plan().plan_code, by="Ann Example")
    later.record_start()
    runner.tick()
    (problem,) = later.health(lock_held=None, max_age=SOON).problems
    assert "cannot post" in problem.what


def test_credentials_that_come_later_count_without_a_restart(scene: Scene) -> None:
    runner = scene.runner(ACORN)
    runner.tick()
    keep(OAK)
    runner.tick()
    assert scene.troubles(OAK) == []
    scene.work(runner, until=FIRST_SLOT + timedelta(days=30))
    assert scene.states(OAK) == {PostState.POSTED}


def test_credentials_that_nobody_has_seen_to_fit_are_as_good_as_none(scene: Scene) -> None:
    save_credentials(default_path(config_dir(os.environ), "x", OAK), SECRETS[ACORN])
    scene.work(scene.runner(ACORN), until=FIRST_SLOT + timedelta(hours=1))
    assert scene.networks[OAK].calls == []
    assert "have changed since they were checked" in scene.alarms[0]


def test_two_runners_with_one_accounts_credentials_each_share_the_database(scene: Scene) -> None:
    """As on a server: the credentials of each computer are its own, here those of the config that its runner has."""
    both = [scene.runner(ACORN), scene.runner(OAK)]
    assert [beat.finished for beat in [runner.tick() for runner in both]] == [False, False]
    assert (scene.troubles(ACORN), scene.troubles(OAK)) == ([], [])
    scene.work(*both, until=FIRST_SLOT + timedelta(days=30))
    assert scene.states(ACORN) == scene.states(OAK) == {PostState.POSTED}
    assert {len(network.calls) for network in scene.networks.values()} == {
        sum(len(post.messages) for post in scene.bots[ACORN].posts())
    }


def own_file(scene: Scene, handle: str) -> Path:
    path = scene.bots[handle].config.account.credentials
    assert path is not None
    return path


def test_new_secrets_of_the_runners_own_account_stop_that_account_and_no_other(scene: Scene) -> None:
    """They used to fail every tick, so that the other campaign's health turned red; the own one's said nothing."""
    keep(OAK)
    runner = scene.runner(ACORN)
    runner.tick()
    save_credentials(own_file(scene, ACORN), SECRETS[OAK])
    scene.clock.advance_to(FIRST_SLOT)
    beats = [beat for _ in range(3) for beat in scene.work(runner, until=scene.clock.now() + SOON)]
    assert [beat.finished for beat in beats] == [False, False, False]
    assert (len(scene.networks[ACORN].calls), len(scene.networks[OAK].calls)) == (0, 1)
    runner.tick()
    assert scene.troubles(OAK) == []
    (trouble, overdue) = scene.troubles(ACORN)
    assert trouble.startswith(f"The runner at work cannot post on @{ACORN}")
    assert "have changed since they were checked" in trouble
    assert "overdue" in overdue
    assert "have changed since" in scene.bots[ACORN].status(runner_alive=True).account_stopped
    assert len(scene.alarms) == 1
    assert scene.alarms[0].startswith(f"Nothing goes out on @{ACORN}: ")


def test_a_runner_stays_for_its_own_account_and_goes_on_when_it_can(scene: Scene) -> None:
    keep(OAK)
    runner = scene.runner(ACORN)
    save_credentials(own_file(scene, ACORN), SECRETS[OAK])
    runner.tick()
    scene.bots[OAK].pause("enough")
    scene.clock.advance_to(FIRST_SLOT - timedelta(minutes=5))
    assert not scene.work(runner, until=FIRST_SLOT)[0].finished
    save_credentials(own_file(scene, ACORN), SECRETS[ACORN])
    scene.work(runner, until=FIRST_SLOT + timedelta(days=30))
    assert scene.states(ACORN) == {PostState.POSTED}
    assert scene.alarms[1:] == [f"@{ACORN} is served again."]


def test_one_that_only_works_while_something_can_go_out_ends_when_its_own_account_cannot(scene: Scene) -> None:
    runner = scene.runner(ACORN)
    runner.until_idle = True
    save_credentials(own_file(scene, ACORN), SECRETS[OAK])
    beat = runner.tick()
    assert (beat.next_at, beat.finished) == (None, False)


@pytest.mark.parametrize("handle", [ACORN, OAK])
def test_credentials_that_vanish_in_the_very_moment_of_a_call_stop_only_their_account(
    scene: Scene, handle: str
) -> None:
    keep(OAK)
    runner = scene.runner(ACORN)
    scene.clock.advance_to(FIRST_SLOT)
    scene.broken[handle] = [CredentialsError(Problem(what="They are gone."))]
    beat = runner.tick()
    assert not beat.finished
    assert beat.next_at == scene.clock.now() + timedelta(seconds=1)
    assert {name: len(network.calls) for name, network in scene.networks.items()} == {ACORN: 1, OAK: 1, handle: 0}
    assert len(scene.alarms) == 1
    assert "They are gone." in scene.alarms[0]
    assert "They are gone." in scene.troubles(handle)[0]
    scene.work(runner, until=FIRST_SLOT + timedelta(minutes=1))
    assert len(scene.networks[handle].calls) == 1
    assert "is served again." in scene.alarms[1]


def test_an_account_is_the_configs_own_however_its_name_is_written(scene: Scene) -> None:
    written = Account(account_id=1, network="x", handle=ACORN.upper())
    assert [is_own(scene.bots[handle].config, written) for handle in (ACORN, OAK)] == [True, False]


def test_a_database_that_fails_in_a_lane_is_a_failed_tick_as_ever(scene: Scene) -> None:
    keep(OAK)
    runner = scene.runner(ACORN)
    scene.clock.advance_to(FIRST_SLOT)
    scene.broken[OAK] = [DatabaseError(Problem(what="The disk is full."))]
    with pytest.raises(DatabaseError, match="disk is full"):
        runner.tick()
    assert scene.alarms == []


def test_the_log_of_the_campaign_tells_why_its_account_was_left_alone(scene: Scene) -> None:
    scene.runner(ACORN).tick()
    (entry,) = [entry for entry in scene.bots[OAK].log() if entry.action == "left alone"]
    assert "There is no file with credentials." in entry.note
    assert [entry for entry in scene.bots[ACORN].log() if entry.action == "left alone"] == []


def test_the_window_names_the_person_of_the_campaign_that_a_post_is_of(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both have a w20; the one of the runner's own campaign is somebody else."""
    bot = scene.bots[ACORN]
    narrator = Narrator(bot=bot, zone=bot.zone(), colour=False)
    for handle in (OAK, ACORN):
        post = scene.bots[handle].post("w20")
        narrator.report(
            Event(at=FIRST_SLOT, campaign=f"The week of {handle}", account=handle, post=post, state=PostState.POSTED)
        )
    of_oak, of_own = capsys.readouterr().out.splitlines()
    assert ("Oakley" in of_oak, "Oakley" in of_own) == (True, False)
    assert of_oak.endswith(f"(“The week of {OAK}”, @{OAK})")
    assert ACORN not in of_own


def account_of(scene: Scene, handle: str) -> Account:
    return scene.bots[handle].account()


@pytest.mark.parametrize("own_from", ["environment", "file"])
def test_the_gateway_takes_the_environment_for_the_configs_account_only(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, own_from: str
) -> None:
    config = scene.bots[ACORN].config
    gateway: Callable[[str], object] = lambda handle: live_publisher(config, account_of(scene, handle), scene.clock)  # noqa: E731
    config = replace(config, account=replace(config.account, credentials=None))
    if own_from == "environment":
        for field_name, name in VARIABLES.items():
            monkeypatch.setenv(name, getattr(SECRETS[ACORN], field_name))
    else:
        keep(ACORN)
    assert gateway(ACORN)
    keep(OAK)
    assert gateway(OAK)
    save_credentials(default_path(config_dir(os.environ), "x", OAK), SECRETS[ACORN])
    with pytest.raises(NotReadyError, match=f"@{OAK}"):
        gateway(OAK)

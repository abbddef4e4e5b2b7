"""One runner, several campaigns: it speaks for all of them, and never takes one for another."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.alerts import Alert, AlertKind
from bot.alerts.message import alert_json, alert_text
from bot.calls import Outcome, Outgoing, Refusal, Verdict
from bot.cli.start import _Narrator as Narrator
from bot.core.bot import Bot
from bot.core.delivering import Event
from bot.core.desk import Desk
from bot.core.running import Beat, Watchful
from bot.core.vigil import Vigil
from bot.model import Media, Mode
from bot.publishers import UploadError
from bot.publishers.dry_run import DryRunPublisher
from tests.campaigns import FaultyNetwork, a_config, answer, lost_answer, lost_request
from tests.small import SECOND, Small, a_small_campaign
from tests.torture.world import CAMPAIGN, MONDAY, Sketch

OWN, OTHER = CAMPAIGN, "The Other Week"
ACORN, OAK, ELM = "acorn", "oak", "elm"
REJECTED = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, reason="X says the text is too long.")
NO_CREDIT = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.NO_CREDIT, reason="X says that the credit is used up.")
LIMITED = Outcome(verdict=Verdict.REFUSED, refusal=Refusal.RATE_LIMITED, reason="X says that the limit is used up.")
IN_THE_OTHER = f"in the folder of campaign “{OTHER}”"


@dataclass(kw_only=True)
class Watch:
    """The runner of OWN's folder, which serves OTHER as well: both have posts of the same codes, due at once."""

    small: Small
    vigil: Vigil
    narrator: Narrator
    watchful: Watchful
    told: list[Alert] = field(default_factory=list)

    def work(self, seconds: int) -> Beat | None:
        beat = None
        for _ in range(seconds):
            beat = self.watchful.beat()
            self.vigil.beat(beat)
            self.small.clock.advance(SECOND)
        return beat

    def fails(self, account: str, *outcomes: Outcome) -> None:
        self.small.networks[account].faults += [answer(outcome) for outcome in outcomes]

    def kinds(self) -> list[tuple[AlertKind, str, str]]:
        return [(alert.kind, alert.campaign, alert.account) for alert in self.told]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    soon = MONDAY + timedelta(minutes=10)
    small = a_small_campaign(
        tmp_path,
        Sketch(code="w04", account=ACORN, due_at=MONDAY, texts=("Own four",), picture=True),
        Sketch(code="w03", account=ACORN, due_at=soon, texts=("Own three",)),
        Sketch(code="w04", account=OAK, due_at=MONDAY, texts=("Other four",), campaign=OTHER, picture=True),
        Sketch(code="winner", account=OAK, due_at=soon, texts=("One", "Two", "Three"), campaign=OTHER),
        Sketch(code="w02", account=ELM, due_at=MONDAY, texts=("Other two",), campaign=OTHER),
    )
    made = watch_over(tmp_path, small)
    yield made
    small.storage.close()


def watch_over(folder: Path, small: Small) -> Watch:
    config = a_config(folder / "own")
    config = replace(config, name=OWN, account=replace(config.account, handle=ACORN))
    desk = Desk(storage=small.storage, clock=small.clock, campaign=OWN, actor="Ann Example")
    bot = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    told: list[Alert] = []
    vigil = Vigil(bot=bot, clock=small.clock, tell=told.append, ping=lambda: None)
    vigil.begin()
    narrator = Narrator(bot=bot, zone=ZoneInfo("Europe/London"), colour=False)
    runner = small.runner()
    runner.deliverer = replace(runner.deliverer, report=vigil.listening(narrator.report))
    watchful = Watchful(runner=runner, alarm=vigil.passing_on(lambda _: None), campaign=OWN)
    return Watch(small=small, vigil=vigil, narrator=narrator, watchful=watchful, told=told)


def line_with(said: str, word: str) -> str:
    (line,) = [line for line in said.splitlines() if word in line]
    return line


def test_each_account_that_stops_is_told_once_in_whichever_campaign(watch: Watch) -> None:
    watch.fails(ACORN, NO_CREDIT)
    watch.fails(OAK, NO_CREDIT)
    watch.fails(ELM, NO_CREDIT)
    watch.work(60)
    assert sorted(watch.kinds(), key=str) == sorted(
        [(AlertKind.ACCOUNT, OWN, ACORN), (AlertKind.ACCOUNT, OTHER, OAK), (AlertKind.ACCOUNT, OTHER, ELM)], key=str
    )
    of_oak = next(alert for alert in watch.told if alert.account == OAK)
    assert of_oak.what == f"Nothing more goes out on @{OAK} (“{OTHER}”): {NO_CREDIT.reason}"
    assert f"To deal with it, {IN_THE_OTHER}: campaign-bot doctor --online" in alert_text(of_oak)
    of_own = next(alert for alert in watch.told if alert.account == ACORN)
    assert of_own.what == f"Nothing more goes out on @{ACORN}: {NO_CREDIT.reason}"
    assert "To deal with it: campaign-bot doctor --online" in alert_text(of_own)


def test_the_window_names_each_account_that_stops_once(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.fails(ACORN, NO_CREDIT)
    watch.fails(OAK, NO_CREDIT)
    with caplog.at_level(logging.WARNING):
        watch.work(60)
    stops = [record.getMessage() for record in caplog.records if "Nothing more goes out" in record.getMessage()]
    doctor = "campaign-bot doctor --online"
    assert sorted(stops) == [
        f"✗ Nothing more goes out on @{ACORN}: {NO_CREDIT.reason} To deal with it: {doctor}",
        f"✗ Nothing more goes out on @{OAK} (“{OTHER}”): {NO_CREDIT.reason} To deal with it, {IN_THE_OTHER}: {doctor}",
    ]


def test_a_post_of_another_campaign_is_told_as_its_own_and_with_a_command_for_its_folder(watch: Watch) -> None:
    watch.fails(OAK, REJECTED)
    watch.work(5)
    (alert,) = watch.told
    assert (alert.kind, alert.campaign, alert.account, alert.post) == (AlertKind.FAILED, OTHER, OAK, "w04")
    assert alert.what == f"w04 (“{OTHER}”, @{OAK}) failed: {REJECTED.reason}"
    assert f"To deal with it, {IN_THE_OTHER}: campaign-bot retry w04" in alert_text(alert)
    assert (alert_json(alert)["campaign"], alert_json(alert)["command"]) == (OTHER, "campaign-bot retry w04")


def test_a_post_of_the_own_campaign_is_told_as_shortly_as_ever(
    watch: Watch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    watch.fails(ACORN, REJECTED)
    with caplog.at_level(logging.WARNING):
        watch.work(5)
    (alert,) = watch.told
    assert alert.what == f"w04 failed: {REJECTED.reason}"
    assert [record.getMessage() for record in caplog.records] == [
        f"✗ failed w04: {REJECTED.reason} To deal with it: campaign-bot retry w04"
    ]
    assert OWN not in line_with(capsys.readouterr().out, "failed")


def test_the_window_says_whose_post_it_is_and_where_its_command_works(
    watch: Watch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    watch.fails(OAK, REJECTED)
    with caplog.at_level(logging.WARNING):
        watch.work(5)
    assert f"w04         w04 (“{OTHER}”, @{OAK}) - {REJECTED.reason}" in line_with(capsys.readouterr().out, "failed")
    assert [record.getMessage() for record in caplog.records] == [
        f"✗ failed w04 (“{OTHER}”, @{OAK}): {REJECTED.reason} To deal with it, {IN_THE_OTHER}: campaign-bot retry w04"
    ]


def test_a_doubt_about_one_campaigns_post_is_not_settled_by_the_same_code_of_another(watch: Watch) -> None:
    watch.small.networks[OAK].faults.append(lost_answer)
    watch.fails(ACORN, LIMITED)
    watch.work(240)
    about = [alert for alert in watch.told if alert.post == "w04"]
    assert [(alert.kind, alert.campaign) for alert in about] == [
        (AlertKind.UNKNOWN, OTHER),
        (AlertKind.SETTLED, OTHER),
    ]
    assert about[1].what == f"w04 (“{OTHER}”, @{OAK}) is out."


def test_what_is_held_in_two_campaigns_is_two_messages_each_with_its_own_name(watch: Watch) -> None:
    for account in (ACORN, OAK, ELM):
        watch.small.networks[account].faults.append(lost_request)
    watch.work(400)
    held = {(alert.campaign, alert.account, alert.post) for alert in watch.told if alert.kind is AlertKind.HELD}
    assert held == {(OWN, ACORN, "w04"), (OTHER, OAK, "w04"), (OTHER, ELM, "w02")}


def test_an_outage_is_one_message_for_each_account_of_a_campaign_and_names_it(watch: Watch) -> None:
    watch.small.clock.advance(timedelta(hours=6))
    watch.work(1)
    missed = {(alert.campaign, alert.account): alert for alert in watch.told}
    assert set(missed) == {(OWN, ACORN), (OTHER, OAK), (OTHER, ELM)}
    assert missed[OWN, ACORN].what == "2 at once: missed."
    assert missed[OTHER, OAK].what == f"2 at once of “{OTHER}” (@{OAK}): missed."
    assert all(f"{IN_THE_OTHER}: campaign-bot reschedule" in line for line in missed[OTHER, OAK].more)


def test_a_thread_that_stops_half_way_in_another_campaign_is_told(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    watch.work(5)
    watch.small.networks[OAK].faults += [publish, answer(REJECTED)]
    with caplog.at_level(logging.WARNING):
        watch.work(610)
    (alert,) = [alert for alert in watch.told if alert.kind is AlertKind.PARTIAL]
    assert (alert.campaign, alert.account, alert.post) == (OTHER, OAK, "winner")
    assert alert.command == "campaign-bot retry winner"
    assert "◐ partial winner" in caplog.messages[0]
    assert IN_THE_OTHER in caplog.messages[0]


def test_a_thread_that_is_tried_again_by_itself_alarms_nobody(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    again = Outcome(verdict=Verdict.NOT_SENT, reason="The network could not be reached.")
    watch.work(5)
    watch.small.networks[OAK].faults += [publish, answer(again)]
    with caplog.at_level(logging.WARNING):
        watch.work(660)
    assert watch.told == []
    assert caplog.messages == []
    assert watch.small.networks[OAK].texts()[-3:] == ["One", "Two", "Three"]


class NoPictures(FaultyNetwork):
    def upload(self, media: Media, content: bytes) -> str:
        raise UploadError(REJECTED)


@pytest.mark.parametrize(("account", "campaign"), [(ACORN, OWN), (OAK, OTHER)])
def test_a_post_that_fails_because_of_its_picture_is_told(watch: Watch, account: str, campaign: str) -> None:
    watch.small.networks[account] = NoPictures(watch.small.clock, account)
    watch.work(5)
    assert watch.kinds() == [(AlertKind.FAILED, campaign, account)]


def test_nothing_more_happens_is_said_with_the_campaigns_that_wait(watch: Watch) -> None:
    watch.fails(OAK, REJECTED)
    watch.work(700)
    (idle,) = [alert for alert in watch.told if alert.kind is AlertKind.TROUBLE]
    assert idle.what == (
        f"Nothing more happens by itself: what is left waits for you. Look, in the folder of “{OTHER}”: "
        "campaign-bot status"
    )


def test_a_runner_that_ends_says_whose_posts_wait(watch: Watch) -> None:
    watch.work(5)
    watch.vigil.end()
    assert watch.told[-1].what == (
        f"The runner has ended, and 1 post waits, and posts of “{OTHER}”: nothing goes out without it."
    )


def test_a_campaign_that_is_over_is_not_called_the_end_while_another_one_waits(watch: Watch) -> None:
    watch.fails(OAK, NO_CREDIT)
    watch.work(700)
    watch.vigil.end()
    assert watch.told[-1].kind is AlertKind.STOPPED
    assert f"posts of “{OTHER}” wait" in watch.told[-1].what


def test_no_alarm_is_lost_because_the_database_cannot_be_read_a_moment_later(
    watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that an alarm says has come with the event; only the title is looked up, and the line goes without."""
    events: list[Event] = []
    watch.fails(OAK, REJECTED)
    watch.watchful.runner.deliverer = replace(watch.watchful.runner.deliverer, report=events.append)
    watch.work(1)
    failed = next(event for event in events if event.account == OAK)
    watch.small.storage.close()
    (watch.small.storage.database.path or Path()).write_bytes(b"no database any more")
    watch.vigil.listening(watch.narrator.report)(failed)
    watch.vigil.beat(None)
    assert watch.kinds() == [(AlertKind.FAILED, OTHER, OAK)]
    assert f"(“{OTHER}”, @{OAK})" in line_with(capsys.readouterr().out, "failed")


def publish(network: DryRunPublisher, outgoing: Outgoing) -> Outcome:
    """What a network without faults does."""
    return network.publish(outgoing)

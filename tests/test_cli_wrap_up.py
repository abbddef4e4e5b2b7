"""``campaign-bot report``, ``metrics`` and ``export``: a week on the fake X, over real sockets, and what people type wrong."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest
from click.testing import Result

from bot.cli.export import export
from bot.cli.metrics import metrics
from bot.cli.report import report
from bot.clock import VirtualClock
from bot.credentials import VARIABLES, fingerprint
from bot.errors import ExitCode, NetworkRefusedError, NotReadyError, UsageError
from bot.publishers.x import XPublisher
from tests.aired import Aired
from tests.campaigns import FRIDAY_BEFORE, Stage, a_stage
from tests.fake_x import FakeX, FakeXServer, faults
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.fake_x.messages import Call, out_of_credit
from tests.fake_x.state import Served
from tests.screens import Desktop, give, set_line
from tests.underway import campaign_bot, fine, refusal

LOOKUP = "GET /2/tweets"


@pytest.fixture
def week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aired]:
    """The whole week, out on a fake X that listens on this computer; the account is connected and proved."""
    for field, name in VARIABLES.items():
        monkeypatch.setenv(name, str(asdict(CREDENTIALS)[field]))
    clock = VirtualClock(FRIDAY_BEFORE)
    fake = FakeX(now=clock.now, handle=HANDLE, credentials=CREDENTIALS)
    with FakeXServer(fake) as server:
        api = f'network = "x"\napi_base = "{server.base}"'
        made = a_stage(tmp_path / "week", handle=f'handle = "@{HANDLE}"', live="live = true", network=api)
        desk = replace(made.bot.record, clock=clock)
        publisher = XPublisher(CREDENTIALS, api_base=server.base, handle=HANDLE, clock=clock)
        bot = replace(made.bot, record=desk, stage=desk)
        stage = Stage(bot=bot, clock=clock, network=made.network, publisher=publisher).plan_and_sign().start()
        bot.record_proof(bot.account(), user_id=CREDENTIALS.user_id, fingerprint=fingerprint(CREDENTIALS))
        yield Aired(stage=stage, fake=fake, publisher=publisher).until(days=7.5)
        made.storage.close()


def screen(week: Aired) -> Desktop:
    return Desktop(folder=week.stage.bot.config.folder, actor="Ann Example", clock=week.stage.clock)


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.output


def test_the_report_is_ready_the_minute_the_thread_ends_and_asks_x_nothing(week: Aired) -> None:
    before = len(week.fake.requests)
    text = said(give(screen(week), report))
    assert "Finished: 31 of 31 posts are out." in text
    assert "never read yet: campaign-bot metrics" in text
    assert len(week.fake.requests) == before


def test_metrics_says_its_price_reads_once_and_keeps_it(week: Aired) -> None:
    week.react("winner", 3, like_count=41)
    text = said(give(screen(week), metrics))
    assert text.startswith("A reading costs US$0.038 at most: 38 posts at US$0.001.")
    assert "41 likes, 0 replies" in text
    assert "Cost US$0.038." in text
    assert week.fake.count(LOOKUP) == 1
    assert "41 likes" in said(give(screen(week), report))


def test_the_price_can_be_asked_for_alone(week: Aired) -> None:
    assert "US$0.038" in said(give(screen(week), metrics, "-n"))
    assert week.fake.count(LOOKUP) == 0


def test_the_report_can_read_first(week: Aired) -> None:
    week.react("w20", like_count=7)
    answered = json.loads(said(give(screen(week), report, "--metrics", "--json")))
    assert answered["numbers"]["together"]["likes"] == 7
    assert answered["numbers"]["best"] == ["w20"]
    assert answered["cost"]["total"] == "0.608"


def test_programs_get_the_reading(week: Aired) -> None:
    answered = json.loads(said(give(screen(week), metrics, "--json")))
    assert (answered["asked"], answered["charged"], answered["cost"], answered["obstacle"]) == (38, 38, "0.038", None)
    assert answered["together"]["likes"] == 0


def test_a_rate_limit_says_from_when_on_it_goes_on(week: Aired) -> None:
    week.fake.faults.append(faults.answered(429, on=LOOKUP, headers={"retry-after": "900"}))
    result = give(screen(week), metrics)
    assert isinstance(result.exception, NetworkRefusedError)
    assert "From Sat 13 Mar 00:15 GMT on: campaign-bot metrics" in str(result.exception)
    assert "✓" not in result.output


def test_no_credit_is_refused_in_words(week: Aired) -> None:
    week.fake.faults.append(faults.given(out_of_credit(), on=LOOKUP))
    assert isinstance(give(screen(week), metrics).exception, NetworkRefusedError)


class Impatient(FakeX):
    """After so many readings the person at the keyboard presses Ctrl+C, while one is under way."""

    presses_at = 0

    def respond(self, call: Call) -> Served:
        if call.path == "/2/tweets" and self.count(LOOKUP) + 1 == self.presses_at:
            signal.raise_signal(signal.SIGINT)
        return super().respond(call)


def test_watching_ends_with_ctrl_c_in_good_order_and_keeps_the_reading_under_way(week: Aired) -> None:
    week.fake.__class__ = Impatient
    assert isinstance(week.fake, Impatient)
    week.fake.presses_at = 3
    begun = week.stage.clock.now()
    text = said(give(screen(week), metrics, "--watch", "--every", "6h"))
    assert "Reading every 6 hours." in text
    assert "Stopped in good order after 3 readings." in text
    kept = week.stage.storage.metrics.readings(week.stage.bot.record.record().campaign_id)
    assert (kept.number, kept.last_at) == (3, begun + timedelta(hours=12))


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--every", "often"), "not a length of time"),
        (("--every", "5s"), "too short or too long"),
        (("--watch", "--json"), "--watch goes with neither"),
        (("--watch", "-n"), "--watch goes with neither"),
    ],
)
def test_what_metrics_cannot_do_it_says(week: Aired, words: tuple[str, ...], what: str) -> None:
    result = give(screen(week), metrics, *words)
    assert isinstance(result.exception, UsageError)
    assert what in str(result.exception)
    assert week.fake.count(LOOKUP) == 0


def test_the_budget_of_today_is_kept(week: Aired) -> None:
    set_line(week.stage.bot.config.folder / "config.toml", "usd", "0.58")
    result = give(screen(week), metrics)
    assert "This reading costs up to US$0.038, and the budget has US$0.010 left." in str(result.exception)
    assert week.fake.count(LOOKUP) == 0


def test_the_report_goes_into_files_and_onto_a_pipe(week: Aired, tmp_path: Path) -> None:
    html, table = tmp_path / "report.html", tmp_path / "report.csv"
    assert said(give(screen(week), report, "--html", html, "--csv", table)).count("✓ Wrote") == 2
    assert html.read_text("utf-8").startswith("<!doctype html>")
    assert table.read_bytes().startswith(b"\xef\xbb\xbfcode,part")
    assert said(give(screen(week), report, "--md", "-")).startswith("# Care Heroes of the Year: report")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--html", "report.pdf"), "ends in .html or .htm"),
        (("--csv", "report.xlsx"), "ends in .csv"),
        (("--html", "nowhere/report.html"), "cannot be written: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_is_refused(week: Aired, words: tuple[str, ...], what: str) -> None:
    result = give(screen(week), report, *words)
    assert isinstance(result.exception, UsageError)
    assert what in str(result.exception)


def test_the_ending_says_what_is_exported(week: Aired, tmp_path: Path) -> None:
    for name in ("plan.csv", "plan.ics", "campaign.zip"):
        assert f"✓ Wrote {tmp_path / name}" in said(give(screen(week), export, tmp_path / name))
    entries = [entry.detail for entry in week.stage.bot.log() if entry.action == "export"]
    assert entries == ["the plan for a spreadsheet", "the plan for a calendar", "the whole campaign"]
    calendar = icalendar.Calendar.from_ical((tmp_path / "plan.ics").read_bytes())
    assert len(calendar.walk("VEVENT")) == 31
    archive = (tmp_path / "campaign.zip").read_bytes()
    assert [secret for secret in CREDENTIALS.values if secret.encode() in archive] == []


@pytest.mark.parametrize("name", ["plan", "plan.xlsx", "plan.csv.bak"])
def test_another_ending_is_refused_with_the_endings_there_are(week: Aired, tmp_path: Path, name: str) -> None:
    result = give(screen(week), export, tmp_path / name)
    assert ".ics: the plan for a calendar" in str(result.exception)
    assert list(tmp_path.glob("plan*")) == []


def test_notes_are_for_the_archive_alone(week: Aired, tmp_path: Path) -> None:
    assert "for a .zip" in str(give(screen(week), export, tmp_path / "plan.csv", "--with-notes").exception)


def test_without_a_plan_each_says_what_comes_first(tmp_path: Path) -> None:
    stage = a_stage(tmp_path / "week")
    desk = Desktop(folder=stage.bot.config.folder, clock=stage.clock)
    for command, words in ((report, ()), (metrics, ()), (export, ("plan.ics",))):
        result = give(desk, command, *words)
        assert isinstance(result.exception, NotReadyError | UsageError), result.output
    stage.storage.close()


def test_practice_has_a_report_that_says_so_and_nothing_to_count(practised: Path) -> None:
    text = fine(campaign_bot(practised, "report"))
    assert text.startswith("PRACTICE: nothing was sent.")
    assert "for real it would have been US$0.57" in text
    assert "nothing was sent" in refusal(campaign_bot(practised, "metrics"), ExitCode.USAGE)

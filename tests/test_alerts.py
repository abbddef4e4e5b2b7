"""Alarms arrive by real HTTP and SMTP servers, never hold anything up, and never give a secret away."""

from __future__ import annotations

import json
import logging
import sys
import threading
from dataclasses import fields
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from bot.alerts import Alert, AlertKind, Courier, NotDeliveredError, call, channels_for
from bot.alerts.channels import apprise_channel
from bot.alerts.message import alert_json, alert_text
from bot.config import Alerts
from bot.config_reading import config_digest, read_config
from bot.errors import ConfigError, UsageError
from bot.model import Mode
from tests.campaigns import a_folder
from tests.post_office import PATIENCE, Hook, PostOffice, certificate, hook, serving

__all__ = ["certificate", "hook"]

ALERT = Alert(
    at=datetime(2027, 3, 8, 9, tzinfo=UTC),
    campaign="Lantern Week",
    account="lantern_example",
    mode=Mode.LIVE,
    kind=AlertKind.MISSED,
    what="w07 missed: It would be more than 30 minutes late.",
    post="w07",
    command="campaign-bot reschedule w07 --to next",
)


def mail_settings(port: int, user: str = "") -> Alerts:
    return Alerts(
        email_to=("ann@example.org", "bob@example.org"),
        email_from="bot@example.org",
        smtp=("127.0.0.1", port),
        smtp_user=user,
    )


def deliver(alerts: Alerts, **environ: str) -> None:
    (channel,), problems = channels_for(alerts, environ)
    assert not problems
    channel.deliver(ALERT)


def test_a_webhook_gets_the_alarm_as_json(hook: Hook) -> None:
    deliver(Alerts(webhook=hook.url))
    method, path, body = hook.got.get(timeout=PATIENCE)
    assert (method, path) == ("POST", "/secret-hook")
    assert json.loads(body) == {
        "campaign": "Lantern Week",
        "account": "lantern_example",
        "kind": "missed",
        "what": "w07 missed: It would be more than 30 minutes late.",
        "post": "w07",
        "command": "campaign-bot reschedule w07 --to next",
        "at": "2027-03-08T09:00:00+00:00",
        "mode": "live",
    }


def test_a_secret_webhook_comes_from_the_environment_or_a_private_file(hook: Hook, tmp_path: Path) -> None:
    deliver(Alerts(webhook="https://never.example"), CAMPAIGN_BOT_WEBHOOK=hook.url)
    (tmp_path / "hook").write_text(hook.url + "\n")
    (tmp_path / "hook").chmod(0o600)
    deliver(Alerts(), CAMPAIGN_BOT_WEBHOOK_FILE=str(tmp_path / "hook"))
    assert hook.got.qsize() == 2


def test_a_file_of_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("https://hook.example/secret")
    (tmp_path / "hook").chmod(0o644)
    channels, (problem,) = channels_for(Alerts(), {"CAMPAIGN_BOT_WEBHOOK_FILE": str(tmp_path / "hook")})
    assert not channels
    assert "CAMPAIGN_BOT_WEBHOOK_FILE" in problem.where
    assert "Other people" in problem.what


def test_an_unencrypted_webhook_from_the_environment_is_refused_without_showing_it() -> None:
    channels, (problem,) = channels_for(Alerts(), {"CAMPAIGN_BOT_WEBHOOK": "http://hook.example/secret"})
    assert not channels
    assert "unencrypted" in problem.what
    assert "secret" not in str(problem)


@pytest.mark.parametrize("status", [301, 307, 404, 500])
def test_no_redirect_is_followed_and_no_error_counts_as_told(hook: Hook, status: int) -> None:
    hook.answers.append(status)
    with pytest.raises(NotDeliveredError, match=f"status {status}") as caught:
        call(hook.url, {})
    assert "secret" not in str(caught.value)
    assert hook.got.qsize() == 1


def test_nobody_there_is_said_without_the_address() -> None:
    with pytest.raises(NotDeliveredError, match="cannot be reached") as caught:
        call("http://127.0.0.1:9/secret-hook")
    assert "secret" not in str(caught.value)


def test_mail_goes_over_an_encrypted_connection_with_the_password_from_the_environment(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    office = PostOffice(certificate)
    with serving(office):
        deliver(mail_settings(office.port, user="bot"), CAMPAIGN_BOT_SMTP_PASSWORD="wonderful")
        mail = office.mail.get(timeout=PATIENCE)
    assert mail["Subject"] == "Lantern Week: missed w07"
    assert mail["To"] == "ann@example.org, bob@example.org"
    assert "campaign-bot reschedule w07 --to next" in mail.get_content()
    assert office.commands.index("STARTTLS") < next(
        place for place, command in enumerate(office.commands) if command.startswith("AUTH")
    )


def test_a_mail_server_whose_certificate_is_not_trusted_gets_nothing(certificate: Path) -> None:
    office = PostOffice(certificate)
    with serving(office), pytest.raises(NotDeliveredError, match="certificate"):
        deliver(mail_settings(office.port, user="bot"), CAMPAIGN_BOT_SMTP_PASSWORD="wonderful")
    assert not any(command.upper().startswith(("AUTH", "MAIL")) for command in office.commands)


@pytest.mark.parametrize(("refuses", "words"), [("AUTH", "password"), ("RCPT", "recipients"), ("MAIL", "status 535")])
def test_what_a_mail_server_refuses_is_said_in_words(refuses: str, words: str) -> None:
    office = PostOffice(refuses=refuses)
    with serving(office), pytest.raises(NotDeliveredError, match=words):
        deliver(mail_settings(office.port, user="bot"), CAMPAIGN_BOT_SMTP_PASSWORD="wonderful")


def test_a_missing_mail_password_is_named_and_other_channels_go_on(hook: Hook) -> None:
    settings = mail_settings(25, user="bot")
    channels, (problem,) = channels_for(
        Alerts(webhook=hook.url, email_to=settings.email_to, smtp=settings.smtp, smtp_user="bot"), {}
    )
    assert [channel.name for channel in channels] == ["webhook"]
    assert "CAMPAIGN_BOT_SMTP_PASSWORD" in problem.remedy


def test_apprise_says_how_to_install_it_when_it_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"campaign-bot\[alerts\]"):
        apprise_channel(["ntfys://lantern"], library="apprise_that_is_not_there")


APPRISE = """
class Apprise:
    told = []
    def add(self, address): return address.startswith("ntfys://")
    def notify(self, *, title, body):
        self.told.append(title)
        return len(self.told) > 1
"""


def test_apprise_is_handed_the_alarm_and_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pretended_apprise.py").write_text(APPRISE)
    monkeypatch.syspath_prepend(tmp_path)
    channel = apprise_channel(["ntfys://lantern"], library="pretended_apprise")
    with pytest.raises(NotDeliveredError, match="did not take it"):
        channel.deliver(ALERT)
    channel.deliver(ALERT)
    assert sys.modules["pretended_apprise"].Apprise.told == ["Lantern Week: missed w07"] * 2
    with pytest.raises(UsageError, match="number 2"):
        apprise_channel(["ntfys://lantern", "nonsense://"], library="pretended_apprise")


def test_a_courier_tries_again_and_complains_once(hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    hook.answers += [500, 500, 500]
    courier: Courier[None] = Courier("webhook", lambda _: call(hook.url), waits=(0.0, 0.0, 0.0))
    courier.send(None)
    courier.send(None)
    courier.close()
    assert courier.join(PATIENCE)
    assert hook.got.qsize() == 5
    assert [record.message for record in caplog.records] == [
        "Nobody can be told by webhook: the server answered with status 500."
    ]


def test_a_courier_gives_up_after_its_tries_and_goes_on_with_the_next(hook: Hook) -> None:
    hook.answers += [500] * 3
    courier: Courier[str] = Courier("webhook", lambda item: call(hook.url, item), waits=(0.0, 0.0))
    for item in ("lost", "found"):
        courier.send(item)
    courier.close()
    assert courier.join(PATIENCE)
    bodies = [hook.got.get_nowait()[2] for _ in range(hook.got.qsize())]
    assert bodies == [b'"lost"'] * 3 + [b'"found"']


def test_handing_over_never_waits_and_drops_what_is_too_much(caplog: pytest.LogCaptureFixture) -> None:
    busy, release = threading.Event(), threading.Event()

    def slow(item: int) -> None:
        busy.set()
        release.wait(PATIENCE)
        delivered.append(item)

    delivered: list[int] = []
    courier: Courier[int] = Courier("webhook", slow, room=2)
    courier.send(0)
    assert busy.wait(PATIENCE)
    for item in range(1, 6):
        courier.send(item)
    courier.close()
    release.set()
    assert courier.join(PATIENCE)
    assert delivered == [0, 1, 2]
    assert len(caplog.records) == 1


def test_closing_does_not_wait_between_tries(hook: Hook) -> None:
    hook.answers += [500, 500]
    courier: Courier[None] = Courier("webhook", lambda _: call(hook.url), waits=(3600.0, 3600.0))
    courier.send(None)
    hook.got.get(timeout=PATIENCE)
    courier.close()
    assert courier.join(PATIENCE)
    assert hook.got.qsize() == 2


def test_secrets_of_alarms_are_kept_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    channels_for(
        Alerts(ping_url="https://ping.example/0b5c", apprise=("tgram://token9/7",)),
        {"CAMPAIGN_BOT_WEBHOOK": "https://hook.example/t0ken"},
    )
    logging.getLogger("anything").warning("%s %s", "https://hook.example/t0ken", "https://ping.example/0b5c")
    assert caplog.messages == ["[secret] [secret]"]
    shown = repr(Alerts(webhook="https://hook.example/t0ken", ping_url="https://ping.example/0b5c"))
    assert "example" not in shown


def test_words_for_people_name_practice() -> None:
    practice = Alert(**{entry.name: getattr(ALERT, entry.name) for entry in fields(ALERT)} | {"mode": Mode.PRACTICE})
    assert "nothing is sent" in alert_text(practice)
    assert alert_json(practice)["mode"] == "practice"


WHOLE = """
[alerts]
webhook = "https://hook.example/a"
email_to = ["ann@example.org"]
smtp = "smtp.example.org"
smtp_user = "ann@example.org"
apprise = ["ntfys://lantern"]
ping_url = "http://localhost:8000/ping"
daily = "08:00"
"""


def with_alerts(folder: Path, table: str) -> Path:
    """A campaign's folder with this table in place of the example's."""
    path = a_folder(folder) / "config.toml"
    before, _, after = path.read_text("utf-8").partition("[alerts]")
    path.write_text(f"{before}{table}\n{after[after.index('[database]') :]}", "utf-8")
    return folder


def test_the_table_is_read_and_no_plan_depends_on_it(tmp_path: Path) -> None:
    config = read_config(with_alerts(tmp_path / "with", WHOLE), {})
    assert config.alerts == Alerts(
        webhook="https://hook.example/a",
        email_to=("ann@example.org",),
        email_from="ann@example.org",
        smtp=("smtp.example.org", 587),
        smtp_user="ann@example.org",
        apprise=("ntfys://lantern",),
        ping_url="http://localhost:8000/ping",
        daily=time(8),
    )
    assert config_digest(config) == config_digest(read_config(a_folder(tmp_path / "without"), {}))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('webhook = "http://hook.example/secret"', "unencrypted"),
        ('webhook = "file:///etc/secret"', "not a web address"),
        ('webhook = "https://ann:secret@hook.example"', "a user name or a password"),
        ('ping_url = "ftp://ping.example/secret"', "not a web address"),
        ('email_to = "ann@example.org"', "[alerts] smtp"),
        ('email_to = "ann"\nsmtp = "smtp.example.org"\nemail_from = "b@example.org"', "“ann” is not an e-mail address"),
        ('smtp = "smtp.example.org:99999"', "not a mail server"),
        ('smtp_password = "secret"', "CAMPAIGN_BOT_SMTP_PASSWORD"),
        ('apprise = ["secret"]', "not an address for apprise"),
        ('daily = "8 o\'clock"', "not a time of day"),
        ('web_hook = "x"', "Did you mean “webhook”?"),
    ],
)
def test_a_mistake_is_explained_and_no_secret_repeated(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(with_alerts(tmp_path, f"[alerts]\n{line}\n"), {})
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_every_setting_of_alarms_is_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text("utf-8")
    assert [entry.name for entry in fields(Alerts) if f"`{entry.name}`" not in page] == []

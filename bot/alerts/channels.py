"""The ways to tell somebody. Each delivers once or raises ``NotDeliveredError``; whoever calls decides about more tries."""

from __future__ import annotations

import http.client
import importlib
import json
import logging
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import urlsplit

from bot import __version__
from bot.alerts.message import Alert, alert_json, alert_text, alert_title
from bot.config import Alerts
from bot.config_alerts import PASSWORD_VARIABLE, calling_address, is_loopback
from bot.config_values import WrongValueError
from bot.credentials import install_redactor, read_secret
from bot.errors import CampaignBotError, ConfigError, CredentialsError, Problem, UsageError

WEBHOOK_VARIABLE = "CAMPAIGN_BOT_WEBHOOK"
SECONDS = 10.0
_TLS_PORT = 465  # encrypted from the first byte: https://www.rfc-editor.org/rfc/rfc8314
_log = logging.getLogger(__name__)


class NotDeliveredError(Exception):
    """It did not get through; says why in plain English, and never the address, which may be a secret."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to tell somebody. ``name`` is what people call it."""

    name: str
    deliver: Callable[[Alert], None]


def channels_for(alerts: Alerts, environ: Mapping[str, str]) -> tuple[tuple[Channel, ...], tuple[Problem, ...]]:
    """The channels that can be used, and what is in the way of others. Keeps their secrets out of all logs."""
    channels: list[Channel] = []
    problems: list[Problem] = []
    for open_one in (_webhook, _mail, _services):
        try:
            channel = open_one(alerts, environ)
        except CampaignBotError as error:
            problems += error.problems
        else:
            channels += [channel] if channel else []
    install_redactor([alerts.ping_url or ""])
    return tuple(channels), tuple(problems)


def call(url: str, body: object = None) -> None:
    """One request: GET, or POST when there is a body for JSON. Follows no redirect. Raises NotDeliveredError."""
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    headers = {"User-Agent": f"campaign-bot/{__version__}", "Content-Type": "application/json; charset=utf-8"}
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310  # config: https, or this computer
    around_proxies = [urllib.request.ProxyHandler({})] if is_loopback(urlsplit(url).hostname or "") else []
    opener = urllib.request.build_opener(_NoRedirects, *around_proxies)
    try:
        opener.open(request, timeout=SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
        raise NotDeliveredError(f"the server answered with status {error.code}.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotDeliveredError(f"the server cannot be reached ({_in_short(error)}).") from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could lead anywhere, with the secret in its address; none is followed."""

    def redirect_request(self, *_args: object, **_named: object) -> None:
        return None


def _webhook(alerts: Alerts, environ: Mapping[str, str]) -> Channel | None:
    try:
        url = calling_address(read_secret(WEBHOOK_VARIABLE, environ).strip()) or alerts.webhook
    except WrongValueError as wrong:
        raise ConfigError(Problem(what=wrong.what, where=WEBHOOK_VARIABLE, remedy=wrong.remedy)) from None
    except CredentialsError as error:
        raise _unread(error, WEBHOOK_VARIABLE) from None
    if not url:
        return None
    install_redactor([url])
    return Channel(name="webhook", deliver=lambda alert: call(url, alert_json(alert)))


def _mail(alerts: Alerts, environ: Mapping[str, str]) -> Channel | None:
    if not alerts.email_to or alerts.smtp is None:
        return None
    try:
        password = read_secret(PASSWORD_VARIABLE, environ)
    except CredentialsError as error:
        raise _unread(error, PASSWORD_VARIABLE) from None
    if alerts.smtp_user and not password:
        remedy = f"Set {PASSWORD_VARIABLE}, or {PASSWORD_VARIABLE}_FILE to the name of a file that holds it."
        raise CredentialsError(
            Problem(what="The mail server's password is missing.", where="[alerts] smtp_user", remedy=remedy)
        )
    install_redactor([password])
    server, user = alerts.smtp, alerts.smtp_user

    def deliver(alert: Alert) -> None:
        _post_mail(_message(alert, alerts), server, user, password)

    return Channel(name="e-mail", deliver=deliver)


def _message(alert: Alert, alerts: Alerts) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = alert_title(alert)
    message["From"] = alerts.email_from
    message["To"] = ", ".join(alerts.email_to)
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=alerts.email_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's out-of-office reply answers it
    message.set_content(alert_text(alert))
    return message


def _post_mail(message: EmailMessage, server: tuple[str, int], user: str, password: str) -> None:
    try:
        with _connected(*server) as smtp:
            if user:
                smtp.login(user, password)
            refused = smtp.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise NotDeliveredError("the mail server refuses the user name or the password.") from None
    except smtplib.SMTPRecipientsRefused:
        raise NotDeliveredError("the mail server refuses all recipients.") from None
    except smtplib.SMTPResponseException as error:
        raise NotDeliveredError(f"the mail server answered with status {error.smtp_code}.") from None
    except (OSError, ValueError) as error:
        raise NotDeliveredError(f"the mail server cannot be used ({_in_short(error)}).") from None
    if refused:
        _log.warning("The mail server refuses %s; the others have the message.", ", ".join(refused))


def _connected(host: str, port: int) -> smtplib.SMTP:
    """A connection that is encrypted, unless the server is this computer itself and offers nothing else."""
    context = ssl.create_default_context()
    if port == _TLS_PORT:
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    smtp = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        _encrypt(smtp, host, context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _encrypt(smtp: smtplib.SMTP, host: str, context: ssl.SSLContext) -> None:
    smtp.ehlo()
    if smtp.has_extn("starttls"):
        smtp.starttls(context=context)
    elif not is_loopback(host):
        raise NotDeliveredError("the mail server offers no encryption.")


def _services(alerts: Alerts, _environ: Mapping[str, str]) -> Channel | None:
    if not alerts.apprise:
        return None
    install_redactor(alerts.apprise)
    return apprise_channel(alerts.apprise)


def apprise_channel(services: Sequence[str], library: str = "apprise") -> Channel:
    """Whatever else apprise knows. Raises UsageError when it is not installed or does not know an address."""
    where = "[alerts] apprise"
    try:
        apprise: Any = importlib.import_module(library)
    except ModuleNotFoundError:
        remedy = 'Install campaign-bot with its extra: "campaign-bot[alerts]".'
        raise UsageError(Problem(what="The library apprise is not installed.", where=where, remedy=remedy)) from None
    logging.getLogger(library).setLevel(logging.CRITICAL)  # it would name addresses; what matters is said by us
    client = apprise.Apprise()
    for number, address in enumerate(services, start=1):
        if not client.add(address):
            remedy = "See https://github.com/caronc/apprise/wiki for its form."
            raise UsageError(
                Problem(what=f"Address number {number} means nothing to apprise.", where=where, remedy=remedy)
            )

    def deliver(alert: Alert) -> None:
        try:
            taken = client.notify(title=alert_title(alert), body=alert_text(alert))
        except (OSError, TypeError, ValueError) as error:
            raise NotDeliveredError(f"apprise cannot send it ({type(error).__name__}).") from None
        if not taken:
            raise NotDeliveredError("one of the services did not take it.")

    return Channel(name="apprise", deliver=deliver)


def _in_short(error: Exception) -> str:
    """What went wrong, without anything that an address could stand in."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return f"no answer within {SECONDS:.0f} seconds"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate: {reason.verify_message}"
    words = reason.strerror if isinstance(reason, OSError) else None
    return words or type(reason).__name__


def _unread(error: CredentialsError, variable: str) -> CredentialsError:
    """A secret's file that cannot be used, with the variable that names it."""
    return CredentialsError(
        *(
            Problem(what=problem.what, where=f"{variable}_FILE, {problem.where}", remedy="See docs/where-to-run.md.")
            for problem in error.problems
        )
    )

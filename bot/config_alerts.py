"""The table [alerts] of config.toml. What may be a secret in itself is never repeated in an error."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import config_values as values
from bot.config import Alerts
from bot.config_values import WrongValueError

if TYPE_CHECKING:
    from bot.config_tables import Table

PASSWORD_VARIABLE = "CAMPAIGN_BOT_SMTP_PASSWORD"  # noqa: S105  # the variable's name
SUBMISSION_PORT = 587  # https://www.rfc-editor.org/rfc/rfc8314
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
_SMTP = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")
_SERVICE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_LAST_PORT = 65535


def read_alerts(table: Table) -> Alerts:
    """All settings are optional; what belongs together is asked for together."""
    _refuse_password(table)
    user = table.read("smtp_user", values.text_or_empty, "")
    alerts = Alerts(
        webhook=table.read("webhook", calling_address, None),
        email_to=table.read("email_to", _emails, ()),
        email_from=table.read("email_from", _email_or_empty, "") or (user if _EMAIL.fullmatch(user) else ""),
        smtp=table.read("smtp", _server, None),
        smtp_user=user,
        apprise=table.read("apprise", _services, ()),
        ping_url=table.read("ping_url", calling_address, None),
        daily=table.read("daily", lambda value: values.moment(value) if value != "" else None, None),
    )
    if alerts.email_to and "smtp" not in table.values:
        table.complain("smtp", "This is missing.", 'Add a line such as smtp = "smtp.example.org:587".')
    if alerts.email_to and not alerts.email_from and "email_from" not in table.values:
        table.complain("email_from", "This is missing.", 'Add a line such as email_from = "you@example.org".')
    table.finish()
    return alerts


def calling_address(value: object) -> str | None:
    """A web address to call: https, or http on this computer alone, because it may be a secret; nothing for none."""
    address = values.text_or_empty(value)
    if not address:
        return None
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or not address.isascii() or " " in address:
        raise WrongValueError("This is not a web address.", "Write all of it, beginning with https://.")
    if parts.username is not None:
        raise WrongValueError("It holds a user name or a password.", "Use an address without user:password@.")
    if parts.scheme == "http" and not is_loopback(host):
        raise WrongValueError("It would go through the network unencrypted.", "Use an address with https://.")
    return address


def is_loopback(host: str) -> bool:
    """Whether a host is this computer itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _refuse_password(table: Table) -> None:
    if "smtp_password" in table.values:
        table.known.append("smtp_password")
        remedy = f"Take it out, change it, and set the variable {PASSWORD_VARIABLE} or {PASSWORD_VARIABLE}_FILE."
        table.complain("smtp_password", "A password does not belong in this file.", remedy)


def _emails(value: object) -> tuple[str, ...]:
    found = (_email_or_empty(item) for item in values.items(value, '["ann@example.org", "bob@example.org"]'))
    return tuple(address for address in found if address)


def _email_or_empty(value: object) -> str:
    address = values.text_or_empty(value)
    if address and (not _EMAIL.fullmatch(address) or not address.isascii()):
        raise WrongValueError(f"“{address}” is not an e-mail address.", 'Write it like "ann@example.org".')
    return address


def _server(value: object) -> tuple[str, int] | None:
    name = values.text_or_empty(value)
    if not name:
        return None
    match = _SMTP.fullmatch(name)
    port = int(match["port"] or SUBMISSION_PORT) if match else 0
    if match is None or not 0 < port <= _LAST_PORT:
        raise WrongValueError(f"“{name}” is not a mail server.", 'Write it like "smtp.example.org:587".')
    return match["host"].strip("[]"), port


def _services(value: object) -> tuple[str, ...]:
    found = tuple(values.text(item) for item in values.items(value, '["ntfys://my-topic"]') if item != "")
    if not all(_SERVICE.fullmatch(address) for address in found):
        raise WrongValueError(
            "One of these is not an address for apprise.", "See https://github.com/caronc/apprise/wiki for their form."
        )
    return found

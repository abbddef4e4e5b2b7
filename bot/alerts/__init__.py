"""Telling people what needs them, wherever they are: webhook, e-mail, other services, and a dead-man's switch."""

from bot.alerts.channels import Channel, NotDeliveredError, call, channels_for
from bot.alerts.courier import Courier
from bot.alerts.message import Alert, AlertKind

__all__ = ["Alert", "AlertKind", "Channel", "Courier", "NotDeliveredError", "call", "channels_for"]

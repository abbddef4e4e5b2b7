"""Trying the channels of the config while somebody is looking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.alerts import Alert, AlertKind, NotDeliveredError, call, channels_for
from bot.clock import Clock
from bot.core.bot import Bot


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of trying one channel; ``problem`` is empty when it worked."""

    name: str
    problem: str = ""


def try_channels(bot: Bot, clock: Clock, environ: Mapping[str, str]) -> tuple[Trial, ...]:
    """Send a test by every channel, once, and call the address of the dead-man's switch."""
    channels, problems = channels_for(bot.config.alerts, environ)
    alert = Alert(
        at=clock.now().astimezone(bot.zone()),
        campaign=bot.config.name,
        account=bot.config.account.handle,
        mode=bot.mode,
        kind=AlertKind.TEST,
        what="This is a test. Alarms of this campaign arrive here.",
    )
    trials = [Trial(name="[alerts]", problem=str(problem)) for problem in problems]
    trials += [_tried(channel.name, channel.deliver, alert) for channel in channels]
    url = bot.config.alerts.ping_url
    return tuple([*trials, _tried("ping", lambda _: call(url), alert)] if url else trials)


def _tried(name: str, deliver: Callable[[Alert], None], alert: Alert) -> Trial:
    try:
        deliver(alert)
    except NotDeliveredError as error:
        return Trial(name=name, problem=str(error))
    return Trial(name=name)

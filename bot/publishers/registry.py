"""Which networks there are. Adding one is one module with ``open_publisher``, and one line here."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from bot.clock import Clock
from bot.credentials import Credentials
from bot.errors import ConfigError, Problem
from bot.publishers import Publisher

NETWORKS: Mapping[str, str] = {
    "x": "bot.publishers.x",
}
"""A network's name, and its module: imported when it is opened, because their libraries are heavy."""


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """What it takes to open the gateway of an account. ``handle`` is without ``@``."""

    handle: str
    credentials: Credentials
    api_base: str
    clock: Clock


def require_known(network: str) -> None:
    """Raises ConfigError for a network that no publisher is for."""
    if network not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise ConfigError(
            Problem(
                what=f"“{network}” is no network that is known.",
                where="[account] network",
                remedy=f"Known networks: {known}.",
            )
        )


def open_publisher(network: str, gateway: Gateway) -> Publisher:
    """The live publisher of a network. Raises ConfigError for an unknown network or an unsafe address."""
    require_known(network)
    factory = cast("Callable[[Gateway], Publisher]", importlib.import_module(NETWORKS[network]).open_publisher)
    return factory(gateway)

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


def open_publisher(network: str, gateway: Gateway) -> Publisher:
    """The live publisher of a network. Raises ConfigError for an unknown network or an unsafe address."""
    module = NETWORKS.get(network)
    if module is None:
        known = ", ".join(sorted(NETWORKS))
        raise ConfigError(
            Problem(what="This network is not known.", where="account.network", remedy=f"Known networks: {known}.")
        )
    factory = cast("Callable[[Gateway], Publisher]", importlib.import_module(module).open_publisher)
    return factory(gateway)

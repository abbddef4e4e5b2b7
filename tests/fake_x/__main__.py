"""The fake X for a person to try things on: ``python -m tests.fake_x --port 8765 --handle brightcare_demo``."""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import asdict

from bot.clock import SystemClock
from bot.credentials import VARIABLES
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.fake_x.server import FakeXServer
from tests.fake_x.state import FakeX


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_x", description="A fake X on this machine.")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--handle", default=HANDLE)
    asked = parser.parse_args()
    fake = FakeX(now=SystemClock().now, handle=asked.handle, credentials=CREDENTIALS)
    server = FakeXServer(fake, asked.port)
    secrets = asdict(CREDENTIALS)
    lines = [f"export {name}={secrets[field]}" for field, name in VARIABLES.items()]
    sys.stdout.write("\n".join([*lines, f'# in config.toml, under [account]: api_base = "{server.base}"', ""]))
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_until_interrupted()


if __name__ == "__main__":
    main()

"""What a report takes over a large campaign: ``python -m benchmarks.reports [POSTS [ROWS]]``. Linux and macOS.

A campaign of so many posts, all of them out, and so many rows of metrics; then the real command, each in a process of its
own: the report on the screen, as JSON, as CSV and as a page. Bars: 5 seconds and 200 MB.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import bindparam, update

from benchmarks.measuring import MB, campaign_bot
from benchmarks.workloads import large
from bot.metrics import Counts, Measured
from bot.model import AuditEntry, Post
from bot.storage import Storage
from bot.storage.schema import messages, posts
from tests.campaigns import FRIDAY_BEFORE

SECONDS, PEAK = 5.0, 200 * MB
WAYS = (("screen",), ("json", "--json"), ("csv", "--csv", "report.csv"), ("page", "--html", "report.html"))


def publish(storage: Storage, campaign_id: int, all_posts: tuple[Post, ...]) -> list[int]:
    """Everything is out, a second after its slot; gives the ids of the messages."""
    rows = [
        {
            "id": message.message_id,
            "nr": str(10**15 + message.message_id),
            "at": post.slot.due_at + timedelta(seconds=1),
        }
        for post in all_posts
        for message in post.messages
    ]
    with storage.database.write() as connection:
        connection.execute(
            update(messages)
            .where(messages.c.message_id == bindparam("id"))
            .values(
                state="posted",
                attempts=1,
                network_id=bindparam("nr"),
                posted_at=bindparam("at"),
                url="https://x.com/a/status/1",
            ),
            rows,
        )
        connection.execute(
            update(posts).where(posts.c.campaign_id == campaign_id).values(is_final=True, standing="approved")
        )
    return [int(str(row["id"])) for row in rows]


def measure(storage: Storage, campaign_id: int, message_ids: list[int], rows: int) -> int:
    """So many rows of metrics in readings an hour apart; gives how many there are."""
    number, at = max(1, rows // len(message_ids)), FRIDAY_BEFORE + timedelta(days=3)
    for hour in range(number):
        entry = AuditEntry(at=at, actor="Ann Example", action="metrics")
        reading = storage.metrics.begin(
            campaign_id, at + timedelta(hours=hour), asked=len(message_ids), price=Decimal("0.001"), entry=entry
        )
        assert reading is not None
        found = [
            (
                one,
                Measured(
                    network_id="",
                    counts=Counts(likes=hour + one % 7, replies=1, reposts=2, quotes=0, impressions=hour * 10),
                ),
            )
            for one in message_ids
        ]
        storage.metrics.add(reading, found, answered=len(found), charged=0)
    return number * len(message_ids)


def main() -> None:
    """Prints a small table; ends with 1 when a bar was missed."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    missed = 0
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        bot, _ = large(folder, wanted)
        began = time.perf_counter()
        storage, campaign_id = bot.record.storage, bot.record.record().campaign_id
        ids = publish(storage, campaign_id, bot.posts())
        there = measure(storage, campaign_id, ids, rows)
        storage.close()
        print(f"{len(ids):,} messages, {there:,} rows of metrics, made in {time.perf_counter() - began:.0f} s")
        for way, *words in WAYS:
            cost = campaign_bot(folder, "report", *words)
            fine = cost.seconds < SECONDS and cost.peak < PEAK
            missed += not fine
            print(
                f"report {way:<7} {cost.seconds:5.2f} s  {cost.peak / MB:4.0f} MB  {'ok' if fine else 'OVER'}",
                flush=True,
            )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()

"""The gateway that sends nothing keeps the same contract as the one that does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.calls import Outgoing
from bot.clock import VirtualClock
from bot.publishers.dry_run import DryRunPublisher
from bot.publishers.snowflake import first_id_of, instant_of
from tests.publisher_contract import PublisherContract

START = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)


class TestDryRun(PublisherContract):
    clock = VirtualClock(START)

    def publisher(self) -> DryRunPublisher:
        return DryRunPublisher(self.clock, "brightcare_demo")

    def now(self) -> datetime:
        return self.clock.now()


def test_ids_and_times_follow_the_virtual_clock() -> None:
    clock = VirtualClock(START)
    publisher = DryRunPublisher(clock, "brightcare_demo")
    clock.advance(timedelta(hours=2))
    receipt = publisher.publish(Outgoing(text="Hello")).receipt
    assert receipt is not None
    assert receipt.posted_at == START + timedelta(hours=2) == instant_of(receipt.network_id)


def test_its_addresses_cannot_be_taken_for_real_ones() -> None:
    receipt = DryRunPublisher(VirtualClock(START), "brightcare_demo").publish(Outgoing(text="Hello")).receipt
    assert receipt is not None
    assert receipt.url.startswith("dry-run:")


def test_a_deleted_text_may_be_sent_again() -> None:
    publisher = DryRunPublisher(VirtualClock(START), "brightcare_demo")
    receipt = publisher.publish(Outgoing(text="Hello")).receipt
    assert receipt is not None
    publisher.delete(receipt.network_id)
    assert publisher.publish(Outgoing(text="Hello")).receipt is not None


def test_an_id_and_its_instant_are_one_to_the_millisecond() -> None:
    instant = START + timedelta(milliseconds=123)
    assert instant_of(str(first_id_of(instant))) == instant

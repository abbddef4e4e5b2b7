from __future__ import annotations

from decimal import Decimal

import pytest

from bot.config import Prices
from bot.cost import cost_of
from bot.model import Media, MessageState, Standing
from tests.samples import a_message, a_post, a_top_list, a_week, winner_post

PICTURE = Media(sha256="0" * 64, mime="image/png", size=10, alt_text="A smile.")
SILENT = Media(sha256="1" * 64, mime="image/png", size=10, alt_text="")


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("Well done", "0.015"),
        ("See https://example.org", "0.200"),
        ("See example.org", "0.200"),
        ("Write to care@example.org", "0.015"),
    ],
)
def test_a_post_with_anything_that_x_links_costs_the_higher_price(text: str, total: str) -> None:
    assert cost_of([a_post(text)], Prices()).total == Decimal(total)


def test_every_part_of_a_thread_counts() -> None:
    cost = cost_of([winner_post("Third", "Second example.org", "First")], Prices())
    assert (cost.messages, cost.with_link, cost.without_link) == (3, 1, 2)
    assert cost.total == Decimal("0.230")
    assert cost.links_extra == Decimal("0.185")


def test_alternative_texts_are_charged_and_pictures_without_are_not() -> None:
    cost = cost_of([a_post(messages=(a_message(media=(PICTURE, SILENT)),))], Prices())
    assert (cost.alt_texts, cost.total) == (1, Decimal("0.020"))


def test_what_is_skipped_costs_nothing_unless_it_went_out() -> None:
    gone = a_message(state=MessageState.DELETED)
    assert cost_of([a_post(standing=Standing.SKIPPED)], Prices()).total == 0
    assert cost_of([a_post(messages=(gone,), standing=Standing.SKIPPED)], Prices()).total == Decimal("0.015")


def test_what_has_gone_out_is_not_to_come() -> None:
    parts = (a_message(state=MessageState.POSTED), a_message("Second", position=1))
    cost = cost_of([winner_post(), a_post(messages=parts)], Prices())
    assert (cost.total, cost.to_come) == (Decimal("0.075"), Decimal("0.060"))


def test_prices_come_from_the_config() -> None:
    prices = Prices(post=Decimal(1), post_with_link=Decimal(10), alt_text=Decimal("0.5"))
    assert cost_of([a_post("One"), a_post("example.org")], prices).total == 11


def test_a_campaign_of_the_sample_week_costs_pence() -> None:
    cost = cost_of(a_week(a_top_list()), Prices())
    assert (cost.messages, cost.total) == (18, Decimal("0.270"))


def test_nothing_costs_nothing() -> None:
    assert cost_of([], Prices()).total == 0

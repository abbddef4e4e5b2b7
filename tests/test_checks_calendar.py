"""When posts go out, what may be said then, and what it costs. Monday is 8 March 2027."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.checks import RULES, PlanView
from bot.config import Budget, Checks, QuietWindow
from bot.model import Finding, Post, Severity, Slot
from tests.samples import BEFORE, LONDON, a_post, a_ranking, a_slot, winner_post

ELECTION = QuietWindow(
    name="Local elections",
    kind="pre-election",
    starts_at=datetime(2027, 3, 25, tzinfo=UTC),
    ends_at=datetime(2027, 5, 6, 21, tzinfo=UTC),
)


def judged(rule: str, *posts: Post, checks: Checks | None = None, budget: Budget | None = None) -> tuple[Finding, ...]:
    view = PlanView(posts=posts, ranking=a_ranking(), now=BEFORE, checks=checks or Checks(), budget=budget or Budget())
    found = tuple(RULES[rule](view))
    assert {finding.rule for finding in found} <= {rule}
    return found


def at(text: str) -> Slot:
    local = datetime.fromisoformat(text)
    return Slot(local=local, due_at=local.replace(tzinfo=LONDON).astimezone(UTC))


@pytest.mark.parametrize(
    ("when", "severity", "said"),
    [
        ("2027-03-08T09:00", None, ""),
        ("2027-03-25T00:00", Severity.ERROR, "falls into “Local elections”"),
        ("2027-05-06T21:59", Severity.ERROR, "falls into"),
        ("2027-05-06T22:00", Severity.WARNING, "within three days"),
        ("2027-03-22T09:00", Severity.WARNING, "within three days"),
        ("2027-03-21T12:00", Severity.WARNING, "weekend"),
        ("2027-08-30T12:00", Severity.WARNING, "Late Summer"),
        ("2027-12-27T12:00", Severity.WARNING, "Christmas Day"),
        ("2027-03-08T22:00", Severity.WARNING, "between 22:00 and 07:00"),
        ("2027-03-08T06:59", Severity.WARNING, "between 22:00 and 07:00"),
        ("2027-03-08T07:00", None, ""),
        ("2027-11-11T11:00", Severity.WARNING, "silence"),
        ("2027-11-11T11:30", None, ""),
    ],
)
def test_a_slot_keeps_to_the_calendar(when: str, severity: Severity | None, said: str) -> None:
    found = judged("QUIET-PERIOD", a_post(slot=at(when)), checks=Checks(quiet=(ELECTION,)))
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all(said in finding.message for finding in found)


@pytest.mark.parametrize(("nation", "is_free"), [("Scotland", True), ("England", False)])
def test_bank_holidays_are_those_of_the_nation(nation: str, is_free: bool) -> None:
    st_andrew = a_post(slot=at("2027-11-30T12:00"))
    assert bool(judged("QUIET-PERIOD", st_andrew, checks=Checks(nation=nation))) is is_free


@pytest.mark.parametrize(
    ("planned_on", "said"),
    [(None, "nothing says when"), (date(2027, 3, 25), "after it began"), (date(2027, 3, 24), "")],
)
def test_a_campaign_in_a_pre_election_period_says_when_it_was_planned(planned_on: date | None, said: str) -> None:
    checks = Checks(quiet=(ELECTION,), planned_on=planned_on)
    found = judged("PLANNED-BEFORE", a_post(slot=at("2027-04-01T09:00")), checks=checks)
    assert len(found) == bool(said)
    assert all(said in finding.message for finding in found)
    assert judged("PLANNED-BEFORE", a_post(), checks=Checks(quiet=(ELECTION,))) == ()


@pytest.mark.parametrize(
    ("when", "severity"), [("2027-03-08T09:00", Severity.WARNING), ("2027-04-01T09:00", Severity.ERROR)]
)
def test_politics_is_an_error_in_a_pre_election_period(when: str, severity: Severity) -> None:
    (finding,) = judged("POLITICS", a_post("Our MP came", slot=at(when)), checks=Checks(quiet=(ELECTION,)))
    assert finding.severity is severity


def test_posts_that_are_close_together_are_one_finding() -> None:
    posts = [a_post(code=f"w{n:02}", slot=a_slot(minute=14 * n)) for n in range(3)]
    (finding,) = judged("SPACING", *posts)
    assert finding.message == "Less than 15 minutes lie between w00 and w01, w01 and w02."
    apart = a_post(code="w09", slot=a_slot(minute=15))
    assert judged("SPACING", posts[0], apart) == ()
    assert judged("SPACING", posts[0], a_post(code="x01", slot=a_slot(), account_id=2)) == ()


def test_more_posts_a_day_than_the_account_may_send_are_named_with_their_day() -> None:
    budget = Budget(posts_a_day=3)
    (finding,) = judged("CAP", winner_post("a", "b", "c", "d"), a_post(), budget=budget)
    assert "Friday 12 March 2027 has 4 posts" in finding.message
    assert judged("CAP", winner_post("a", "b", "c"), budget=budget) == ()


@pytest.mark.parametrize(
    ("usd", "severity"), [("0.42", Severity.ERROR), ("0.43", Severity.WARNING), ("0.48", None), (None, None)]
)
def test_a_campaign_keeps_to_its_budget(usd: str | None, severity: Severity | None) -> None:
    posts = (a_post("https://example.org"), a_post("https://example.org/2"), a_post("Plain"), a_post("Plainer"))
    found = judged("COST", *posts, budget=Budget(usd=Decimal(usd) if usd else None))
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all("The links add US$0.37" in finding.message for finding in found)


def test_a_window_ends_with_the_last_instant_of_its_day() -> None:
    (finding,) = judged("QUIET-PERIOD", a_post(slot=a_slot()), checks=Checks(quiet=(_around(a_slot().due_at),)))
    assert finding.severity is Severity.ERROR


def _around(due_at: datetime) -> QuietWindow:
    return QuietWindow(
        name="Mourning", kind="mourning", starts_at=due_at - timedelta(days=1), ends_at=due_at + timedelta(seconds=1)
    )

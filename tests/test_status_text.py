from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Mode, PostState
from bot.reports.status_text import (
    HEARTBEAT_LIMIT,
    Decision,
    Status,
    StatusPost,
    StatusProblem,
    status_json,
    status_text,
    what_next,
)

NOW = datetime(2027, 3, 29, 9, 18, tzinfo=UTC)
"""Monday 29 March 2027 10:18 in London: summer time began the day before."""

PROBLEM = StatusProblem(
    code="w09", state=PostState.FAILED, reason="X refused the text.", command="campaign-bot retry w09"
)
RUNNING = Status(
    mode=Mode.PRACTICE,
    campaign="Care Awards 2027",
    account="riverside_awards",
    zone="Europe/London",
    plan_code="4F7A-91",
    started=Decision(at=NOW - timedelta(hours=2), by="Alex Sample"),
    runner_seen_at=NOW - timedelta(seconds=2),
    next_post=StatusPost(code="w07", title="7th: Priya Example", at=NOW + timedelta(minutes=12)),
    last_post=StatusPost(code="w08", title="8th: Tom Sample", at=NOW - timedelta(minutes=18), url="https://x.com/a/1"),
    counts=((PostState.APPROVED, 12), (PostState.POSTED, 8)),
)


def text_of(status: Status, *, colour: bool = False) -> str:
    return status_text(status, now=NOW, colour=colour)


def test_the_whole_status_of_a_campaign_that_runs_well() -> None:
    assert text_of(RUNNING) == (
        "Care Awards 2027 on @riverside_awards · PRACTICE: nothing is sent\n"
        "plan 4F7A-91 · started Mon 29 Mar 08:18 BST by Alex Sample\n"
        "Runner  ✓ checked 2 seconds ago\n"
        "Next    Mon 29 Mar 10:30 BST (in 12 minutes)  w07  7th: Priya Example\n"
        "Last    Mon 29 Mar 10:00 BST  w08  8th: Tom Sample  https://x.com/a/1\n"
        "Posts   20: ● 12 approved, ✓ 8 posted\n"
        "What to do next: Nothing. It posts by itself."
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"plan_code": ""}, "campaign-bot plan"),
        ({"problems": (PROBLEM,)}, "campaign-bot retry w09"),
        ({"account_stopped": "The token was revoked."}, "campaign-bot doctor --online"),
        ({"paused": Decision(at=NOW)}, "campaign-bot resume"),
        (
            {"paused": Decision(at=NOW), "problems": (replace(PROBLEM, state=PostState.MISSED),)},
            "campaign-bot resume",
        ),
        ({"paused": Decision(at=NOW), "problems": (PROBLEM,)}, "campaign-bot retry w09"),
        ({"counts": ((PostState.DRAFT, 3),), "started": None}, "campaign-bot preview"),
        ({"counts": ((PostState.DRAFT, 3),)}, "campaign-bot approve"),
        ({"started": None}, "campaign-bot start"),
        ({"runner_seen_at": None}, "campaign-bot run"),
        ({"runner_seen_at": NOW - HEARTBEAT_LIMIT - timedelta(seconds=1)}, "campaign-bot run"),
        ({"counts": ((PostState.POSTED, 20), (PostState.SKIPPED, 1))}, "Nothing. Every post of the campaign is final."),
        ({"next_command": "campaign-bot init"}, "campaign-bot init"),
        (
            {"counts": ((PostState.UNKNOWN, 1), (PostState.APPROVED, 3))},
            "Nothing. It is looking whether the post without an answer is out. Until then the others wait.",
        ),
        (
            {"counts": ((PostState.POSTED, 20), (PostState.PARTIAL, 1)), "finished": True, "runner_seen_at": None},
            "Nothing. Every post of the campaign is final.",
        ),
    ],
)
def test_it_always_says_what_to_do_next(change: dict[str, object], expected: str) -> None:
    status = replace(RUNNING, **change)  # type: ignore[arg-type]  # the table above names real fields
    assert what_next(status, NOW) == expected
    assert text_of(status).splitlines()[-1] == f"What to do next: {expected}"


def test_a_runner_that_has_gone_silent_is_never_taken_for_a_living_one() -> None:
    status = replace(RUNNING, runner_seen_at=NOW - timedelta(minutes=14))
    assert "✗ not seen for 14 minutes: nothing will be posted" in text_of(status)


def test_a_pause_stands_on_top_with_its_reason() -> None:
    paused = Decision(at=NOW, by="Sam Sample", reason="Sad news in town")
    assert "‖ PAUSED since Mon 29 Mar 10:18 BST by Sam Sample: Sad news in town" in text_of(
        replace(RUNNING, paused=paused)
    )


def test_even_with_many_problems_it_fits_on_a_small_screen() -> None:
    status = replace(
        RUNNING, problems=(PROBLEM,) * 40, config_differs=True, account_stopped="No credit.", paused=Decision(at=NOW)
    )
    lines = text_of(status).splitlines()
    assert len(lines) <= 16
    assert "  and 36 more: campaign-bot report" in lines
    assert "! config.toml differs from what runs. To use it: campaign-bot plan" in lines


def test_each_problem_has_its_reason_and_its_command() -> None:
    assert "  ✗ failed  w09  X refused the text.  -> campaign-bot retry w09" in text_of(
        replace(RUNNING, problems=(PROBLEM,))
    )


def test_an_empty_folder_has_a_status_too() -> None:
    status = Status(mode=Mode.LIVE, campaign="Care Awards", account="a", zone="Europe/London")
    assert "LIVE: posts go out for real" in text_of(status)
    assert "nothing has gone out yet" in text_of(status)


def test_colour_only_adds_to_the_words() -> None:
    assert "\x1b[" not in text_of(RUNNING)
    assert "\x1b[31m✗ failed\x1b[0m" in text_of(replace(RUNNING, problems=(PROBLEM,)), colour=True)


def test_a_hostile_name_cannot_steer_the_terminal() -> None:
    status = replace(RUNNING, campaign="Care\x1b[2J\nAwards\u202e")
    assert "Care<U+001B>[2J Awards<U+202E>" in text_of(status).splitlines()[0]


def test_the_json_holds_everything_and_survives_a_round_trip() -> None:
    status = replace(RUNNING, problems=(PROBLEM,), paused=Decision(at=NOW, reason="Sad news"))
    shown = json.loads(json.dumps(status_json(status, now=NOW)))
    assert shown["runner"] == {"alive": True, "seen_at": "2027-03-29T09:17:58Z"}
    assert shown["paused"] == {"at": "2027-03-29T09:18:00Z", "by": None, "reason": "Sad news"}
    assert shown["counts"] == {"approved": 12, "posted": 8}
    assert shown["problems"][0]["command"] == shown["next_command"] == "campaign-bot retry w09"

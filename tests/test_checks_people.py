"""Naming people exactly as the list does, and whether the list is whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks import RULES, PlanView
from bot.model import Finding, Post, Ranking, SeriesKind, Severity, Worker
from tests.samples import BEFORE, a_post, a_ranking, a_worker, winner_post, worker_post

SIAN = a_worker(7, "Si\u00e2n O\u2019Sample", organisation="Larkspur Lane Care", handle="sian_example")


def judged(rule: str, ranking: Ranking, *posts: Post) -> tuple[Finding, ...]:
    found = tuple(RULES[rule](PlanView(posts=posts, ranking=ranking, now=BEFORE)))
    assert {finding.rule for finding in found} <= {rule}
    return found


@pytest.mark.parametrize(
    "text",
    [
        "7th is Si\u00e2n O\u2019Sample of Larkspur Lane Care.",
        "Number 7: Si\u00e2n O\u2019Sample (@sian_example).",
        "In seventh place: Sia\u0302n O\u2019Sample!",
        "Si\u00e2n O\u2019Sample, for the 2nd time. On 8th March, in our 3rd year, 21,204 visits.",
        "Si\u00e2n O\u2019Sample was 9th last year and is 7th now.",
    ],
)
def test_a_text_that_says_what_the_list_says_passes(text: str) -> None:
    assert judged("NAME-MATCH", a_ranking(SIAN), worker_post(SIAN, text)) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7th is Sian O\u2019Sample of Larkspur Lane Care.", "another way"),
        ("7th is Si\u00e2n O'Sample.", "another way"),
        ("7th is SI\u00c2N O\u2019SAMPLE.", "another way"),
        ("7th is Si\u00e2n O\u2019Sample of Larkspur lane Care.", "Larkspur Lane Care is spelt in another way"),
        ("Well done to our number 7!", "does not name Si\u00e2n"),
        ("8th is Si\u00e2n O\u2019Sample.", "says place 8, and the list says 7"),
        ("In sixth place: Si\u00e2n O\u2019Sample.", "says place 6"),
        ("Number 17: Si\u00e2n O\u2019Sample.", "says place 17"),
        ("Si\u00e2n O\u2019Sample (@Sian_Example).", "The list writes @sian_example"),
        ("Si\u00e2n O\u2019Sample (@tom_example).", "somebody else"),
    ],
)
def test_a_name_rank_or_handle_that_differs_from_the_list_is_an_error(text: str, said: str) -> None:
    other = a_worker(8, "Tom Sample", organisation="Other Care", handle="tom_example")
    (finding,) = judged("NAME-MATCH", a_ranking(SIAN, other), worker_post(SIAN, text))
    assert (finding.severity, finding.part) == (Severity.ERROR, 1)
    assert said in finding.message


def test_a_corrected_list_blocks_until_the_week_is_planned_again() -> None:
    corrected = replace(SIAN, name="Si\u00e2n Sample-Jones")
    (finding,) = judged("NAME-MATCH", a_ranking(corrected), worker_post(SIAN))
    assert "Plan again" in finding.remedy


def test_an_organisations_post_names_it_and_the_winner_thread_names_the_podium() -> None:
    podium = [a_worker(rank, name) for rank, name in enumerate(("Ann Sample", "Ben Sample", "Cat Sample"), start=1)]
    ranking = a_ranking(*podium)
    thread = winner_post("Third: Cat Sample", "In second place: Ben Sample", "1st: Ann Sampl\u00e9")
    organisation = a_post("Thank you, Riverside care", subject="riverside-care", kind=SeriesKind.ORGANISATIONS)
    found = judged("NAME-MATCH", ranking, thread, organisation)
    assert [(finding.part, finding.message.split(" is ")[0]) for finding in found] == [
        (3, "Ann Sample"),
        (1, "Riverside Care"),
    ]


def test_a_correction_need_not_name_anybody() -> None:
    correction = replace(worker_post(SIAN, "Sorry for the slip."), kind=SeriesKind.CORRECTION)
    assert judged("NAME-MATCH", a_ranking(SIAN), correction) == ()


def people(*ranks: int, tied: tuple[int, ...] = ()) -> tuple[Worker, ...]:
    return tuple(a_worker(rank, f"Worker {n}", tied=rank in tied) for n, rank in enumerate(ranks))


@pytest.mark.parametrize(
    ("workers", "severities", "said"),
    [
        (people(1, 2, 3), [], ""),
        (people(1, 2, 2, 4, tied=(2,)), [], ""),
        (people(1, 2, 2, 3, tied=(2,)), [], ""),
        (people(1, 2, 2, 4), [Severity.ERROR], "Rank 2 is there 2 times"),
        (people(1, 2, 5, 6, 9), [Severity.WARNING], "no rank 3, 4, 7 and 8"),
        ((a_worker(1, "Si\u00e2n Lee"), a_worker(2, "SIAN LEE")), [Severity.WARNING], "2 times"),
        ((a_worker(1, "Si\u00e2n Lee"), a_worker(2, "Si\u00e2n Lee", organisation="Other Care")), [], ""),
    ],
)
def test_the_ranks_of_a_list_are_whole(workers: tuple[Worker, ...], severities: list[Severity], said: str) -> None:
    found = judged("RANK-SET", a_ranking(*workers))
    assert [finding.severity for finding in found] == severities
    assert all(said in finding.message for finding in found)


def test_a_handle_is_one_that_x_allows_and_belongs_to_one_person() -> None:
    workers = (a_worker(1, "Ann Sample", handle="ann.sample"), a_worker(2, "Ben Sample", handle="team_example"))
    other = a_worker(3, "Cat Sample", handle="Team_Example")
    found = judged("HANDLE", a_ranking(*workers, other))
    assert [finding.severity for finding in found] == [Severity.ERROR, Severity.WARNING]
    assert "Ben Sample and Cat Sample" in found[1].message


def test_a_list_of_many_people_with_one_wording_is_one_finding() -> None:
    workers = [a_worker(rank, f"Worker Number{chr(96 + rank)}") for rank in range(1, 8)]
    posts = [worker_post(worker, f"{worker.name} is {worker.rank}th, with {worker.count} votes.") for worker in workers]
    (finding,) = judged("NEAR-DUPLICATE", a_ranking(*workers), *posts)
    assert finding.message.startswith("7 posts say the same but for the names: w01, w02")
    assert judged("NEAR-DUPLICATE", a_ranking(*workers), *posts[:5]) == ()

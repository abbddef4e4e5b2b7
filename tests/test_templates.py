"""The texts that ship: good copy within the limits, for any list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot import filters, render, template_values
from bot.article import Links, article_context
from bot.config import AccountConfig, Config, Posting
from bot.contribution import Contribution
from bot.model import Organisation, Ranking, Worker
from bot.render import Templates, campaign_facts, organisation_context, winner_context, worker_context
from bot.template_values import contribution_context
from bot.text import MAX_WEIGHT, find_hashtags, find_links, find_mentions, normalise, weighted_length
from tests.samples import a_ranking, a_worker

ROOT = Path(__file__).parent.parent
TEMPLATES = Templates(ROOT / "templates")
LONG_NAME = "Dr Wilhelmina-Rose Featherstonehaugh-Ex"
LONG_ORGANISATION = "The Upper Riverside and Lower Hillside Community Care Trusts"
NAMES = {"worker.txt.j2": 6, "organisation.txt.j2": 5, "winner_thread.txt.j2": 1}


def a_config(**changes: Any) -> Config:
    """A campaign with two long hashtags and no link."""
    values: dict[str, Any] = {
        "folder": ROOT,
        "name": "Care Workers of the Year 2027",
        "zone": "Europe/London",
        "first_day": date(2027, 3, 8),
        "last_day": date(2027, 3, 12),
        "hashtags": ("CareWorkersOfTheYear", "#ThankYouCare"),
        "counted": "nominations",
        "account": AccountConfig(handle="example_care"),
        "posting": Posting(),
        "series": (),
        "database_url": "sqlite://",
        "templates": ROOT / "templates",
    }
    return Config(**{**values, **changes})


def people(size: int, **fields: Any) -> Ranking:
    """``size`` workers of as many organisations with the longest names there are."""
    workers = [
        a_worker(rank, f"{LONG_NAME[:-2]}{rank:02}", organisation=f"{LONG_ORGANISATION[:-2]}{rank:02}", **fields)
        for rank in range(1, size + 1)
    ]
    return a_ranking(*workers)


def members_of(organisation: Organisation, ranking: Ranking) -> list[Worker]:
    """The workers of an organisation, in rank order."""
    return [worker for worker in ranking.workers if worker.worker_id in organisation.worker_ids]


def every_wording(name: str, context: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The same post in each wording of a template."""
    return [TEMPLATES.render(name, context, where="anybody", wording=number) for number in range(TEMPLATES.count(name))]


def texts(ranking: Ranking, config: Config | None = None, totals: dict[str, str] | None = None) -> list[str]:
    """Every text that the shipped templates can make of a list, in all wordings."""
    facts = campaign_facts(config or a_config(), ranking)
    found: list[tuple[str, ...]] = []
    for worker in ranking.workers:
        found += every_wording("worker.txt.j2", worker_context(worker, facts))
    for organisation in ranking.organisations:
        context = organisation_context(organisation, members_of(organisation, ranking), facts)
        found += every_wording("organisation.txt.j2", context)
    found += every_wording("winner_thread.txt.j2", winner_context(ranking, facts, totals or {}))
    return [text for parts in found for text in parts]


SHORT = a_ranking(
    a_worker(1, "Ada Example"),
    a_worker(2, "Siân Example", tied=True),
    a_worker(2, "Bo Example", tied=True, count=None, organisation="Hillside Homes"),
    a_worker(4, "Cy Example", handle="cy_example", organisation_handle="hillside", organisation="Hillside Homes"),
    a_worker(20, "Di Example", tied=True, count=1204, pronouns="they/them"),
)
CASES = {
    "short names": texts(SHORT, totals={"visits": "12,345", "hours of care": "1.2 million"}),
    "no hashtags": texts(SHORT, a_config(hashtags=())),
    "long names": texts(people(20, tied=True, count=123_456)),
    "long names with handles": texts(people(20, handle="a23456789012345", count=None)),
    "a link": texts(SHORT, a_config(link="https://example.org/list")),
}


def test_the_shipped_templates_have_no_problems_and_enough_wordings() -> None:
    assert TEMPLATES.check() == ()
    facts = campaign_facts(a_config(), SHORT)
    context = {
        **winner_context(SHORT, facts, {}),
        **worker_context(SHORT.workers[0], facts),
        **organisation_context(SHORT.organisations[0], members_of(SHORT.organisations[0], SHORT), facts),
    }
    for name, least in NAMES.items():
        wordings = every_wording(name, context)
        assert len(wordings) >= least
        assert len({" ".join(parts[0].split()[:2]) for parts in wordings}) == len(wordings)


@pytest.mark.parametrize("case", CASES)
def test_every_text_fits_and_is_tidy(case: str) -> None:
    for text in CASES[case]:
        assert weighted_length(text) <= MAX_WEIGHT, text
        assert text == normalise(text)
        assert not re.search(r"  |\n\n\n| [.,!:]|#(?!\w)|\b(None|True|False|he/she|s/he)\b|[{}]", text), text
        assert not text.startswith("@")


@pytest.mark.parametrize("case", CASES)
def test_sentences_have_at_most_25_words(case: str) -> None:
    for text in CASES[case]:
        for sentence in re.split(r"[.!?]\s|\n|: ", text):
            assert len(sentence.split()) <= 25, text


@pytest.mark.parametrize("case", CASES)
def test_at_most_one_emoji_and_it_comes_last(case: str) -> None:
    with_emoji = 0
    for text in CASES[case]:
        found = re.findall("[\u2600-\u27bf\U0001f000-\U0001faff]", text)
        assert len(found) <= 1
        assert not found or text.endswith(found[0])
        with_emoji += bool(found)
    assert with_emoji < len(CASES[case]) / 2


def test_hashtags_stand_at_the_end_as_the_config_writes_them() -> None:
    for text in CASES["short names"]:
        tags = find_hashtags(text)
        assert tags in ((), ("CareWorkersOfTheYear", "ThankYouCare"))
        assert not tags or text.rstrip("💛👏 ").endswith("\n#CareWorkersOfTheYear #ThankYouCare")
    assert not any(find_hashtags(text) for text in CASES["no hashtags"])


def test_a_handle_is_mentioned_only_where_the_row_has_one() -> None:
    mentioned = {name for text in CASES["short names"] for name in find_mentions(text)}
    assert mentioned == {"cy_example", "hillside"}
    assert not any(find_mentions(text) for text in CASES["long names"])
    assert all("Cy Example (@cy_example)" in text for text in CASES["short names"] if "Cy Example" in text)


def test_there_is_no_link_unless_the_config_gives_one() -> None:
    assert not any(find_links(text) for text in CASES["short names"])
    assert [find_links(text) for text in CASES["a link"] if find_links(text)] == [("https://example.org/list",)]


def test_worker_texts_name_the_person_the_organisation_and_a_shared_rank() -> None:
    worker = a_worker(7, "Priya Example", tied=True, organisation="Riverside Care Trust")
    facts = campaign_facts(a_config(), a_ranking(worker))
    for (text,) in every_wording("worker.txt.j2", worker_context(worker, facts)):
        assert "Priya Example" in text
        assert "Riverside Care Trust" in text
        assert "joint 7th" in text.lower()


def test_an_organisation_post_cannot_name_the_podium() -> None:
    facts = campaign_facts(a_config(), SHORT)
    for organisation in SHORT.organisations:
        context = organisation_context(organisation, members_of(organisation, SHORT), facts)
        assert not {"Ada Example", "Siân Example", "Bo Example"} & {
            each["name"] for each in context["organisation"]["workers"]
        }
        assert context["organisation"]["worker_count"] == len(organisation.worker_ids)


def thread(ranking: Ranking, **totals: str) -> tuple[str, ...]:
    """The winner thread of a list."""
    context = winner_context(ranking, campaign_facts(a_config(), ranking), totals)
    return TEMPLATES.render("winner_thread.txt.j2", context, where="winner thread")


def test_the_winner_thread_goes_from_third_to_first_and_thanks_at_the_end() -> None:
    parts = thread(a_ranking(*(a_worker(rank, f"Person{rank} Example") for rank in range(1, 6))), visits="12,345")
    assert [part.split(":")[0] for part in parts[1:4]] == ["In third place", "In second place", "And in first place"]
    assert ["Person3" in parts[1], "Person2" in parts[2], "Person1" in parts[3]] == [True] * 3
    assert "Riverside Care" in parts[4]
    assert "Visits: 12,345" in parts[5]
    assert parts[6].startswith("Thank you")
    assert len(parts) == 7


def test_joint_places_have_a_part_each_and_an_empty_place_has_none() -> None:
    parts = thread(SHORT)
    assert [part.split(":")[0] for part in parts[1:4]] == ["In joint second place"] * 2 + ["And in first place"]
    assert len(parts) == 6


@pytest.mark.parametrize("count", [1, 12, 60])
def test_every_organisation_is_thanked_once_however_many_there_are(count: int) -> None:
    ranking = people(count)
    parts = thread(ranking)
    listed = [
        line for part in parts for line in part.split("\n") if line in {each.name for each in ranking.organisations}
    ]
    assert listed == sorted(each.name for each in ranking.organisations)
    assert all(weighted_length(part) <= MAX_WEIGHT for part in parts)


def test_names_with_line_breaks_and_odd_organisations_stay_on_one_line() -> None:
    worker = Worker(
        worker_id="w", rank=9, name="Priya\n---\nExample", organisation_id="o", organisation=" Riverside  Care "
    )
    organisation = Organisation(organisation_id="o", name="Riverside\tCare", worker_ids=("w",))
    facts = campaign_facts(a_config(link="  ", hashtags=("", "# ")), Ranking())
    values = worker_context(worker, facts)["worker"]
    assert (values["name"], values["organisation"], facts["hashtags"]) == ("Priya --- Example", "Riverside Care", [])
    assert organisation_context(organisation, (), facts)["organisation"]["name"] == "Riverside Care"


def test_the_guide_names_every_filter_and_every_variable() -> None:
    guide = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
    facts = campaign_facts(a_config(), SHORT)
    contexts = [
        worker_context(SHORT.workers[0], facts),
        organisation_context(SHORT.organisations[0], members_of(SHORT.organisations[0], SHORT), facts),
        winner_context(SHORT, facts, {}),
        article_context(SHORT, facts, {}, Links()),
        contribution_context(Contribution(contribution_id="c", number=1, text="Hello."), facts, text="Hello."),
    ]
    variables = {
        f"{top}.{part}" if isinstance(value, dict) else top
        for context in contexts
        for top, value in context.items()
        for part in (value if isinstance(value, dict) else [""])
    }
    assert {top for context in contexts for top in context} == render.VARIABLES
    assert [name for name in sorted(variables) if f"`{name}`" not in guide] == []
    assert [name for name in filters.FILTERS if f"`{name}`" not in guide] == []
    assert str(template_values.PODIUM) in guide

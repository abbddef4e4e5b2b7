"""The article: nobody forgotten, nobody twice, nobody who has withdrawn, and every name exactly as it is spelt."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.article import Article, Links, article_context, escaped, write_article
from bot.core.withdrawing import withdraw
from bot.core.writing import Written
from bot.errors import NotReadyError, TemplateError, UsageError
from bot.model import Mode, Ranking, Worker
from bot.render import Templates, campaign_facts
from bot.resources import templates_dir
from bot.wishes import Gap, PlaceWords
from tests.campaigns import Stage, a_stage
from tests.fake_x import FakeX
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.in_process import in_process_publisher
from tests.samples import a_ranking, a_worker
from tests.test_templates import a_config

PLAIN = {"p", "h2", "ul", "li", "a", "strong"}


class Reader(HTMLParser):
    """What somebody sees who opens the page: texts of blocks, links, and which elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.links: dict[str, str] = {}
        self.elements: set[str] = set()
        self._href = ""
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        assert {name for name, _ in attrs} <= ({"href"} if tag == "a" else set())
        if tag in {"p", "h2", "li"}:
            self.blocks.append("")
            self._inside = True
        self._href = dict(attrs).get("href") or "" if tag == "a" else self._href

    def handle_endtag(self, tag: str) -> None:
        self._href = "" if tag == "a" else self._href
        self._inside = self._inside and tag not in {"p", "h2", "li"}

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.blocks[-1] += data
        if self._href:
            self.links[data] = self._href

    def below(self, heading: str) -> list[str]:
        """The blocks between a heading and the next."""
        start = self.blocks.index(heading) + 1
        headings = ["The podium", "Everyone on the list", "The organisations behind them"]
        headings += ["The year in numbers", "Thank you"]
        ends = [self.blocks.index(other) for other in headings if other in self.blocks[start:]]
        return self.blocks[start : min(ends, default=None)]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """The sample week, signed off and started, on the fake X."""
    made = a_stage(tmp_path)
    fake = FakeX(now=made.clock.now, handle="example_charity", credentials=CREDENTIALS)
    made.publisher = in_process_publisher(fake, made.clock)
    return made.plan_and_sign().start()


def written(stage: Stage, *, draft: bool = False) -> Written:
    return stage.bot.article.write(draft=draft)


def article(ranking: Ranking, *, totals: dict[str, str] | None = None, counted: str = "nominations") -> Article:
    """The shipped template on a list of one's own."""
    facts = campaign_facts(a_config(counted=counted), ranking)
    return write_article(templates_dir(), article_context(ranking, facts, totals or {}, Links()))


def test_the_whole_list_stands_in_it_once_in_order_with_links_to_what_is_out(stage: Stage) -> None:
    stage.run_to_the_end()
    found = written(stage)
    page = Reader(found.article.html)
    ranking = stage.bot.ranking()
    listed = page.below("Everyone on the list")[1:]
    assert [line.split(": ")[1].split(",")[0] for line in listed] == [worker.name for worker in ranking.workers]
    assert page.links.keys() >= {worker.name for worker in ranking.workers}
    assert (found.ready, found.notes) == (True, ())
    assert page.elements == PLAIN
    urls = {message.receipt.url for post in stage.bot.posts() for message in post.messages if message.receipt}
    assert set(page.links.values()) <= urls
    assert page.links["Adaeze Fairmoor"] == _url(stage, "w04")
    assert page.links["Larkspur Lane Care"] in urls


def _url(stage: Stage, code: str) -> str:
    receipt = stage.posts[code].messages[0].receipt
    assert receipt is not None
    return receipt.url


def test_every_organisation_stands_in_it_once_in_alphabetical_order_with_all_its_people(stage: Stage) -> None:
    stage.run_to_the_end()
    lines = Reader(written(stage).article.html).below("The organisations behind them")[1:]
    names = [line.split(":")[0] for line in lines]
    ranking = stage.bot.ranking()
    assert names == sorted(item.name for item in ranking.organisations)
    people = ", ".join(line.split(": ")[1] for line in lines).replace(" and ", ", ").split(", ")
    assert sorted(people) == sorted(worker.name for worker in ranking.workers)


def test_each_of_the_podium_is_led_to_the_part_of_the_thread_that_names_them(stage: Stage) -> None:
    stage.run_to_the_end()
    page = Reader(written(stage).article.html)
    for message in stage.posts["winner"].messages[1:4]:
        name = next(worker.name for worker in stage.bot.ranking().workers if worker.name in message.draft.text)
        assert message.receipt is not None
        assert page.links[name] == message.receipt.url
    assert page.links["Read how we announced the podium on X"] == _url(stage, "winner")


def test_before_the_winner_thread_is_out_there_is_only_a_draft_that_says_so_on_top(stage: Stage) -> None:
    stage.run_until(stage.posts["winner"].slot.due_at - timedelta(minutes=1))
    with pytest.raises(NotReadyError, match="winner thread is not out yet"):
        written(stage)
    draft = written(stage, draft=True)
    assert not draft.ready
    assert Reader(draft.article.html).blocks[0].startswith("DRAFT, not for publishing")
    assert draft.article.markdown.splitlines()[2].startswith("**DRAFT, not for publishing")


def test_a_campaign_whose_thread_was_skipped_has_an_article_once_all_else_is_over(stage: Stage) -> None:
    stage.run_until(stage.posts["winner"].slot.due_at - timedelta(hours=8))
    stage.bot.skip("winner")
    with pytest.raises(NotReadyError, match="is still to come"):
        written(stage)
    stage.run_to_the_end()
    page = Reader(written(stage).article.html)
    assert "Read how we announced the podium on X" not in page.links
    assert "Siân Penhallow" not in page.links


def test_a_post_that_was_taken_down_is_not_linked_and_somebody_is_told(stage: Stage) -> None:
    stage.bot.skip("w05")
    stage.run_to_the_end()
    assert stage.publisher is not None
    stage.bot.mending.delete("w04", stage.publisher)
    found = written(stage)
    links = Reader(found.article.html).links
    assert not {"Adaeze Fairmoor", "Tobias Quillfeather"} & set(links)
    assert [note.split(". ")[0] for note in found.notes[:2]] == [
        "Tobias Quillfeather is named without a link: w05 is skipped",
        "Adaeze Fairmoor is named without a link: w04 is deleted",
    ]


def test_whoever_has_withdrawn_is_nowhere_in_it_and_nobody_is_led_to_them(stage: Stage) -> None:
    stage.run_to_the_end()
    gone = stage.bot.ranking().workers[3]
    withdraw(stage.bot.record, gone, reason="asked by telephone", keep_organisation=False)
    found = written(stage)
    page = Reader(found.article.html)
    assert gone.name not in found.article.markdown + found.article.html
    assert _url(stage, "w04") not in found.article.markdown
    ranks = [line.split(":")[0] for line in page.below("Everyone on the list")[1:-1]]
    assert ranks[2:5] == ["3rd", "5th", "6th"]
    assert page.below("Everyone on the list")[-1].startswith("1 place on the list stands without a name")


def test_a_name_that_nobody_signed_off_like_this_is_pointed_out(stage: Stage) -> None:
    stage.run_to_the_end()
    record = stage.bot.record
    ranking = stage.bot.ranking()
    changed = replace(ranking.workers[6], name="Zoe Applethwaite")
    workers = (*ranking.workers[:6], changed, *ranking.workers[7:])
    record.storage.rankings.save(
        1, replace(ranking, workers=workers), folder=Path(), now=stage.clock.now(), entry=record.entry("load")
    )
    assert [note for note in written(stage).notes if "signed off" in note] == [
        "Nobody has signed off the name “Zoe Applethwaite”, spelt like this: look at it with care."
    ]


def test_practice_says_so_and_links_nowhere(stage: Stage) -> None:
    stage.publisher = None
    stage.run_to_the_end()
    practising = replace(stage.bot, mode=Mode.PRACTICE)
    found = practising.article.write(draft=False)
    page = Reader(found.article.html)
    assert (page.links, found.ready) == ({}, False)
    assert page.blocks[0].startswith("PRACTICE, not for publishing")


def test_joint_places_are_said_and_an_empty_place_is_not() -> None:
    tied = {"tied": True, "organisation": "Hillside & Co"}
    page = Reader(article(a_ranking(a_worker(1, "Ada Example", **tied), a_worker(1, "Bo Example", **tied))).html)
    podium = page.below("The podium")
    assert [line.split(" of ")[0] for line in podium] == [
        "Joint first place: Ada Example",
        "Joint first place: Bo Example",
    ]
    assert page.below("Everyone on the list")[1].startswith("Joint 1st: Ada Example, Hillside & Co")


def test_one_person_and_no_counts_read_as_well_as_many() -> None:
    found = article(a_ranking(a_worker(1, "Ada Example", count=None)), counted="")
    page = Reader(found.html)
    assert page.blocks[1] == "Our list names 1 care worker from 1 organisation. Here it is in one place."
    assert "The year in numbers" not in page.blocks
    assert "nomination" not in found.markdown.lower()


def test_totals_come_from_the_config_and_the_sum_only_where_every_count_is_known() -> None:
    both = a_ranking(a_worker(1, "Ada Example", count=12), a_worker(2, "Bo Example", count=1))
    numbers = Reader(article(both, totals={"hours_of_care": "1.2 million"}).html).below("The year in numbers")
    assert numbers == ["Hours of care: 1.2 million", "Nominations for the people named here: 13"]
    one = a_ranking(a_worker(1, "Ada Example", count=12), a_worker(2, "Bo Example", count=None))
    assert "The year in numbers" not in Reader(article(one).html).blocks


def test_a_place_on_the_podium_that_stays_unnamed_is_said_as_it_was_decided() -> None:
    ranking = replace(
        a_ranking(a_worker(2, "Bo Example")),
        gaps=(Gap(rank=1, words=PlaceWords.UNNAMED), Gap(rank=3, words=PlaceWords.LEFT_OUT)),
    )
    page = Reader(article(ranking).html)
    assert page.below("The podium") == [
        "First place: somebody who prefers not to be named",
        "Second place: Bo Example of Riverside Care (nominations: 480)",
    ]
    assert page.below("Everyone on the list")[-1].startswith("1 place on the list stands without a name")


NASTY = (
    "Tom O'Neil", "*Star* Example", "_Ada_ __Bo__", "<script>alert(1)</script>", "[Ada](https://example.org)",
    "1. Ada", "12) Bo", "# Ada", "- Ada", "+ Ada", "> Ada", "`code`", "A\\B", "&amp; &lt; &#65;", "~~no~~", "---",
    "===", "![x](y)", "https://example.org/a_b", "Ada  & Bo", "Zoë | Łukasz", "<b>", "{{ 7 }}", "{% if %}",
)  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_shown_as_it_is_spelt_whatever_signs_it_holds(name: str) -> None:
    worker = a_worker(1, name, organisation=name, count=None)
    found = article(a_ranking(worker), counted="")
    page = Reader(found.html)
    shown = " ".join(name.split())
    assert page.elements <= PLAIN
    assert page.links == {}
    assert f"1st: {shown}, {shown}" in page.blocks
    assert f"{shown}: {shown}" in page.blocks


@given(st.text(alphabet=string.printable + "éŁ’&", min_size=1).map(lambda text: " ".join(text.split())).filter(bool))
@example("1.")
@example("#")
@example("a:b")
def test_any_value_comes_through_markdown_unchanged(name: str) -> None:
    from markdown_it import MarkdownIt

    if name.startswith(("http://", "https://")):
        return
    markdown, value = MarkdownIt("commonmark", {"html": False}), escaped(name)
    cases = {
        value: name,
        f"- {value}": name,
        f"**Place:** {value}, and [{value}](https://x.com)": f"Place: {name}, and {name}",
    }
    for line, shown in cases.items():
        assert Reader(markdown.render(line)).blocks == [shown]


def test_an_address_stays_a_link_that_cannot_break_out() -> None:
    for address in ("https://x.com/a_b_c/status/1", "https://example.org/?a=1&copy;=2", "https://example.org/(x)"):
        facts = campaign_facts(a_config(link=address), a_ranking(a_worker(1)))
        context = article_context(a_ranking(a_worker(1)), facts, {}, Links())
        (href,) = Reader(write_article(templates_dir(), context).html).links.values()
        assert href == address.replace("(", "%28").replace(")", "%29")


def with_template(folder: Path, text: str) -> Path:
    (folder / "article.md.j2").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("# Title\n\n{{ campaign.nmae }}", "article.md.j2, line 3", "campaign.name"),
        ("# Title\n{% for x in people %}\n{{ x.nobody }}\n{% endfor %}", "article.md.j2, line 3", "nobody"),
        ("# T\n" + "{% for a in people %}" * 4 + "x" + "{% endfor %}" * 4, "article.md.j2", "more work"),
        ("# T\n{% include 'x' %}", "article.md.j2, line 2", "cannot be used"),
        ("No title", "first line", "does not begin with its title"),
        ("", "article.md.j2", "empty"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_template_names_template_and_line(tmp_path: Path, text: str, place: str, words: str) -> None:
    people = a_ranking(*(a_worker(rank, f"Person {rank}") for rank in range(1, 61)))
    context = article_context(people, campaign_facts(a_config(), people), {}, Links())
    with pytest.raises(TemplateError) as error:
        write_article(with_template(tmp_path, text), context)
    assert place in str(error.value)
    assert words in str(error.value)


def test_a_list_of_a_thousand_people_has_an_article_too() -> None:
    workers = [
        a_worker(rank, f"Person{rank} Example", organisation=f"Place {rank % 300}", count=rank)
        for rank in range(1, 1001)
    ]
    assert len(Reader(article(a_ranking(*workers)).html).below("Everyone on the list")) == 1001


def test_a_folder_from_before_there_were_articles_gets_the_shipped_one(stage: Stage) -> None:
    stage.run_to_the_end()
    (stage.bot.config.templates / "article.md.j2").unlink()
    assert "The podium" in written(stage).article.markdown


def test_the_shipped_template_uses_no_name_that_is_not_there() -> None:
    assert Templates(templates_dir()).check() == ()


def test_a_list_of_nobody_has_no_article(tmp_path: Path) -> None:
    empty = a_stage(tmp_path)
    for worker in empty.bot.ranking().workers:
        withdraw(empty.bot.record, worker, reason="all of them", keep_organisation=False)
    with pytest.raises(UsageError, match="Nobody of this campaign"):
        written(empty, draft=True)


def test_sentences_of_the_shipped_article_have_at_most_25_words() -> None:
    people: list[Worker] = [a_worker(rank, f"Person{rank} Example") for rank in range(1, 6)]
    page = Reader(article(a_ranking(*people), totals={"visits": "12"}).html)
    for block in page.blocks:
        for sentence in re.split(r"[.!?:]\s", block):
            assert len(sentence.split()) <= 25, sentence

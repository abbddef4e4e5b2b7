"""Consent: what a cell says, what a second load leaves alone, and what the checks make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.checks import RULES, PlanView
from bot.config import Privacy
from bot.consent import Consent, Recorded, kept, said
from bot.errors import ListError
from bot.model import Finding, Post, Ranking, SeriesKind, Severity
from bot.ranking import read_list
from bot.ranking.cells import CellError
from bot.ranking.consent_cells import Cover, cover, day, networks, yes_or_no
from tests.campaigns import a_stage
from tests.samples import BEFORE, a_message, a_picture, a_post, a_ranking, a_slot, a_worker, winner_post, worker_post

YES = Consent(name=True, recorded_by="Joan", recorded_on=date(2027, 1, 4), how="form")
NO = Consent()
MONDAY = date(2027, 3, 8)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("yes", Cover(name=True)),
        (" Y ", Cover(name=True)),
        ("TRUE", Cover(name=True)),
        ("1", Cover(name=True)),
        ("1.0", Cover(name=True)),
        ("\u2713", Cover(name=True)),
        ("agreed.", Cover(name=True)),
        ("name", Cover(name=True)),
        ("Name only", Cover(name=True)),
        ("name, photo", Cover(name=True, photo=True)),
        ("Name & Photo", Cover(name=True, photo=True)),
        ("yes - name and picture", Cover(name=True, photo=True)),
        ("yes (no photo)", Cover(name=True, photo=False)),
        ("name, handle, not photo", Cover(name=True, photo=False, tag=True)),
        ("all", Cover(name=True, photo=True, tag=True)),
        ("no", Cover(name=False, photo=False, tag=False)),
        ("N", Cover(name=False, photo=False, tag=False)),
        ("0", Cover(name=False, photo=False, tag=False)),
        ("declined", Cover(name=False, photo=False, tag=False)),
        ("", None),
        ("-", None),
        ("n/a", None),
    ],
)
def test_a_cell_about_consent_is_read_as_offices_write_it(cell: str, expected: Cover | None) -> None:
    assert cover(cell) == expected


@pytest.mark.parametrize(
    ("cell", "said", "fix"),
    [
        ("nmae", "not understood", "“name”"),
        ("yess", "not understood", "“yes”"),
        ("pending", "no answer yet", "Leave the cell empty"),
        ("?", "no answer yet", "Leave the cell empty"),
        ("photo", "whether the person may be named", "“name, photo”"),
        ("no photo", "whether the person may be named", "“no”"),
        ("yes, no name", "both yes and no", "Write"),
        ("banana", "not understood", "yes or no"),
        ("=1+1", "not understood", "yes or no"),
    ],
)
def test_a_cell_that_could_mean_anything_is_refused_with_a_fix(cell: str, said: str, fix: str) -> None:
    with pytest.raises(CellError) as caught:
        cover(cell)
    assert said in caught.value.what
    assert fix in caught.value.remedy


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2027-03-31", date(2027, 3, 31)),
        ("31/3/2027", date(2027, 3, 31)),
        ("3.3.2027", date(2027, 3, 3)),
        ("31 March 2027", date(2027, 3, 31)),
        ("1st mar 2027", date(2027, 3, 1)),
        ("-", None),
    ],
)
def test_a_day_is_read_where_it_can_only_be_one(cell: str, expected: date | None) -> None:
    assert day(cell) == expected


@pytest.mark.parametrize("cell", ["3/4/2027", "31-02-2027", "2027-02-30", "next week", "31 Moon 2027", "01/01/1900"])
def test_a_day_that_is_none_or_two_is_refused(cell: str) -> None:
    with pytest.raises(CellError, match=r"two days|not a d|not a likely"):
        day(cell)


def test_a_column_that_writes_the_day_first_once_writes_it_first_everywhere(tmp_path: Path) -> None:
    head = "rank,name,organisation,consent,consent date,consent until"
    rows = read_list(write(tmp_path, f"{head}\n1,Ann,Oak,yes,3/4/2027,\n2,Bo,Elm,yes,5/4/2027,31/12/2027\n")).rows
    assert [row.consent and row.consent.recorded_on for row in rows] == [date(2027, 4, 3), date(2027, 4, 5)]
    with pytest.raises(ListError, match="two days"):
        read_list(write(tmp_path, f"{head}\n1,Ann,Oak,yes,3/4/2027,3/31/2027\n2,Bo,Elm,yes,5/4/2027,31/12/2027\n"))


def test_networks_are_known_ones() -> None:
    assert networks("X and Bluesky") == ("x", "bluesky")
    assert networks("Twitter") == ("x",)
    assert networks("all") is networks("") is None
    with pytest.raises(CellError, match="no network"):
        networks("Blueskye")
    assert (yes_or_no("Yes"), yes_or_no("0"), yes_or_no("")) == (True, False, None)


def write(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_columns_of_consent_are_read_under_many_headings(tmp_path: Path) -> None:
    head = "rank,name,organisation,Consent given,Photo consent,Consent date,Recorded by,How,Consent until,Networks"
    row = read_list(write(tmp_path, f"{head}\n1,Ann,Oak,yes,Y,4/1/2027,Joan,form,,X\n".replace("4/1", "14/1"))).rows[0]
    known = row.consent
    assert known is not None
    assert known.summary == "name, photo; on x"
    assert (known.recorded_by, known.recorded_on, known.how) == ("Joan", date(2027, 1, 14), "form")


def test_bad_cells_of_consent_are_named_by_row_and_column(tmp_path: Path) -> None:
    head = "rank,name,organisation,consent,photo consent"
    with pytest.raises(ListError) as caught:
        read_list(write(tmp_path, f"{head}\n1,Ann,Oak,yse,\n2,Bo,Elm,no photo (yes),yes\n3,Cy,Fir,yes,soon\n"))
    places = [problem.where.partition(", ")[2] for problem in caught.value.problems]
    assert places == ["row 2, column consent", "row 3, column photo consent", "row 4, column photo consent"]


def test_a_list_without_such_columns_says_nothing_of_consent(tmp_path: Path) -> None:
    loaded = read_list(write(tmp_path, "rank,name,organisation\n1,Ann,Oak\n"))
    assert (loaded.asks_consent, loaded.rows[0].consent) == (False, None)


HAND = Recorded(consent=replace(NO, by_hand=True), listed=said(YES))


@pytest.mark.parametrize(
    ("known", "told", "asked", "expected"),
    [
        (None, None, True, None),
        (None, YES, True, YES),
        (HAND, None, False, HAND.consent),
        (HAND, YES, True, HAND.consent),
        (HAND, replace(YES, photo=True), True, replace(YES, photo=True)),
        (HAND, None, True, HAND.consent),
        (Recorded(consent=YES, listed=said(YES)), None, False, YES),
        (Recorded(consent=YES, listed=said(YES)), None, True, None),
        (Recorded(consent=YES, listed=said(YES)), NO, True, NO),
    ],
)
def test_a_second_load_undoes_only_what_it_speaks_of(
    known: Recorded | None, told: Consent | None, *, asked: bool, expected: Consent | None
) -> None:
    result = kept(known, told, asked=asked)
    assert (result.consent if result else None) == expected


def judged(rule: str, ranking: Ranking, *posts: Post, privacy: Privacy | None = None) -> tuple[Finding, ...]:
    basis = privacy or Privacy(basis="consent")
    return tuple(RULES[rule](PlanView(posts=posts, ranking=ranking, now=BEFORE, privacy=basis)))


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        (YES, ""),
        (None, "no consent to be named on record"),
        (NO, "has not agreed to be named"),
        (replace(YES, networks=("x", "bluesky")), ""),
        (replace(YES, networks=("bluesky",)), "named on bluesky, not on x"),
        (replace(YES, until=MONDAY), ""),
        (replace(YES, until=date(2027, 3, 7)), "until 7 March 2027"),
    ],
)
def test_nobody_is_named_without_consent(consent: Consent | None, said: str) -> None:
    worker, other = a_worker(7, consent=consent), a_worker(8, "Tom Sample", consent=YES)
    found = judged("CONSENT", a_ranking(worker, other), worker_post(worker), worker_post(other))
    assert [finding.post_code for finding in found] == (["w07"] if said else [])
    assert all(said in finding.message and finding.severity is Severity.ERROR for finding in found)


def test_consent_ends_with_the_slot_s_own_date_in_the_campaign_s_zone() -> None:
    worker = a_worker(7, consent=replace(YES, until=date(2027, 3, 28)))
    late = worker_post(worker, slot=a_slot(days=20, hour=23, minute=30))  # 28 March in London, 22:30 UTC
    past = worker_post(worker, slot=a_slot(days=21, hour=0, minute=30))  # 29 March in London, 28 March 23:30 UTC
    assert judged("CONSENT", a_ranking(worker), late) == ()
    assert len(judged("CONSENT", a_ranking(worker), past)) == 1


def test_a_photo_and_a_tag_need_consents_of_their_own() -> None:
    media, _ = a_picture()
    worker = a_worker(7, consent=YES, photo="a.png", handle="priya_example")
    message = replace(a_message(f"{worker.name} (@Priya_Example)"))
    post = a_post(messages=(replace(message, draft=replace(message.draft, media=(media,))),), subject=worker.worker_id)
    (finding,) = judged("CONSENT", a_ranking(worker), post)
    assert "to be shown" in finding.message
    assert "to be tagged" in finding.message
    agreed = replace(worker, consent=replace(YES, photo=True, tag=True))
    assert judged("CONSENT", a_ranking(agreed), post) == ()


def test_whoever_is_named_in_another_post_counts_too() -> None:
    ann = a_worker(1, "Ann O\u2019Sample", consent=YES)
    ben = a_worker(9, "Ben Sample", consent=NO, handle="ben_example")
    ranking = a_ranking(ann, ben)
    thread = winner_post("First: ANN O'SAMPLE", "Thanks to Ben Sample, too", "Bye")
    organisation = a_post("With @ben_example", code="o01", subject="riverside-care", kind=SeriesKind.ORGANISATIONS)
    found = judged("CONSENT", ranking, thread, organisation)
    assert [finding.post_code for finding in found] == ["winner", "o01"]
    assert all("Ben Sample" in finding.message and "Ann" not in finding.message for finding in found)


def test_a_namesake_does_not_speak_for_whom_the_post_is_about() -> None:
    one = a_worker(7, "Ann Lee", consent=YES)
    other = a_worker(8, "Ann Lee", organisation="Other Care", worker_id="other", consent=NO)
    found = judged("CONSENT", a_ranking(one, other), worker_post(one), worker_post(other))
    assert [finding.post_code for finding in found] == ["w08"]


def test_a_list_that_says_nothing_is_one_question_and_not_one_a_row() -> None:
    workers = [a_worker(rank, f"Worker {rank}") for rank in range(4, 21)]
    (finding,) = judged("CONSENT", a_ranking(*workers), *(worker_post(worker) for worker in workers))
    assert (finding.post_code, finding.severity) == ("", Severity.ERROR)
    assert "column “consent”" in finding.remedy


@pytest.mark.parametrize("basis", [None, "public task"])
def test_another_basis_asks_for_no_consent(basis: str | None) -> None:
    worker = a_worker(7)
    privacy = Privacy(basis=basis, notice_date=date(2027, 1, 1), objections="a@example.org")
    for rule in ("CONSENT", "CONSENT-RECORD", "NOTICE"):
        assert judged(rule, a_ranking(worker), worker_post(worker), privacy=privacy) == ()


@pytest.mark.parametrize(
    ("notice_date", "objections", "said"),
    [
        (None, "", "no notice_date and no objections"),
        (None, "a@example.org", "no notice_date."),
        (date(2027, 1, 1), "", "no objections."),
        (date(2027, 3, 9), "a@example.org", "9 March 2027, after w07"),
    ],
)
def test_without_consent_people_are_told_and_can_object(notice_date: date | None, objections: str, said: str) -> None:
    worker = a_worker(7)
    privacy = Privacy(basis="public task", notice_date=notice_date, objections=objections)
    (finding,) = judged("NOTICE", a_ranking(worker), worker_post(worker), privacy=privacy)
    assert said in finding.message
    assert finding.severity is Severity.ERROR


def test_consent_that_cannot_be_shown_is_a_warning() -> None:
    vague = a_worker(7, consent=replace(YES, how=""))
    (finding,) = judged("CONSENT-RECORD", a_ranking(vague, a_worker(8, "Tom Sample", consent=YES)))
    assert finding.severity is Severity.WARNING
    assert "Priya Example" in finding.message


def test_a_handle_of_one_s_own_is_a_warning_unless_tagging_was_agreed() -> None:
    worker = a_worker(7, handle="priya_example", organisation_handle="team_example")
    post = worker_post(worker, "Well done @priya_example")
    told = Privacy(basis="public task", notice_date=MONDAY, objections="a@example.org")
    (finding,) = judged("PERSONAL-HANDLE", a_ranking(worker), post, privacy=told)
    assert "@priya_example" in finding.message
    for fine in (replace(worker, consent=replace(YES, tag=True)), replace(worker, organisation_handle="Priya_example")):
        assert judged("PERSONAL-HANDLE", a_ranking(fine), post, privacy=told) == ()


def test_consent_comes_back_from_the_database_as_it_went_in(tmp_path: Path, database_url: str) -> None:
    stage = a_stage(tmp_path, database_url)
    first = stage.bot.ranking().workers[0].consent
    assert first == Consent(
        name=True, tag=True, recorded_by="Joan Clerkwell", recorded_on=date(2026, 10, 12), how="signed form"
    )
    campaign_id = stage.bot.record.record().campaign_id
    known = stage.storage.rankings.recorded(campaign_id)
    assert len(known) == 20
    entry = stage.bot.record.entry("fix")
    gone = replace(stage.bot.ranking(), workers=stage.bot.ranking().workers[1:])
    stage.storage.fixes.change_list(campaign_id, gone, recorded=known, entries=[entry])
    assert len(stage.storage.rankings.recorded(campaign_id)) == 19
    stage.storage.close()


def test_a_list_that_takes_consent_back_ends_the_sign_off_at_once(tmp_path: Path) -> None:
    stage = a_stage(tmp_path).plan_and_sign()
    path = tmp_path / "top20.csv"
    line = next(row for row in path.read_text("utf-8").splitlines() if row.startswith("20,"))
    path.write_text(path.read_text("utf-8").replace(line, line.replace(",name,2026", ",no,2026")), "utf-8")
    result = stage.bot.load(read_list(path), answers={})
    assert result.ended == ("w20",)
    assert stage.posts["w20"].approval is None
    stage.start().run_to_the_end()
    assert not any("Hyacinth Oakenshaw" in text for text in stage.network.texts())
    assert any("Radom\u00edr Pinefold" in text for text in stage.network.texts())


def test_a_sample_week_has_nothing_to_say_about_consent(tmp_path: Path) -> None:
    stage = a_stage(tmp_path).plan_and_sign()
    assert {finding.rule for finding in stage.bot.findings()} & {"CONSENT", "CONSENT-RECORD", "NOTICE"} == set()

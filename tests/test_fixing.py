"""campaign-bot fix: one value of the list, every post that it touches, and no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.consent import Consent
from bot.core.fixing import Proposal, Wish
from bot.errors import ExitCode, ListError, UsageError
from bot.lifecycle import state_of
from bot.model import PostState, Ranking
from bot.ranking import read_list
from bot.ranking.fixes import FixField, field_named, fix, who_is
from tests.campaigns import Stage, a_stage
from tests.samples import a_ranking, a_worker
from tests.underway import campaign_bot, fine, lay_out, posts_of, practise, refusal, shop_of, sign

ANN, BEN, CAT = (
    a_worker(7, "Ann Sample", handle="ann_example"),
    a_worker(8, "Ben Sample"),
    a_worker(9, "Cat Sample", organisation="Other Care"),
)
LIST = a_ranking(ANN, BEN, CAT)


def fixed(ranking: Ranking, who: str, field: FixField, value: str, *, only: bool = False) -> Ranking:
    return fix(ranking, who_is(ranking, who), field, value, folder=Path(), only=only)


def propose(stage: Stage, who: str, field: str, value: str = "", **more: object) -> Proposal:
    wish = Wish(who=who, field=field_named(field), value=value, **more)  # type: ignore[arg-type]  # of Wish
    return stage.bot.fixing.propose(wish)


def carry_out(stage: Stage, who: str, field: str, value: str = "", **more: object) -> Proposal:
    made = propose(stage, who, field, value, **more)
    stage.bot.fixing.carry_out(made)
    return made


@pytest.mark.parametrize("who", ["7", "7th", "#7", "Ann Sample", "ann  sample", ANN.worker_id])
def test_somebody_is_found_by_rank_name_or_id(who: str) -> None:
    assert who_is(LIST, who) is LIST.workers[0]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("8", "=8th"),
        ("Ann Lee", "Give the id"),
        ("Anne Lee", "Do you mean “Ann Lee”"),
        ("lee", "Do you mean “Ann Lee”"),
        ("99", "Nobody on the list"),
        ("", "Nobody on the list"),
    ],
)
def test_what_could_be_two_people_is_asked_back(who: str, said: str) -> None:
    tied = [a_worker(8, "Tom Sample", tied=True), a_worker(8, "Ben Sample", tied=True)]
    namesakes = [a_worker(9, "Ann Lee"), a_worker(10, "Ann Lee", organisation="Other Care")]
    with pytest.raises(UsageError, match=said):
        who_is(a_ranking(*tied, *namesakes), who)


@pytest.mark.parametrize(
    ("word", "field"),
    [("Name", FixField.NAME), ("alt text", FixField.ALT_TEXT), ("organization_handle", FixField.ORGANISATION_HANDLE)],
)
def test_a_field_is_found_however_it_is_written(word: str, field: FixField) -> None:
    assert field_named(word) is field


def test_an_unknown_field_comes_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="organisation"):
        field_named("organsation")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (FixField.NAME, "", "The name is empty"),
        (FixField.NAME, "@ann", "looks like a handle"),
        (FixField.NAME, "Si\u00c3\u00a2n", "damaged"),
        (FixField.NAME, "Ben Sample", "on the list already, 8th"),
        (FixField.HANDLE, "a b", "is not an X handle"),
        (FixField.COUNT, "many", "is not a whole number"),
        (FixField.RANK, "first", "is not a rank"),
        (FixField.RANK, "8", "Rank 8 is that of Ben Sample"),
        (FixField.RANK, "=12", "Nobody else has rank 12"),
        (FixField.PHOTO, "../a.png", "not inside the list"),
        (FixField.PHOTO, "none.png", "There is no picture"),
        (FixField.ORGANISATION, "@care", "looks like a handle"),
    ],
)
def test_a_bad_value_gets_the_message_that_its_cell_would_get(field: FixField, value: str, said: str) -> None:
    with pytest.raises(ListError, match=said) as caught:
        fixed(LIST, "7", field, value)
    assert caught.value.problems[0].where == f"Ann Sample, {field}"


def test_a_handle_belongs_to_one_person() -> None:
    with pytest.raises(ListError, match="is that of Ann Sample, 7th"):
        fixed(LIST, "8", FixField.HANDLE, "@Ann_Example")
    assert fixed(LIST, "7", FixField.HANDLE, "-").workers[0].handle is None


def test_a_photo_needs_its_description_first(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    with pytest.raises(ListError, match="has no description"):
        fix(LIST, LIST.workers[0], FixField.PHOTO, "a.png", folder=tmp_path, only=False)
    described = fixed(LIST, "7", FixField.ALT_TEXT, "Ann smiles")
    shown = fix(described, described.workers[0], FixField.PHOTO, "a.png", folder=tmp_path, only=False)
    assert shown.workers[0].photo == "a.png"
    with pytest.raises(ListError, match="has no description"):
        fixed(shown, "7", FixField.ALT_TEXT, "-")


def test_ranks_are_shared_in_both_rows_and_a_share_ends_in_both() -> None:
    shared = fixed(LIST, "7", FixField.RANK, "=8")
    assert [(worker.rank, worker.tied) for worker in shared.workers] == [(8, True), (8, True), (9, False)]
    apart = fixed(shared, "Ann Sample", FixField.RANK, "7")
    assert [(worker.rank, worker.tied) for worker in apart.workers] == [(7, False), (8, False), (9, False)]


def test_an_organisation_is_renamed_for_everybody_or_asked_about() -> None:
    renamed = fixed(LIST, "Riverside Care", FixField.NAME, "Bright Care")
    assert [worker.organisation for worker in renamed.workers] == ["Bright Care", "Bright Care", "Other Care"]
    assert [one.organisation_id for one in renamed.organisations] == [one.organisation_id for one in LIST.organisations]
    assert fixed(LIST, "7", FixField.ORGANISATION, "RIVERSIDE CARE").workers[1].organisation == "RIVERSIDE CARE"
    with pytest.raises(UsageError, match="--only"):
        fixed(LIST, "7", FixField.ORGANISATION, "Bright Care")
    moved = fixed(LIST, "7", FixField.ORGANISATION, "Bright Care", only=True)
    assert [one.name for one in moved.organisations] == ["Bright Care", "Riverside Care", "Other Care"]
    joined = fixed(LIST, "7", FixField.ORGANISATION, "other care")
    assert joined.workers[0].organisation_id == CAT.organisation_id
    assert joined.workers[0].organisation == "Other Care"


def test_two_organisations_never_become_one_by_a_new_name() -> None:
    with pytest.raises(ListError, match="on the list already"):
        fixed(LIST, "Riverside Care", FixField.NAME, "Other Care.")
    with pytest.raises(ListError, match="a name and a handle"):
        fixed(LIST, "Riverside Care", FixField.COUNT, "7")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return a_stage(tmp_path).plan_and_sign()


def test_a_new_name_changes_the_posts_that_say_it_and_ends_their_sign_off_alone(stage: Stage) -> None:
    before = stage.posts
    made = carry_out(stage, "7", "name", "Zo\u00eb Applethwaite-Hill")
    assert [change.code for change in made.posts] == ["w07"]
    after = stage.posts
    assert {code for code in after if after[code] != before[code]} == {"w07"}
    assert "Zo\u00eb Applethwaite-Hill" in after["w07"].messages[0].draft.text
    assert state_of(after["w07"]) is PostState.DRAFT
    assert (after["w07"].key, after["w07"].slot) == (before["w07"].key, before["w07"].slot)
    assert made.signed == ("w07",)


def test_a_new_plan_says_what_the_fix_has_shown(stage: Stage) -> None:
    carry_out(stage, "Seven Stiles Support", "name", "Seven Stiles Care")
    shown = {code: post.messages for code, post in stage.posts.items()}
    assert not any(change.rewritten for change in stage.bot.plan().changes)
    assert {code: post.messages for code, post in stage.posts.items()} == shown


def test_a_renamed_organisation_touches_its_people_its_own_post_and_the_thread(stage: Stage) -> None:
    before = stage.posts
    made = carry_out(stage, "Bramblegate Council", "name", "Bramble Council")
    assert {change.code for change in made.posts} == {"w06", "w12", "o01", "winner"}
    after = stage.posts
    for code in ("w06", "w12", "o01", "winner"):
        assert (after[code].key, after[code].slot) == (before[code].key, before[code].slot)
        assert "Bramble Council" in " ".join(message.draft.text for message in after[code].messages)
    assert {code for code in after if after[code].approval is None} == {"w06", "w12", "o01", "winner"}


def test_a_rank_moves_its_own_post_and_nobody_else_s(stage: Stage) -> None:
    made = carry_out(stage, "7", "rank", "21")
    assert [(change.symbol, change.code) for change in made.posts] == [("-", "w07")]
    assert "w07" not in stage.posts
    back = carry_out(stage, "Zo\u00eb Applethwaite", "rank", "7")
    assert [(change.symbol, change.code) for change in back.posts] == [("+", "w07")]
    assert sum(post.approval is not None for post in stage.posts.values()) == 30


def test_a_value_that_no_text_shows_changes_no_post(stage: Stage) -> None:
    (stage.bot.config.templates / "worker.txt.j2").write_text("{{ worker.name }} of {{ worker.organisation }}", "utf-8")
    made = carry_out(stage, "7", "pronouns", "she/her")
    assert (made.posts, made.update) == ((), None)
    assert all(post.approval for post in stage.posts.values())


def test_what_is_said_already_is_no_fix(stage: Stage) -> None:
    with pytest.raises(UsageError, match="says that already"):
        propose(stage, "7", "name", "Zo\u00eb Applethwaite")


def test_nothing_is_written_before_it_is_carried_out(stage: Stage) -> None:
    before, ranking = stage.posts, stage.bot.ranking()
    propose(stage, "7", "name", "Zo\u00eb Hill")
    assert (stage.posts, stage.bot.ranking()) == (before, ranking)


def test_what_is_out_stays_and_leads_to_correct(stage: Stage) -> None:
    stage.start().run_until(stage.posts["w07"].slot.due_at)
    sent = stage.posts["w07"]
    assert state_of(sent) is PostState.POSTED
    with pytest.raises(UsageError, match="campaign-bot correct w07"):
        propose(stage, "7", "name", "Zo\u00eb Hill")
    made = carry_out(stage, "7", "organisation", "Seven Stiles Care", rest=True)
    assert made.out == ("w07",)
    assert {change.code for change in made.posts} == {"o11", "winner"}
    assert stage.posts["w07"] == sent
    assert "Seven Stiles Care" in stage.bot.mending.replacement("w07").messages[0].text


def test_a_post_that_begins_meanwhile_stops_all_of_it(stage: Stage) -> None:
    made = propose(stage, "7", "name", "Zo\u00eb Hill")
    stage.start().run_until(stage.posts["w07"].slot.due_at)
    ranking = stage.bot.ranking()
    with pytest.raises(UsageError, match="nothing was changed"):
        stage.bot.fixing.carry_out(made)
    assert stage.bot.ranking() == ranking


def test_it_is_all_or_nothing(stage: Stage) -> None:
    made = propose(stage, "7", "name", "Zo\u00eb Hill")
    before, ranking = stage.posts, stage.bot.ranking()
    with stage.storage.database.write() as connection:
        connection.execute(sa.text("CREATE TRIGGER no BEFORE UPDATE ON campaigns BEGIN SELECT RAISE(ABORT, 'no'); END"))
    with pytest.raises(sa.exc.IntegrityError):
        stage.bot.fixing.carry_out(made)
    assert (stage.posts, stage.bot.ranking()) == (before, ranking)


def test_other_changes_do_not_come_in_with_a_fix(stage: Stage) -> None:
    path = stage.bot.config.folder / "top20.csv"
    path.write_text(path.read_text("utf-8").replace("Nell Fernihough-Vane", "Nell Fernihough-Vaine"), "utf-8")
    loaded = read_list(path)
    (question,) = stage.bot.questions(loaded, {})
    stage.bot.load(loaded, answers={question.row.row: question.candidates[0].worker_id})
    made = propose(stage, "7", "name", "Zo\u00eb Hill")
    assert [change.code for change in made.posts] == ["w07"]
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    stage.bot.load(read_list(path), answers={})
    with pytest.raises(UsageError, match="First run: campaign-bot plan"):
        propose(stage, "7", "name", "Zo\u00eb Hill")


def test_a_changed_config_is_planned_first(stage: Stage) -> None:
    stage.bot = replace(stage.bot, config=replace(stage.bot.config, counted="thanks"))
    with pytest.raises(UsageError, match=r"config\.toml has changed"):
        propose(stage, "7", "name", "Zo\u00eb Hill")


def test_a_fix_holds_on_every_engine(tmp_path: Path, database_url: str) -> None:
    stage = a_stage(tmp_path, database_url).plan_and_sign()
    carry_out(stage, "7", "name", "Zo\u00eb Hill")
    carry_out(stage, "8", "consent", consent=Consent(name=True, photo=True, by_hand=True))
    assert "Zo\u00eb Hill" in stage.posts["w07"].messages[0].draft.text
    assert [entry.action for entry in stage.bot.log()][-4:] == ["fix", "plan", "sign-off ended", "fix"]
    stage.storage.close()


def test_consent_by_hand_outlives_a_second_load_of_the_same_list(stage: Stage) -> None:
    no = Consent(recorded_by="Ann Example", by_hand=True)
    made = carry_out(stage, "7", "consent", consent=no)
    assert made.signed == ("w07",)
    assert state_of(stage.posts["w07"]) is PostState.DRAFT
    stage.bot.load(read_list(stage.bot.config.folder / "top20.csv"), answers={})
    assert stage.bot.ranking().workers[6].consent == no
    assert [one.post_code for one in stage.bot.findings() if one.rule == "CONSENT"] == ["w07"]
    stage.start().run_to_the_end()
    assert not any("Applethwaite" in text for text in stage.network.texts())


def test_everybody_agrees_in_one_command(planned: Path) -> None:
    said = fine(campaign_bot(planned, "fix", "all", "consent", "name, photo", "--how", "signed form", "--yes"))
    assert said.count("-> name, photo") == 20
    with shop_of(planned) as shop:
        known = [worker.consent for worker in shop.bot.ranking().workers]
    assert {one.summary for one in known if one} == {"name, photo"}
    assert {(one.recorded_by, one.how) for one in known if one} == {("Ann Example", "signed form")}


def test_who_has_said_no_is_not_among_all(planned: Path) -> None:
    fine(campaign_bot(planned, "fix", "7", "consent", "no", "--yes"))
    said = fine(campaign_bot(planned, "fix", "all", "consent", "name", "--how", "in the office", "--yes"))
    assert "They have said no, and are left as they are: Zo\u00eb Applethwaite" in said
    with shop_of(planned) as shop:
        assert [one.rank for one in shop.bot.ranking().workers if one.consent and not one.consent.name] == [7]
    fine(campaign_bot(planned, "fix", "7", "consent", "name", "--yes"))


def test_the_screen_shows_before_and_after_and_asks(signed: Path) -> None:
    words = ("fix", "7", "name", "Zo\u00eb Hill")
    said = fine(campaign_bot(signed, *words, "--dry-run"))
    assert "~ w07" in said
    assert "its sign-off ends" in said
    assert "- From Seven Stiles Support, a name to remember: Zo\u00eb Applethwaite." in said
    assert "+ From Seven Stiles Support, a name to remember: Zo\u00eb Hill." in said
    assert "Nothing was changed." in said
    assert "--yes" in refusal(campaign_bot(signed, *words), ExitCode.USAGE)
    assert "Your file is not" in fine(campaign_bot(signed, *words, "--yes"))
    assert "Zo\u00eb Applethwaite" in (signed / "top20.csv").read_text("utf-8")


def test_of_a_thread_only_the_parts_that_change_are_shown(signed: Path) -> None:
    said = fine(campaign_bot(signed, "fix", "1", "name", "Si\u00e2n Penhallow-Reed", "-n"))
    assert "part 4 of 8" in said
    assert "part 1 of 8" not in said


def test_options_that_do_not_fit_are_refused(planned: Path) -> None:
    for words in (("7", "name", "X", "--how", "form"), ("7", "name", "X", "--only")):
        assert "Leave it out" in refusal(campaign_bot(planned, "fix", *words, "--yes"), ExitCode.USAGE)
    bad = ("7", "consent", "yes", "--until", "3/4/2027")
    assert "two days" in refusal(campaign_bot(planned, "fix", *bad, "--yes"), ExitCode.USAGE)
    assert "Nobody on the list" in refusal(campaign_bot(planned, "fix", "all", "name", "X", "--yes"), ExitCode.USAGE)


def test_practice_ends_with_a_fix_that_changes_posts_and_says_so(signed: Path) -> None:
    practise(signed, days=0)
    said = fine(campaign_bot(signed, "fix", "7", "name", "Zo\u00eb Hill", "--yes"))
    assert "Practice is under way; it ends with this" in said
    with shop_of(signed) as shop:
        assert shop.bot.stage is shop.bot.record


def test_practice_goes_on_when_no_post_changes_and_knows_the_list(signed: Path) -> None:
    practise(signed, days=0)
    fine(campaign_bot(signed, "fix", "7", "consent", "no", "--yes"))
    with shop_of(signed) as shop:
        assert shop.bot.stage is not shop.bot.record
        for desk in (shop.bot.stage, shop.bot.record):
            assert state_of(desk.post("w07")) is PostState.DRAFT


def test_a_fix_before_the_plan_shows_the_row_alone(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "new")
    fine(campaign_bot(folder, "load", "top20.csv"))
    said = fine(campaign_bot(folder, "fix", "7", "organisation", "Seven Stiles Care", "--yes"))
    assert "Nothing is planned yet" in said
    fine(campaign_bot(folder, "plan"))
    sign(folder)
    assert "Seven Stiles Care" in posts_of(folder)["o11"].messages[0].draft.text

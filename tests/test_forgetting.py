"""Personal data are erased, and the proof is a search that finds what is left."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.forgetting import Origin, forget, forget_person, prove, undertaking
from bot.core.traces import files_below, needles_of, search
from bot.errors import ExitCode, NotReadyError, PersonNeededError, UsageError
from bot.lifecycle import state_of
from bot.model import PostState
from bot.ranking import read_list
from bot.storage.erasing import ERASED, KEPT
from bot.storage.schema import whole_metadata
from tests.campaigns import Stage, a_stage, lost_request
from tests.days import a_day, approve_clean
from tests.underway import NAME, campaign_bot, code_of, fine, refusal, shop_of


@pytest.fixture
def ended(tmp_path: Path, database_url: str) -> Stage:
    """A live week that has gone out, on every engine. The database lies in the folder of the campaign."""
    stage = a_stage(tmp_path, database_url).plan_and_sign().start()
    stage.run_to_the_end()
    return stage


def test_after_a_campaign_no_name_is_left_and_the_record_still_shows_what_was_posted(
    ended: Stage, tmp_path: Path
) -> None:
    plan = undertaking(ended.bot.record, tmp_path)
    assert plan.early == ""
    assert len(plan.values) > 30
    sent = {code: [message.receipt for message in post.messages] for code, post in ended.posts.items()}
    (tmp_path / "top20.csv").unlink()
    unproved = forget(ended.bot.record)
    proof = prove(ended.bot.record, tmp_path, plan.values, unproved)
    assert proof.is_clean, (proof.search.traces, proof.tables)
    assert proof.search.files > 3
    assert {code: [message.receipt for message in post.messages] for code, post in ended.posts.items()} == sent
    assert {state_of(post) for post in ended.posts.values()} == {PostState.POSTED}
    assert bool(proof.unproved) is (ended.storage.database.path is None)
    ended.storage.close()


def test_the_search_finds_a_database_that_was_not_erased(ended: Stage, tmp_path: Path) -> None:
    values = undertaking(ended.bot.record, tmp_path).values
    proof = prove(ended.bot.record, tmp_path, values, "")
    assert not proof.is_clean
    assert {"workers", "messages"} <= set(proof.tables)
    if ended.storage.database.path is not None:
        assert any(trace.path.name.startswith("campaign.db") for trace in proof.search.traces)
    ended.storage.close()


def test_deleted_rows_leave_bytes_behind_until_the_file_is_scrubbed(tmp_path: Path) -> None:
    """Without this the proof would prove nothing: deleting alone is not enough."""
    stage = a_stage(tmp_path).plan_and_sign()
    values = undertaking(stage.bot.record, tmp_path).values
    record = stage.bot.record.record()
    stage.storage.erasing.erase_campaign(record.campaign_id, entry=stage.bot.record.entry("forget"))
    database = [path for path in files_below(tmp_path) if path.name.startswith("campaign.db")]
    assert search(database, needles_of(values)).traces
    stage.storage.erasing.scrub()
    database = [path for path in files_below(tmp_path) if path.name.startswith("campaign.db")]
    assert search(database, needles_of(values)).traces == ()


def test_a_campaign_that_goes_on_is_not_forgotten_by_accident_and_never_sends_empty_posts(tmp_path: Path) -> None:
    stage = a_stage(tmp_path).plan_and_sign().start()
    assert "still to come" in undertaking(stage.bot.record, tmp_path).early
    forget(stage.bot.record)
    stage.run_to_the_end()
    assert stage.network.texts() == []
    assert {state_of(post) for post in stage.posts.values()} == {PostState.SKIPPED}
    with pytest.raises(UsageError, match="another name"):
        stage.bot.load(read_list(tmp_path / "top20.csv"), answers={})
    with pytest.raises(UsageError, match="erased already"):
        undertaking(stage.bot.record, tmp_path)


def test_what_nobody_knows_the_end_of_is_settled_first(tmp_path: Path) -> None:
    stage = a_stage(tmp_path).plan_and_sign().start()
    stage.network.faults.append(lost_request)
    stage.run_until(stage.posts["w20"].slot.due_at)
    with pytest.raises(PersonNeededError, match="what became of w20"):
        undertaking(stage.bot.record, tmp_path)


def test_one_person_is_forgotten_and_stays_withdrawn_by_a_keyed_hash(ended: Stage, tmp_path: Path) -> None:
    person = ended.bot.people.find("2")
    with pytest.raises(NotReadyError, match="campaign-bot withdraw 2"):
        undertaking(ended.bot.record, tmp_path, person)
    for public in ended.bot.people.withdraw(person, reason=f"{person.name} wrote to us").public:
        ended.bot.people.delete(public, ended.network)
    plan = undertaking(ended.bot.record, tmp_path, person)
    assert plan.values == {value for value in (person.name, person.handle) if value}
    listed = read_list(tmp_path / "top20.csv")
    (tmp_path / "top20.csv").unlink()
    proof = prove(ended.bot.record, tmp_path, plan.values, forget_person(ended.bot.record, person))
    assert proof.is_clean, (proof.search.traces, proof.tables)
    assert len(ended.bot.ranking().workers) == 19
    assert 2 in {gap.rank for gap in ended.bot.people.watchlist().nameable.gaps}
    result = ended.bot.load(listed, answers={})
    assert [line for line in result.unnamed if person.name in line]
    ended.storage.close()


def test_every_table_is_either_kept_or_erased() -> None:
    """A new table has to be put into one of the two, or into what is deleted with posts and log entries."""
    with_others = {"message_media", "media", "audit_notes"}
    assert set(whole_metadata().tables) - KEPT - set(ERASED) - with_others == set()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "cp1252"])
def test_a_name_is_found_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "notes.txt").write_bytes("Thanks to SIâN O’BRIEN.".encode(encoding))
    found = search(files_below(tmp_path), needles_of({"Siân O’Brien"}))
    assert [trace.path.name for trace in found.traces] == ["notes.txt"]


@pytest.mark.parametrize("text", ['"Si\\u00e2n O\\u2019Brien"', "<b>Finch &amp; Sons</b>", "Sia\u0302n O’Brien"])
def test_a_name_is_found_as_json_html_and_decomposed_text_write_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "page.html").write_text(text, "utf-8")
    assert search(files_below(tmp_path), needles_of({"Siân O’Brien", "Finch & Sons"})).traces


def test_workbooks_are_opened_and_short_values_are_not_looked_for(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "<t>Ann Lee</t>" * 50)
    (tmp_path / "list.xlsx").write_bytes(content.getvalue())
    assert b"Ann Lee" not in content.getvalue()
    assert search(files_below(tmp_path), needles_of({"Ann Lee"})).traces
    assert needles_of({"Bo"}) == {}


def test_the_command_names_the_files_deletes_what_is_asked_and_proves_it(practised: Path) -> None:
    fine(campaign_bot(practised, "load", "top20.csv", "--yes"))  # from here, not from the folder this is a copy of
    fine(campaign_bot(practised, "preview", "--html", str(practised / "page.html")))
    fine(campaign_bot(practised, "db", "backup"))
    said = fine(campaign_bot(practised, "forget", "--dry-run"))
    for words in ("20 people of the list", "page.html  (a page", "a backup of the database", "top20.csv  (your list"):
        assert words in said
    assert "Nothing was erased" in said
    assert "--early" in refusal(campaign_bot(practised, "forget", "--confirm", NAME), ExitCode.USAGE)
    wrong = campaign_bot(practised, "forget", "--early", "--confirm", "Something else")
    assert "nothing was erased" in refusal(wrong, ExitCode.USAGE)
    said = fine(campaign_bot(practised, "forget", "--early", "--confirm", NAME, "--files", "--own-files"))
    assert "✓ 0 traces in " in said
    assert not (practised / "practice.db").exists()
    assert not (practised / "top20.csv").exists()
    assert "differs" not in fine(campaign_bot(practised, "status"))


def test_files_that_are_left_are_named_and_the_command_does_not_say_that_all_is_well(practised: Path) -> None:
    result = campaign_bot(practised, "forget", "--early", "--confirm", NAME)
    assert code_of(result) is ExitCode.PERSON_NEEDED
    assert "! top20.csv still holds" in result.output
    assert "0 traces" not in result.output


def test_a_file_is_called_what_it_is(practised: Path) -> None:
    (practised / "letter.txt2").write_text("Dear Zoë Applethwaite", "utf-8")
    (practised / "run.log").write_text("Zoë Applethwaite", "utf-8")
    with shop_of(practised) as shop:
        found = {file.path.name: file.origin for file in undertaking(shop.bot.record, practised).files}
    assert found["letter.txt2"] is Origin.OTHER
    assert found["run.log"] is Origin.LOG
    assert found["practice.db"] is Origin.PRACTICE
    assert found["top20.csv"] is Origin.LIST


def test_no_file_is_named_twice_however_the_folder_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = a_stage(tmp_path).plan_and_sign()
    monkeypatch.chdir(tmp_path)
    named = [file.path.resolve() for file in undertaking(stage.bot.record, Path()).files]
    assert tmp_path / "top20.csv" in named
    assert len(named) == len(set(named))


def test_what_contributors_sent_in_is_erased_and_looked_for_names_texts_photos_and_consents(
    tmp_path: Path, database_url: str
) -> None:
    words = "A colleague brought me soup. That is the whole post, and it made my day."
    consent = "yes, by e-mail to the press office on 3 March"
    rows = [
        ("", "Wilhelmina", "Kettle on, calendar open.", "corner.png", "A corner with cushions and books", consent),
        ("", "", words, "", "", "yes"),
    ]
    stage = a_day(tmp_path, rows, database_url)
    approve_clean(stage)
    stage.plan_and_sign().start()
    stage.run_to_the_end()
    (tmp_path / "corner.png").rename(tmp_path / "renamed.png")
    plan = undertaking(stage.bot.record, tmp_path)
    assert {"Wilhelmina", words, consent, "A corner with cushions and books"} <= plan.values
    assert "yes" not in plan.values
    assert {(file.path.name, file.origin) for file in plan.files} >= {
        ("contributions.csv", Origin.LIST),
        ("renamed.png", Origin.PHOTO),
    }
    assert not prove(stage.bot.record, tmp_path, plan.values, "").is_clean
    (tmp_path / "contributions.csv").unlink()
    proof = prove(stage.bot.record, tmp_path, plan.values, forget(stage.bot.record))
    assert proof.is_clean, (proof.search.traces, proof.tables)
    assert proof.search.values >= 4
    assert {state_of(post) for post in stage.posts.values()} == {PostState.POSTED}
    with stage.storage.database.read() as connection:
        assert connection.execute(sa.text("select count(*) from media")).scalar_one() == 0
    stage.storage.close()

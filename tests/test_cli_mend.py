"""resolve, delete, correct: what a person does about posts that are out, or may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.calls import Outcome, Refusal, Verdict
from bot.credentials import fingerprint
from bot.errors import ExitCode
from bot.lifecycle import state_of
from bot.model import PostState, SeriesKind
from tests.campaigns import answer
from tests.fake_x.faults import answered
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.server import FakeXServer
from tests.underway import campaign_bot, code_of, fine, posts_of, practise, refusal, shop_of, turn_live, work

NO = answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, reason="X says no.", status=400))


@pytest.fixture
def live(signed: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The signed week, started live, with a first post that was refused and an account that can be read."""
    turn_live(signed, fake_x.base, monkeypatch)
    with shop_of(signed) as shop:
        account, known = shop.bot.account(), fingerprint(CREDENTIALS)
        shop.bot.record_proof(account, user_id=CREDENTIALS.user_id, fingerprint=known)
        shop.bot.record_start()
        work(shop, [NO])
    return signed


def text_of(folder: Path, code: str) -> str:
    return posts_of(folder)[code].messages[0].draft.text


def test_resolving_shows_the_post_and_the_account_s_latest_posts(live: Path, fake_x: FakeXServer) -> None:
    fake_x.fake.put("Good morning from the office")
    result = campaign_bot(live, "resolve", "w20")
    assert code_of(result) is ExitCode.PERSON_NEEDED
    assert "✗ failed  w20: X says no." in result.output
    assert "1  " in result.output
    assert "Good morning from the office" in result.output
    assert "campaign-bot resolve w20 --not-there" in result.output


def test_a_post_that_was_found_is_on_record_once(live: Path, fake_x: FakeXServer) -> None:
    found = fake_x.fake.put(text_of(live, "w20"))
    address = f"https://x.com/example_charity/status/{found.network_id}"
    assert "never sent again" in fine(campaign_bot(live, "resolve", "w20", "--found", address))
    assert state_of(posts_of(live)["w20"]) is PostState.POSTED
    assert "nothing to settle" in refusal(campaign_bot(live, "resolve", "w20", "--not-there"), ExitCode.USAGE)


def test_the_address_of_another_post_is_refused(live: Path) -> None:
    receipt = posts_of(live)["w19"].messages[0].receipt
    assert receipt is not None
    said = refusal(campaign_bot(live, "resolve", "w20", "--found", receipt.network_id), ExitCode.USAGE)
    assert "Another post of this account" in said


def test_what_is_not_there_is_sent_only_when_somebody_is_sure(live: Path) -> None:
    assert "--yes" in refusal(campaign_bot(live, "resolve", "w20", "--not-there"), ExitCode.USAGE)
    assert state_of(posts_of(live)["w20"]) is PostState.FAILED
    assert "goes out" in fine(campaign_bot(live, "resolve", "w20", "--not-there", "--yes"))
    assert state_of(posts_of(live)["w20"]) is PostState.APPROVED


def test_what_is_there_after_all_is_not_sent_again_whatever_a_person_says(live: Path, fake_x: FakeXServer) -> None:
    found = fake_x.fake.put(text_of(live, "w20"))
    said = refusal(campaign_bot(live, "resolve", "w20", "--not-there", "--yes"), ExitCode.PERSON_NEEDED)
    assert "the very words of w20" in said
    assert f"--found https://x.com/example_charity/status/{found.network_id}" in said
    assert state_of(posts_of(live)["w20"]) is PostState.FAILED


def test_a_person_is_told_what_the_account_shows_before_it_is_sent(live: Path, fake_x: FakeXServer) -> None:
    said = fine(campaign_bot(live, "resolve", "w20", "--not-there", "--yes"))
    assert "w20 is not shown, and nor is the newest post that surely is there" in said


def test_where_the_account_cannot_be_read_the_person_decides(live: Path, fake_x: FakeXServer) -> None:
    fake_x.fake.faults.append(answered(503, on=f"GET /2/users/{CREDENTIALS.user_id}/tweets"))
    said = fine(campaign_bot(live, "resolve", "w20", "--not-there", "--yes"))
    assert "only what you have seen counts" in said
    assert state_of(posts_of(live)["w20"]) is PostState.APPROVED


def test_a_deleted_post_is_gone_from_the_network_and_from_what_is_sent(live: Path, fake_x: FakeXServer) -> None:
    found = fake_x.fake.put(text_of(live, "w20"))
    fine(campaign_bot(live, "resolve", "w20", "--found", found.network_id))
    said = fine(campaign_bot(live, "delete", "w20", "--confirm", "w20"))
    assert found.network_id in said
    assert "X may show it for a little longer" in said
    assert found.network_id not in fake_x.fake.posts
    assert state_of(posts_of(live)["w20"]) is PostState.DELETED


def test_deleting_needs_the_code_typed_once_more(practised: Path) -> None:
    asked = campaign_bot(practised, "delete", "w20")
    assert "--confirm w20" in refusal(asked, ExitCode.USAGE)
    assert "cannot be undone" in asked.output
    assert "nothing was deleted" in refusal(campaign_bot(practised, "delete", "w20", "--confirm", "w2"), ExitCode.USAGE)
    assert state_of(posts_of(practised)["w20"]) is PostState.POSTED


def test_what_is_not_out_cannot_be_deleted(signed: Path) -> None:
    assert "campaign-bot skip w20" in refusal(campaign_bot(signed, "delete", "w20"), ExitCode.USAGE)


def test_a_correction_is_a_reply_with_a_code_and_a_sign_off_of_its_own(practised: Path) -> None:
    said = fine(campaign_bot(practised, "correct", "w07", "--reply", "Correction: that is Ms Example."))
    assert "Next: campaign-bot approve w07-c1" in said
    post = posts_of(practised)["w07-c1"]
    original = posts_of(practised)["w07"].messages[0].receipt
    assert original is not None
    assert (post.kind, post.in_reply_to) == (SeriesKind.CORRECTION, original.network_id)
    assert state_of(post) is PostState.DRAFT


def test_a_correction_made_in_practice_can_be_signed_off_there(practised: Path) -> None:
    fine(campaign_bot(practised, "correct", "w07", "--reply", "Correction: that is Ms Example."))
    with shop_of(practised) as shop:
        seen = shop.bot.stage.planned().plan_code
        assert shop.bot.approve(codes=["w07-c1"], plan_code=seen, by="Ann Example").codes == ("w07-c1",)
        assert state_of(shop.bot.post("w07-c1")) is PostState.APPROVED
        assert "w07-c1" not in {post.code for post in shop.bot.record.posts()}


def test_a_sign_off_during_practice_counts_in_the_record_and_in_practice(planned: Path) -> None:
    practise(planned, days=0)
    with shop_of(planned) as shop:
        signed = shop.bot.approve(codes=None, plan_code=shop.bot.stage.planned().plan_code, by="Ann Example")
        assert "w20" in signed.codes
        for desk in (shop.bot.record, shop.bot.stage):
            assert {state_of(post) for post in desk.posts()} == {PostState.APPROVED}


def test_a_correction_that_does_not_fit_is_refused(practised: Path) -> None:
    long = refusal(campaign_bot(practised, "correct", "w07", "--reply", "x" * 300), ExitCode.USAGE)
    assert "300 of 280" in long
    assert "empty" in refusal(campaign_bot(practised, "correct", "w07", "--reply", " "), ExitCode.USAGE)
    assert "sign-off" in refusal(
        campaign_bot(practised, "correct", "w07", "--reply", "A", "--at", "now"), ExitCode.USAGE
    )
    assert "--replace" in refusal(campaign_bot(practised, "correct", "w07"), ExitCode.USAGE)


def test_nothing_is_deleted_for_a_replacement_that_says_the_same(practised: Path) -> None:
    said = refusal(campaign_bot(practised, "correct", "w07", "--replace", "--confirm", "w07"), ExitCode.USAGE)
    assert "nothing was deleted" in said
    assert state_of(posts_of(practised)["w07"]) is PostState.POSTED


def test_a_replacement_shows_old_and_new_then_deletes_and_plans(practised: Path) -> None:
    template = practised / "templates" / "worker.txt.j2"
    template.write_text(template.read_text("utf-8").replace("{{ campaign.hashtags", "Corrected. {{ campaign.hashtags"))
    asked = campaign_bot(practised, "correct", "w07", "--replace")
    assert "--confirm w07" in refusal(asked, ExitCode.USAGE)
    assert state_of(posts_of(practised)["w07"]) is PostState.POSTED
    said = fine(campaign_bot(practised, "correct", "w07", "--replace", "--confirm", "w07"))
    assert said.index("The old text:") < said.index("The new text:") < said.index("Corrected.")
    posts = posts_of(practised)
    assert state_of(posts["w07"]) is PostState.DELETED
    assert "Corrected." in posts["w07-c1"].messages[0].draft.text
    assert posts["w07-c1"].in_reply_to is None

"""resolve --found: a person's address is believed only as far as the account shows that it can be the post."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Refusal, Verdict
from bot.credentials import VARIABLES, fingerprint
from bot.errors import ExitCode
from bot.lifecycle import state_of
from bot.model import PostState
from bot.publishers.snowflake import first_id_of
from tests.campaigns import Fault, answer
from tests.fake_x.faults import answered
from tests.fake_x.fixtures import CREDENTIALS
from tests.fake_x.server import FakeXServer
from tests.underway import campaign_bot, code_of, fine, posts_of, refusal, shop_of, turn_live, work

NO = answer(Outcome(verdict=Verdict.REFUSED, refusal=Refusal.REJECTED, reason="X says no.", status=400))
TIMELINE = f"GET /2/users/{CREDENTIALS.user_id}/tweets"
OURS = "https://x.com/example_charity/status"


def begin(folder: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch, *faults: Fault, days: float = 0) -> Path:
    """The signed week, live, on an account that can be read; by default no post of it was due yet."""
    turn_live(folder, fake_x.base, monkeypatch)
    with shop_of(folder) as shop:
        account, known = shop.bot.account(), fingerprint(CREDENTIALS)
        shop.bot.record_proof(account, user_id=CREDENTIALS.user_id, fingerprint=known)
        shop.bot.record_start()
        work(shop, faults, days)
    return folder


@pytest.fixture
def live(signed: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A first post that was refused; all others are out."""
    return begin(signed, fake_x, monkeypatch, NO, days=30)


def text_of(folder: Path, code: str, part: int = 0) -> str:
    return posts_of(folder)[code].messages[part].draft.text


def found(folder: Path, address: str, code: ExitCode, *more: str, post: str = "w20") -> str:
    """What is said to a claim that is refused; the post stays what it was."""
    before = state_of(posts_of(folder)[post])
    said = refusal(campaign_bot(folder, "resolve", post, "--found", address, *more), code)
    assert state_of(posts_of(folder)[post]) is before
    return said


def number(ago: timedelta) -> str:
    return str(first_id_of(datetime.now(UTC) - ago))


@pytest.mark.parametrize("more", [(), ("--unseen",), ("--confirm", "w20"), ("--unseen", "--confirm", "w20")])
def test_a_number_that_exists_nowhere_is_not_put_on_record(live: Path, more: tuple[str, ...]) -> None:
    assert "cannot be w20" in found(live, "999", ExitCode.USAGE, *more)
    assert "was read, and shows no post with that number" in found(
        live, number(timedelta(hours=1)), ExitCode.PERSON_NEEDED, *(word for word in more if word != "--unseen")
    )


def test_a_number_of_the_future_is_refused(live: Path) -> None:
    assert "No post has the number" in found(live, number(timedelta(days=-40)), ExitCode.USAGE, "--unseen")


def test_the_address_of_another_account_is_refused_before_anything_is_read(live: Path, fake_x: FakeXServer) -> None:
    there = fake_x.fake.put(text_of(live, "w20"))
    reads = fake_x.fake.count(TIMELINE)
    said = found(live, f"https://x.com/somebody_else/status/{there.network_id}", ExitCode.USAGE)
    assert "a post of @somebody_else; w20 goes out on @example_charity" in said
    assert fake_x.fake.count(TIMELINE) == reads


@pytest.mark.parametrize(
    "address", ["{}", OURS + "/{}", OURS.upper() + "/{}?s=20", "https://x.com/i/web/status/{}", "x.com/i/status/{}/"]
)
def test_the_post_that_is_there_is_taken_by_any_of_its_addresses(live: Path, fake_x: FakeXServer, address: str) -> None:
    there = fake_x.fake.put(text_of(live, "w20"))
    fine(campaign_bot(live, "resolve", "w20", "--found", address.format(there.network_id).replace("STATUS", "status")))
    receipt = posts_of(live)["w20"].messages[0].receipt
    assert receipt is not None
    assert receipt.network_id == there.network_id


def test_the_post_that_is_on_record_as_another_one_is_refused_with_its_code(live: Path) -> None:
    receipt = posts_of(live)["w19"].messages[0].receipt
    assert receipt is not None
    said = found(live, f"{OURS}/{receipt.network_id}", ExitCode.USAGE, "--unseen", "--confirm", "w20")
    assert "Another post of this account (w19) is on record" in said


def test_other_words_are_shown_next_to_ours_and_need_the_code_typed_once_more(live: Path, fake_x: FakeXServer) -> None:
    there = fake_x.fake.put(text_of(live, "w20").replace("!", "."))
    result = campaign_bot(live, "resolve", "w20", "--found", there.network_id)
    assert "Add --confirm w20" in refusal(result, ExitCode.USAGE)
    first, second = (result.output.index(words) for words in ("w20 is to say:", "The post at that address says:"))
    assert first < second
    assert there.text.split("\n")[0] in result.output[second:]
    assert "nothing was changed" in found(live, there.network_id, ExitCode.USAGE, "--confirm", "w19")
    fine(campaign_bot(live, "resolve", "w20", "--found", there.network_id, "--confirm", "w20"))
    assert state_of(posts_of(live)["w20"]) is PostState.POSTED


def test_the_words_of_another_post_are_refused_whatever_a_person_says(
    signed: Path, fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begin(signed, fake_x, monkeypatch, NO, NO, days=30)
    failed = [code for code, post in posts_of(folder).items() if state_of(post) is PostState.FAILED]
    one, other = failed
    there = fake_x.fake.put(text_of(folder, other))
    said = found(folder, there.network_id, ExitCode.USAGE, "--confirm", one, "--unseen", post=one)
    assert f"says what {other} is to say, so it is not {one}" in said
    fine(campaign_bot(folder, "resolve", other, "--found", there.network_id))


def test_a_reply_is_not_taken_for_a_post_of_its_own(live: Path, fake_x: FakeXServer) -> None:
    parent = fake_x.fake.put("Good morning from the office")
    there = fake_x.fake.put(text_of(live, "w20"), in_reply_to=parent.network_id)
    said = found(live, there.network_id, ExitCode.USAGE, "--confirm", "w20")
    assert f"w20 is no reply, and that one replies to {parent.network_id}" in said


def test_a_link_that_x_does_not_explain_is_left_to_the_person(live: Path, fake_x: FakeXServer) -> None:
    there = fake_x.fake.put(f"{text_of(live, 'w20')} https://example.org/a")
    assert "--confirm w20" in found(live, there.network_id, ExitCode.USAGE)
    fake_x.fake.explains_links = False
    fine(campaign_bot(live, "resolve", "w20", "--found", there.network_id))


def test_where_the_account_cannot_be_read_only_unseen_puts_it_on_record(live: Path, fake_x: FakeXServer) -> None:
    there = fake_x.fake.put(text_of(live, "w20"))
    fake_x.fake.faults += [answered(503, on=TIMELINE)] * 2
    said = found(live, there.network_id, ExitCode.REFUSED)
    assert "could not be read" in said
    assert f"campaign-bot resolve w20 --found {there.network_id} --unseen" in said
    assert "has not seen it" in fine(campaign_bot(live, "resolve", "w20", "--found", there.network_id, "--unseen"))
    with shop_of(live) as shop:
        assert shop.bot.log()[-1].detail == "found by a person; the account was not read"


def test_without_credentials_the_account_is_not_read_either(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable)
    recent = number(timedelta(minutes=9))
    assert "could not be read" in found(live, recent, ExitCode.REFUSED)
    assert "cannot be w20" in found(live, "999", ExitCode.USAGE, "--unseen")
    fine(campaign_bot(live, "resolve", "w20", "--found", recent, "--unseen"))


def test_a_post_from_long_before_its_slot_needs_unseen(live: Path) -> None:
    old = number(timedelta(days=20))
    assert "more than a week before w20 was to go out" in found(live, old, ExitCode.PERSON_NEEDED)
    assert "cannot be w20" in found(live, number(timedelta(days=91)), ExitCode.USAGE, "--unseen")
    fine(campaign_bot(live, "resolve", "w20", "--found", old, "--unseen"))


def test_a_timeline_that_is_behind_is_named_and_unseen_is_the_way_out(live: Path, fake_x: FakeXServer) -> None:
    fake_x.fake.read_lag = 3600
    there = fake_x.fake.put(text_of(live, "w20"))
    said = found(live, there.network_id, ExitCode.PERSON_NEEDED)
    assert "X may be behind: try again in some minutes" in said
    assert f"--found {there.network_id} --unseen" in said
    fine(campaign_bot(live, "resolve", "w20", "--found", there.network_id, "--unseen"))


@pytest.mark.parametrize("words", [("--unseen",), ("--confirm", "w20"), ("--not-there", "--unseen")])
def test_words_that_belong_to_found_are_refused_without_it(live: Path, words: tuple[str, ...]) -> None:
    assert "belong to --found" in refusal(campaign_bot(live, "resolve", "w20", *words), ExitCode.USAGE)


def test_in_practice_there_is_nothing_to_read(practised: Path) -> None:
    assert code_of(campaign_bot(practised, "resolve", "w20", "--found", "12")) is ExitCode.USAGE

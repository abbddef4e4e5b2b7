"""``campaign-bot hashtag``: the price first, the numbers, and what a person does when something is in the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result

from bot.bootstrap import open_shop
from bot.cli.hashtag import hashtag
from bot.clock import SystemClock, VirtualClock
from bot.config_reading import example_config, read_config
from bot.credentials import VARIABLES, fingerprint
from bot.errors import CredentialsError, NetworkRefusedError, NotReadyError, UsageError
from bot.publishers.searching import Asked
from bot.publishers.x_search import search_parameters
from bot.ranking import read_list
from bot.resources import sample_list
from tests.campaigns import a_folder
from tests.fake_x import FakeX, FakeXServer, Fault
from tests.fake_x.faults import given, silence
from tests.fake_x.fixtures import CREDENTIALS, HANDLE
from tests.fake_x.messages import out_of_credit
from tests.pages import Page, a_browser
from tests.screens import Desktop, give
from tests.test_docs import COMMANDS_PAGE, keys_of, section
from tests.test_runner_process import until
from tests.test_x_schema import openapi

__all__ = ["openapi"]
SEARCH = "GET /2/tweets/search/recent"
MONDAY = datetime(2027, 3, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with a_browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def fake() -> Iterator[FakeXServer]:
    clock = VirtualClock(MONDAY + timedelta(days=1, hours=14))
    with FakeXServer(FakeX(now=clock.now, handle=HANDLE, credentials=CREDENTIALS)) as server:
        for number in range(60):
            at = MONDAY + timedelta(hours=9, minutes=20 * number)
            server.fake.crowd.say(at, 100 + number % 25, "Well done! #CareHeroes")
        yield server


@pytest.fixture
def desk(tmp_path: Path, fake: FakeXServer, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    """A campaign whose credentials were seen to be its account's, on the Tuesday of its week."""
    for field, name in VARIABLES.items():
        monkeypatch.setenv(name, getattr(CREDENTIALS, field))
    folder = a_folder(tmp_path / "week", handle=f'handle = "@{HANDLE}"\napi_base = "{fake.base}"')
    clock = VirtualClock(fake.fake.now())
    shop = open_shop(read_config(folder), actor="Ann Example", clock=clock, create=True)
    shop.bot.load(read_list(folder / "top20.csv"), answers={})
    account = shop.bot.account()
    shop.bot.record_proof(account, user_id=CREDENTIALS.user_id, fingerprint=fingerprint(CREDENTIALS))
    shop.close()
    return Desktop(folder=folder, actor="Ann Example", clock=clock)


def said(result: Result) -> str:
    assert result.exception is None, result.exception
    return result.output


def test_the_price_is_said_first_and_what_it_cost_after(desk: Desktop, fake: FakeXServer) -> None:
    lines = said(give(desk, hashtag, "--budget", "1.00")).splitlines()
    assert lines[0].startswith("Reading #CareHeroes may cost up to US$1.00. That pays for 200 posts at US$0.005 each.")
    assert "#CareHeroes: 60 posts by 25 people" in lines
    assert "From Mon 8 Mar 00:00 GMT, as of Tue 9 Mar 13:59 GMT." in lines
    assert any(line.startswith("  09:00 GMT  3  ") for line in lines)
    assert "✓ This reading: 60 posts read, about US$0.30." in lines
    assert fake.fake.crowd.read == 60


def test_at_a_terminal_it_asks_before_it_spends_what_nobody_has_named(desk: Desktop, fake: FakeXServer) -> None:
    person = Desktop(folder=desk.folder, actor="Ann Example", clock=desk.clock, person=True)
    assert "nothing was spent" in said(give(person, hashtag, typed="n\n"))
    assert fake.fake.crowd.read == 0
    assert "60 posts by 25 people" in said(give(person, hashtag, typed="y\n"))


def test_a_script_has_to_name_the_budget(desk: Desktop, fake: FakeXServer) -> None:
    result = give(desk, hashtag)
    assert isinstance(result.exception, UsageError)
    assert "--budget 1.00" in str(result.exception)
    assert fake.fake.count(SEARCH) == 0


def test_the_budget_stops_it_visibly_and_the_next_run_goes_on(desk: Desktop) -> None:
    first = said(give(desk, hashtag, "--budget", "0.20"))
    assert "#CareHeroes: at least 40 posts by 25 people" in first
    assert "! Not counted yet: Mon 8 Mar 00:00 GMT to Mon 8 Mar 15:40 GMT." in first
    assert "! Stopped at the budget: not everything is counted yet." in first
    assert "≥" in first
    assert "#CareHeroes: 60 posts by 25 people" in said(give(desk, hashtag, "--budget", "1.00"))


def test_what_is_stored_is_shown_for_nothing(desk: Desktop, fake: FakeXServer) -> None:
    give(desk, hashtag, "--budget", "1.00")
    asked = fake.fake.count(SEARCH)
    assert "60 posts by 25 people" in said(give(desk, hashtag, "--stored"))
    assert fake.fake.count(SEARCH) == asked


def test_programs_get_the_numbers_as_json_and_nothing_else(desk: Desktop) -> None:
    result = give(desk, hashtag, "--budget", "0.20", "--json")
    answer = json.loads(result.stdout)
    assert (answer["posts"], answer["people"], answer["complete"]) == (40, 25, False)
    assert answer["not_counted"] == [{"from": "2027-03-08T00:00:00Z", "to": "2027-03-08T15:40:00Z", "lost": False}]
    assert sum(hour["posts"] for hour in answer["hours"]) == 40
    assert answer["cost"] == {"paid": "0.200", "unsettled": "0.000"}
    assert result.stderr == ""


def test_a_refusal_shows_what_is_stored_and_ends_with_one_clear_error(desk: Desktop, fake: FakeXServer) -> None:
    give(desk, hashtag, "--budget", "0.20")
    fake.fake.faults.append(given(out_of_credit(), on=SEARCH))
    result = give(desk, hashtag, "--budget", "1.00")
    assert isinstance(result.exception, NetworkRefusedError)
    assert len(result.exception.problems) == 1
    assert "no API credit left" in str(result.exception)
    assert "at least 40 posts" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--budget", "lots"], "not an amount"),
        (["--budget", "-1"], "not an amount"),
        (["--budget", "nan"], "not an amount"),
        (["--budget", "1e99"], "not an amount"),
        (["--budget", "0"], "at least 10 posts"),
        (["--budget", "1", "--stored"], "needs no --budget"),
        (["--budget", "1", "--tag", "two words"], "cannot be a hashtag"),
        (["--budget", "1", "--html", "page.txt"], ".html"),
        (["--budget", "1", "--html", "page.html", "--json"], "two reports"),
        (["--stored"], "has not been counted yet"),
        (["--stored", "--tag", "Other"], "has not been counted yet"),
    ],
)
def test_a_request_that_makes_no_sense_spends_nothing(
    desk: Desktop, fake: FakeXServer, arguments: list[str], words: str
) -> None:
    result = give(desk, hashtag, *arguments)
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)
    assert fake.fake.count(SEARCH) == 0


def test_without_credentials_or_their_proof_it_says_which_command_helps(
    desk: Desktop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("X_API_KEY", "anotherApiKey4711")
    changed = give(desk, hashtag, "--budget", "1.00")
    assert isinstance(changed.exception, NotReadyError)
    assert "doctor --online" in str(changed.exception)
    for name in VARIABLES.values():
        monkeypatch.delenv(name)
    monkeypatch.setenv("CAMPAIGN_BOT_CONFIG_DIR", str(tmp_path / "nothing"))
    missing = give(desk, hashtag, "--budget", "1.00")
    assert isinstance(missing.exception, CredentialsError)
    assert "connect" in str(missing.exception)


@pytest.mark.parametrize("token", [None, "b26v89c19zqg8o3fo7gesjok43y9xi3ssvc1brmi0c03h"])
def test_what_is_asked_is_valid_for_x(openapi: Any, token: str | None) -> None:
    known = {one["name"]: one["schema"] for one in parameters_of(openapi)}
    asked = dict(search_parameters(Asked(tag="CareHeroes", above=2**60, below=2**60 + 5, size=10, token=token)))
    assert asked.pop("tweet_fields") == ["author_id"], "the one field that X's OpenAPI has among the expansions only"
    assert "author_id" in openapi["components"]["schemas"]["Post"]["properties"]
    for name, value in asked.items():
        schema = known[name] | {"components": openapi["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)
    operation = openapi["paths"]["/2/tweets/search/recent"]["get"]
    assert {"UserToken": []} in operation["security"]
    wrong = known["max_results"] | {"components": openapi["components"]}
    assert not jsonschema.Draft202012Validator(wrong).is_valid(101)


def parameters_of(openapi: Any) -> list[Any]:
    """The query parameters of the search, with their references followed."""
    found = openapi["paths"]["/2/tweets/search/recent"]["get"]["parameters"]
    return [
        openapi["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in found
    ]


def test_what_the_fake_answers_is_valid_for_x(openapi: Any, fake: FakeXServer) -> None:
    reference = openapi["paths"]["/2/tweets/search/recent"]["get"]["responses"]["200"]["content"]
    schema = reference["application/json"]["schema"] | {"components": openapi["components"]}
    query = [("query", "#CareHeroes -is:retweet"), ("max_results", "10"), ("tweet.fields", "author_id")]
    page = fake.fake.crowd.page((), query, fake.fake.now())
    jsonschema.Draft202012Validator(schema).validate(page)
    assert page["meta"]["next_token"]


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_the_page_fits_every_screen_and_loads_nothing(
    desk: Desktop, tmp_path: Path, browser: Page, width: int, dark: bool
) -> None:
    target = tmp_path / "hashtag.html"
    said(give(desk, hashtag, "--budget", "0.20", "--html", target))
    browser.open(target, width=width, dark=dark)
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.evaluate("document.querySelector('h1').innerText") == ("#CareHeroes: at least 40 posts by 25 people")
    assert browser.evaluate("document.querySelectorAll('svg .mark').length") == 14
    assert browser.requests == [target.as_uri()]


def test_the_price_is_that_of_the_config(desk: Desktop) -> None:
    path = desk.folder / "config.toml"
    text = path.read_text("utf-8")
    assert "post_read = 0.005" in text
    path.write_text(text.replace("post_read = 0.005", "post_read = 0.010"), "utf-8")
    lines = said(give(desk, hashtag, "--budget", "0.30")).splitlines()
    assert "That pays for 30 posts at US$0.010 each." in lines[0]
    assert read_config(desk.folder).prices.post_read == Decimal("0.010")


def test_after_kill_9_in_mid_page_the_next_run_ends_with_the_true_numbers(tmp_path: Path) -> None:
    fake = FakeX(now=SystemClock().now, handle=HANDLE, credentials=CREDENTIALS)
    for number in range(250):
        fake.crowd.say(fake.now() - timedelta(minutes=2 + number), number % 31, "#CareHeroes")
    environment = os.environ | {name: getattr(CREDENTIALS, field) for field, name in VARIABLES.items()}
    with FakeXServer(fake) as server:
        folder = an_ongoing_campaign(tmp_path / "week", server.base)
        command = [sys.executable, "-m", "bot", "-C", str(folder), "hashtag"]
        fake.faults += [Fault(name="the first page comes", on=SEARCH), silence(on=SEARCH)]
        reading = [*command, "--budget", "5.00", "--json"]
        with subprocess.Popen(reading, env=environment, stdout=subprocess.PIPE) as process:
            until(lambda: fake.count(SEARCH) == 2)
            process.kill()
        assert process.returncode == -signal.SIGKILL
        between = json.loads(subprocess.run([*command, "--stored", "--json"], check=True, capture_output=True).stdout)
        after = json.loads(subprocess.run(reading, env=environment, check=True, capture_output=True).stdout)
    assert (between["posts"], between["complete"], between["cost"]["unsettled"]) == (100, False, "0.500")
    assert (after["posts"], after["people"]) == (250, 31)
    assert sum(hour["posts"] for hour in after["hours"]) == 250


def an_ongoing_campaign(folder: Path, api_base: str) -> Path:
    """A campaign whose first day was yesterday at the latest, and a week ago at the earliest."""
    folder.mkdir()
    text = example_config(datetime.now(UTC).date() - timedelta(days=8))
    text = text.replace('handle = "@example_charity"', f'handle = "@{HANDLE}"\napi_base = "{api_base}"')
    (folder / "config.toml").write_text(text, "utf-8")
    shop = open_shop(read_config(folder), actor="Ann Example", create=True)
    shop.bot.load(read_list(sample_list()), answers={})
    shop.bot.record_proof(shop.bot.account(), user_id=CREDENTIALS.user_id, fingerprint=fingerprint(CREDENTIALS))
    shop.close()
    return folder


def test_every_key_of_the_json_is_documented(desk: Desktop) -> None:
    answer = json.loads(give(desk, hashtag, "--budget", "0.20", "--json").stdout)
    paragraphs = section(COMMANDS_PAGE, "What programs get: JSON").split("\n\n")
    described = next(part for part in paragraphs if part.strip().startswith("**`campaign-bot hashtag --json`**"))
    assert sorted({key for key in keys_of(answer) if f"`{key}`" not in described}) == []

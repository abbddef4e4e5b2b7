"""Exports: a calendar that other programs read, a table without formulas, and an archive without secrets."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Mode, Post
from bot.reports.archive import LEFT_OUT, public_config, without_secrets
from bot.reports.plan_files import Sheet, escaped, folded, plan_csv, plan_ics
from bot.reports.preview import titles_of
from bot.spreadsheet import unguarded
from tests.aired import Aired
from tests.campaigns import FRIDAY_BEFORE
from tests.fake_x.fixtures import CREDENTIALS
from tests.samples import a_message, a_picture, a_post, a_slot, a_top_list, a_week

HARD = "Line one; with, commas\nand \\ back-slashes, ünïcödé 🎉 " + "x" * 90


def sheet(*posts: Post, zone: str = "Europe/London") -> Sheet:
    return Sheet(
        campaign="Care; Awards, 2027",
        account="example_charity",
        zone=zone,
        mode=Mode.LIVE,
        planned_at=FRIDAY_BEFORE,
        posts=posts,
        titles=titles_of(a_top_list()),
    )


def events(text: str) -> dict[str, Any]:
    """As another program reads them, by their summary's first word."""
    calendar = icalendar.Calendar.from_ical(text)
    assert [problem for event in calendar.walk() for problem in event.errors] == []
    return {str(event["SUMMARY"]).split()[0]: event for event in calendar.walk("VEVENT")}


def test_every_post_is_an_event_at_its_instant_and_with_its_words() -> None:
    week = a_week(a_top_list())
    found = events(plan_ics(sheet(*week)))
    assert list(found) == [post.code for post in week]
    for post in week:
        event = found[post.code]
        assert event.start == post.slot.due_at
        assert event.start.astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None) == post.slot.local
        assert event.duration == timedelta(minutes=5)
        for message in post.messages:
            assert message.draft.text in str(event["DESCRIPTION"])
        assert str(event["TRANSP"]) == "TRANSPARENT"


def test_a_post_in_summer_time_is_at_its_time_in_summer() -> None:
    post = a_post(code="w07", slot=a_slot(days=21, hour=9))
    event = events(plan_ics(sheet(post)))["w07"]
    assert event.start.astimezone(UTC).hour == 8
    assert "09:00 BST (Europe/London)" in str(event["DESCRIPTION"])


def test_an_event_keeps_its_uid_when_the_post_moves_and_no_two_share_one() -> None:
    week = a_week(a_top_list())
    before = {code: str(event["UID"]) for code, event in events(plan_ics(sheet(*week))).items()}
    moved = tuple(replace(post, slot=a_slot(days=9)) for post in week)
    assert {code: str(event["UID"]) for code, event in events(plan_ics(sheet(*moved))).items()} == before
    assert len(set(before.values())) == len(week)


def test_hard_texts_come_back_whole_and_lines_are_short() -> None:
    text = plan_ics(sheet(a_post(HARD, code="w07")))
    assert HARD in str(events(text)["w07"]["DESCRIPTION"])
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert "X-WR-CALNAME:Care\\; Awards\\, 2027\r\n" in text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_folding_is_undone_by_taking_line_ends_and_blanks_away(text: str) -> None:
    line = f"SUMMARY:{escaped(text)}"
    assert folded(line).replace("\r\n ", "") == line
    assert all(len(piece.encode()) <= 75 for piece in folded(line).split("\r\n"))


def test_nothing_in_a_text_can_become_a_line_of_the_calendar() -> None:
    hostile = "Hello\r\nEND:VEVENT\r\nBEGIN:VALARM\x00\x07"
    found = events(plan_ics(sheet(a_post(hostile, code="w07"))))
    assert len(found) == 1
    assert found["w07"].subcomponents == []


def test_what_is_not_sent_is_cancelled(aired: Aired) -> None:
    aired.stage.bot.skip("w19", "")
    found = events(aired.stage.bot.exporting.plan_ics().decode())
    assert {code for code, event in found.items() if str(event["STATUS"]) == "CANCELLED"} == {"w19"}


def test_the_plan_as_a_table_has_every_text_and_no_formula() -> None:
    picture, _ = a_picture("=A smile")
    posts = (a_post("=1+1\n+2", code="w07"), a_post(messages=(a_message("Hi", media=(picture,)),), code="w08"))
    rows = list(csv.DictReader(io.StringIO(plan_csv(sheet(*posts)), newline="")))
    assert [unguarded(row["text"]) for row in rows] == ["=1+1\n+2", "Hi"]
    assert [row["text"][:1] for row in rows] == ["'", "H"]
    assert rows[1]["alt_texts"] == "'=A smile"
    assert rows[1]["pictures"] == f"{picture.sha256[:16]}.png"


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_archive_holds_everything_and_its_manifest_says_what(aired: Aired) -> None:
    aired.stage.run_to_the_end()
    files = unpacked(aired.stage.bot.exporting.archive(notes=False))
    manifest = json.loads(files.pop("manifest.json"))
    assert {entry["name"]: (entry["bytes"], entry["sha256"]) for entry in manifest["files"]} == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()
    }
    assert {name for name in files if "/" not in name} == {
        *("README.txt", "config.toml", "list.csv", "plan.csv", "plan.ics", "receipts.csv", "log.csv"),
        *("report.html", "report.csv", "report.md"),
    }
    assert {name for name in files if name.startswith("texts/")} == {f"texts/{code}.txt" for code in aired.stage.posts}
    receipts = list(csv.DictReader(io.StringIO(files["receipts.csv"].decode("utf-8-sig"), newline="")))
    assert [row["network_id"] for row in receipts] == list(aired.fake.posts)


def test_the_archive_is_the_same_to_the_last_byte_until_something_changes(aired: Aired) -> None:
    aired.stage.run_to_the_end()
    exporting = aired.stage.bot.exporting
    first = exporting.archive(notes=False)
    aired.stage.clock.advance(timedelta(days=2))
    assert exporting.archive(notes=False) == first
    aired.stage.bot.mending.delete("w20", aired.publisher)
    assert exporting.archive(notes=False) != first


def test_what_people_wrote_is_in_the_archive_only_when_asked_for(aired: Aired) -> None:
    aired.stage.bot.skip("w19", "Zanzibar reason")
    without, with_notes = (aired.stage.bot.exporting.archive(notes=notes) for notes in (False, True))
    assert b"Zanzibar" not in without
    assert b"Zanzibar" in unpacked(with_notes)["log.csv"]
    assert b"Zanzibar" in unpacked(with_notes)["report.html"]


def test_no_secret_is_in_the_archive(aired: Aired) -> None:
    path = aired.stage.bot.config.folder / "config.toml"
    alerts = '\n[alerts]\nwebhook = "https://hooks.example/T0/canaryHook"\napprise = ["slack://canaryA/b"]\n'
    secret = CREDENTIALS.values[1]
    path.write_text(f'[campaign]\nname = "Care"\n{alerts}# pasted by mistake: {secret}\n', "utf-8")
    content = aired.stage.bot.exporting.archive(notes=True, secrets=CREDENTIALS.values)
    assert b"canary" not in content
    assert LEFT_OUT in unpacked(content)["config.toml"].decode()
    assert "[campaign]" in unpacked(content)["config.toml"].decode()


@pytest.mark.parametrize(
    "text",
    [
        'webhook = "https://h.example/\\u0063anary"',
        '[database]\nurl = "postgresql://ann:canary@db.example/x"',
        "[alerts]\napprise = ['''json://canary''', \"ntfys://canary/2\"]",
        'broken = "canary',
        '[alerts]\nsmtp_password = "canary"',
    ],
)
def test_a_secret_in_a_config_is_left_out_however_it_is_written(text: str) -> None:
    public = public_config(text)
    assert "canary" not in public
    assert "\\u0063anary" not in public


def test_longer_secrets_go_first_so_that_no_rest_of_one_stays() -> None:
    assert without_secrets("abcdef abc", ["abc", "abcdef", ""]) == f"{LEFT_OUT} {LEFT_OUT}"

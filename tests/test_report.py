"""The report says what became of every post, also when the campaign stopped half-way, and what it cost."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.metrics import Counts
from bot.model import MessageState, Mode, PostState
from bot.reports.report import Report, ReportPost
from bot.reports.report_files import plain, report_csv, report_json, report_markdown
from bot.reports.report_text import counts_line, report_text
from bot.spreadsheet import csv_text, guarded, unguarded
from tests.aired import Aired
from tests.campaigns import FRIDAY_BEFORE, Stage
from tests.fake_x import faults

CREATE = "POST /2/tweets"


def report_of(stage: Stage) -> Report:
    return stage.bot.reporting.report()


def of(report: Report, code: str) -> ReportPost:
    return next(post for post in report.posts if post.code == code)


def otherwise(report: Report) -> dict[str, tuple[str, str]]:
    """What went otherwise, by code: the word and why."""
    return {found.code: (found.word, found.why) for found in report.deviations}


def test_a_week_that_went_well_is_finished_and_has_nothing_to_explain(aired: Aired) -> None:
    aired.stage.run_to_the_end()
    report = report_of(aired.stage)
    assert report.headline == "Finished: 31 of 31 posts are out."
    assert (report.deviations, report.late, report.messages_out) == ((), 0, 38)
    assert {post.state for post in report.posts} == {PostState.POSTED}
    assert of(report, "winner").progress == "8 of 8"
    assert of(report, "w20").url == f"https://x.com/{aired.fake.handle}/status/{aired.network_id('w20')}"


def test_a_campaign_that_stopped_half_way_says_how_far_it_came(aired: Aired) -> None:
    aired.until(days=4)
    assert report_of(aired.stage).headline.startswith("Under way: ")
    aired.stage.bot.pause("Sad news in town")
    report = report_of(aired.stage)
    out = sum(post.out for post in report.posts)
    assert report.headline == f"Stopped half-way: it is paused, and {out} of 31 posts are out."
    aired.stage.clock.advance_to(FRIDAY_BEFORE + timedelta(days=30))
    late = report_of(aired.stage)
    assert {found.word for found in late.deviations} == {"not sent"}
    assert len(late.deviations) == 31 - out


def test_before_the_start_nothing_is_out(aired: Aired) -> None:
    assert report_of(aired.stage).headline == "Under way: 0 of 31 posts are out."
    assert report_of(aired.stage).sent == ()


def test_what_people_did_stands_there_with_their_reason(aired: Aired) -> None:
    aired.stage.bot.skip("w19", "She is on leave")
    aired.until(days=4)
    aired.stage.bot.mending.delete("w20", aired.publisher)
    found = otherwise(report_of(aired.stage))
    assert found["w19"] == ("skipped", "Skipped by Ann Example (She is on leave).")
    assert found["w20"] == ("deleted", "Deleted by Ann Example (part 1 of 1).")
    assert of(report_of(aired.stage), "w20").url
    quiet = aired.stage.bot.reporting.report(notes=False)
    assert "leave" not in report_text(quiet)


def test_an_adopted_a_failed_and_a_late_post_say_why(aired: Aired) -> None:
    aired.fake.faults += [
        faults.lost_answer(),
        faults.answered(400),
        faults.answered(429, headers={"retry-after": "300"}),
    ]
    aired.until(days=4)
    found = otherwise(report_of(aired.stage))
    first, second, third = (post.code for post in report_of(aired.stage).posts[:3])
    assert found[first][0] == "adopted"
    assert found[second] == ("failed", of(report_of(aired.stage), second).reason)
    assert found[third][0] == "late"
    assert found[third][1] == "It went out 5 minutes after its slot."
    assert report_of(aired.stage).late == 1


def test_a_thread_that_stopped_says_how_many_parts_are_out(aired: Aired) -> None:
    aired.until(days=7)
    thread = aired.stage.posts["winner"]
    aired.stage.clock.advance_to(thread.slot.due_at)
    aired.fake.limits.per_window[CREATE] = 2
    aired.stage.run_until(thread.slot.due_at + timedelta(minutes=5))
    winner = of(report_of(aired.stage), "winner")
    assert (winner.progress, winner.state) == ("2 of 8", PostState.PARTIAL)
    assert [part.state for part in winner.parts].count(MessageState.POSTED) == 2
    assert "    2 of 8 parts · sent 15:00:00" in report_text(report_of(aired.stage))


def test_a_correction_and_what_it_corrects_point_at_each_other(aired: Aired) -> None:
    aired.until(days=3.9)
    planned = aired.stage.bot.mending.correct_by_reply("w20", "Correction: her name is Siân.")
    report = report_of(aired.stage)
    assert of(report, planned.code).corrects == "w20"
    assert otherwise(report)["w20"] == ("corrected", f"By {planned.code}.")


def test_practice_says_so_on_top_and_costs_nothing(aired: Aired) -> None:
    aired.until(days=4)
    report = replace(aired.stage.bot.reporting, mode=Mode.PRACTICE).report()
    assert report_text(report).startswith("PRACTICE: nothing was sent.")
    assert "**PRACTICE: nothing was sent." in report_markdown(report).split("\n")[2]
    assert report.spending.hypothetical
    assert "nothing; for real it would have been US$0.165" in report_text(report)


def test_the_bill_is_what_was_sent_and_read_at_the_prices_of_then(aired: Aired) -> None:
    aired.until(days=4).read()
    report = report_of(aired.stage)
    number = len(report.sent)
    assert [(item.what, item.number, item.amount) for item in report.spending.items] == [
        ("posts without a link", number, Decimal("0.015") * number),
        ("posts read for their numbers", number, Decimal("0.001") * number),
    ]
    assert report.spending.total == Decimal("0.016") * number


def test_what_nobody_wrote_down_is_named_and_not_guessed(aired: Aired) -> None:
    aired.fake.faults.append(faults.lost_answer())
    aired.until(days=4).stage.bot.mending.delete("w19", aired.publisher)
    said = " ".join(report_of(aired.stage).spending.uncounted)
    assert "1 look at the account" in said
    assert "1 deletion" in said
    assert "doctor --online" in said


def test_numbers_are_added_up_without_what_is_gone(aired: Aired) -> None:
    aired.until(days=4)
    codes = [post.code for post in report_of(aired.stage).sent]
    for number, code in enumerate(codes):
        aired.react(code, like_count=10 * number, impression_count=100)
    aired.read()
    aired.stage.clock.advance(timedelta(hours=1))
    del aired.fake.posts[aired.network_id(codes[-1])]
    aired.stage.bot.mending.delete(codes[-2], aired.publisher)
    aired.read()
    report = report_of(aired.stage)
    left = len(codes) - 2
    assert report.totals.likes == sum(10 * number for number in range(left))
    assert report.totals.impressions == 100 * left
    assert [post.code for post in report.best()] == list(reversed(codes[left - 5 : left]))
    assert of(report, codes[-1]).counts == Counts(
        likes=10 * (len(codes) - 1), replies=0, reposts=0, quotes=0, impressions=100, bookmarks=0
    )
    assert otherwise(report)[codes[-1]][0] == "gone"
    assert "without 2 posts that X does not show any more" in report_text(report)


def test_organisations_and_days_share_all_the_engagement(aired: Aired) -> None:
    aired.stage.run_to_the_end()
    for code in aired.stage.posts:
        aired.react(code, like_count=1)
    aired.read()
    report = report_of(aired.stage)
    assert sum(share.counts.engagement or 0 for share in report.by_day()) == report.totals.engagement == 31
    assert sum(share.counts.engagement or 0 for share in report.by_organisation()) == 30
    assert [share.name for share in report.by_day()] == [f"2027-03-{day:02}" for day in range(8, 13)]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (Counts(likes=1, replies=1, reposts=0), "1 like, 1 reply, 0 reposts (quotes and impressions and bookmarks not available)"),
        (Counts(), "numbers not available"),
        (Counts(likes=1204, replies=2, reposts=3, quotes=1, impressions=5, bookmarks=1),
         "1,204 likes, 2 replies, 3 reposts, 1 quote, 5 impressions, 1 bookmark"),
    ],
)  # fmt: skip
def test_a_number_that_is_not_known_is_never_shown_as_nought(counts: Counts, said: str) -> None:
    assert counts_line(counts) == said


def test_the_table_has_a_row_for_each_message_and_leaves_unknown_numbers_empty(aired: Aired) -> None:
    aired.stage.run_to_the_end()
    aired.fake.audience.hidden.add(aired.network_id("w20"))
    aired.react("winner", 2, like_count=4)
    aired.read()
    rows = list(csv.DictReader(io.StringIO(report_csv(report_of(aired.stage)), newline="")))
    assert len(rows) == 38
    by_place = {(row["code"], row["part"]): row for row in rows}
    assert (by_place["w20", "1"]["likes"], by_place["w20", "1"]["numbers_as_of"]) == (
        "",
        f"{report_of(aired.stage).made_at:%Y-%m-%d %H:%M:%S}",
    )
    assert by_place["winner", "2"]["likes"] == "4"
    assert by_place["w20", "1"]["sent"] == by_place["w20", "1"]["slot"] == "2027-03-08 09:00:00"


CELLS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "'=1",
    "''@",
    "'tis",
    "",
    "é",
]


@pytest.mark.parametrize("cell", CELLS)
def test_a_formula_never_survives_and_a_text_always_does(cell: str) -> None:
    assert guarded(cell)[:1] not in {*"=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"}
    assert unguarded(guarded(cell)) == cell
    (row,) = list(csv.reader(io.StringIO(csv_text(["a", "b"], [[cell, 1]]), newline="")))[1:]
    assert (unguarded(row[0]), row[1]) == (cell, "1")


def test_hostile_names_stay_text_in_every_form(aired: Aired) -> None:
    aired.until(days=4)
    report = report_of(aired.stage)
    first = replace(report.posts[0], title='=HYPERLINK("http://evil.example")|<b>*x*\x1b[31m')
    hostile = replace(report, posts=(first, *report.posts[1:]))
    assert "'=HYPERLINK" in report_csv(hostile)
    assert "\\|\\<b\\>\\*x\\*<U+001B>" in report_markdown(hostile).replace("\\<U+001B\\>", "<U+001B>")
    assert "\x1b" not in report_text(hostile)


def test_markdown_shows_a_text_as_it_is() -> None:
    assert plain("a_b [c](d) | e\nf") == "a\\_b \\[c\\](d) \\| e f"


def test_programs_get_null_for_what_is_not_there(aired: Aired) -> None:
    aired.until(days=4)
    answered = report_json(report_of(aired.stage))
    posts = answered["posts"]
    assert isinstance(posts, list)
    assert [post["counted"] for post in posts] == [None] * 31
    assert posts[-1]["sent_at"] is None
    numbers = answered["numbers"]
    assert isinstance(numbers, dict)
    assert (numbers["as_of"], numbers["together"]["likes"]) == (None, None)

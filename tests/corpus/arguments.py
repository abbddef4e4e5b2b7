"""What people type after a command's name, in a campaign that is planned and not started."""

from __future__ import annotations

from bot.errors import ExitCode
from tests.corpus.case import Case


def asked(*words: str, code: ExitCode = ExitCode.USAGE, typed: bytes = b"") -> Case:
    return Case(words=words, code=code, typed=typed)


ARGUMENTS = {
    "a command that there is not": asked("lod", "top20.csv"),
    "a command in capitals": asked("PLAN"),
    "an option that there is not": asked("plan", "--fast"),
    "a folder that is not there": asked("-C", "nowhere", "status"),
    "a folder that is a file": asked("-C", "top20.csv", "status"),
    "a post that is not there": asked("skip", "w99", "--reason", "x"),
    "a post by its rank": asked("skip", "7", "--reason", "x"),
    "a post with an order to the database": asked("skip", "w07'; DROP TABLE posts; --", "--reason", "x"),
    "an empty post": asked("skip", "", "--reason", "x"),
    "a post of a thousand letters": asked("skip", "w" * 1_000, "--reason", "x"),
    "a post with a NUL": asked("skip", "w0\x007", "--reason", "x"),
    "a post in colours": asked("skip", "\x1b[31mw07", "--reason", "x"),
    "no time": asked("reschedule", "w07", "--to", ""),
    "a time in words": asked("reschedule", "w07", "--to", "tomorrow at tea time"),
    "a day that is none": asked("reschedule", "w07", "--to", "2027-02-30 10:00"),
    "a month that is none": asked("reschedule", "w07", "--to", "2027-13-01 10:00"),
    "an hour that is none": asked("reschedule", "w07", "--to", "Thu 25:00"),
    "an hour that is left out in March": asked("reschedule", "w07", "--to", "2030-03-31 01:30"),
    "the year nought": asked("reschedule", "w07", "--to", "0000-01-01 10:00"),
    "the past": asked("reschedule", "w07", "--to", "2020-01-01 10:00", code=ExitCode.NOT_APPROVED),
    "a time with seconds of a leap": asked("reschedule", "w07", "--to", "2027-06-30 23:59:60"),
    "a plan code that is none": asked("approve", "--all", "--code", "ABC-DEF", code=ExitCode.NOT_APPROVED),
    "a plan code of a thousand letters": asked("approve", "--all", "--code", "A" * 1_000, code=ExitCode.NOT_APPROVED),
    "signing without a code": asked("approve", "--all"),
    "signing what is not there": asked("approve", "w99", "--code", "ABC-DEF"),
    "starting what is not signed": asked("start", "--confirm", "Care Heroes of the Year", code=ExitCode.NOT_APPROVED),
    "running what was not started": asked("run"),
    "resuming what is not paused": asked("resume"),
    "retrying what was not sent": asked("retry", "w07"),
    "resolving what is clear": asked("resolve", "w07", "--not-there"),
    "resolving with another site": asked("resolve", "w07", "--found", "https://evil.example/status/1"),
    "resolving with half an address": asked("resolve", "w07", "--found", "https://x.com/example_charity/status/"),
    "resolving both ways": asked("resolve", "w07", "--found", "https://x.com/example_charity/status/1", "--not-there"),
    "deleting what is not out": asked("delete", "w07"),
    "correcting what is not out": asked("correct", "w07"),
    "a check that there is not": asked("check", "w07", "--waive", "SPELLING", "--by", "Ann", "--reason", "x"),
    "waiving without a reason": asked("check", "w07", "--waive", "SENTENCE", "--by", "Ann"),
    "waiving what cannot be waived": asked("check", "w07", "--waive", "LENGTH", "--by", "Ann", "--reason", "x"),
    "a backup over the database": asked("db", "backup", "campaign.db"),
    "a backup into no folder": asked("db", "backup", "nowhere/copy.db"),
    "a restore of a list": asked("db", "restore", "top20.csv", "--yes"),
    "a restore of nothing": asked("db", "restore", "nowhere.db", "--yes"),
    "a new campaign on top of this one": asked("init", "."),
    "a log of something": asked("log", "w99"),
    "a preview of what is not there": asked("preview", "w99"),
    "starting without a name": asked("start", code=ExitCode.NOT_APPROVED),
    "a report as a PDF": Case(words=("report", "--html", "report.pdf"), says="ends in .html or .htm"),
    "a report into no folder": Case(words=("report", "--csv", "nowhere/report.csv"), says="The file cannot be written"),
    "a report with an empty name": Case(words=("report", "--md", ""), says="The file needs a name"),
    "the numbers of practice": Case(words=("metrics",), says="This is practice: nothing was sent"),
    "numbers every so often": Case(words=("metrics", "--every", "often"), says="is not a length of time"),
    "numbers every second": Case(words=("metrics", "--watch", "--every", "1s"), says="too short or too long"),
    "numbers watched for programs": Case(words=("metrics", "--watch", "--json"), says="--watch goes with neither"),
    "an export without an ending": Case(words=("export", "plan"), says="The ending of the file says what to write."),
    "an export as a workbook": Case(words=("export", "plan.xlsx"), says="The ending of the file says what to write."),
    "an export into no folder": Case(words=("export", "nowhere/plan.ics"), says="The file cannot be written"),
    "notes in a calendar": Case(words=("export", "plan.ics", "--with-notes"), says="--with-notes is for a .zip."),
    "an article before the end": Case(words=("article",), says="The winner thread is not out yet"),
    "an article as a PDF": Case(words=("article", "--draft", "--out", "article.pdf"), says="ends in .md"),
    "an article into no folder": Case(
        words=("article", "--draft", "--out", "nowhere/article.md"), says="The file cannot be written"
    ),
    "a hashtag of two words": Case(words=("hashtag", "--stored", "--tag", "two words"), says="cannot be a hashtag"),
    "a hashtag that was never counted": Case(words=("hashtag", "--stored"), says="has not been counted yet"),
    "a budget in words": Case(words=("hashtag", "--budget", "a fiver"), says="is not an amount of US dollars"),
    "a budget that is no number": Case(words=("hashtag", "--budget", "nan"), says="is not an amount of US dollars"),
    "a budget for nothing": Case(words=("hashtag", "--stored", "--budget", "1"), says="needs no --budget"),
    "a hashtag as a picture": Case(words=("hashtag", "--stored", "--html", "tag.png"), says="ends in .html or .htm"),
    "a hashtag for people and programs": Case(words=("hashtag", "--html", "t.html", "--json"), says="two reports"),
}

"""config.toml is read forgivingly, and every mistake in it is reported at once with its key and a way out."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.config import AccountConfig, Posting, Prices, Series
from bot.config_reading import config_digest, example_config, read_config
from bot.errors import ConfigError
from bot.model import SeriesKind

if TYPE_CHECKING:
    from bot.config import Config
    from bot.errors import Problem

CAMPAIGN = """[campaign]
name = "Lantern Week"
first_day = 2026-11-30
last_day = 2026-12-04
"""
ACCOUNT = """[account]
handle = "@lantern_example"
"""
POSTING = """[posting]
window = "09:00-17:00"
"""
SERIES = """[[series]]
kind = "workers"
ranks = "20-4"
"""
MONDAY = date(2026, 11, 30)


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return read_config(folder, environ or {})


def whole(
    *, campaign: str = "", account: str = "", posting: str = POSTING, series: str = SERIES, rest: str = ""
) -> str:
    return f"{CAMPAIGN}{campaign}\n{ACCOUNT}{account}\n{posting}\n{series}\n{rest}"


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, environ)
    return caught.value.problems


def only_problem(folder: Path, text: str) -> Problem:
    found = problems(folder, text)
    assert len(found) == 1, found
    return found[0]


def test_the_shortest_config_has_sensible_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, whole())
    assert config.zone == "Europe/London"
    assert not config.live
    assert config.account.handle == "lantern_example"
    assert config.account.api_base == "https://api.x.com"
    assert config.posting.spacing == timedelta(minutes=30)
    assert config.posting.window == (time(9), time(17))
    assert config.privacy.basis is None
    assert config.prices.post == Decimal("0.015")
    assert config.database_url == f"sqlite:///{(tmp_path / 'campaign.db').resolve().as_posix()}"
    assert config.templates == (tmp_path / "templates").resolve()
    assert config.series[0].days == tuple(MONDAY + timedelta(days=n) for n in range(5))


@pytest.mark.parametrize("today", [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 6)])
def test_the_example_is_valid_for_the_next_full_week(tmp_path: Path, today: date) -> None:
    config = read(tmp_path, example_config(today))
    assert config.first_day == date(2026, 12, 7)
    assert config.last_day == date(2026, 12, 11)
    assert [series.code for series in config.series] == ["w", "o", "winner"]
    assert config.series[2].at == datetime.fromisoformat("2026-12-11 15:00")
    assert not config.live
    assert config.privacy.basis is None


def test_a_path_to_the_file_works_as_well_as_its_folder(tmp_path: Path) -> None:
    config = read(tmp_path, whole())
    assert read_config(tmp_path / "config.toml", {}) == config


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf" + whole().replace("\n", "\r\n").encode())
    assert read_config(tmp_path, {}).name == "Lantern Week"


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no config\.toml in .*campaign-bot init"):
        read_config(tmp_path, {})


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(whole().replace("Lantern", "Siân").encode("cp1252"))
    with pytest.raises(ConfigError, match="not saved as UTF-8"):
        read_config(tmp_path, {})


def test_curly_quotes_are_recognised(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, whole().replace('"Lantern Week"', "\u201cLantern Week\u201d"))
    assert "line 2" in problem.what
    assert "straight quotes" in problem.remedy


def test_all_mistakes_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    text = whole(campaign='zone = "London"\nlive = "yes"', posting='[posting]\nwindow = "17:00-09:00"\nspacing = "30"')
    found = {problem.where: problem for problem in problems(tmp_path, text)}
    assert set(found) == {
        "config.toml, [campaign] zone (line 5)",
        "config.toml, [campaign] live (line 6)",
        "config.toml, [posting] window (line 11)",
        "config.toml, [posting] spacing (line 12)",
    }
    assert "Europe/London" in found["config.toml, [campaign] zone (line 5)"].remedy


@pytest.mark.parametrize(
    ("text", "where", "remedy"),
    [
        (whole(campaign='hastags = ["A"]'), "[campaign] hastags", "Did you mean “hashtags”?"),
        (whole(rest="[postng]\nspacing = '1h'"), "[postng]", "Did you mean “posting”?"),
        (whole(account='api_secret = "x"'), "[account] api_secret", "campaign-bot connect"),
        ("live = true\n" + whole(), "live", "Move it below"),
        (whole(series=SERIES + 'at = "Fri 15:00"'), "[[series]] number 1 at", "Known here: kind"),
        (whole(series=SERIES.replace("workers", "worker")), "[[series]] number 1 kind", "Did you mean “workers”?"),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(tmp_path: Path, text: str, where: str, remedy: str) -> None:
    problem = only_problem(tmp_path, text)
    assert where in problem.where
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("campaign", "words"),
    [
        ('zone = "Europe/Lundon"', "Europe/London"),
        ('zone = "BritishTime"', "continent and city"),
        ('hashtags = ["Care Heroes"]', "cannot be a hashtag"),
        ('hashtags = ["#2026"]', "cannot be a hashtag"),
        ('hashtags = ["Care", "#care"]', "twice"),
        ('link = "example.org"', "beginning with https://"),
    ],
)
def test_a_wrong_campaign_value_says_what_to_write(tmp_path: Path, campaign: str, words: str) -> None:
    assert words in str(only_problem(tmp_path, whole(campaign=campaign)))


def test_hashtags_are_kept_without_their_sign(tmp_path: Path) -> None:
    assert read(tmp_path, whole(campaign='hashtags = ["#CareHeroes", "Wales"]')).hashtags == ("CareHeroes", "Wales")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2026-12-04", "2026-11-29", "is before first_day"),
        ("2026-12-04", "2027-12-04", "more than 366 days"),
        ("2026-12-04", '"4 December"', "year, month and day"),
        ("2026-12-04", "2026-12-04T09:00:00", "is not a date"),
    ],
)
def test_wrong_days_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert words in str(only_problem(tmp_path, whole().replace(old, new)))


@pytest.mark.parametrize(
    ("written", "length"),
    [("90s", 90), ("30m", 1800), ("1h", 3600), ("1h30m", 5400), ("2 h", 7200)],
)
def test_durations_are_written_with_units(tmp_path: Path, written: str, length: int) -> None:
    config = read(tmp_path, whole(posting=f'{POSTING}spacing = "{written}"'))
    assert config.posting.spacing == timedelta(seconds=length)


@pytest.mark.parametrize("written", ['"0s"', '"30"', "30", '"-1m"', '""', '"25h"', '"1d"'])
def test_a_spacing_that_cannot_be_kept_is_refused(tmp_path: Path, written: str) -> None:
    assert "[posting] spacing" in only_problem(tmp_path, whole(posting=f"{POSTING}spacing = {written}")).where


@pytest.mark.parametrize(
    ("posting", "words"),
    [
        ('times = ["09:00", "09:20"]', "09:00 and 09:20 are closer together than the spacing, 30m"),
        ('times = ["00:10", "23:50"]', "23:50 and 00:10 are closer"),
        ('times = ["09:00", "9:00"]', "twice"),
        ('times = ["9am"]', "24-hour clock"),
        ('times = "09:00, 12:00"', "Write a list"),
        ('times = ["09:00"]\nwindow = "09:00-17:00"', "both times and a window"),
        ("weekends = true", "no posting times"),
    ],
)
def test_posting_times_that_cannot_work_are_refused(tmp_path: Path, posting: str, words: str) -> None:
    assert words in str(only_problem(tmp_path, whole(posting=f"[posting]\n{posting}")))


def test_listed_times_are_put_in_order(tmp_path: Path) -> None:
    config = read(tmp_path, whole(posting='[posting]\ntimes = ["15:30", "9:00", 12:00:00]'))
    assert config.posting.times == (time(9), time(12), time(15, 30))


@pytest.mark.parametrize(
    ("written", "ranks"),
    [('"20-4"', (20, 4)), ('"4 to 20"', (4, 20)), ('"20–4"', (20, 4)), ('"20 - 4"', (20, 4)), ("7", (7, 7))],
)
def test_ranks_are_in_posting_order(tmp_path: Path, written: str, ranks: tuple[int, int]) -> None:
    assert read(tmp_path, whole(series=SERIES.replace('"20-4"', written))).series[0].ranks == ranks


@pytest.mark.parametrize(
    ("written", "offsets"),
    [
        ('"Mon-Thu"', [0, 1, 2, 3]),
        ('"tuesday"', [1]),
        ('["Mon", "Fri"]', [0, 4]),
        ('["2026-12-02"]', [2]),
        ("[2026-12-03, 2026-12-01]", [1, 3]),
        ('"Thurs to Fri"', [3, 4]),
    ],
)
def test_days_may_be_weekdays_or_dates(tmp_path: Path, written: str, offsets: list[int]) -> None:
    days = read(tmp_path, whole(series=f"{SERIES}days = {written}")).series[0].days
    assert days == tuple(MONDAY + timedelta(days=n) for n in offsets)


@pytest.mark.parametrize("written", ['"Sat"', '"someday"', '["2026-12-25"]', "[]", '"Mon, Tue"', "3"])
def test_days_that_the_campaign_does_not_have_are_refused(tmp_path: Path, written: str) -> None:
    assert "days" in only_problem(tmp_path, whole(series=f"{SERIES}days = {written}")).where


@pytest.mark.parametrize("written", ['"Fri 15:00"', '"friday 15:00"', '"2026-12-04 15:00"', "2026-12-04T15:00:00"])
def test_the_winner_thread_has_a_fixed_time(tmp_path: Path, written: str) -> None:
    series = read(tmp_path, whole(series=f'[[series]]\nkind = "winner"\nat = {written}')).series[0]
    assert (series.kind, series.at, series.code) == (
        SeriesKind.WINNER,
        datetime.fromisoformat("2026-12-04 15:00"),
        "winner",
    )


@pytest.mark.parametrize(
    "written", ['"Sat 15:00"', '"Fri"', '"Fri 25:00"', '"2026-12-25 15:00"', "15:00:00", '"Mon-Tue 15:00"']
)
def test_a_winner_time_that_is_none_is_refused(tmp_path: Path, written: str) -> None:
    assert " at" in only_problem(tmp_path, whole(series=f'[[series]]\nkind = "winner"\nat = {written}')).where


def test_a_second_series_of_a_kind_needs_a_code_of_its_own(tmp_path: Path) -> None:
    assert "same code" in only_problem(tmp_path, whole(series=SERIES + SERIES)).what
    series = read(tmp_path, whole(series=f'{SERIES}{SERIES}code = "top"')).series
    assert [one.code for one in series] == ["w", "top"]
    assert series[0].name != series[1].name


def test_of_a_series_of_unknown_kind_only_the_kind_is_reported(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, whole(series='[[series]]\nkind = "winer"\nat = "Fri 15:00"'))
    assert problem.remedy == "Did you mean “winner”?"


def test_a_number_without_end_is_no_reason_to_fall_over(tmp_path: Path) -> None:
    assert "not valid TOML" in only_problem(tmp_path, whole(rest=f"[totals]\na = {'9' * 5000}")).what


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('code = "W 1"', "one to eight small letters"),
        ('template = "../other.txt"', "not the name of a template"),
        ('name = "two\\nlines"', "unprintable"),
    ],
)
def test_a_series_value_that_would_break_names_is_refused(tmp_path: Path, line: str, words: str) -> None:
    assert words in str(only_problem(tmp_path, whole(series=f"{SERIES}{line}")))


@pytest.mark.parametrize(("old", "new"), [("[account]", "[[account]]"), ("[campaign]", "[[campaign]]")])
def test_a_table_in_double_brackets_by_mistake_is_named(tmp_path: Path, old: str, new: str) -> None:
    assert any("in double brackets" in problem.remedy for problem in problems(tmp_path, whole().replace(old, new)))


def test_two_series_cannot_share_a_name(tmp_path: Path) -> None:
    series = f'{SERIES}{SERIES}code = "top"\nname = "Countdown"'
    assert "two series named “Countdown”" in only_problem(tmp_path, whole(series=series)).what


@pytest.mark.parametrize("total", ["true", "[1]", "2026-11-30"])
def test_totals_that_are_neither_text_nor_number_are_refused(tmp_path: Path, total: str) -> None:
    assert "neither text nor a number" in only_problem(tmp_path, whole(rest=f"[totals]\nhours = {total}")).what


def test_a_total_needs_a_name_that_templates_can_use(tmp_path: Path) -> None:
    assert "Templates cannot use" in only_problem(tmp_path, whole(rest='[totals]\n"care hours" = "3"')).what


def test_two_winner_threads_are_refused(tmp_path: Path) -> None:
    winner = '[[series]]\nkind = "winner"\nat = "Fri 15:00"\n'
    assert "one winner thread only" in only_problem(tmp_path, whole(series=f'{winner}{winner}code = "end"')).what


def test_a_config_without_series_shows_what_to_add(tmp_path: Path) -> None:
    assert 'kind = "workers"' in only_problem(tmp_path, whole(series="")).remedy
    assert "[[series]]" in only_problem(tmp_path, whole(series='[series]\nkind = "workers"')).remedy


def test_totals_are_free_words_and_numbers(tmp_path: Path) -> None:
    config = read(tmp_path, whole(rest='[totals]\nnominations = "1,204"\nyears = 12\nhours = 3.50'))
    assert config.totals == {"nominations": "1,204", "years": "12", "hours": "3.50"}


@pytest.mark.parametrize(
    ("written", "basis"),
    [
        ("consent", "consent"),
        ("Legitimate Interest", "legitimate interests"),
        ("public-task", "public task"),
        ("", None),
    ],
)
def test_the_lawful_basis_may_be_open_or_one_of_the_six(tmp_path: Path, written: str, basis: str | None) -> None:
    assert read(tmp_path, whole(rest=f'[privacy]\nbasis = "{written}"')).privacy.basis == basis


def test_another_lawful_basis_is_refused(tmp_path: Path) -> None:
    assert '"consent"' in only_problem(tmp_path, whole(rest='[privacy]\nbasis = "because"')).remedy


def test_prices_are_exact_decimals(tmp_path: Path) -> None:
    prices = read(tmp_path, whole(rest='[prices]\npost = 0.1\npost_with_link = "0.30"')).prices
    assert (prices.post, prices.post_with_link, prices.alt_text) == (Decimal("0.1"), Decimal("0.30"), Decimal("0.005"))
    assert "US dollars" in only_problem(tmp_path, whole(rest="[prices]\npost = -1")).remedy


def test_the_environment_overrides_the_database(tmp_path: Path) -> None:
    url = "postgresql+psycopg://bot:hidden@localhost/campaign"
    assert read(tmp_path, whole(), {"CAMPAIGN_BOT_DATABASE_URL": url}).database_url == url
    found = problems(tmp_path, whole(), {"CAMPAIGN_BOT_DATABASE_URL": "mysql://localhost/x"})
    assert [problem.where for problem in found] == ["CAMPAIGN_BOT_DATABASE_URL"]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "campaign.db"])
def test_a_database_that_cannot_last_is_refused(tmp_path: Path, url: str) -> None:
    assert "[database] url" in only_problem(tmp_path, whole(rest=f'[database]\nurl = "{url}"')).where


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ('network = "twitter"', 'network = "x"'),
        ('api_base = "api.x.com"', "not a web address"),
        ('api_base = "http://[x"', "not a web address"),
    ],
)
def test_a_wrong_account_setting_is_refused(tmp_path: Path, account: str, words: str) -> None:
    assert words in str(only_problem(tmp_path, whole(account=account)))


def test_a_handle_that_x_does_not_allow_is_refused(tmp_path: Path) -> None:
    text = whole().replace("@lantern_example", "@a_name_that_is_too_long")
    assert "up to 15 letters" in only_problem(tmp_path, text).remedy


def test_paths_are_taken_from_the_folder_of_the_config(tmp_path: Path) -> None:
    text = whole(account='credentials = "secrets.toml"\napi_base = "http://127.0.0.1:8080/"')
    account = read(tmp_path, text).account
    assert account.credentials == (tmp_path / "secrets.toml").resolve()
    assert account.api_base == "http://127.0.0.1:8080"


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")
    parts: tuple[Any, ...] = (Posting, Prices, AccountConfig, Series)
    names = {entry.name for part in parts for entry in fields(part)}
    names |= {
        "name", "zone", "first_day", "last_day", "hashtags", "link", "counted", "live", "basis", "url", "folder", "kind",
    }  # fmt: skip
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_the_digest_changes_with_what_a_plan_depends_on_and_only_then(tmp_path: Path) -> None:
    config = read(tmp_path, whole())
    assert config_digest(config) == config_digest(replace(config, live=True, folder=tmp_path / "moved"))
    changed = [
        replace(config, hashtags=("Other",)),
        replace(config, zone="Europe/Paris"),
        replace(config, totals={"nominations": "5"}),
        replace(config, posting=replace(config.posting, weekends=True)),
        replace(config, series=(replace(config.series[0], ranks=(4, 20)),)),
    ]
    assert len({config_digest(one) for one in [config, *changed]}) == len(changed) + 1

"""A day of forty contributions, of mixed quality and three of them unsafe. Everybody in here is made up."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.clock import VirtualClock
from bot.config_reading import read_config
from bot.core.bot import Bot
from bot.core.desk import Desk
from bot.core.moderating import Contributions
from bot.core.taking_in import with_pictures
from bot.model import Mode
from bot.ranking.contributions import read_contributions
from bot.resources import day_example, templates_dir
from tests.campaigns import FRIDAY_BEFORE, FaultyNetwork, Stage, a_storage
from tests.samples import a_picture

DAY = datetime(2027, 3, 8, tzinfo=UTC)
ANN = "Ann Example"
HEADINGS = ("time", "name", "text", "photo", "alt text", "consent")
LONG = (
    "Supervision is not a meeting about targets. For me it is the hour in which somebody asks how I am, and waits for the "
    "answer. I bring what went well. I bring what sits in my stomach at night. We look at both. Then I go back out of the "
    "door a little taller than I came in. That is what my colleagues see, and what keeps me in this work."
)
UNSAFE = (
    ("", "Finn", "Rushed out early. Little Jonah in Cobbler Lane had a bad night.", "", "", "yes"),
    ("", "Gwen", "Paperwork hour: 943 476 5919 is finally matched to the right record.", "", "", "yes"),
    ("", "Hal", "My case this morning, a 14-year-old at Marlbrook Academy, smiled for the first time.", "", "", "yes"),
)
"""A child's name and street; an NHS number; a case, an age and a school."""

POOR = (
    ("", "Iris", LONG, "", "", "yes"),
    ("", "Jan", "Best team 🎉🎉🎉🎉🎉🎉 ever 💙💙💙", "", "", "yes"),
    ("", "Kit", "SO VERY PROUD OF EVERYBODY TODAY", "", "", "yes"),
    ("", "Lou", "All about our work: http://intranet.example.org/news", "", "", "yes"),
    ("", "Mo", "Thank you @example_minister for the visit", "", "", "yes"),
    ("", "Nia", "", "", "", "yes"),
    ("", "Oz", "Coffee first, then the world.", "", "", "yes"),
    ("", "Pat", "Our new reading corner is open.", "corner.png", "", "yes"),
    ("", "Quin", "Some days the kettle is the hardest working colleague.", "", "", "no"),
)
"""Too long, emoji, capitals, a link, a mention, empty, a duplicate of another, no alternative text, no consent."""

GOOD = (
    ("08:30", "Ana", "Kettle on, calendar open. Six visits today and one very important meeting about biscuits."),
    ("12:00", "Adults Team", "Lunch! Four sandwiches, three phones ringing and a birthday cake for our student."),
    ("", "Bea", "The best part of my week: sitting on the floor with building bricks, listening properly."),
    ("", "Carys", "Today I became an Approved Mental Health Professional. Two years of study, worth every evening."),
    ("", "Dev", "I drive 60 miles on a rural day. Radio off, thinking on. The hills help."),
    ("", "Ebele", "People ask what keeps me going. The answer is my team, every single time."),
    ("", "Flo", "Coffee first, then the world."),
    ("", "Gus", "Case notes done by five. Small victories count."),
    ("", "Hari", "Children should be heard, not only seen. That is the whole job in one line."),
    ("", "Ivy", "Court prepared, shoes polished, breathing slowly."),
    ("", "Jo", "Out in the car park at 7am, scraping ice. Glamorous, this work."),
    ("", "Kai", "A colleague covered my late call so that I could see my son’s school play. That is culture."),
    ("", "Lea", "Five assessments, two home visits and a flat tyre. Monday!"),
    ("", "Max", "We laughed so much in the team meeting that reception came to look."),
    ("", "Nell", "Social work is walking beside people, not in front of them."),
    ("", "Olu", "First week as a newly qualified social worker. I have learnt where the good mugs are."),
    ("", "Peg", "Thirty-one years today. I would do it all again."),
    ("", "Raj", "The phone rings, and it is good news. It happens more often than people think."),
    ("", "Sal", "Fostering panel prep. So many families offering a home; it gives me hope."),
    ("", "Tess", "Lunch at my desk, again. Tomorrow I go for a walk. Hold me to it."),
    ("", "Uma", "Half my day is listening. The other half is making sure somebody else listens too."),
    ("", "Viv", "My student led her first meeting. She was brilliant, and I hardly said a word."),
    ("", "Wes", "If you see us running: it is the last parking space."),
    ("", "Xan", "Read a bedtime story to my own kids by video call. Long day, warm heart."),
    ("", "Yas", "Team motto: nobody carries it home alone."),
    ("", "Zed", "Training in trauma-informed practice this afternoon, with very good cake."),
    ("", "Hospital Team", "Our morning huddle takes nine minutes. Nobody goes out without knowing who has their back."),
    ("17:30", "Night Team", "The office goes quiet and our shift begins. Out of hours never means out of mind."),
)
FORTY = (*((*row, "", "", "yes") for row in GOOD), *UNSAFE, *POOR)


def written(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    """Rows as a CSV file holds them."""
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue()


def a_day_folder(path: Path, rows: Sequence[Sequence[str]] = FORTY, **lines: str) -> Path:
    """A folder as ``init --kind day`` writes it, for Monday 8 March 2027, basis chosen. ``lines`` replace whole lines."""
    path.mkdir(parents=True, exist_ok=True)
    text = (
        day_example().read_text("utf-8").replace("2026-11-30", "2027-03-08").replace('basis = ""', 'basis = "consent"')
    )
    for key, line in lines.items():
        text = "\n".join(line if found.startswith(f"{key} =") else found for found in text.splitlines()) + "\n"
    (path / "config.toml").write_text(text, "utf-8")
    shutil.copytree(templates_dir(), path / "templates", dirs_exist_ok=True)
    (path / "contributions.csv").write_text(written(rows), "utf-8")
    (path / "corner.png").write_bytes(a_picture()[1])
    return path


def a_day(folder: Path, rows: Sequence[Sequence[str]] = FORTY, url: str = "", **lines: str) -> Stage:
    """A live day with its contributions taken in, nothing moderated yet, on the Friday before."""
    config = read_config(a_day_folder(folder, rows, **lines), environ={"CAMPAIGN_BOT_DATABASE_URL": url} if url else {})
    clock = VirtualClock(FRIDAY_BEFORE)
    storage = a_storage(config.database_url, clock)
    desk = Desk(storage=storage, clock=clock, campaign=config.name, actor=ANN)
    bot = Bot(config=config, record=desk, stage=desk, mode=Mode.LIVE)
    take_in(bot.contributions, folder / "contributions.csv")
    return Stage(bot=bot, clock=clock, network=FaultyNetwork(clock))


def take_in(facet: Contributions, path: Path) -> None:
    facet.take_in(with_pictures(read_contributions(path)), source=path.name)


def approve_clean(stage: Stage) -> list[str]:
    """Approve all in which nothing was found; gives their codes."""
    facet = stage.bot.contributions
    return [one.code for one in facet.approve([one for one in facet.judged() if one.is_clean], by=ANN)]


def codes_with(stage: Stage, *rules: str) -> list[str]:
    """Codes of contributions in which these checks found something."""
    judged = stage.bot.contributions.judged()
    return [one.contribution.code for one in judged if {finding.rule for finding in one.findings} & set(rules)]

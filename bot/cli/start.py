"""Starting, a person's decision, and running, what a machine does about it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.bootstrap import Shop
    from bot.core.bot import Bot
    from bot.core.delivering import Event
    from bot.core.starting import Departure
    from bot.model import CampaignRecord, Post

_log = logging.getLogger(__name__)


@click.command()
@click.option(
    "-n", "--dry-run", is_flag=True, help="Rehearse: all of it in seconds, on a copy; nothing is sent or saved."
)
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: the timeline as JSON.")
@click.option("--confirm", metavar="NAME", help="The campaign's name, for scripts; people are asked for it.")
@click.option("--no-run", is_flag=True, help="Only record the decision; campaign-bot run does the rest.")
@click.option("--afresh", is_flag=True, help="In practice: begin again, though practice is under way.")
@click.pass_context
def start(ctx: click.Context, dry_run: bool, as_json: bool, confirm: str | None, no_run: bool, afresh: bool) -> None:
    """Start the campaign: show what will happen, ask for its name, write the decision down, and run.

    Refuses when anything is not signed off or a check says no. Practice is the default and sends nothing; what is
    sent for real needs live = true in config.toml. A campaign that was started simply goes on.

    \b
    Examples:
      campaign-bot start --dry-run
      campaign-bot start
      campaign-bot start --confirm "Care Heroes of the Year" --no-run

    After a restart of the computer: campaign-bot run
    """
    from bot.errors import Problem, UsageError

    screen: Screen = ctx.obj
    if as_json and not dry_run:
        raise UsageError(Problem(what="--json is for the rehearsal.", remedy="Add --dry-run."))
    with screen.shop() as shop:
        if dry_run:
            from bot.cli.rehearsal import rehearse

            code = rehearse(screen, shop, as_json=as_json)
        else:
            code = _start(screen, shop, confirm=confirm, no_run=no_run, afresh=afresh)
    ctx.exit(code)


@click.command()
@click.option("--until-idle", is_flag=True, help="End as soon as nothing more happens by itself.")
@click.option(
    "--take-over", is_flag=True, help="This folder comes from another computer, whose runner is stopped for good."
)
@click.pass_context
def run(ctx: click.Context, until_idle: bool, take_over: bool) -> None:
    """Be the runner: send every signed-off post at its time, until every post is final.

    It asks nothing and needs a recorded start (campaign-bot start), so a service may start it after a reboot.
    What needs a person is said on stderr. Ctrl+C or a signal stops it in good order.
    It returns 0 when every post is final or it was stopped, 6 (or 7, paused) when --until-idle ended it before.
    It refuses, with 6, a folder that was copied from another computer (--take-over reads the account first, and then
    goes on here), a database that was restored from an older copy, and a clock that cannot be right.

    \b
    Examples:
      campaign-bot --log-file run.log run
      campaign-bot run --take-over

    To watch it from another window: campaign-bot status --watch
    """
    screen: Screen = ctx.obj
    with screen.shop() as shop:
        _refuse_second_runner(shop)
        code = _be_the_runner(screen, shop, until_idle=until_idle, take_over=take_over)
    ctx.exit(code)


def _start(screen: Screen, shop: Shop, *, confirm: str | None, no_run: bool, afresh: bool) -> int:
    from bot.bootstrap import require_safe
    from bot.errors import ExitCode

    _refuse_second_runner(shop)
    require_safe(shop)
    record = _goes_on(shop, afresh=afresh)
    if record is None:
        _ask(screen, shop, confirm)
        shop = _begin(shop)
        say("✓ The start is on record.")
    else:
        _say_since(shop, record)
    try:
        if no_run:
            say("Next: campaign-bot run")
            return ExitCode.FINE
        return _be_the_runner(screen, shop)
    finally:
        shop.close()


def _refuse_second_runner(shop: Shop) -> None:
    from bot.bootstrap import runner_alive
    from bot.errors import Problem, RunnerLockedError

    if runner_alive(shop):
        raise RunnerLockedError(
            Problem(
                what="The campaign is running already, in another window or as a service.",
                remedy="To see what it does: campaign-bot status",
            )
        )


def _goes_on(shop: Shop, *, afresh: bool) -> CampaignRecord | None:
    """The start that this one only continues. Practice that is over, or is about an older plan, begins anew."""
    from bot.lifecycle import is_final
    from bot.model import Mode

    bot = shop.bot
    record = bot.under_way()
    if record is None or bot.mode is Mode.LIVE:
        return record
    planned_at = bot.record.planned().planned_at
    replanned = planned_at is not None and record.started_at is not None and planned_at > record.started_at
    over = all(is_final(post) for post in bot.posts())
    return None if afresh or replanned or over else record


def _say_since(shop: Shop, record: CampaignRecord) -> None:
    from bot.reports.words import one_line, short_moment

    if record.started_at is not None:
        since = short_moment(record.started_at, shop.bot.zone())
        say(f"It was started {since} by {one_line(record.started_by)}, and goes on.")


def _ask(screen: Screen, shop: Shop, confirm: str | None) -> None:
    """Everything on the table, then the campaign's name. Raises UsageError when it is another one."""
    from bot.bootstrap import fingerprint_at_hand
    from bot.errors import Problem, UsageError
    from bot.model import Mode

    live = shop.bot.mode is Mode.LIVE
    departure = shop.bot.departure(fingerprint=fingerprint_at_hand(shop.config) if live else None)
    _say_departure(screen, shop.bot, departure)
    name = departure.campaign
    if confirm is None:
        confirm = screen.ask(f"Type the campaign's name ({name}) to start:", otherwise=f'Add --confirm "{name}".')
    if " ".join(confirm.split()) != " ".join(name.split()):
        raise UsageError(
            Problem(
                what=f"“{confirm}” is not this campaign's name, so nothing was started.",
                remedy=f"Its name is “{name}”. Is this the right folder?",
            )
        )


def _say_departure(screen: Screen, bot: Bot, departure: Departure) -> None:
    from bot.cli.rehearsal import finding_line
    from bot.reports.preview_text import dollars
    from bot.reports.words import MODE_LINES, bold, one_line, short_moment
    from bot.wording import plural

    zone = bot.zone()
    first, last = departure.first, departure.last
    titles = bot.titles((first, last))
    say(bold(MODE_LINES[departure.mode], colour=screen.colour))
    say(f"Campaign  {one_line(departure.campaign)}")
    say(f"Account   @{one_line(departure.account.handle)} on {departure.account.network.upper()}")
    say(f"Posts     {plural(departure.number, 'post')}, {plural(departure.messages, 'message')}")
    for word, post in (("First", first), ("Last", last)):
        say(f"{word:<8}  {short_moment(post.slot.due_at, zone)}  {post.code}  {one_line(titles[post.code])}")
    say(f"Cost      {dollars(departure.cost.to_come)}")
    for finding in departure.findings:
        say(finding_line(finding))


def _begin(shop: Shop) -> Shop:
    """Write the start down: in the record, or in a fresh copy for practice."""
    from bot.bootstrap import begin_practice
    from bot.model import Mode

    if shop.bot.mode is Mode.PRACTICE:
        shop = begin_practice(shop)
    shop.bot.record_start()
    return shop


def _be_the_runner(screen: Screen, shop: Shop, *, until_idle: bool = False, take_over: bool = False) -> int:
    from bot import bootstrap
    from bot.core.limits import naming_limits

    narrator = _Narrator(bot=shop.bot, zone=shop.bot.zone(), colour=screen.colour)
    ended = bootstrap.run(
        shop,
        report=naming_limits(shop.bot, shop.clock, narrator.report, _log.warning),
        alarm=_log.warning,
        until_idle=until_idle,
        take_over=take_over,
        announce=lambda: _say_what_it_waits_for(shop.bot),
    )
    return _say_end(shop.bot, ended=ended, until_idle=until_idle)


def _say_what_it_waits_for(bot: Bot) -> None:
    from bot.reports.words import MODE_LINES, short_moment

    record = bot.under_way()
    say(MODE_LINES[bot.mode])
    if record is not None and record.paused_at is not None:
        say("‖ The campaign is paused: nothing goes out before campaign-bot resume.")
    status = bot.status(runner_alive=False)
    if status.account_waits_until is not None:
        say(f"! X asks to wait: nothing goes out before {short_moment(status.account_waits_until, bot.zone())}.")
    upcoming = status.next_post
    if upcoming is not None:
        say(
            f"Next: {upcoming.code} {short_moment(upcoming.at, bot.zone())}. "
            "Leave this window open; Ctrl+C stops it, campaign-bot run goes on."
        )


def _say_end(bot: Bot, *, ended: bool, until_idle: bool) -> int:
    from bot.errors import ExitCode
    from bot.lifecycle import is_final
    from bot.wording import plural

    left = [post for post in bot.posts() if not is_final(post)]
    if not ended:
        say("Stopped in good order. To go on: campaign-bot run")
        return ExitCode.FINE
    if not left:
        say("✓ Every post of the campaign is final. What became of them: campaign-bot report")
        return ExitCode.FINE
    if not until_idle:  # the lock was taken from under its feet; that was said
        return ExitCode.LOCKED
    say(
        f"{plural(len(left), 'post is', 'posts are')} left, and nothing more happens by itself. Look: campaign-bot status"
    )
    record = bot.under_way()
    paused = record is not None and record.paused_at is not None
    return ExitCode.PAUSED if paused else ExitCode.PERSON_NEEDED


@dataclass(kw_only=True)
class _Narrator:
    """Says on stdout what happens as it happens, and on stderr what needs a person. Titles are read when needed."""

    bot: Bot
    zone: ZoneInfo
    colour: bool
    _titles: dict[int, str] = field(default_factory=dict, init=False)

    def report(self, event: Event) -> None:
        """One line for each thing that happened, in whichever campaign; called from the runner's threads."""
        from bot.cli.rehearsal import timeline_event
        from bot.core.telling import asks, whose
        from bot.reports.timeline_text import timeline_line

        shown = timeline_event(event, self._title(event.post), whose=whose(event, self.bot.config.name))
        say(timeline_line(shown, zone=self.zone, colour=self.colour))
        if asks(event):
            self._alarm_about_post(event)
        if event.stopped:
            self._alarm_about_account(event)

    def _title(self, post: Post) -> str:
        """The line is said also when the database cannot tell whom it is about: then the tick meets that trouble."""
        from bot.errors import CampaignBotError

        if post.post_id not in self._titles:
            try:
                self._titles |= self.bot.titles_in(post.campaign_id)
            except CampaignBotError:
                return ""
        return self._titles.get(post.post_id, "")

    def _alarm_about_post(self, event: Event) -> None:
        from bot.alerts.message import advice
        from bot.core.telling import elsewhere, named, way_out
        from bot.reports.words import symbol_and_word

        own = self.bot.config.name
        what = f"{symbol_and_word(event.state)} {named(event, own)}: {event.reason}"
        _log.warning("%s %s", what, advice(way_out(event), elsewhere(event, own)))

    def _alarm_about_account(self, event: Event) -> None:
        """A refusal that stops the whole account: nothing is sent on one that has stopped, so it is said once."""
        from bot.alerts.message import advice
        from bot.core.telling import account_of, elsewhere

        own = self.bot.config.name
        what = f"✗ Nothing more goes out on {account_of(event, own)}: {event.stopped}"
        _log.warning("%s %s", what, advice("campaign-bot doctor --online", elsewhere(event, own)))

"""campaign-bot forget: erase personal data after the campaign, and prove it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bot.bootstrap import Shop
    from bot.core.desk import Desk
    from bot.core.forgetting import Found, Proof, Undertaking
    from bot.model import Worker

_LOOKED_FOR = ("name, handle or text", "names, handles and texts")
_WORDS = {
    "workers": ("person of the list", "people of the list"),
    "people": ("person", "people"),
    "organisations": ("organisation", "organisations"),
    "consents": ("record of consent", "records of consent"),
    "contributions": ("contribution", "contributions"),
    "withdrawals": ("withdrawal", "withdrawals"),
    "texts": ("text of a post", "texts of posts"),
    "pictures": ("picture with its alternative text", "pictures with their alternative texts"),
    "notes": ("note of the log", "notes of the log"),
}


@click.command()
@click.option("--person", metavar="PERSON", help="Only this person, who has withdrawn: a rank, a name or an id.")
@click.option("-n", "--dry-run", is_flag=True, help="List what would be erased, and every file that holds it.")
@click.option("--confirm", metavar="NAME", help="The campaign's name, for scripts; people are asked for it.")
@click.option("--early", is_flag=True, help="Although posts are still to come: they are never sent.")
@click.option("--files", is_flag=True, help="Also delete files that campaign-bot made: pages, logs, backups.")
@click.option("--own-files", is_flag=True, help="Also delete your own files that hold the names: lists and photos.")
@click.pass_context
def forget(
    ctx: click.Context,
    person: str | None,
    dry_run: bool,
    confirm: str | None,
    early: bool,
    files: bool,
    own_files: bool,
) -> None:
    """Erase the personal data of the campaign, and prove it.

    The list, consents, texts, pictures and notes are erased. What stays: which post went out when, under which address,
    who of your team decided what, and the stop list. Afterwards every name and handle, and every text that a contributor
    sent in, is looked for, byte by byte, in the database and in every file of the folder. What is public on X is not touched.

    \b
    Examples:
      campaign-bot forget --dry-run
      campaign-bot forget
      campaign-bot forget --person "Siân Example"
    """
    from bot.bootstrap import refuse_while_running
    from bot.core import forgetting
    from bot.errors import ExitCode

    screen: Screen = ctx.obj
    with screen.shop() as shop:
        refuse_while_running(shop)
        desk, folder = shop.bot.record, shop.config.folder
        found = shop.bot.people.find(person) if person is not None else None
        plan = forgetting.undertaking(desk, folder, found)
        _say_plan(plan, folder, found)
        if dry_run:
            say(
                "\nNothing was erased. With --files and --own-files the files go, too; at a terminal you are asked for each."
            )
            return
        _refuse(plan, early=early)
        _confirm(screen, shop, found, confirm)
        unproved = _erase(shop, desk, found)
        _delete_files(screen, plan.files, made_by_us=files, own=own_files)
        proof = forgetting.prove(desk, folder, plan.values, unproved)
        _say_proof(proof, folder, too_short=len(plan.values) - proof.search.values)
    ctx.exit(ExitCode.FINE if proof.is_clean else ExitCode.PERSON_NEEDED)


def _say_plan(plan: Undertaking, folder: Path, person: Worker | None) -> None:
    from bot.reports.words import one_line
    from bot.wording import plural

    say(f"To be erased{f' of {one_line(person.name)}' if person else ''}:")
    for key, number in plan.counts.items():
        if key in _WORDS and number:
            say(f"  {plural(number, *_WORDS[key])}")
    say(f"  {plural(len(plan.values), *_LOOKED_FOR)}, which are looked for afterwards")
    for line in plan.kept:
        say(f"  but not {line}")
    if plan.files:
        say("Files that hold them:")
    for file in plan.files:
        many = f", {plural(file.values, *_LOOKED_FOR)}" if file.values else ""
        say(f"  {_short(file.path, folder)}  ({file.origin}{many})")
    say("Not to be reached from here: what is public on X, copies of backups elsewhere, mail, printed pages.")


def _refuse(plan: Undertaking, *, early: bool) -> None:
    from bot.errors import NotReadyError, Problem

    if plan.early and not early:
        raise NotReadyError(
            Problem(what=f"It is too early to forget: {plan.early}", remedy="If you mean it, add --early.")
        )


def _confirm(screen: Screen, shop: Shop, person: Worker | None, confirm: str | None) -> None:
    """Raises UsageError when the typed name is another one."""
    from bot.errors import Problem, UsageError

    name = shop.bot.record.campaign
    if confirm is None:
        whom = f" of {person.name}" if person else ""
        question = f"This cannot be undone. Type the campaign's name ({name}) to erase the personal data{whom}:"
        confirm = screen.ask(question, otherwise=f'Add --confirm "{name}".')
    if " ".join(confirm.split()) != " ".join(name.split()):
        raise UsageError(Problem(what=f"“{confirm}” is not this campaign's name, so nothing was erased."))


def _erase(shop: Shop, desk: Desk, person: Worker | None) -> str:
    """The record; and the practice copy goes as a whole, since it can be made again."""
    from bot.bootstrap import practice_path
    from bot.core import forgetting
    from bot.platform import RunnerLock

    practice = practice_path(shop.config)
    if practice.exists():
        with RunnerLock(practice):
            if shop.bot.stage is not desk:
                shop.bot.stage.storage.close()
            for suffix in ("", "-wal", "-shm", "-journal"):
                practice.with_name(practice.name + suffix).unlink(missing_ok=True)
        say("✓ The practice copy is deleted.")
    with closing(desk.storage):
        unproved = forgetting.forget_person(desk, person) if person else forgetting.forget(desk)
    say("✓ Erased from the database, and from the free room in its file.")
    return unproved


def _delete_files(screen: Screen, found: Sequence[Found], *, made_by_us: bool, own: bool) -> None:
    """What was asked for by option, or by answering; the practice copy is gone already."""
    from bot.core.forgetting import MADE_BY_US, Origin

    for file in found:
        if file.origin is Origin.PRACTICE or not file.path.exists():
            continue
        wanted = made_by_us if file.origin in MADE_BY_US else own
        if wanted or (screen.may_ask and click.confirm(f"Delete {file.path.name} ({file.origin})?")):
            file.path.unlink()
            say(f"✓ {file.path.name} is deleted.")


def _say_proof(proof: Proof, folder: Path, too_short: int) -> None:
    from bot.core.traces import SHORTEST
    from bot.wording import plural

    looked = proof.search
    say(f"\nLooked for {plural(looked.values, *_LOOKED_FOR)}, byte by byte:")
    if proof.is_clean:
        say(f"✓ 0 traces in {plural(looked.files, 'file')}.")
    for trace in looked.traces:
        what = f"could not be looked into ({trace.unread})" if trace.unread else f"still holds {trace.values}"
        say(f"! {_short(trace.path, folder)} {what}")
    for table, number in proof.tables.items():
        say(f"! The table {table} still holds {plural(number, 'text')} with one of them")
    if too_short:
        say(
            f"  {plural(too_short, *_LOOKED_FOR)} below {SHORTEST} letters cannot be looked for: any file would hold that."
        )
    if proof.unproved:
        say(f"! {proof.unproved}")
    say(_next([*(trace.path for trace in looked.traces)]))


def _next(left: Iterable[Path]) -> str:
    if any(left):
        return "Delete or change these by hand, now: the names are erased, so they cannot be looked for a second time."
    return "A backup that lies elsewhere still holds everything: delete it, too."


def _short(path: Path, folder: Path) -> str:
    try:
        return str(path.resolve().relative_to(folder.resolve()))
    except ValueError:
        return str(path)

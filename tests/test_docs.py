"""The docs tell the truth: every command, option, exit code, variable and link in them is held against the program."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from bot.checks import RULES
from bot.cli import cli
from bot.credentials import VARIABLES
from bot.errors import ExitCode
from bot.model import PostState
from bot.reports.words import SYMBOLS
from tests.campaigns import a_folder
from tests.screens import Desktop, give

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
COMMANDS_PAGE = ROOT / "docs" / "commands.md"
EXIT_CODE_WORDS = {
    ExitCode.FINE: "fine",
    ExitCode.BUG: "bug",
    ExitCode.USAGE: "usage",
    ExitCode.FINDINGS: "findings",
    ExitCode.NOT_APPROVED: "not approved",
    ExitCode.REFUSED: "refused",
    ExitCode.PERSON_NEEDED: "person needed",
    ExitCode.PAUSED: "paused",
    ExitCode.LOCKED: "locked",
}
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
OUR_VARIABLES = re.compile(r"CAMPAIGN_BOT_[A-Z_]+[A-Z]")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def heading_names(page: Path) -> set[str]:
    """The anchors of a page, made as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def all_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group with its path, groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))


def section(page: Path, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}$\n(.*?)(?=^#{{1,3}} |\Z)", text_of(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} has no heading “{heading}”"
    return found[2]


def options_of(command: click.Command) -> list[str]:
    return [
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    ]


def commands_in_docs() -> list[tuple[str, str]]:
    """Each ``campaign-bot ...`` of the docs, as (page, line), from code blocks and from code inside sentences."""
    found: dict[tuple[str, str], None] = {}
    for page in PAGES:
        text = text_of(page)
        blocks = [line for block in FENCE.findall(text) for line in block.splitlines()]
        inline = INLINE.findall(FENCE.sub("", text))
        for line in (*blocks, *inline):
            typed = re.search(r"(?:^|(?<=-> )|(?<=Next: )|(?<=next: ))(?:\$ )?(campaign-bot\b.*)$", line.strip())
            if typed:
                found[page.name, _without_remarks(typed[1])] = None
    return list(found)


def _without_remarks(line: str) -> str:
    """What the program says after a command, and what a sentence says after it."""
    return re.split(r"\s{2,}|\s#\s|[,;]\s|\s\(", line)[0].rstrip(".;")


def parse(line: str) -> None:
    """Let click read a command line, without carrying it out. Raises click.UsageError.

    An argument may be missing: a sentence such as "then ``skip`` it" names the command alone.
    """
    command: click.Command = cli
    rest = shlex.split(line)[1:]
    while True:
        context = click.Context(command, info_name=command.name)
        _, rest, _ = command.make_parser(context).parse_args(list(rest))
        if not (isinstance(command, click.Group) and rest):
            break
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
    if rest:
        raise click.UsageError(f"unexpected: {' '.join(rest)}")


@pytest.mark.parametrize(
    ("path", "command"), list(all_commands(cli)), ids=[" ".join(path) for path, _ in all_commands(cli)]
)
def test_every_command_and_option_is_documented(path: tuple[str, ...], command: click.Command) -> None:
    described = section(COMMANDS_PAGE, path[0])
    assert f"`campaign-bot {' '.join(path)}" in described or len(path) == 1
    assert [name for name in options_of(command) if f"`{name}" not in described] == []


def test_the_options_of_every_command_are_documented() -> None:
    described = section(COMMANDS_PAGE, "Options for every command")
    assert [name for name in options_of(cli) if f"`{name}`" not in described] == []


def test_no_option_is_documented_that_there_is_not() -> None:
    known = {name for _, command in all_commands(cli) for name in options_of(command)}
    known |= set(options_of(cli)) | {"-h", "--help"}
    written = re.findall(r"^\| `(-[^`]*)`(?:, `(-[^`]*)`)?", text_of(COMMANDS_PAGE), re.MULTILINE)
    names = {name.split()[0] for row in written for name in row if name}
    assert names - known == set()


def test_every_command_stands_in_the_table_at_the_top() -> None:
    table = text_of(COMMANDS_PAGE).split("## ")[0]
    assert [path[0] for path, _ in all_commands(cli) if f"[{path[0]}](#{path[0]})" not in table] == []


def test_the_table_of_exit_codes_is_the_one_in_the_code() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", section(COMMANDS_PAGE, "Exit codes"), re.MULTILINE)
    assert {int(code): name.strip() for code, name in rows} == {code.value: EXIT_CODE_WORDS[code] for code in ExitCode}


def keys_of(value: object) -> Iterator[str]:
    """The keys of a JSON value at any depth; those of ``counts`` and ``totals`` are states."""
    if isinstance(value, list):
        for item in value:
            yield from keys_of(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in {"counts", "totals"}:
                yield from keys_of(inner)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Desktop:
    """A campaign with a plan that has changed once, so that the answers are full."""
    screen = Desktop(folder=a_folder(tmp_path_factory.mktemp("docs") / "campaign"), actor="Ann Example")
    for words in (("load", "top20.csv"), ("plan",)):
        command = cli.get_command(click.Context(cli), words[0])
        assert command is not None
        assert give(screen, command, *words[1:]).exit_code == 0
    return screen


@pytest.mark.parametrize(
    "line", ["status", "preview", "check", "plan", "start --dry-run", "log", "doctor", "db status", "report"]
)
def test_every_key_of_the_json_is_documented(planned: Desktop, line: str) -> None:
    general, *paragraphs = section(COMMANDS_PAGE, "What programs get: JSON").strip().split("\n\n")
    described = general + next(part for part in paragraphs if part.startswith(f"**`campaign-bot {line} --json`**"))
    name, *rest = line.split()
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    answer = json.loads(give(planned, command, *rest, "--json").stdout)
    assert sorted({key for key in keys_of(answer) if f"`{key}`" not in described}) == []


def test_every_environment_variable_is_documented() -> None:
    described = section(COMMANDS_PAGE, "Environment variables")
    sources = [text_of(path) for path in sorted((ROOT / "bot").rglob("*.py"))]
    ours = {name for source in sources for name in OUR_VARIABLES.findall(source)}
    secrets = {name + end for name in VARIABLES.values() for end in ("", "_FILE")}
    assert ours
    assert sorted(name for name in ours | secrets if f"`{name}`" not in described) == []


def test_every_rule_of_the_checks_is_documented() -> None:
    rows = re.findall(r"^\| `([A-Z-]+)` \|", section(ROOT / "docs" / "checks.md", "All of them"), re.MULTILINE)
    assert rows == list(RULES)


def test_every_state_is_explained_with_its_sign() -> None:
    described = section(ROOT / "docs" / "if-something-goes-wrong.md", "What the signs mean")
    assert [state for state in PostState if f"| {SYMBOLS[state]} | {state.value} |" not in described] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", text_of(page))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.is_file() or (anchor and anchor not in heading_names(file)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = set(LINK.findall(text_of(ROOT / "README.md")))
    assert [page.name for page in PAGES[1:] if page.relative_to(ROOT).as_posix() not in linked] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    text = text_of(page)
    typed = [line for block in FENCE.findall(text) for line in block.splitlines()] + INLINE.findall(text)
    named = {found[1] for line in typed if (found := re.match(r"(?:\$ )?make ([a-z]+)", line.strip()))}
    assert named - targets == set()


@pytest.mark.parametrize(("page", "line"), commands_in_docs())
def test_every_command_line_in_the_docs_can_be_parsed(page: str, line: str) -> None:
    try:
        parse(line)
    except (click.UsageError, ValueError) as error:
        pytest.fail(f"{page}: {line}: {error}")


def test_a_command_line_that_is_wrong_is_noticed() -> None:
    for line in (
        "campaign-bot plann",
        "campaign-bot plan --respred",
        "campaign-bot pause now",
        "campaign-bot --fold x",
    ):
        with pytest.raises(click.UsageError):
            parse(line)


def test_the_docs_are_looked_through_for_command_lines() -> None:
    lines = [line for _, line in commands_in_docs()]
    assert 'campaign-bot reschedule w07 --to "Thu 14:30"' in lines
    assert "campaign-bot" in lines


def test_pictures_are_small_enough_for_a_first_screen() -> None:
    pictures = list((ROOT / "docs" / "images").glob("*.png"))
    assert pictures
    assert [path.name for path in pictures if path.stat().st_size > 200_000] == []

"""campaign-bot article: the article that tells of the week, to publish on a website."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, pass_screen, say
from bot.errors import Problem, UsageError

if TYPE_CHECKING:
    from bot.core.writing import Writing, Written

_MARKDOWN = (".md", ".markdown")
_HTML = ".html"
_BYTE_ORDER_MARK = "\ufeff"
"""At the beginning of the HTML, which has no head that could name its encoding: browsers then read names rightly."""


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="The Markdown file; the HTML lies beside it."
)
@click.option("--draft", is_flag=True, help="Write it before the winner thread is out. It names the winners.")
@click.option("--force", is_flag=True, help="Write over an article that somebody has changed.")
@pass_screen
def article(screen: Screen, out: Path | None, draft: bool, force: bool) -> None:
    """Write the article of the week: article.md, and article.html to paste into a website.

    It has the podium, everybody on the list, every organisation, the totals, links to the posts that are out, and
    thanks, in the words of templates/article.md.j2. Whoever has withdrawn is left out.

    \b
    Examples:
      campaign-bot article
      campaign-bot article --draft --out draft.md

    What comes next: read it, and publish it.
    """
    target = screen.folder / "article.md" if out is None else out
    _refuse_odd(target)
    with screen.shop() as shop:
        writing = shop.bot.article
        written = writing.write(draft=draft)
        files = {
            target: written.article.markdown,
            target.with_suffix(_HTML): _BYTE_ORDER_MARK + written.article.html,
        }
        _write(writing, files, force=force)
    _say(written)


def _refuse_odd(target: Path) -> None:
    """Two files are written, so one name for the standard output will not do. Raises UsageError."""
    if target.suffix.lower() not in _MARKDOWN:
        raise UsageError(
            Problem(what="The article needs a name that ends in .md.", where=str(target), remedy="--out article.md")
        )


def _write(writing: Writing, files: dict[Path, str], *, force: bool) -> None:
    """Both files, or neither when somebody has worked on one of them. Raises UsageError."""
    from hashlib import sha256

    from bot.cli.files import write_text

    digests = {path: sha256(text.encode()).hexdigest() for path, text in files.items()}
    changed = [path for path in files if not force and _is_changed(path, digests[path], writing)]
    if changed:
        raise UsageError(
            *(
                Problem(
                    what="Somebody has changed this file since it was written, or wrote it.",
                    where=str(path),
                    remedy="Write elsewhere (--out FILE), or lose the changes (--force).",
                )
                for path in changed
            )
        )
    for path, text in files.items():
        write_text(path, text, (*_MARKDOWN, _HTML))
    writing.record_written(digests.values())


def _is_changed(path: Path, digest: str, writing: Writing) -> bool:
    from hashlib import sha256

    if not path.exists():
        return False
    try:
        found = sha256(path.read_bytes()).hexdigest()
    except OSError:
        return True
    return found != digest and not writing.wrote(found)


def _say(written: Written) -> None:
    say(f"  Title: {written.article.title}")
    for note in written.notes:
        say(f"! {note}")
    if written.ready:
        say("Next: read it, then publish it. The title has a field of its own on most websites.")
    else:
        say("! This is not for publishing yet; the file says why at its top.")

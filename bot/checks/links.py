"""Rules about links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.checks.view import PlanView, error, warning
from bot.model import Finding

_EMPTY_WORDS = re.compile(
    r"\b(?:click|tap|press) (?:here|this|below)\b|\bread more here\b|\blink here\b", re.IGNORECASE
)
_PREVIEW = re.compile(
    r"(?:^|[.-])(?:staging|stage|preview|dev|devel|uat|sandbox|localhost|draft)(?:[.-]|\d|$)|^test[.-]"
    r"|\.(?:local|internal|test|invalid|lan|ngrok\.io|ngrok-free\.app|vercel\.app|netlify\.app|pages\.dev"
    r"|azurewebsites\.net|herokuapp\.com|github\.dev)$|^[\d.]+$|^\["
)


def link_count(view: PlanView) -> Iterator[Finding]:
    """One link, with a clear call to action (Mole Valley District Council, molevalley.gov.uk: accessible social media)."""
    for part, links in view.linked:
        if len(links) > 1:
            what = f"There are {len(links)} links, and readers follow one."
            yield warning("LINK-COUNT", part, what, "Keep the one that matters.")


def link_words(view: PlanView) -> Iterator[Finding]:
    """Words around a link say where it leads: "click here" says nothing to somebody who cannot see what is around it
    (WCAG 2.2, 2.4.4, https://www.w3.org/WAI/WCAG22/Understanding/link-purpose-in-context.html)."""
    for part, _ in view.linked:
        found = _EMPTY_WORDS.search(part.text)
        if found:
            what = f"“{found[0]}” does not say where the link leads."
            yield warning("LINK-WORDS", part, what, "Say what people find there: “Read all their stories:”.")


def links(view: PlanView) -> Iterator[Finding]:
    """A link is public, encrypted and one of ours: https, no preview or staging host, and a host that
    ``[checks] links`` names, where it names any. Whether the page answers is not looked at."""
    for part, found in view.linked:
        for link in found:
            what, remedy = _fault(link, view.checks.links)
            if what:
                yield error("LINKS", part, what, remedy)


def _fault(link: str, allowed: tuple[str, ...]) -> tuple[str, str]:
    scheme, _, rest = link.rpartition("://")
    try:
        host = (urlsplit(f"//{rest}").hostname or "").casefold()
    except ValueError:
        host = ""
    if not host:
        return f"{link} is no address that people can open.", "Correct the link."
    if _PREVIEW.search(host) or "." not in host:
        return f"{link} leads to a preview or test version of a website.", "Use the address that the public uses."
    if scheme.casefold() != "https":
        return f"{link} is not an https address.", f"Write https://{rest}, if that works."
    if allowed and not any(host == name or host.endswith(f".{name}") for name in allowed):
        return (
            f"{host} is none of the websites that posts may link to.",
            "Correct the link, or add the site to [checks] links.",
        )
    return "", ""

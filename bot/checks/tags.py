"""Rules about hashtags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.checks.view import PlanView, error, warning
from bot.model import Finding
from bot.text import find_hashtags

MOST_TAGS = 2
_LONGEST_LOWERCASE = 9
_TAIL = re.compile(r"(?:[#\uff03]\w+|https?://\S+|[^\w#\uff03])*\Z")
_SENTENCE_END = re.compile(r"[.!?\u2026][\"'\u201d\u2019)]*\s|\n")
_SIGNS = ("#", "\uff03")


def hashtag_case(view: PlanView) -> Iterator[Finding]:
    """A capital for each word, so that screen readers can say the words of a tag (Government Communication Service,
    "Planning, creating and publishing accessible social media campaigns": gcs.civilservice.gov.uk; University of Oxford,
    communications.admin.ox.ac.uk). The campaign's own tags have one spelling, that of config.toml."""
    own = {tag.casefold(): tag for tag in view.hashtags}
    for passage in view.texts:
        for tag in passage.tags:
            wanted = own.get(tag.casefold())
            if wanted is not None and tag != wanted:
                what = f"#{tag} is one of the campaign's hashtags, in another spelling."
                yield error("HASHTAG-CASE", passage.part, what, f"Write #{wanted}.")
            elif tag.islower() and len(tag) > _LONGEST_LOWERCASE:
                what = f"#{tag} has no capitals, so a screen reader cannot tell its words apart."
                yield warning(
                    "HASHTAG-CASE", passage.part, what, "Begin each of its words with a capital: #CareHeroes."
                )


def hashtag_count(view: PlanView) -> Iterator[Finding]:
    """Two hashtags at most (Mole Valley District Council, molevalley.gov.uk: accessible social media). "#7" is none."""
    for passage in view.texts:
        tags = passage.tags
        if len(tags) > MOST_TAGS:
            what = f"There are {len(tags)} hashtags: {', '.join(f'#{tag}' for tag in tags)}."
            yield warning("HASHTAG-COUNT", passage.part, what, f"Keep the {MOST_TAGS} that matter most.")


def hashtag_place(view: PlanView) -> Iterator[Finding]:
    """Hashtags stand at the end, where they interrupt nobody who listens (Mole Valley; University of Oxford)."""
    for passage in view.texts:
        if not passage.tags:
            continue
        body = passage.text[: _start_of_tail(passage.text)]
        ends = [match.end() for match in _SENTENCE_END.finditer(body)]
        early = find_hashtags(body[: ends[-1]]) if ends and any(sign in body for sign in _SIGNS) else ()
        if early:
            what = f"#{early[0]} stands before the last sentence."
            yield warning("HASHTAG-PLACE", passage.part, what, "Move the hashtags to the end of the text.")


def _start_of_tail(text: str) -> int:
    """Where the hashtags, links and signs begin that a text ends with: the last word that is neither is before it."""
    end = len(text)
    for word in reversed(text.split()):
        if not _TAIL.fullmatch(word):
            break
        end = text.rindex(word, 0, end)
    return end

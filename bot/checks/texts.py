"""Rules about one message at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.checks.view import PlanView, error, warning
from bot.model import Finding, Post, Severity
from bot.text import MAX_WEIGHT, find_cashtags, is_valid_characters, normalise, weighted_length

NEARLY_FULL = MAX_WEIGHT * 95 // 100
MAX_ALT_TEXT = 1000
_LEAST_ALT_TEXT = 15
_LAZY_START = re.compile(
    r"(?:an? |the )?(?:image|picture|photo|photograph|pic|graphic|screenshot) (?:of|showing)\b", re.IGNORECASE
)
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|heic)|(?:IMG|DSC|PXL|Screenshot)[_ -]?\S*\d\S*", re.IGNORECASE)
_NUMBERING = re.compile(r"^\s*\(?(\d{1,2})/(\d{1,2})\b|(?<!\S)\(?(\d{1,2})/(\d{1,2})\)?\s*$")


def too_long(view: PlanView) -> Iterator[Finding]:
    """X refuses more than 280 weighted characters (https://docs.x.com/fundamentals/counting-characters); above 95 % of them
    a longer name or handle would not fit any more."""
    for part in view.parts:
        used = weighted_length(part.text)
        if used > MAX_WEIGHT:
            what = f"The text is {used - MAX_WEIGHT:,} over: {used:,} of {MAX_WEIGHT} characters."
            yield error("LEN", part, what, "Shorten the template or the row.")
        elif used > NEARLY_FULL:
            what = f"The text is nearly full: {used} of {MAX_WEIGHT} characters."
            yield warning("LEN", part, what, "Shorten the template a little; a correction may need the room.")


def empty_text(view: PlanView) -> Iterator[Finding]:
    """X needs something that can be seen; a space alone passes its own length rule and is still refused."""
    for post in view.to_send:
        if not post.messages:
            what = "The post has no text at all."
            yield Finding(rule="EMPTY", severity=Severity.ERROR, message=what, remedy=_WRITE, post_code=post.code)
    for part in view.parts:
        if not part.text.strip():
            yield error("EMPTY", part, "The text is empty.", _WRITE)


def invalid_characters(view: PlanView) -> Iterator[Finding]:
    """X refuses U+FFFE, U+FEFF and U+FFFF anywhere (twitter-text, ``invalidCharacters``)."""
    for part in view.parts:
        if not is_valid_characters(part.text):
            what = "The text holds a character that X does not accept. It cannot be seen on a screen."
            yield error("CHARACTERS", part, what, "Type the name anew in the list; it often comes with copied text.")


def starts_with_mention(view: PlanView) -> Iterator[Finding]:
    """A post that begins with "@name" counts as a reply and is hidden from most followers
    (https://help.x.com/en/using-x/types-of-posts)."""
    for part in view.parts:
        if part.text.lstrip().startswith(("@", "\uff20")):
            what = 'The text begins with "@", so X would treat it as a reply and show it to few people.'
            yield error("STARTS-WITH-AT", part, what, "Put a word in front.")


def too_many_cashtags(view: PlanView) -> Iterator[Finding]:
    """X rejects more than one cashtag, such as $ABC (https://docs.x.com/x-api/posts/manage-tweets/integrate)."""
    for part in view.parts:
        found = find_cashtags(part.text) if "$" in part.text else ()
        if len(found) > 1:
            what = f"The text has {len(found)} cashtags (words such as $ABC); X accepts one."
            yield error("CASHTAGS", part, what, "Write all but one of them without the dollar sign.")


def alt_text_missing(view: PlanView) -> Iterator[Finding]:
    """A picture without a description shuts out people who use a screen reader (WCAG 2.2, 1.1.1)."""
    for part in view.parts:
        missing = sum(1 for media in part.message.draft.media if not media.alt_text.strip())
        if missing:
            what = (
                "The picture has no alternative text." if missing == 1 else f"{missing} pictures lack alternative text."
            )
            yield error("ALT-MISSING", part, what, "Say in the list's alt text column what the picture shows.")


def alt_text_long(view: PlanView) -> Iterator[Finding]:
    """X takes 1,000 characters of alternative text (https://help.x.com/en/using-x/write-image-descriptions)."""
    for part in view.parts:
        for media in part.message.draft.media:
            if len(media.alt_text) > MAX_ALT_TEXT:
                what = f"The alternative text has {len(media.alt_text):,} characters; X takes {MAX_ALT_TEXT:,}."
                yield error("ALT-LONG", part, what, "Say in one or two sentences what the picture shows.")


def alt_text_lazy(view: PlanView) -> Iterator[Finding]:
    """An alternative text says what the picture shows: not "image of" (screen readers say that), not the file's name, not the
    post once more, and more than a word or two (University of Oxford, communications.admin.ox.ac.uk)."""
    for part in view.parts:
        for media in part.message.draft.media:
            why = _lazy(media.alt_text.strip(), part.text)
            if why:
                what = f"The alternative text {why}."
                yield warning("ALT-LAZY", part, what, "Say what the picture shows, in the list's alt text column.")


def _lazy(alt_text: str, text: str) -> str:
    if not alt_text:
        return ""
    if _LAZY_START.match(alt_text):
        return "begins by saying that it is a picture, which screen readers say anyway"
    if _FILE_NAME.fullmatch(alt_text):
        return "is the name of a file"
    if normalise(alt_text).casefold() == normalise(text).casefold():
        return "repeats the post"
    return "says very little" if len(alt_text) < _LEAST_ALT_TEXT else ""


def wrong_thread_numbers(view: PlanView) -> Iterator[Finding]:
    """Parts that are numbered by hand ("2/5") must be numbered rightly; one lone "24/7" is no numbering."""
    numbered = {post.key for post in view.to_send if _is_numbered(post)}
    for part in view.parts:
        total = len(part.post.messages)
        if part.post.key in numbered and _numbering(part.text) != (part.number, total):
            what = f"The thread is numbered, but this part does not say {part.number}/{total}."
            yield error("THREAD", part, what, "Correct the numbers in the template, or leave them out everywhere.")


_WRITE = "Write something in the template, or skip the post."


def _numbering(text: str) -> tuple[int, int] | None:
    match = _NUMBERING.search(text)
    if match is None:
        return None
    number, total = (match[1], match[2]) if match[1] else (match[3], match[4])
    return int(number), int(total)


def _is_numbered(post: Post) -> bool:
    """Most parts carry a number."""
    marked = sum(1 for message in post.messages if _numbering(message.draft.text))
    return len(post.messages) > 1 and marked * 2 > len(post.messages)

"""Rules about words and sentences: whether everybody can read them, and whether they are finished."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.checks.names import SPARE
from bot.checks.view import PlanView, error, warning
from bot.model import Finding

LONGEST_SENTENCE = 25
_KNOWN = (
    "UK GB EU US USA NI NHS GP GPS CQC BBC ITV UNISON BME BAME LGBT LGBTQ LGBTQIA MBE OBE CBE DBE KBE BEM HR IT TV PC PPE "
    "HRH AM PM OK ID CEO FAQ PDF BSL DIY GCSE NVQ BTEC AGM COVID SEN SEND VIP UN RSVP BST GMT A&E"
)
KNOWN_ACRONYMS = frozenset(_KNOWN.split())
"""Short forms that people in Britain know better than what they stand for."""

_PLACEHOLDER = re.compile(
    r"\bT\.?B\.?[CAD]\b\.?|\bTODO\b|\bFIXME\b|\bX{2,}\b|\blorem ipsum\b|\blorem\b|\{\{|\}\}|\{%|%\}|\{[\w .|]+\}"
    r"|\[(?:insert|your|name|organisation|handle|link|date|text)\b[^\]\n]{0,30}\]|<(?:name|organisation|link|insert)\b[^>\n]{0,30}>"
)
_ANY_CASE = re.compile(
    r"\blorem\b|\bto be (?:confirmed|added|decided)\b|\binsert (?:name|link|text|photo)\b", re.IGNORECASE
)
_FANCY = re.compile(
    "[\U0001d400-\U0001d7ff\uff01-\uff5e\u2460-\u24ff\U0001f130-\U0001f189]+(?: *[\U0001d400-\U0001d7ff\uff01-\uff5e\u2460-\u24ff\U0001f130-\U0001f189]+)*"
)
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)]*\s+|\n+")
_WORD = re.compile(rf"\S*[^\W_{SPARE}]\S*|\S*{SPARE}\S*")
_CAPS = re.compile(r"(?<![^\W\d_])(?:[^\W\d_a-z]{2,}[\s,.!-]+){2,}[^\W\d_a-z]{2,}(?![^\W\d_])")
_ACRONYM = re.compile(r"(?<![\w&.'\u2019-])[A-Z](?:[A-Z]|&(?=[A-Z])){1,7}(?=s?(?![\w&]))")
_ROMAN = re.compile(r"[IVX]+")
_TONE = re.compile(
    r"\b(?:wins?|won|winners?|winning|medals?|celebrat\w+|part(?:y|ies)|champions?|champagne|cheers|fireworks|hooray|hurrah"
    r"|woo ?hoo|joy(?:ful|ous)?|fun|delight(?:ed|ful)?|excit(?:ed|ing)|triumphs?|victor(?:y|ies|ious)|glory|fuss"
    r"|[tT]ake a bow|podium|congratulat\w+)\b",
    re.IGNORECASE,
)
_FESTIVE = re.compile(
    "[\U0001f389\U0001f38a\U0001f942\U0001f37e\U0001f947-\U0001f949\U0001f3c5\U0001f3c6\U0001f973\U0001f44f\U0001f386]"
)


def placeholder(view: PlanView) -> Iterator[Finding]:
    """Something was meant to be filled in: TBC, TODO, XX, "lorem", {name}. (Judgement; every such post went out once
    somewhere.) Crossed kisses in lower case are none."""
    for passage in view.passages:
        found = _PLACEHOLDER.search(passage.prose) or _ANY_CASE.search(passage.prose)
        if found:
            what = f"{passage.where} holds “{found[0]}”, which looks unfinished."
            yield error("PLACEHOLDER", passage.part, what, "Fill it in, in the template or the list.")


def fancy_letters(view: PlanView) -> Iterator[Finding]:
    """Styled letters of Unicode are skipped or spelt out by screen readers (Scope for business, "How to use emojis and
    special characters", business.scope.org.uk). One alone counts too."""
    for passage in view.passages:
        found = _FANCY.search(passage.text) if not passage.text.isascii() else None
        if found and found[0] not in {"\uff03", "\uff20"}:
            plain = unicodedata.normalize("NFKC", found[0])
            what = f"“{found[0]}” is made of signs that only look like letters; screen readers skip or spell them."
            yield error(
                "FANCY-LETTERS", passage.part, what, f"Write “{plain}”." if plain.isascii() else "Type plain letters."
            )


def long_sentence(view: PlanView) -> Iterator[Finding]:
    """At most 25 words in a sentence (Government Digital Service and Government Communication Service,
    https://insidegovuk.blog.gov.uk/2014/08/04/sentence-length-why-25-words-is-our-limit/). A line ends a sentence, so
    that lists are none; an approved name is one word."""
    for passage in view.texts:
        if passage.prose.count(" ") < LONGEST_SENTENCE:
            continue
        longest = max((len(_WORD.findall(sentence)) for sentence in _SENTENCE_END.split(passage.prose)), default=0)
        if longest > LONGEST_SENTENCE:
            what = f"A sentence has {longest} words; {LONGEST_SENTENCE} are easy to take in."
            yield warning("SENTENCE", passage.part, what, "Make two sentences of it.")


def capitals(view: PlanView) -> Iterator[Finding]:
    """Words in capitals are harder to read, and some screen readers spell them (Government Communication Service; University of
    Oxford)."""
    for passage in view.texts:
        found = _CAPS.search(passage.prose)
        if found:
            what = f"“{' '.join(found[0].split())}” is all in capitals."
            yield warning(
                "CAPS", passage.part, what, "Write it in small letters, with a capital where a sentence has one."
            )


def acronym(view: PlanView) -> Iterator[Finding]:
    """A short form is spelt out once, or known to everybody (Mole Valley District Council; University of Oxford). ``[checks]
    acronyms`` adds to those that are known."""
    known = KNOWN_ACRONYMS | {word.upper() for word in view.checks.acronyms}
    for passage in view.texts:
        prose = _CAPS.sub(" ", passage.prose)
        unknown = [word for word in dict.fromkeys(_ACRONYM.findall(prose)) if not _is_clear(word, prose, known)]
        if unknown:
            what = f"Not everybody knows what {', '.join(unknown)} stands for."
            remedy = "Spell it out, or add it to [checks] acronyms in config.toml."
            yield warning("ACRONYM", passage.part, what, remedy)


def tone(view: PlanView) -> Iterator[Finding]:
    """While bad news is about, a text that celebrates reads badly: "Before you do anything else, check any scheduled
    social media posts" (Directory of Social Change, dsc.org.uk). Looked at while ``[checks] sensitive = true``."""
    if not view.checks.sensitive:
        return
    for passage in view.texts:
        found = _TONE.search(passage.prose) or _FESTIVE.search(passage.prose)
        if found:
            what = f"“{found[0]}” may jar while config.toml says that the mood is sensitive."
            yield warning("TONE", passage.part, what, "Reword it, pause the campaign, or tick it with a reason.")


def _is_clear(word: str, prose: str, known: frozenset[str]) -> bool:
    """Known, a Roman number, or explained: "Royal College of Nursing (RCN)", "RCN (Royal College of Nursing)"."""
    plain = word.replace("&", "")
    if word in known or plain in known or _ROMAN.fullmatch(word):
        return True
    inside = f"({word})" in prose
    initials = "".join(part[0] for part in re.findall(r"[^\W\d_]+", prose) if part[0].isupper() and not part.isupper())
    return plain in initials or inside

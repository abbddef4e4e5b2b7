"""Rules for contributions: what people write about their own day must not point to anybody whom they support.

Social workers may not refer to people they support, not even without a name: those, or others, may recognise them (Social
Work England, professional standards 5.6; BASW, policy on social media). With contributions these are errors, nobody can
switch them off, and a machine finds no more than the plain cases: a moderator reads every word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.checks.view import PlanView, error
from bot.model import Finding, SeriesKind

_STREETS = "Street|St|Road|Rd|Avenue|Ave|Lane|Close|Drive|Crescent|Terrace|Gardens|Grove|Mews|Estate|Flats|Towers?"
_HOMES = (
    "[Ss]chool|[Aa]cademy|[Nn]ursery|[Cc]ollege|[Hh]ospital|[Ii]nfirmary|[Hh]ospice|[Ss]urgery|[Ww]ard|[Cc]are [Hh]ome"
    "|[Nn]ursing [Hh]ome|[Cc]hildren[\u2019']s (?:[Hh]ome|[Cc]entre)|[Ff]amily [Cc]entre|Lodge|[Rr]efuge|[Hh]ostel|[Pp]rison|[Ee]state|Primary|Juniors|Infants"
)
_NAME = r"[A-Z][\w\u2019'-]+"
_GENERAL = (
    r"(?:The|A|An|This|That|My|Our|Your|Every|Each|Any|Some|No|Local|After|Before|At|In|From|Of|To|For|On|And|But|High|Open|Primary"
    r"|Secondary|Special|Social|Old|New|Home|Out|Left|Back|Today|Monday|Tuesday|Wednesday|Thursday|Friday)\b"
)
_PLACE = re.compile(
    rf"(?<![\w-])(?!{_GENERAL}){_NAME} (?:{_STREETS})\b(?! (?:[Tt]eam|[Oo]ffice))"
    rf"|\b(?:at|in|from|to|near|outside|by) (?:the )?(?!{_GENERAL})(?:{_NAME} ){{1,3}}(?:{_HOMES})\b"
    rf"|\b(?:St\.?|Saint) {_NAME}[\u2019']s\b|\bHMP {_NAME}|\b[Ww]ard (?:\d{{1,3}}|[A-Z])\b"
)
_DESCRIBED = r"(?:[a-z-]{2,12} ){0,2}"
_CHILD = (
    r"child|kid|boy|girl|baby|toddler|teen(?:ager)?|lad|lass|infant|new-?born|young (?:person|man|woman|lad|girl|mum|mother|dad|father)"
    r"|care[ -]leaver|sibling group|unaccompanied minor"
)
_ADULT = (
    r"mum|mother|dad|father|gran(?:dmother|dfather|ny|dad)?|lady|gentleman|widow(?:er)?|couple|resident|tenant|survivor|victim"
    r"|(?:older|elderly|vulnerable|disabled|homeless|frail|young) (?:man|woman|person|lady|gentleman|couple)"
    r"|foster (?:carer|parent|mum|dad)|adopter"
)
_GENERALLY = (
    r"(?![\u2019']s (?:voice|best|needs|world)|[ -](?:protection|in need|centred|first|led|and family)\b"
    r"| of (?:\w+ )?(?:hours?|minutes?|visits?|days?|calls?|things?|two|three|four)\b)"
)
_SUPPORTED = re.compile(
    rf"(?<!as )(?<!voice of )(?<!i[\u2019']m )(?<!i am )\b(?:a|an|one|this|that|her|his|their|another|the) (?:{_DESCRIBED})"
    rf"(?:{_CHILD}|{_ADULT})\b{_GENERALLY}"
    rf"|\b(?:a|one|this|that|another) (?:{_DESCRIBED})family\b(?! (?:of|support|time|day|court|group|hub|meeting|lunch|life))"
    r"|\b(?:one of )?my (?:families|young people|residents|service users|cases?|boys|girls|foster carers)\b"
    r"|\bone of my (?:children|kids)\b|\b(?:my|our) case\b"
    r"|\b(?:her|his|their|two|three|four|five) (?:[a-z-]{2,12} )?(?:children|kids|boys|girls|twins|brothers|sisters|siblings)\b"
    r"|\bthe (?:[a-z-]{2,12} )?(?:twins|brothers|sisters|siblings|boys|girls)\b"
    r"|\b\d{1,3}[- ]years?[- ]old\b|(?<!i am )(?<!i[\u2019']m )\b(?:a|an|this|that|another) (?:[a-z-]{2,12} )?(?:man|woman)\b"
    r"|\b(?:he|she|they) (?:disclosed|relapsed|overdosed|absconded|self-harmed)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"\b(?:[Ll]ittle|[Bb]aby|[Tt]oddler|called|named) (?!Britain\b){_NAME}|\b[A-Z][a-z]{{2,}} \((?:aged )?(?:[0-9]|1[0-7])\)"
    rf"|\b[A-Z][a-z]{{2,}}, (?:aged )?(?:[0-9]|1[0-7]),|\b(?:Mr|Mrs|Ms|Miss)\.? [A-Z]"
    r"|\bthe [A-Z][a-z]+ (?:children|family|boys|girls|twins|brothers|sisters|siblings)\b"
    r"|(?<![Mm]y )\b(?:Mum|Dad|Mother|Father) (?:was|is|has|had|said|told|did)\b"
    r"|\b(?:[Mm]et|[Vv]isited|[Ss]aw|[Ww]ith|[Rr]emoved|[Pp]laced) [B-HJ-Z]\b(?=[ ,.])"
)
_SAY_LESS = "Take it out, or turn the contribution down: somebody could be recognised by it."


def place(view: PlanView) -> Iterator[Finding]:
    """A street, a school, a hospital or another named place of support leads to the people who are there."""
    for passage in view.passages:
        found = _PLACE.search(passage.text) if passage.part.post.kind is SeriesKind.CONTRIBUTIONS else None
        if found:
            what = f"{passage.where} names a place: “{_shown(found)}”."
            yield error("PLACE", passage.part, what, _SAY_LESS)


def supported(view: PlanView) -> Iterator[Finding]:
    """One person who is supported, with or without a name: "a young mum", "my case", "little Sam", "Mrs T"."""
    for passage in view.passages:
        if passage.part.post.kind is not SeriesKind.CONTRIBUTIONS:
            continue
        found = _SUPPORTED.search(passage.text) or _NAMED.search(passage.text)
        if found:
            what = f"{passage.where} may speak of one person who is supported: “{_shown(found)}”."
            yield error("SUPPORTED", passage.part, what, _SAY_LESS)


def _shown(found: re.Match[str]) -> str:
    return " ".join(found[0].split())

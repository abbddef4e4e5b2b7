"""Rules that keep people safe who never asked to be in a post. Texts and alternative texts alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.checks.view import PlanView, error
from bot.model import Finding

_CHILD = re.compile(
    r"\baged? (?:of )?(?:[0-9]|1[0-7])\b(?![\d%:/.,]*\d)|\b(?:[0-9]|1[0-7])[ -]years?[ -]old\b|\b(?:[0-9]|1[0-7])[ -]month[ -]old\b"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
    r"[ -]years?[ -]old\b|\b(?:[0-9]|1[0-7]) ?y/?o\b|\bin (?-i:Year) (?:[1-9]|1[0-3])\b"
    r"|\b(?:foster|looked[ -]after|adopted) child(?:ren)?\b",
    re.IGNORECASE,
)
_SCHOOL = re.compile(
    r"\b(?!(?:After|Before|The|At|From|In|Our|My|Every|Old|No) )(?:[A-Z][a-z]+ )+(?:[Pp]rimary|[Ii]nfants?|[Jj]unior|[Hh]igh|[Ss]econdary|[Gg]rammar|[Nn]ursery)? ?(?:[Ss]chool|[Aa]cademy|[Nn]ursery)\b"
)
_CASE = re.compile(
    r"\bservice[ -]users?\b|\b(?:my|our|her|his|their|a|the) (?:clients?|patients?)\b|\b(?:her|his|their|a|the) family\b(?! (?:time|life|support|court|safeguarding|group|hub))|\bclients?\b"
    r"|(?<!in )(?<!in any )(?<!in every )(?<!in each )\bcases?\b(?![ -](?:work|manage|hold|note|record|load)\w*)|\bcase ?(?:files?|stud(?:y|ies))\b"
    r"|\bsafeguarding (?:referral|concern|enquiry)\b|\bcare (?:order|proceedings)\b|\bchild protection\b(?! (?:social work|team|service|training|work|conference|chair)\w*)|\bsectioned\b",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d{1,4}[a-z]?,? (?:[A-Z][\w'\u2019-]+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Close|Drive|Crescent|Terrace|Way|Court|Gardens|Grove"
    r"|Place|Square|Walk|Mews)\b|\b(?:lives?|living) (?:at|on|in) (?:[A-Z][\w'\u2019-]+ ){1,3}(?:Street|St|Road|Rd|Avenue|Lane|Close|Drive|Crescent)\b"
)
_EMAIL = re.compile(r"[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_PHONE = re.compile(
    r"(?<![\w£$€.,/-])(?:(?:\+|00)\d{1,3}[\s.-]?(?:\(0\)[\s.-]?)?|\(?0)\d(?:[\s().-]{0,2}\d){7,11}(?![\w/])"
)
_POSTCODE = re.compile(
    r"\b(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPS-UW]|[A-HK-Y]\d[ABEHMNPRV-Y]) ?\d[ABD-HJLNP-UW-Z]{2})\b"
)
_TEN_DIGITS = re.compile(r"(?<![\w£$€+.,-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w-])")
_NI_NUMBER = re.compile(r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", re.IGNORECASE)
_NEVER_GIVEN = 10
_SAY_LESS = "Take it out, in the template or the list: somebody could be recognised by it."


def child(view: PlanView) -> Iterator[Finding]:
    """Nothing that points to a child: an age below 18, or a school (Social Work England, professional standards 5.6,
    https://www.socialworkengland.org.uk/standards/professional-standards/)."""
    for passage in view.passages:
        found = _CHILD.search(passage.prose) or _SCHOOL.search(passage.prose)
        if found:
            yield error("CHILD", passage.part, f"{passage.where} may point to a child: “{_shown(found)}”.", _SAY_LESS)


def case(view: PlanView) -> Iterator[Finding]:
    """No reference to people supported, not even an anonymous one: they or others may recognise them (Social Work England,
    guidance on standard 5.6; BASW, policy on social media, https://basw.co.uk). A street leads to them too."""
    for passage in view.passages:
        found = _CASE.search(passage.prose) or _STREET.search(passage.prose)
        if found:
            what = f"{passage.where} may speak of somebody who is supported: “{_shown(found)}”."
            yield error("CASE", passage.part, what, _SAY_LESS)


def personal_data(view: PlanView) -> Iterator[Finding]:
    """E-mail address, telephone number, full postcode (https://ideal-postcodes.co.uk/guides/uk-postcode-format), NHS number (its
    check digit, https://www.datadictionary.nhs.uk/attributes/nhs_number.html) or National Insurance number
    (https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110): none belongs into a post."""
    for passage in view.passages:
        for kind in _personal(passage.prose):
            what = f"{passage.where} seems to hold {kind}."
            yield error("PII", passage.part, what, "Take it out, in the template or the list.")


def _personal(prose: str) -> Iterator[str]:
    """What is found, without repeating it: a finding may be logged or sent on."""
    if "@" in prose and _EMAIL.search(prose):
        yield "an e-mail address"
    if not any(character.isdigit() for character in prose):
        return
    nhs = [found[0] for found in _TEN_DIGITS.finditer(prose) if _is_nhs_number(found[0])]
    if nhs:
        yield "an NHS number"
    if any(found[0].strip() not in nhs for found in _PHONE.finditer(prose)):
        yield "a telephone number"
    if _POSTCODE.search(prose) or _is_lower_postcode(prose):
        yield "a postcode"
    if _NI_NUMBER.search(prose):
        yield "a National Insurance number"


def _is_lower_postcode(prose: str) -> bool:
    """A postcode in small letters; "e1 2nd" is an ordinal."""
    ordinals = ("st", "nd", "rd", "th")
    return any(not found[0].lower().endswith(ordinals) for found in _POSTCODE.finditer(prose.upper()))


def _is_nhs_number(written: str) -> bool:
    """Weights 10 to 2 over nine digits, eleven less the remainder of eleven is the tenth; 10 is never given out."""
    digits = [int(character) for character in written if character.isdigit()]
    check = 11 - sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=False)) % 11
    return digits[-1] == check % 11 and check != _NEVER_GIVEN


def _shown(found: re.Match[str]) -> str:
    return " ".join(found[0].split()).replace("\ue000", "…")

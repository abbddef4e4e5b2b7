"""The checks of texts: for each a table of what sets it off and what does not."""

from __future__ import annotations

import pytest

from bot.checks import RULES, PlanView, run_checks
from bot.config import Checks
from bot.model import Finding, Media, Severity
from tests.samples import BEFORE, a_message, a_post, a_ranking, a_worker, worker_post

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def judged(text: str, rule: str, checks: Checks | None = None) -> tuple[Finding, ...]:
    """What one check says about a text of the campaign #CareHeroes."""
    posts, told = (a_post(text),), checks or Checks()
    view = PlanView(posts=posts, ranking=a_ranking(), now=BEFORE, hashtags=("CareHeroes",), checks=told)
    found = tuple(RULES[rule](view))
    assert {finding.rule for finding in found} <= {rule}
    assert all(finding.remedy for finding in found)
    return found


SET_OFF = [
    ("PLACEHOLDER", ERROR, "Meet TBC of Riverside Care."),
    ("PLACEHOLDER", ERROR, "Meet t.b.c. TODO the name"),
    ("PLACEHOLDER", ERROR, "XX of Riverside Care"),
    ("PLACEHOLDER", ERROR, "Lorem ipsum dolor"),
    ("PLACEHOLDER", ERROR, "Well done, {{ worker.name }}!"),
    ("PLACEHOLDER", ERROR, "Well done, {name}!"),
    ("PLACEHOLDER", ERROR, "Well done, [insert name here]!"),
    ("PLACEHOLDER", ERROR, "The venue is to be confirmed."),
    ("FANCY-LETTERS", ERROR, "\U0001d416\U0001d41e\U0001d425\U0001d425 done"),
    ("FANCY-LETTERS", ERROR, "Well done, \u24b6da"),
    ("FANCY-LETTERS", ERROR, "\uff37\uff45\uff4c\uff4c done"),
    ("FANCY-LETTERS", ERROR, "Class \U0001f150"),
    ("LEN", WARNING, "x" * 267),
    ("LEN", ERROR, "x" * 281),
    ("HASHTAG-CASE", ERROR, "Well done. #careheroes"),
    ("HASHTAG-CASE", ERROR, "Well done. #CAREHEROES"),
    ("HASHTAG-CASE", WARNING, "Well done. #socialworkweek"),
    ("HASHTAG-COUNT", WARNING, "Well done. #CareHeroes #SocialCare #Thanks"),
    ("HASHTAG-PLACE", WARNING, "Our #CareHeroes are great. Thank you all."),
    ("HASHTAG-PLACE", WARNING, "#CareHeroes\nThank you all."),
    ("EMOJI-COUNT", WARNING, "Well done \U0001f49b\U0001f44f\U0001f389\U0001f31f"),
    ("EMOJI-REPEAT", WARNING, "Well done \U0001f44f\U0001f44f"),
    ("EMOJI-REPEAT", WARNING, "Well done \U0001f44f\U0001f3fb \U0001f44f\U0001f3ff"),
    ("EMOJI-MID", WARNING, "Well done \U0001f44f to all of you"),
    ("EMOJI-ONLY", WARNING, "\U0001f947\nThe first place"),
    ("EMOJI-ONLY", WARNING, "\U0001f44f"),
    ("SENTENCE", WARNING, "word " * 25 + "end."),
    ("CAPS", WARNING, "This is A GREAT BIG DAY for us"),
    ("CAPS", WARNING, "WELL DONE EVERYONE"),
    ("ACRONYM", WARNING, "Thanks to the ADASS team"),
    ("LINKS", ERROR, "Read it at http://example.org/heroes"),
    ("LINKS", ERROR, "Read it at example.org"),
    ("LINKS", ERROR, "Read it at https://staging.example.org"),
    ("LINKS", ERROR, "Read it at https://heroes-preview.example.org"),
    ("LINKS", ERROR, "Read it at https://heroes.vercel.app"),
    ("LINKS", ERROR, "Read it at https://192.168.0.1/heroes"),
    ("LINK-COUNT", WARNING, "https://example.org and https://example.com"),
    ("LINK-WORDS", WARNING, "Click here: https://example.org"),
    ("CHILD", ERROR, "She helped a boy aged 7"),
    ("CHILD", ERROR, "She helped a 15-year-old"),
    ("CHILD", ERROR, "He is twelve years old"),
    ("CHILD", ERROR, "Sam goes to Hillside Primary School"),
    ("CASE", ERROR, "One service user said"),
    ("CASE", ERROR, "My client was so glad"),
    ("CASE", ERROR, "The family could not have coped"),
    ("CASE", ERROR, "She took on a hard case"),
    ("CASE", ERROR, "They live at 12 Acacia Avenue"),
    ("PII", ERROR, "Write to care@example.org"),
    ("PII", ERROR, "Ring 07700 900123"),
    ("PII", ERROR, "Ring (020) 7946 0000 or +44 20 7946 0000"),
    ("PII", ERROR, "He lives in SW1A 1AA"),
    ("PII", ERROR, "He lives in sw1a 1aa"),
    ("PII", ERROR, "“My number is 943 476 5919,” she said"),
    ("PII", ERROR, "9434765919"),
    ("PII", ERROR, "QQ 12 34 56 C"),
    ("PII", ERROR, "ab123456d"),
    ("POLITICS", WARNING, "Thank you, Cllr Sample"),
    ("POLITICS", WARNING, "Our MP came along"),
    ("POLITICS", WARNING, "Do vote for her"),
    ("POLITICS", WARNING, "The Labour Party sent a card"),
]

QUIET = [
    ("PLACEHOLDER", "With love, Ann xx"),
    ("PLACEHOLDER", "Well done {everybody, truly}"),
    ("FANCY-LETTERS", "Well done, Zoë \U0001f44f \u2122 \u00bd 20\u00b0"),
    ("LEN", "x" * 266),
    ("HASHTAG-CASE", "Well done. #CareHeroes #thanks"),
    ("HASHTAG-COUNT", "Number #7 of #20 and #3. #CareHeroes #SocialCare"),
    ("HASHTAG-PLACE", "Well done. Thank you.\n\n#CareHeroes \U0001f44f"),
    ("HASHTAG-PLACE", "Well done. Thank you #CareHeroes"),
    ("HASHTAG-PLACE", "Well done. https://example.org #CareHeroes"),
    ("EMOJI-COUNT", "Well done \U0001f469\u200d\u2695\ufe0f \U0001f44f\U0001f3fd \U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"),
    ("EMOJI-REPEAT", "Well done \U0001f44f \U0001f49b"),
    ("EMOJI-MID", "Well done \U0001f44f #CareHeroes https://example.org"),
    ("EMOJI-MID", "Care\u2122 for all \u00a9 us"),
    ("EMOJI-ONLY", "Well done\n\n\U0001f44f"),
    ("SENTENCE", "word " * 24 + "end."),
    ("SENTENCE", "Thanks to:\n" + "\n".join(["Some Care Home", "Another Care Home of the Town"] * 8)),
    ("CAPS", "The NHS and the BBC say thanks"),
    ("ACRONYM", "The NHS, the CQC and the UK"),
    ("ACRONYM", "The Royal College of Nursing (RCN) thanks you. RCN"),
    ("ACRONYM", "Elizabeth II and A&E"),
    ("LINKS", "Read it at https://www.example.org/heroes"),
    ("LINKS", "Mr.Example said so"),
    ("LINK-COUNT", "https://example.org"),
    ("LINK-WORDS", "All their stories: https://example.org"),
    ("CHILD", "She is 47 years old, aged 19.5 in spirit, with 17,000 visits"),
    ("CHILD", "A school of thought"),
    ("CASE", "In case you missed it, just in case: our case workers and case managers"),
    ("CASE", "Families write about patience"),
    ("CASE", "This street party. 12 Great Years"),
    ("PII", "12,480 nominations, 24/7, 2026 to 2027, £1,000,000, 1 204 567"),
    ("PII", "1234567890 is no NHS number"),
    ("PII", "The e1 2nd row, M25, B12 vitamins"),
    ("PII", "https://example.org/9434765919"),
    ("POLITICS", "Ms Example will administer the fund; devoted"),
    ("TONE", "We celebrate the winner"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "severity", "text"), SET_OFF)
def test_what_sets_a_check_off(rule: str, severity: Severity, text: str) -> None:
    assert {finding.severity for finding in judged(text, rule)} == {severity}


@pytest.mark.parametrize(("rule", "text"), QUIET)
def test_what_a_check_lets_pass(rule: str, text: str) -> None:
    assert judged(text, rule) == ()


def test_the_fix_of_a_hashtag_and_of_styled_letters_is_offered() -> None:
    assert judged("Well done. #careheroes", "HASHTAG-CASE")[0].remedy == "Write #CareHeroes."
    assert judged("\U0001d416\U0001d41e\U0001d425\U0001d425", "FANCY-LETTERS")[0].remedy == "Write “Well”."


def test_tone_is_looked_at_only_while_the_mood_is_sensitive() -> None:
    (finding,) = judged("We celebrate the winner", "TONE", Checks(sensitive=True))
    assert (finding.severity, "celebrate" in finding.message) == (WARNING, True)


def test_hosts_and_acronyms_of_the_config_are_known() -> None:
    told = Checks(links=("example.org",), acronyms=("ADASS",))
    assert judged("https://www.example.org", "LINKS", told) == ()
    assert judged("https://example.com", "LINKS", told)[0].severity is ERROR
    assert judged("https://badexample.org", "LINKS", told)[0].severity is ERROR
    assert judged("The ADASS team", "ACRONYM", told) == ()


def test_what_is_personal_is_never_repeated_in_a_finding() -> None:
    (finding,) = judged("My number is 943 476 5919", "PII")
    assert "943" not in finding.message
    assert "an NHS number" in finding.message


@pytest.mark.parametrize(
    ("name", "organisation"),
    [
        ("Case Young", "MP Street Care"),
        ("Vote Party-Winner", "Cllr Case 12 Acacia Avenue"),
        ("Tory Boy Minister", "CARE FOR ALL PEOPLE"),
        ("Child Aged 7", "Hillside Primary School"),
        ("XX Todo", "service user TBC"),
        ("Ann Example", "ADASS TODO care.com"),
    ],
)
def test_words_inside_approved_names_never_set_anything_off(name: str, organisation: str) -> None:
    worker = a_worker(1, name, organisation=organisation)
    post = worker_post(worker, f"Meet {name} of {organisation}. Thank you, {name.split(maxsplit=1)[0]}.")
    view = PlanView(posts=(post,), ranking=a_ranking(worker), now=BEFORE, checks=Checks(sensitive=True))
    assert run_checks(view) == ()


def test_alternative_texts_are_read_like_texts() -> None:
    rules = {}
    for alt_text in ("Ann with a service user", "Ring 07700 900123", "A boy aged 7 in the hall", "TBC, in the garden"):
        picture = Media(sha256="0" * 64, mime="image/png", size=10, alt_text=alt_text)
        view = PlanView(posts=(a_post(messages=(a_message(media=(picture,)),)),), ranking=a_ranking(), now=BEFORE)
        (finding,) = run_checks(view)
        assert finding.message.startswith("The alternative text")
        rules[alt_text] = finding.rule
    assert list(rules.values()) == ["CASE", "PII", "CHILD", "PLACEHOLDER"]


@pytest.mark.parametrize(
    ("alt_text", "rule"),
    [
        ("Image of Priya in the garden", "ALT-LAZY"),
        ("a photo showing Priya and her team", "ALT-LAZY"),
        ("priya-final-2.jpg", "ALT-LAZY"),
        ("IMG_20270308", "ALT-LAZY"),
        ("Well done!", "ALT-LAZY"),
        ("Priya smiles.", "ALT-LAZY"),
        ("x" * 1001, "ALT-LONG"),
        ("Priya laughs in the garden of the home.", ""),
        ("x" * 1000, ""),
    ],
)
def test_an_alternative_text_says_what_the_picture_shows(alt_text: str, rule: str) -> None:
    picture = Media(sha256="0" * 64, mime="image/png", size=10, alt_text=alt_text)
    view = PlanView(posts=(a_post(messages=(a_message(media=(picture,)),)),), ranking=a_ranking(), now=BEFORE)
    assert [finding.rule for finding in run_checks(view)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    "piece", ["A", "# ", "0 ", "a@a.", "\u200d", "\U0001f44f", "{a ", "AA ", "\ue000", "((", "@", "+44 "]
)
def test_whatever_a_text_holds_the_checks_come_to_an_end(piece: str) -> None:
    view = PlanView(posts=(a_post(piece * (4_000 // len(piece))),), ranking=a_ranking(), now=BEFORE)
    assert "LEN" in {finding.rule for finding in run_checks(view)}

"""Plain words find the agreement that an employer means."""

from pathlib import Path

import pytest
import yaml

from branches.search import find
from branches.words import words_of

pytestmark = pytest.mark.django_db

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases/words.yaml").read_text(encoding="utf-8"))
WORDS = CASES["words"] + CASES["merged_words"]


def ranked(text):
    return [hit.idcc for hit in find(text) if hit.idcc]


def test_the_right_agreement_comes_first_for_95_percent_and_in_the_top_three_for_all():
    wrong_first, missing = [], []
    for case in WORDS:
        found = ranked(case["q"])
        if not set(found[:1]) & set(case["first"]):
            wrong_first.append((case["q"], found[:3]))
        if not set(found[:3]) & set(case["first"]):
            missing.append((case["q"], found[:3]))
    assert missing == []
    assert len(wrong_first) <= 0.05 * len(WORDS), wrong_first


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("boulangrie", "boulangerie"),
        ("métalurgie", "métallurgie"),
        ("COIFFURE", "coiffure"),
        ("batiment", "bâtiment"),
    ],
)
def test_accents_case_and_typos_are_forgiven(typed, right):
    assert ranked(typed)[0] == ranked(right)[0]


def test_words_around_the_trade_do_not_count():
    assert words_of("Je suis une entreprise de maçonnerie") == ["maconnerie"]
    assert words_of("ma convention collective") == ["ma", "convention", "collective"]


def test_a_merged_agreement_leads_to_its_successor():
    hit = find("industries métallurgiques de la région parisienne")[0]
    assert (hit.idcc, hit.via) == ("3248", "0054")


def test_the_idcc_among_words_is_found():
    assert ranked("syntec 1486")[0] == "1486"


def test_unfinished_words_find_while_typing():
    assert "0843" in [hit.idcc for hit in find("boulang", typing=True)]


def test_activities_follow_agreements():
    hits = find("coiffure")
    assert hits[0].idcc == "2596"
    assert "96.02A" in [hit.naf for hit in hits]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "'",
        "a & b | !",
        "%_\\",
        "<script>",
        "x" * 300,
        ("bxulangerie" * 40)[:290],
        "a " * 150,
        "\x00",
        "!!! (((",
    ],
)
def test_odd_text_finds_nothing_and_breaks_nothing(text):
    find(text)
    find(text, typing=True)


@pytest.mark.parametrize("words", ["zzxxqq martinn", "dupont lyon 9", "leroy merlin"])
def test_a_name_is_not_taken_for_the_beginning_of_another_word(words):
    assert find(words) == []

"""How a rule reads in tables, in the API and to staff."""

from decimal import Decimal

import pytest

from financing.calculator import wording
from financing.calculator.rules import Ceiling, Span, Tier
from financing.calculator.terms import Basis, Kind, Modality, Place, Scheme, Territory, Unit
from tests.financing.calculator.rulebooks import budget, hourly, rule


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def flat(unit: Unit, rate: str = "120", **fields):
    return rule(basis=Basis.FLAT, unit=unit, rate=Decimal(rate), **fields)


def ceiling(amount, per, period=None):
    return Ceiling(amount=Decimal(amount), per=per, period=period)


MONTHS = (
    Tier(measure="months", start=Decimal(6), end=Decimal(12), amount=Decimal(5000), extra=Decimal(250)),
    Tier(measure="months", start=Decimal(12), amount=Decimal(6500)),
)
HOURS = (
    Tier(measure="hours", end=Decimal(14), rate=Decimal(30)),
    Tier(measure="hours", start=Decimal(14), end=Decimal(35)),
)
EUROS = (
    Tier(measure="euros", end=Decimal(1000), percent=Decimal(100)),
    Tier(measure="euros", start=Decimal(1000), percent=Decimal(50)),
)


@pytest.mark.parametrize(
    ("told", "envelope", "words"),
    [
        (
            hourly(),
            budget("2000"),
            "25 €/h par personne, 2 000 € par an et par entreprise au plus",
        ),
        (hourly(rate="9.15", per="group"), None, "9,15 €/h pour le groupe"),
        (
            hourly(max_units=Decimal(14), max_persons=3),
            None,
            "25 €/h par personne, 14 h au plus, 3 personnes",
        ),
        (hourly(rate_max=Decimal(40)), None, "de 25 à 40 €/h par personne, selon les cas"),
        (flat(Unit.NIGHT, max_units=Decimal(10)), None, "120 €/nuit, 10 nuits au plus par personne"),
        (flat(Unit.KM, "0.32"), None, "0,32 €/km"),
        (flat(Unit.MEAL), None, "120 €/repas"),
        (flat(Unit.ACTION), None, "120 € par action"),
        (flat(Unit.PERSON), None, "120 € par personne"),
        (flat(Unit.MONTH, max_units=Decimal(6)), None, "120 €/mois, 6 mois au plus"),
        (rule(), budget(None), "coût réel, dans la limite d’un budget annuel non publié"),
        (rule(), budget("900", at_least=True), "coût réel, au moins 900 € par an et par entreprise"),
        (rule(), budget("900", period=None), "coût réel, 900 € par entreprise au plus"),
        (rule(), budget("900", period="action"), "coût réel, 900 € par demande au plus"),
        (
            rule(),
            budget(None, period="action"),
            "coût réel, dans la limite d’un budget par demande non publié",
        ),
        (rule(), budget(None, period=None), "coût réel, dans la limite d’un budget non publié"),
        (
            rule(ceilings=(ceiling(1500, "person", "action"), ceiling(9000, "company", "year"))),
            None,
            "coût réel, 1 500 € par personne et par action au plus, 9 000 € par an et par entreprise au plus",
        ),
        (rule(basis=Basis.PERCENT, percent=Decimal(50)), None, "50 % du coût"),
        (
            rule(basis=Basis.PERCENT, percent=Decimal(8), percent_of="pedagogical"),
            None,
            "8 % des coûts pédagogiques financés",
        ),
        (
            hourly(rate="80", percent=Decimal(80), ceilings=(ceiling(12000, "action"),)),
            None,
            "80 % du coût, compté jusqu’à 80 €/h par personne, 12 000 € par action au plus",
        ),
        (
            rule(basis=Basis.FLAT, unit=Unit.PERSON, tiers=MONTHS),
            None,
            "barème selon la durée : de 6 à 12 mois, 5 000 € + 250 € par mois en plus ; au-delà de 12 mois, 6 500 €",
        ),
        (
            hourly(tiers=HOURS),
            None,
            "barème selon la durée : jusqu’à 14 h, 30 €/h ; de 14 à 35 h, non publié",
        ),
        (
            rule(basis=Basis.PERCENT, tiers=EUROS),
            None,
            "barème selon le coût : jusqu’à 1 000 €, 100 % ; au-delà de 1 000 €, 50 %",
        ),
        (rule(within_pedagogical=True), None, "coût réel, sans dépasser les coûts pédagogiques financés"),
        (rule(basis=Basis.EXCLUDED), None, "non pris en charge"),
        (rule(basis=Basis.UNPUBLISHED), None, "non publié"),
    ],
)
def test_what_a_rule_pays_is_one_sentence(told, envelope, words):
    assert plain(wording.amount_in_words(told, envelope)).startswith(words)


def test_a_table_sets_the_figure_apart():
    told = wording.amount(hourly(max_units=Decimal(14)))
    assert [plain(text) for text in (told.figure, *told.details)] == [
        "25 €/h",
        "par personne",
        "14 h au plus",
    ]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Span(), "Quel que soit l’effectif"),
        (Span(min=1), "Quel que soit l’effectif"),
        (Span(min=1, max=10), "Moins de 11 salariés"),
        (Span(min=11, max=49), "11 à 49 salariés"),
        (Span(min=50), "50 salariés et plus"),
    ],
)
def test_for_which_sizes(bounds, words):
    assert plain(wording.size(rule(headcount=bounds))) == words


def test_for_which_training_and_whom():
    told = rule(
        kinds=(Kind.LANGUAGES,),
        modalities=(Modality.IN_CLASS, Modality.IN_HOUSE),
        duration=Span(min=7, max=14),
        group=Span(min=4, max=12),
        places=(Place.CITY, Place.ELSEWHERE),
        territory=Territory.OVERSEAS,
        audience="salarié de 50 ans et plus",
    )
    assert wording.subject(told) == "Langues"
    assert list(map(plain, wording.terms(told))) == [
        "présentiel",
        "de 7 à 14 h",
        "de 4 à 12 stagiaires",
        "hors de Paris et de sa région",
        "outre-mer",
        "salarié de 50 ans et plus",
    ]


def test_the_branchs_own_words_come_before_ours():
    assert wording.subject(rule(kinds=(Kind.TRADE,), topic="techniques de fabrication")) == (
        "Techniques de fabrication"
    )


def test_what_is_added_to_something_says_to_what():
    told = rule(complements=(Scheme.PLAN,))
    assert plain(wording.added_to(told)) == "s’ajoute à : plan de développement des compétences"
    assert wording.added_to(rule()) == ""

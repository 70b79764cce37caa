"""The form of an estimate: what people write is understood, what is wrong is said beside its field."""

from datetime import date
from decimal import Decimal
from time import process_time

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from financing.calculator.terms import Action, Kind, Modality
from financing.fields import DurationField, NumberField, number_from
from financing.forms import ProjectForm, is_asked
from financing.limits import LIMITS, Bounds

pytestmark = pytest.mark.django_db

ASKED = {"idcc": "1486", "salaries": "23", "personnes": "2", "heures": "21", "cout": "2 800 €"}


def form(**asked):
    return ProjectForm({**ASKED, **asked})


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("2800", "2800"),
        ("2 800,50 €", "2800.5"),
        ("2\u202f800,50\u00a0€ HT", "2800.5"),
        ("2800.50", "2800.5"),
        ("2.800,50", "2800.5"),
        ("2,800.50", "2800.5"),
        ("2.800", "2800"),
        ("1.000.000", "1000000"),
        ("0,5", "0.5"),
        ("21 h", "21"),
        ("-3", "-3"),
    ],
)
def test_numbers_are_read_as_people_write_them(written, number):
    assert number_from(written) == Decimal(number)


@pytest.mark.parametrize("written", ["deux", "", "€", "1,2,3", "1e9", "12-13", "²"])
def test_what_is_no_number_is_not_guessed(written):
    assert number_from(written) is None


@pytest.mark.parametrize(
    ("written", "number"),
    [("1,525", "1.525"), ("12,3456 €", "12.3456"), ("2,800.50", "2800.5"), ("2 800", "2800")],
)
def test_a_comma_begins_the_decimals_where_more_than_two_are_taken(written, number):
    assert number_from(written, 4) == Decimal(number)


@pytest.mark.parametrize("places", [3, 4])
def test_too_many_decimals_are_told_by_the_number_that_is_taken(places):
    words = {3: "Trois", 4: "Quatre"}
    with pytest.raises(ValidationError, match=f"{words[places]} décimales au plus"):
        NumberField(Bounds(Decimal(0), Decimal(100), places)).clean("1,23456")


@pytest.mark.parametrize("each", ["h", "1", "1 ", "€", "heure", "1.", "-"])
def test_a_long_text_is_refused_at_once(each):
    text = each * 50_000 + "x"
    began = process_time()
    assert "40 caractères au plus" in form(cout=text).errors["cout"][0]
    assert number_from(text) is None
    assert process_time() - began < 1


@pytest.mark.parametrize("code", ["漢字", "😀", "\ud800", "RNCP\n1", "<b>", "é"])
def test_a_code_is_made_of_plain_letters_and_digits(code):
    assert "Des lettres sans accent" in form(certification=code).errors["certification"][0]


def test_each_field_is_explained_in_one_line():
    helps = {name: field.help_text for name, field in ProjectForm.base_fields.items()}
    assert [name for name, text in helps.items() if not text or "\n" in text] == []


def test_a_project_is_what_was_told_and_the_defaults():
    found = form()
    assert found.is_valid(), found.errors
    project = found.project()
    assert (project.opco, project.idcc, project.headcount) == ("atlas", "1486", 23)
    assert (project.trainees, project.hours, project.pedagogical) == (2, 21, 2800)
    assert (project.action, project.modality, project.kind) == (Action.COURSE, Modality.IN_CLASS, None)
    assert project.already_used == 0


def test_every_field_reaches_the_project():
    told = {
        "opco": "atlas",
        "action": "vae",
        "type": "languages",
        "modalite": "remote",
        "territoire": "overseas",
        "lieu": "paris",
        "jours": "3",
        "mois": "12",
        "transport": "100",
        "hebergement": "200,5",
        "repas": "50",
        "salaire": "18,40",
        "nuits": "2",
        "nombre_repas": "4",
        "km": "320",
        "debut": "2027-01-12",
        "certification": "RS6776",
        "deja": "400",
    }
    found = form(**told)
    assert found.is_valid(), found.errors
    project = found.project()
    assert project.kind == Kind.LANGUAGES
    assert project.lodging == Decimal("200.5")
    assert project.start == date(2027, 1, 12)
    defaults = {name: field.default for name, field in type(project).__dataclass_fields__.items()}
    assert [name for name, value in defaults.items() if getattr(project, name) == value] == []


def test_the_rules_are_those_of_the_day_told_else_of_the_start_else_of_today():
    today = form()
    start = form(debut="12/01/2027")
    told = form(debut="2027-01-12", le="2026-06-01")
    assert all(each.is_valid() for each in (today, start, told))
    assert today.day == timezone.localdate()
    assert start.day == date(2027, 1, 12)
    assert told.day == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"cout": ""}, "cout", "Indiquez ce que coûte"),
        ({"cout": "", "action": "tutorat"}, "cout", "le temps du tuteur"),
        ({"cout": "beaucoup"}, "cout", "Écrivez un nombre"),
        ({"cout": "-5"}, "cout", "0 au moins"),
        ({"cout": "99999999999"}, "cout", "10\u202f000\u202f000 au plus"),
        ({"cout": "12,345"}, "cout", None),
        ({"cout": "12,3456"}, "cout", "Deux décimales"),
        ({"salaries": "0"}, "salaries", "1 au moins"),
        ({"salaries": "12,5"}, "salaries", "nombre entier"),
        ({"personnes": "0"}, "personnes", "1 au moins"),
        ({"heures": "0"}, "heures", "0,5 au moins"),
        ({"heures": "", "salaire": "20"}, "heures", "les salaires se comptent par heure"),
        ({"debut": "bientôt"}, "debut", "Une date du calendrier"),
        ({"debut": "12/01/1027"}, "debut", "Entre le 1er"),
        ({"modalite": "télépathie"}, "modalite", "Choisissez dans la liste"),
        ({"type": "x"}, "type", "Choisissez dans la liste"),
        ({"opco": "atlantis"}, "opco", "Choisissez un OPCO"),
        ({"idcc": "12345"}, "idcc", "IDCC"),
        ({"siret": "123"}, "siret", "14 chiffres"),
        ({"certification": "R" * 30}, "certification", "20 caractères"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(asked, field, said):
    found = form(**asked)
    if said is None:
        assert found.is_valid()
    else:
        assert said in found.errors[field][0]
        assert list(found.errors) == [field]


def test_nothing_typed_is_lost():
    found = form(cout="beaucoup", debut="bientôt", transport="12 e")
    page = "".join(str(found[name]) for name in ("cout", "debut", "transport"))
    assert 'value="beaucoup"' in page
    assert 'value="12 e"' in page
    assert '<input type="text" name="debut" value="bientôt"' in page


def test_a_day_is_shown_as_browsers_want_it():
    assert 'type="date" name="debut" value="2027-01-12"' in str(form(debut="2027-01-12")["debut"])


def test_wages_alone_may_be_asked_for():
    assert form(cout="", salaire="20").is_valid()


def test_the_rarer_fields_open_when_one_is_told_or_wrong():
    assert not form().is_more_told
    assert form(nuits="2").is_more_told
    assert form(km="loin").is_more_told


def test_only_a_course_asks_for_an_estimate():
    assert not is_asked({"opco": "atlas", "idcc": "1486", "effectif": "12"})
    assert is_asked({"opco": "atlas", "cout": "100"})


def test_days_that_are_typed_as_a_duration_are_hours_and_months_are_refused():
    field = DurationField(LIMITS["hours"])
    assert [field.clean(text) for text in ("14", "14 h", "2 jours", "2j")] == [14, 14, 14, 14]
    with pytest.raises(ValidationError, match="en jours"):
        field.clean("3 mois")

"""Who asks: the OPCO and the agreement that a project is estimated for."""

from datetime import date
from decimal import Decimal

import pytest

from branches.evidence import reference
from financing.askers import Unknown, asker
from financing.calculator import Project, estimate
from financing.calculator.terms import Modality, Scheme
from financing.rulebook import rulebook

pytestmark = pytest.mark.django_db

ON = date(2026, 11, 24)


def test_an_agreement_tells_its_opco():
    found = asker(idcc="1486", on=ON)
    assert (found.opco, found.opco_name, found.idcc, found.notes) == ("atlas", "Atlas", "1486", ())


def test_an_establishment_tells_its_opco_and_its_agreement():
    found = asker(siret="501 030 811 00092", on=ON)
    assert (found.opco, found.idcc, found.siret) == ("atlas", "1486", "50103081100092")


def test_an_opco_is_enough():
    assert asker(opco="uniformation", on=ON).idcc is None


def test_a_merged_agreement_is_replaced_by_its_successor():
    found = asker(idcc="0054", opco="opco2i", on=ON)
    assert found.idcc == "3248"
    assert "remplacé" in found.notes[0]


def test_an_opco_that_the_agreement_does_not_name_is_taken_and_questioned():
    found = asker(opco="akto", idcc="1486", on=ON)
    assert found.opco == "akto"
    assert "pas d’AKTO" in found.notes[0]


def test_no_agreement_is_a_scale_of_its_own_and_an_unknown_status_tells_nothing():
    assert asker(opco="akto", idcc="9999", on=ON).idcc == "9999"
    assert asker(opco="akto", idcc="5100", on=ON).idcc is None


@pytest.mark.parametrize("opco", ["akto", "opco-ep", "opcommerce"])
def test_companies_without_an_agreement_get_the_scale_that_is_for_them(opco):
    found = asker(opco=opco, idcc="9999", on=ON)
    project = Project(
        opco=found.opco,
        idcc=found.idcc,
        headcount=23,
        trainees=2,
        hours=Decimal(21),
        pedagogical=Decimal(2800),
        modality=Modality.IN_CLASS,
    )
    options = estimate(project, rulebook(found.opco), ON).options
    assert any(option.scheme == Scheme.PLAN and option.published for option in options)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "opco"),
        ({"opco": "atlantis"}, "opco"),
        ({"idcc": "syntec"}, "idcc"),
        ({"idcc": "9999"}, "opco"),
        ({"siret": "50103081100093"}, "siret"),
        ({"siret": "19941033300017"}, "siret"),
    ],
)
def test_nobody_told_is_an_error_of_the_field_to_correct(asked, field):
    with pytest.raises(Unknown) as refused:
        asker(**asked, on=ON)
    assert refused.value.field == field


def test_once_the_reference_is_read_an_agreement_costs_no_query(django_assert_num_queries):
    current = reference()
    with django_assert_num_queries(0):
        asker(idcc="1486", on=ON, current=current)
    with django_assert_num_queries(1):
        asker(siret="50103081100092", on=ON, current=current)

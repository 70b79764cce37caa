"""Who asks: the OPCO and the agreement that a project is estimated for."""

from datetime import date

import pytest

from branches.evidence import reference
from financing.askers import Unknown, asker

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


def test_a_code_that_stands_for_no_agreement_tells_no_branch():
    assert asker(opco="akto", idcc="9999", on=ON).idcc is None


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

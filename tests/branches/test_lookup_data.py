"""The answers on the real data: every row of the sample, every IDCC of the June 2026 table."""

import csv
from collections import defaultdict

import pytest

from branches.evidence import look_up, reference
from branches.lookup import parse
from branches.models import Attachment, Establishment, Opco
from branches.reference.files import FOLDER
from opco_portal.sync.models import DataVersion

pytestmark = pytest.mark.django_db


def rows(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_of_the_sample_answers_with_its_own_opco():
    for row in rows("establishments_sample"):
        found = look_up(row["siret"])
        if not row["owner"]:
            assert (found.status, found.candidates) == ("not_attached", ()), row
            continue
        best = found.best
        assert (found.status, best.opco.slug, best.confidence) == ("found", row["owner"], "certain"), row
        assert (best.manager.slug if best.manager else "") == row["manager"], row
        assert best.idcc == row["idcc"], row


def test_every_idcc_of_the_table_answers_with_its_majority_or_as_ambiguous():
    pairs = defaultdict(dict)
    for row in rows("siro_pairs"):
        pairs[row["idcc"]][row["opco"]] = int(row["establishments"])
    ambiguous = 0
    for idcc, counts in pairs.items():
        if reference().agreements[idcc].status == "escape":
            continue
        found = look_up(f"IDCC {idcc}")
        best, count = max(counts.items(), key=lambda item: item[1])
        if count / sum(counts.values()) >= 0.9:
            assert (found.status, found.best.opco.slug) == ("found", best), idcc
        else:
            ambiguous += 1
            assert found.status == "ambiguous", idcc
            assert [c.establishments for c in found.candidates] == sorted(counts.values(), reverse=True), idcc
    assert (len(pairs) - 4, ambiguous) == (951, 29)


@pytest.mark.parametrize(
    ("idcc", "status", "best", "others"),
    [
        ("1618", "found", "opcommerce", "Afdas"),
        ("3203", "ambiguous", "uniformation", "OCAPIAT"),
        ("5531", "found", "ocapiat", "OPCO\u00a02i"),
    ],
)
def test_disagreements_between_sources_are_told(idcc, status, best, others):
    found = look_up(idcc)
    told = next(message.text for message in found.messages if message.code == "disagreement")
    assert (found.status, found.best.opco.slug) == (status, best)
    assert others.replace("\u00a0", " ") in told.replace("\u00a0", " ")


def test_a_siret_costs_one_query(django_assert_num_queries):
    look_up("1486")  # the reference is in memory from here on
    with django_assert_num_queries(1):
        look_up("501 030 811 00092")


def test_words_cost_two_queries(django_assert_num_queries):
    look_up("1486")
    with django_assert_num_queries(2):  # the data version and the search
        look_up("boulangerie")


def test_siblings_of_one_company_can_differ():
    Establishment.objects.create(siret=50103081100100, idcc="1979", owner="akto")
    assert look_up("50103081100092").best.opco.slug == "atlas"
    assert parse("50103081100100").kind == "siret"
    assert look_up("50103081100100").best.opco.slug == "akto"
    assert look_up("501030811").status == "ambiguous"


def test_a_change_of_the_data_is_seen_at_once_by_this_process():
    assert look_up("1486").best.opco.slug == "atlas"
    Attachment.objects.filter(agreement="1486", source="siro").delete()
    Attachment.objects.create(
        agreement_id="1486", opco=Opco.objects.get(slug="akto"), source="siro", establishments=1, share=1
    )
    DataVersion.bump()
    assert look_up("1486").best.opco.slug == "akto"

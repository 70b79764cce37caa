"""What other engines say otherwise, as mapping editors look at it: a queue, a note, and when it fills again."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from branches.models import Disagreement, Establishment
from branches.tasks import keep_disagreement
from tests.branches.test_pages import SIRET
from tests.opco_portal.staff.people import account, client_of

pytestmark = pytest.mark.django_db
LIST = reverse("admin:branches_disagreement_changelist")


@pytest.fixture
def camille() -> User:
    return account("mapper", "camille")


@pytest.fixture
def staff(camille) -> Client:
    return client_of(camille)


def said(other="akto", siret=SIRET, engine="cfa-dock", at="2026-11-02T10:00:00+01:00") -> Disagreement:
    """An engine names another OPCO than Atlas, which the portal does."""
    about = {"siret": int(siret), "engine": engine, "opco": "atlas", "other": other}
    keep_disagreement(**about, said_at=at, source="Table SIRET-OPCO", vintage="juin 2026")
    return Disagreement.objects.get(siret=int(siret), engine=engine, other=other)


def treat(client, row, **typed) -> None:
    client.post(
        reverse("admin:branches_disagreement_change", args=[row.pk]), {"treated": "on", "note": "", **typed}
    )
    row.refresh_from_db()


def queue(client, query="") -> list[Disagreement]:
    return list(client.get(LIST + query).context["cl"].result_list)


def test_what_nobody_looked_at_comes_first(staff):
    waiting, treated = said("akto"), said("afdas")
    treat(staff, treated)
    assert queue(staff) == [waiting]
    assert queue(staff, "?suivi=traites") == [treated]
    assert len(queue(staff, "?suivi=tous")) == 2


def test_treating_one_says_who_did_and_keeps_the_note(staff, camille):
    row = said()
    treat(staff, row, note="Passé chez AKTO en mars, la table suivra.")
    assert (row.settled_by, row.note) == (camille, "Passé chez AKTO en mars, la table suivra.")
    assert row.settled_at is not None
    moment = row.settled_at
    dominique = client_of(account("mapper", "dominique"))
    treat(dominique, row, note="Confirmé.")
    assert (row.settled_by, row.settled_at, row.note) == (camille, moment, "Confirmé.")
    treat(dominique, row, treated="")
    assert (row.settled_by, row.settled_at) == (None, None)


def test_several_are_treated_at_once_and_those_that_were_stay_as_they_were(staff, camille):
    rows = [said("akto"), said("afdas"), said("opco-ep")]
    treat(client_of(account("mapper", "dominique")), rows[0])
    chosen = {"action": "mark_as_treated", "_selected_action": [row.pk for row in rows]}
    response = staff.post(f"{LIST}?suivi=tous", chosen, follow=True)
    assert "2\u00a0désaccords traités." in response.content.decode()
    by = [row.settled_by.username for row in Disagreement.objects.order_by("pk")]
    assert by == ["dominique", "camille", "camille"]


def test_what_was_treated_stays_so_while_the_engine_repeats_it(staff):
    row = said()
    treat(staff, row, note="vu")
    again = said(at="2026-11-20T10:00:00+01:00")
    assert (again.pk, again.note, again.settled_at) == (row.pk, "vu", row.settled_at)
    assert again.said_at > row.said_at
    assert queue(staff) == []


@pytest.mark.parametrize("other", [{"other": "afdas"}, {"engine": "france-competences"}])
def test_another_opco_or_another_engine_waits_beside_it(staff, other):
    treat(staff, said())
    fresh = said(**other)
    assert queue(staff) == [fresh]


def test_the_agreement_of_the_establishment_leads_to_its_page(staff):
    idcc = Establishment.objects.get(pk=int(SIRET)).idcc
    said()
    said(siret="77568873200010", other="afdas")
    rows = {row.other_id: row.idcc for row in queue(staff)}
    assert rows["akto"] == idcc
    text = staff.get(LIST).content.decode()
    assert reverse("admin:branches_agreement_change", args=[idcc]) in text
    assert reverse("opinions", args=[SIRET]) in text


@pytest.mark.parametrize("typed", [SIRET, "501 030 811 00092", "501030811"])
def test_a_number_is_found_as_it_is_pasted(staff, typed):
    row = said()
    said(siret="77568873200010")
    assert queue(staff, f"?q={typed}") == [row]


def test_nobody_adds_or_deletes_one_or_changes_what_was_said(staff):
    row = said()
    assert staff.get(reverse("admin:branches_disagreement_add")).status_code == 403
    assert staff.post(reverse("admin:branches_disagreement_delete", args=[row.pk])).status_code == 403
    treat(staff, row, other="atlas", siret="1")
    assert (row.other_id, row.siret) == ("akto", int(SIRET))


def test_the_list_takes_the_same_queries_however_long_it_is(staff):
    said()
    staff.get(LIST)
    counts = []
    for others in ((), ("afdas", "opco-ep", "ocapiat")):
        for other in others:
            said(other)
        with CaptureQueriesContext(connection) as captured:
            staff.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]

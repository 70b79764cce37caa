"""Decisions as mapping editors make, correct and end them: previewed, confirmed, then read by everybody at once."""

import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from branches import attachments
from branches.evidence import look_up
from branches.models import Attachment
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.models import Correction
from opco_portal.sync.models import DataVersion
from tests.branches.test_pages import SIRET, page
from tests.opco_portal.staff.people import account, client_of
from tests.publications import publish

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)
ADD = reverse("admin:branches_attachment_add")
SOURCE = "https://example.org/avenant-2026"
TYPED = {
    "idcc": "1486",
    "opco": "akto",
    "first": "2026-01-01",
    "last": "",
    "reason": "Avenant du 3 mars 2026, étendu.",
    "source_url": SOURCE,
}


@pytest.fixture
def camille() -> User:
    return account("mapper", "camille")


@pytest.fixture
def staff(camille) -> Client:
    return client_of(camille)


@pytest.fixture
def decided(camille) -> Attachment:
    """1486, which the table gives to Atlas, is AKTO's since January."""
    return decide()


def decide(opco="akto", first=date(2026, 1, 1), end=None, **values) -> Attachment:
    author = User.objects.get(username="camille")
    with correcting(author, reason="arbitrage"):
        return Attachment.objects.create(
            agreement_id="1486",
            opco_id=opco,
            source="manual",
            validity=DateRange(first, end),
            reason="arbitrage",
            source_url="https://example.org/",
            author=author,
            **values,
        )


def change(row: Attachment) -> str:
    return reverse("admin:branches_attachment_change", args=[row.pk])


def end(row: Attachment) -> str:
    return reverse("admin:branches_attachment_end", args=[row.pk])


def sheet(row: Attachment) -> str:
    return reverse("admin:branches_agreement_change", args=[row.agreement_id])


def told(response) -> str:
    """A page with ordinary spaces."""
    text: str = response.content.decode()
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("&nbsp;", " ")


def read(response) -> dict[str, str]:
    """What a page sends back with its confirmation: the mark of what was read, and of which version."""
    return {"confirm": response.context["mark"], "version": str(response.context["version"])}


def confirmed(client, address, typed):
    """Read the preview, then confirm it."""
    shown = client.post(address, typed)
    assert shown.context["preview"], told(shown)
    return client.post(address, typed | read(shown))


def mine() -> list[tuple]:
    rows = Attachment.objects.filter(source="manual").order_by("validity")
    return [(row.opco_id, row.validity.lower, row.validity.upper) for row in rows]


def best(text="IDCC 1486") -> str:
    found = look_up(text).best
    return found.opco.slug if found else ""


# ------------------------------------------------------------------------------------------------- making a decision
def test_the_page_begins_with_the_agreement_it_was_reached_from(staff):
    form = staff.get(f"{ADD}?idcc=1486&opco=akto").context["form"]
    assert (form["idcc"].value(), form["opco"].value(), form["first"].value()) == ("1486", "akto", TODAY)


def test_a_preview_saves_nothing(staff):
    version = DataVersion.objects.get().number
    text = told(staff.post(ADD, TYPED))
    assert "Atlas (déduit)" in text
    assert "AKTO (certain)" in text
    assert "Les réponses par SIRET ne changent pas" in text
    assert (mine(), Correction.objects.count(), DataVersion.objects.get().number) == ([], 0, version)


def test_a_confirmation_saves_who_decided_what_when_and_why(staff, camille):
    response = confirmed(staff, ADD, TYPED | {"last": "2027-06-30", "reason": "L'avenant : étendu."})
    row = Attachment.objects.get(source="manual")
    assert response.headers["Location"] == sheet(row)
    assert mine() == [("akto", date(2026, 1, 1), date(2027, 7, 1))]  # the last day is included
    assert (row.author, row.reason, row.source_url) == (camille, "L’avenant\u00a0: étendu.", SOURCE)
    made = Correction.objects.get()
    assert (made.author, made.reason, made.source_url) == (camille, row.reason, SOURCE)
    assert made.get_absolute_url() in page(staff, "/donnees/changements/")
    assert "Enregistré, et visible de tous dès maintenant" in told(staff.get(response.headers["Location"]))


def test_its_last_day_belongs_to_it(staff):
    confirmed(staff, ADD, TYPED | {"last": TODAY.isoformat()})
    assert look_up("IDCC 1486", on=TODAY).best.opco.slug == "akto"
    assert look_up("IDCC 1486", on=TODAY + DAY).best.opco.slug == "atlas"


def test_a_decision_for_one_day_is_one(staff):
    confirmed(staff, ADD, TYPED | {"first": TODAY.isoformat(), "last": TODAY.isoformat()})
    assert mine() == [("akto", TODAY, TODAY + DAY)]


@pytest.mark.parametrize("typed", ["1486", " 1486 ", "IDCC 1486"])
def test_the_idcc_is_read_as_people_write_it(staff, typed):
    assert staff.post(ADD, TYPED | {"idcc": typed}).context["preview"].idcc == "1486"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"idcc": "0001"}, "Aucune convention n’a cet IDCC"),
        ({"idcc": "syntec"}, "Aucune convention n’a cet IDCC"),
        ({"idcc": "9999"}, "C’est un code de repli, pas une convention"),
        ({"last": "2025-12-31"}, "Le dernier jour est avant le premier."),
        ({"last": "9999-12-31"}, "Laissez vide tant que la fin n’est pas connue."),
        ({"first": "0001-01-01"}, "Vérifiez l’année : elle va de 1900 à 2200."),
        ({"reason": "  "}, "sans motif, le changement n’est pas enregistré"),
        ({"source_url": ""}, "Ce champ est obligatoire"),
        ({"source_url": "javascript:alert(1)"}, "URL valide"),
        ({"opco": ""}, "Ce champ est obligatoire"),
        ({"first": "bientôt"}, "date valide"),
    ],
)
def test_what_cannot_be_is_said_in_french_and_what_was_typed_is_kept(staff, typed, said):
    response = staff.post(ADD, TYPED | typed | {"confirm": "x"})
    assert said in told(response)
    assert response.context["preview"] is None
    form = response.context["form"]
    assert {name: form[name].value() for name in TYPED} == TYPED | typed
    assert mine() == []


# ----------------------------------------------------------------------------------------------------- stale readings
def test_what_is_confirmed_is_what_was_read(staff, camille):
    """The table moves between the preview and its confirmation: it is shown again, and nothing is saved."""
    shown = staff.post(ADD, TYPED)
    with correcting(camille):
        Attachment.objects.filter(agreement="1486", source="siro", opco="atlas").update(establishments=9_000)
    again = staff.post(ADD, TYPED | read(shown))
    assert "ce n’est plus ce que vous aviez lu" in told(again)
    assert "9 002 établissements" in told(again)
    assert mine() == []
    staff.post(ADD, TYPED | read(again))
    assert mine() == [("akto", date(2026, 1, 1), None)]


@pytest.mark.parametrize(
    "typed", [{"opco": "afdas"}, {"idcc": "1979"}, {"last": "2030-12-31"}, {"first": "2027-01-01"}]
)
def test_what_was_typed_after_the_preview_is_previewed_first(staff, typed):
    shown = staff.post(ADD, TYPED)
    again = staff.post(ADD, TYPED | typed | read(shown))
    assert again.context["problems"]
    assert mine() == []


def test_a_decision_that_somebody_changed_meanwhile_is_not_overwritten(staff, decided):
    typed = TYPED | {"reason": "Ma version"}
    shown = staff.post(change(decided), typed)
    with correcting(account("mapper", "dominique"), reason="autre"):
        Attachment.objects.filter(pk=decided.pk).update(reason="La sienne")
    again = staff.post(change(decided), typed | read(shown))
    assert "dominique a modifié cette fiche" in told(again)
    assert again.context["form"]["reason"].value() == "Ma version"
    decided.refresh_from_db()
    assert decided.reason == "La sienne"


def test_what_somebody_changed_before_the_preview_is_told_too(staff, decided):
    opened = staff.get(change(decided))
    with correcting(account("mapper", "dominique"), reason="autre"):
        Attachment.objects.filter(pk=decided.pk).update(reason="La sienne")
    typed = TYPED | {"reason": "Ma version", "version": opened.context["version"]}
    shown = staff.post(change(decided), typed)
    assert "dominique a modifié cette fiche" in told(shown)
    assert "La sienne" in told(shown)
    staff.post(change(decided), typed | read(shown))
    decided.refresh_from_db()
    assert decided.reason == "Ma version"  # knowingly


@pytest.mark.parametrize("address", [change, end])
def test_a_decision_that_somebody_took_back_meanwhile_does_not_come_back(staff, decided, address):
    typed = TYPED | {"end": TODAY.isoformat()}
    shown = staff.post(address(decided), typed)
    with correcting(account("mapper", "dominique"), reason="erreur"):
        Attachment.objects.filter(pk=decided.pk).delete()
    assert staff.post(address(decided), typed | read(shown)).status_code == 404
    assert mine() == []


# ----------------------------------------------------------------------------------------------------------- overlaps
def test_a_period_over_another_decision_is_refused_and_that_one_named(staff, decided):
    response = staff.post(ADD, TYPED | {"opco": "afdas", "first": "2026-06-01"})
    assert "La décision « AKTO depuis le 1er janvier 2026 » couvre déjà une partie" in told(response)
    assert response.context["preview"] is None
    assert mine() == [("akto", date(2026, 1, 1), None)]


def test_periods_may_touch(staff, camille):
    decide(end=date(2026, 6, 1))
    confirmed(staff, ADD, TYPED | {"opco": "afdas", "first": "2026-06-01"})
    confirmed(staff, ADD, TYPED | {"opco": "atlas", "first": "2025-01-01", "last": "2025-12-31"})
    assert [opco for opco, *_ in mine()] == ["atlas", "akto", "afdas"]


def test_a_decision_is_not_in_its_own_way(staff, decided):
    confirmed(staff, change(decided), TYPED | {"last": "2026-12-31"})
    assert mine() == [("akto", date(2026, 1, 1), date(2027, 1, 1))]


def test_the_database_refuses_what_the_form_would_not_have_let_through(decided):
    with pytest.raises(IntegrityError, match="manual_periods_do_not_overlap"), transaction.atomic():
        decide("afdas", date(2026, 6, 1))
    with pytest.raises(IntegrityError, match="manual_attachment_is_justified"), transaction.atomic():
        Attachment.objects.filter(pk=decided.pk).update(reason="")


@pytest.mark.parametrize(
    "period", [None, DateRange(None, None), DateRange(None, TODAY), DateRange(empty=True)]
)
def test_the_database_refuses_a_decision_without_a_first_day(decided, period):
    with pytest.raises(IntegrityError, match="manual_attachment_is_justified"), transaction.atomic():
        Attachment.objects.filter(pk=decided.pk).update(validity=period)


# ------------------------------------------------------------------------------------------------ correcting, ending
def test_correcting_keeps_who_decided(decided, camille):
    dominique = account("mapper", "dominique")
    confirmed(client_of(dominique), change(decided), TYPED | {"opco": "afdas"})
    decided.refresh_from_db()
    assert (decided.opco_id, decided.author, decided.source_url) == ("afdas", camille, SOURCE)
    assert Correction.objects.first().author == dominique


def test_the_idcc_of_a_decision_does_not_change(staff, decided):
    confirmed(staff, change(decided), TYPED | {"idcc": "1979", "opco": "afdas"})
    decided.refresh_from_db()
    assert decided.agreement_id == "1486"


def test_correcting_nothing_is_no_correction(staff, decided):
    made = Correction.objects.count()
    same = TYPED | {"reason": decided.reason, "source_url": decided.source_url}
    shown = staff.post(change(decided), same)
    assert "Rien ne changerait pour le public" in told(shown)
    response = staff.post(change(decided), same | read(shown), follow=True)
    assert "Rien n’a changé" in told(response)
    assert Correction.objects.count() == made


@pytest.mark.parametrize(
    ("first", "on", "expected"),
    [
        (TODAY - DAY, TODAY, [("akto", TODAY - DAY, TODAY)]),
        (TODAY - DAY, TODAY + 9 * DAY, [("akto", TODAY - DAY, TODAY + 9 * DAY)]),
        (TODAY + 5 * DAY, TODAY, []),  # it never applied
        (TODAY, TODAY, []),
    ],
)
def test_a_decision_is_ended(staff, camille, first, on, expected):
    row = decide(first=first)
    response = confirmed(staff, end(row), {"end": on.isoformat(), "reason": "L’avenant est annulé."})
    assert response.headers["Location"] == sheet(row)
    assert mine() == expected
    assert look_up("IDCC 1486", on=on).best.opco.slug == "atlas"
    assert Correction.objects.first().reason == "L’avenant est annulé."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"end": (TODAY - DAY).isoformat()}, "Cette date est passée"),
        ({"end": "9999-12-31"}, "Vérifiez l’année : elle va de 1900 à 2200."),
        ({"end": (TODAY + 90 * DAY).isoformat()}, "La décision se termine déjà avant cette date"),
        ({"reason": ""}, "sans motif"),
        ({"end": ""}, "Ce champ est obligatoire"),
    ],
)
def test_an_end_that_cannot_be_is_explained(staff, camille, typed, said):
    row = decide(end=TODAY + 30 * DAY)
    response = staff.post(end(row), {"end": TODAY.isoformat(), "reason": "fin", "confirm": "x", **typed})
    assert said in told(response)
    assert mine() == [("akto", date(2026, 1, 1), TODAY + 30 * DAY)]


# --------------------------------------------------------------------------------------------- what others have said
@pytest.mark.parametrize("source", ["siro", "approval"])
def test_what_a_source_says_is_looked_at_and_not_changed(staff, source):
    row = Attachment.objects.filter(agreement="1486", source=source).first()
    before = Attachment.objects.values().get(pk=row.pk)
    assert staff.get(change(row)).headers["Location"] == sheet(row)
    staff.post(change(row), TYPED | {"confirm": "x"})
    assert staff.post(end(row), {"end": TODAY.isoformat(), "reason": "x"}).status_code == 404
    assert Attachment.objects.values().get(pk=row.pk) == before
    assert staff.post(reverse("admin:branches_attachment_delete", args=[row.pk])).status_code == 403


def test_a_decision_is_not_deleted_but_ended_or_undone(staff, decided):
    assert staff.post(reverse("admin:branches_attachment_delete", args=[decided.pk])).status_code == 403


@pytest.mark.parametrize("role", ["financer", "outsider"])
def test_others_decide_nothing(decided, role):
    client = client_of(role)
    for address in (ADD, change(decided), end(decided)):
        assert client.post(address, TYPED | {"confirm": "x"}).status_code in (302, 403)
    assert mine() == [("akto", date(2026, 1, 1), None)]


# --------------------------------------------------------------------------------------------- what the public reads
def test_everybody_reads_a_decision_at_the_next_request_and_its_way_back_too(staff, client):
    before, of_siret = best(), look_up(SIRET).candidates
    api = client.get("/api/v1/lookup/?q=IDCC 1486").json()
    assert before == "atlas"
    confirmed(staff, ADD, TYPED)
    text = page(client, "/convention/1486/")
    assert "Avenant du 3 mars 2026, étendu." in text
    assert f'href="{SOURCE}"' in text
    now = client.get("/api/v1/lookup/?q=IDCC 1486").json()
    assert (now["candidates"][0]["opco"]["slug"], now["candidates"][0]["basis"]) == ("akto", "manual")
    sources = [row["source"] for row in client.get("/api/v1/agreements/1486/").json()["attachments"]]
    assert "manual" in sources
    assert look_up(SIRET).candidates == of_siret

    undo = reverse("admin:corrections_correction_undo", args=[Correction.objects.get().pk])
    staff.post(undo, {"reason": "Avenant non étendu."})
    assert SOURCE not in page(client, "/convention/1486/")
    assert client.get("/api/v1/lookup/?q=IDCC 1486").json() == api


def test_changes_are_published_with_their_reason_and_without_their_author(staff, client):
    confirmed(staff, ADD, TYPED)
    first = Correction.objects.get()
    staff.post(
        reverse("admin:corrections_correction_undo", args=[first.pk]), {"reason": "Avenant non étendu."}
    )
    second = Correction.objects.get(kind="revert")
    feed = "/donnees/changements/flux.atom"
    for address in ("/donnees/changements/", "/donnees/changements/?source=corrections", feed):
        text = page(client, address)
        assert first.get_absolute_url() in text
        assert second.get_absolute_url() in text
        assert "IDCC 1486 : rattachement à AKTO depuis le 1er janvier 2026" in text
        assert "Avenant non étendu." in text
        assert "camille" not in text.lower()
    undone, way_back = page(client, first.get_absolute_url()), page(client, second.get_absolute_url())
    assert "Annulée" in undone
    assert "Avenant du 3 mars 2026, étendu." in undone
    assert f'href="{first.get_absolute_url()}"' in way_back
    assert "camille" not in (undone + way_back).lower()
    assert "camille" not in page(client, "/convention/1486/").lower()
    assert "camille" not in page(client, "/api/v1/agreements/1486/").lower()


def test_a_filter_by_source_leaves_corrections_out(staff, client):
    publish()
    confirmed(staff, ADD, TYPED)
    made = Correction.objects.get().get_absolute_url()
    assert made not in page(client, "/donnees/changements/?source=siro")
    assert made not in page(client, "/donnees/changements/flux.atom?source=siro")


def test_a_page_of_a_correction_takes_the_same_queries_however_many_changes(
    camille, client, django_assert_max_num_queries
):
    with correcting(camille, reason="motif") as draft:
        for idcc in ("1486", "1979", "0843", "2596", "3203"):
            Attachment.objects.create(
                agreement_id=idcc,
                opco_id="afdas",
                source="manual",
                validity=DateRange(date(2026, 1, 1), None),
                reason="x",
                source_url=SOURCE,
            )
    with django_assert_max_num_queries(14):
        text = page(client, draft.made.get_absolute_url())
    assert len(re.findall("rattachement à Afdas", text)) >= 5


def test_an_unknown_correction_has_no_page(client):
    assert client.get("/donnees/changements/corrections/999999/").status_code == 404


# ------------------------------------------------------------------------------------ what the public is told of dates
def test_a_decision_to_come_and_one_that_ends_are_told_to_everybody(client, staff):
    coming = attachments.made(
        "1486", "akto", TODAY + timedelta(days=30), None, "Avenant étendu.", "https://example.org/", None
    )
    attachments.save(coming)
    DataVersion.bump()
    page = client.get("/convention/1486/").content.decode()
    assert "Cela va changer" in page
    assert "Avenant étendu." in page
    attachments.finish(coming, TODAY + timedelta(days=60))
    Attachment.objects.filter(pk=coming.pk).update(validity=DateRange(TODAY, TODAY + timedelta(days=60)))
    DataVersion.bump()
    assert "compris" in client.get("/convention/1486/").content.decode()
    message = client.get("/api/v1/lookup/", {"q": "IDCC 1486"}).json()["messages"]
    assert any(each["code"] == "decision_ends" for each in message)

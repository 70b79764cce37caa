"""Funds that a page says are exhausted, then open again: previewed, confirmed, read by everybody."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from financing.attention import ending_payments
from financing.models import Criteria, Envelope, FundsStatus
from financing.reference.files import read_all
from financing.reference.load import load
from financing.rulebook import rulebook
from financing.watch import payment_ending
from opco_portal.corrections.models import Correction
from opco_portal.french import day
from tests.financing.staff import SOURCE, address, confirmed, envelope, filled, opened, rule, said
from tests.opco_portal.staff.people import account, client_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)
END = TODAY + 40 * DAY
PAGE = "https://example.org/fonds"


@pytest.fixture
def staff() -> Client:
    return client_of(account("financer", "camille"))


@pytest.fixture
def budget() -> Envelope:
    """A budget from which one rule is paid."""
    row = envelope()
    rule(envelope=row)
    return row


def plain(text: str) -> str:
    return " ".join(text.split())


def exhausted(row, since=TODAY - 9 * DAY, until=END, **values) -> FundsStatus:
    return FundsStatus.objects.create(
        envelope=row,
        status="exhausted",
        since=since,
        until=until,
        source_url=SOURCE,
        origin="reference",
        **values,
    )


def declared(staff, row, **typed):
    told = {
        "since": TODAY.isoformat(),
        "until": END.isoformat(),
        "source_url": PAGE,
        "note": "Rien avant janvier",
    }
    return opened(staff, address(row, "exhausted")) | told | typed


def states(row):
    return [(each.status, each.since, each.until) for each in row.funds.order_by("since")]


def state(row):
    """What the calculator is told of the funds today."""
    return rulebook("atlas").envelopes[row.pk].state(TODAY)


# ------------------------------------------------------------------------------------------------------- exhausted
def test_what_pages_will_say_is_read_before_anything_is_saved(staff, budget):
    shown = staff.post(address(budget, "exhausted"), declared(staff, budget))
    text = said(shown)
    assert (
        f"Atlas, « Budget d’essai », aujourd’hui : « rien n’est dit des fonds » devient « fonds épuisés "
        f"jusqu’au {plain(day(END))}, constat du {plain(day(TODAY))} »"
    ) in text
    assert f"à partir du {plain(day(END + DAY))} :" not in text  # as before: nothing is said
    assert "1 règle en vigueur en est payée : « Bureaux d’études : techniques d’essai »" in text
    assert (states(budget), Correction.objects.count()) == ([], 0)


def test_funds_that_are_declared_exhausted_are_so_at_once(staff, budget):
    response = confirmed(staff, address(budget, "exhausted"), declared(staff, budget, reason="Page du jour"))
    assert response.headers["Location"] == address(budget)
    found = state(budget)
    assert (found.status, found.since, found.until, found.source, found.note) == (
        *("exhausted", TODAY, END, PAGE, "Rien avant janvier"),
    )
    made = Correction.objects.get()
    assert (made.source_url, made.reason, made.size) == (PAGE, "Page du jour", 1)
    assert plain(made.title) == (
        f"Atlas, « Budget d’essai », fonds épuisés jusqu’au {plain(day(END))}, constat du {plain(day(TODAY))}"
    )
    assert "Fonds épuisés" in said(staff.get(address(budget)))


def test_what_was_said_to_be_open_ends_the_day_before(staff, budget):
    FundsStatus.objects.create(envelope=budget, status="open", since=TODAY - 30 * DAY, source_url=SOURCE)
    confirmed(staff, address(budget, "exhausted"), declared(staff, budget, until=""))
    assert states(budget) == [("open", TODAY - 30 * DAY, TODAY - DAY), ("exhausted", TODAY, None)]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"source_url": ""}, "Donnez l’adresse de la page qui le dit."),
        ({"source_url": "http://example.org/"}, "L’état des fonds demande l’adresse https"),
        ({"since": (TODAY + DAY).isoformat()}, "Un constat n’est pas à venir"),
        ({"since": ""}, "Ce champ est obligatoire"),
        ({"until": (TODAY - DAY).isoformat()}, "Le dernier jour est avant le premier."),
        ({"until": "9999-12-31"}, "Vérifiez l’année"),
        ({"reason": ""}, "sans motif"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_is_kept(staff, budget, typed, told):
    response = staff.post(address(budget, "exhausted"), declared(staff, budget) | typed)
    assert told in said(response), said(response)
    form = response.context["form"]
    assert {name: form[name].value() for name in typed} == typed
    assert states(budget) == []


def test_funds_are_not_declared_exhausted_twice(staff, budget):
    exhausted(budget)
    assert "Déclarer les fonds épuisés" not in said(staff.get(address(budget)))
    response = staff.post(address(budget, "exhausted"), declared(staff, budget))
    assert "Un autre état de cette enveloppe couvre déjà une partie de ces jours" in said(response)


# ------------------------------------------------------------------------------------------------------- open again
def reopened(staff, row, **typed):
    return opened(staff, address(row, "reopen")) | {"on": TODAY.isoformat(), "source_url": PAGE} | typed


def test_funds_that_are_open_again_are_so_from_that_day_on(staff, budget):
    exhausted(budget)
    shown = staff.post(address(budget, "reopen"), reopened(staff, budget))
    assert f"devient « fonds disponibles depuis le {plain(day(TODAY))} »" in said(shown)
    confirmed(staff, address(budget, "reopen"), reopened(staff, budget))
    assert states(budget) == [("exhausted", TODAY - 9 * DAY, TODAY - DAY), ("open", TODAY, None)]
    assert state(budget).status == "open"
    staff.post(f"/admin/corrections/correction/{Correction.objects.get().pk}/annuler/", {"reason": "erreur"})
    assert states(budget) == [("exhausted", TODAY - 9 * DAY, END)]


def test_funds_that_nobody_said_exhausted_are_not_reopened(staff, budget):
    assert "Rouvrir" not in said(staff.get(address(budget)))
    response = staff.post(address(budget, "reopen"), reopened(staff, budget))
    assert "Rien ne dit que ces fonds sont épuisés avant le" in said(response)
    exhausted(budget, since=TODAY)
    response = staff.post(address(budget, "reopen"), reopened(staff, budget))
    assert "choisissez un jour plus tard" in said(response)


@pytest.mark.parametrize("days", [1, 20])
def test_funds_whose_exhaustion_is_over_by_then_are_reopened_on_its_last_day_or_sooner(staff, budget, days):
    exhausted(budget)
    late = reopened(staff, budget, on=(END + days * DAY).isoformat())
    text = said(staff.post(address(budget, "reopen"), late))
    assert f"s’arrête déjà le {plain(day(END))} : choisissez ce jour ou un jour plus tôt" in text
    assert "plus tard" not in text


def test_open_funds_end_where_the_next_exhaustion_begins(staff, budget):
    exhausted(budget, until=TODAY + 9 * DAY)
    exhausted(budget, since=END, until=None)
    confirmed(staff, address(budget, "reopen"), reopened(staff, budget))
    assert states(budget)[1] == ("open", TODAY, END - DAY)


def test_the_files_leave_what_staff_said_of_the_funds(staff):
    declared = FundsStatus.objects.filter(status="exhausted").exclude(until=None).first()
    row, last = declared.envelope, declared.until
    confirmed(staff, address(row, "reopen"), reopened(staff, row, on=last.isoformat()))
    after = states(row)
    load(read_all())
    assert states(row) == after


# -------------------------------------------------------------------------------------------------------- corrected
def test_a_date_is_corrected_with_its_reason(staff, budget):
    row = exhausted(budget)
    later = END + 30 * DAY
    response = staff.post(
        address(row), opened(staff, address(row)) | {"until": later.isoformat()}, follow=True
    )
    assert "Enregistré" in said(response), said(response)
    assert state(budget).until == later
    assert f"jusqu’au {plain(day(END))}, constat du" in plain(Correction.objects.get().title)


def test_an_amount_is_corrected_and_told(staff, budget):
    typed = opened(staff, address(budget)) | {"amount": "3 000,50"}
    response = staff.post(address(budget), typed, follow=True)
    assert "Enregistré" in said(response), said(response)
    assert plain(Correction.objects.get().title) == "Atlas, « Budget d’essai » : montant 2 500 € → 3 000,50 €"


def test_a_budget_may_be_there_for_each_request(staff, budget):
    page = opened(staff, address(budget))
    choices = staff.get(address(budget)).context["adminform"].form.fields["period"].choices
    assert list(choices) == [("", "–"), ("year", "par an"), ("action", "par demande")]
    staff.post(address(budget), page | {"period": "action"})
    assert rulebook("atlas").envelopes[budget.pk].period == "action"
    assert plain(Correction.objects.get().title) == (
        "Atlas, « Budget d’essai » : période par an → par demande"
    )


def test_a_new_envelope_is_added(staff):
    form = staff.get("/admin/financing/envelope/add/").context["adminform"].form
    typed = filled(form) | {
        "code": "neuve",
        "opco": "atlas",
        "label": "Neuve",
        "source_url": SOURCE,
        "reason": "2027",
    }
    staff.post("/admin/financing/envelope/add/", typed)
    assert Envelope.objects.get(pk="neuve").origin == "manual"
    assert plain(Correction.objects.get().title).startswith(
        "Atlas, « Neuve » : nouvelle enveloppe, dans la limite"
    )


@pytest.mark.parametrize(("days", "listed"), [(0, True), (30, True), (31, False)])
def test_an_exhaustion_that_ends_within_thirty_days_is_listed(staff, budget, days, listed):
    row = exhausted(budget, until=TODAY + days * DAY)
    page = staff.get("/admin/financing/fundsstatus/?a_traiter=fin-proche&all=")
    assert (row in page.context["cl"].result_list) == listed


@pytest.mark.parametrize(("days", "listed"), [(-1, False), (0, True), (30, True), (31, False)])
def test_a_payment_that_ends_within_thirty_days_is_told(days, listed):
    end = TODAY + days * DAY
    payment = {"circuit": "direct", "text": "Essai", "source": SOURCE, "until": end.isoformat()}
    Criteria.objects.filter(opco="atlas").update(payments=[payment])
    told = [payment_ending(*each) for each in ending_payments(TODAY)]
    assert (f"Atlas, paiement « Essai » : jusqu’au {plain(day(end))}" in map(plain, told)) == listed


def test_what_is_exhausted_today_is_listed(staff, budget):
    row = exhausted(budget)
    old = exhausted(envelope("autre"), since=date(2025, 1, 1), until=date(2025, 12, 31))
    found = staff.get("/admin/financing/fundsstatus/?a_traiter=epuises&all=").context["cl"].result_list
    assert row in found
    assert old not in found

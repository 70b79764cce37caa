"""Undoing what is large, or what was partly changed again since: what staff read, what stays, what it costs."""

import html
import re
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse

from branches.models import Agreement, AgreementName, Attachment, Branch
from branches.news import told
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import SHOWN, changes_of
from opco_portal.corrections.models import Correction
from opco_portal.corrections.revert import (
    Overtaken,
    count_overtaken,
    overtaken_of,
    revert,
    undoable,
)
from tests.opco_portal.staff.people import account, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille() -> User:
    return account("mapper", "camille")


@pytest.fixture
def staff(camille) -> Client:
    return client_of(camille)


@pytest.fixture
def corrected(camille):
    """Make a correction of some steps."""

    def run(*steps) -> Correction:
        with correcting(camille, reason="motif") as draft:
            for step in steps:
                step()
        assert draft.made
        return draft.made

    return run


def add(count: int) -> list[AgreementName]:
    rows = [AgreementName(agreement_id="1486", name=f"Zygomatique {i}", kind="trade") for i in range(count)]
    return AgreementName.objects.bulk_create(rows)


def names() -> list[str]:
    rows = AgreementName.objects.filter(name__startswith="Zygomatique").order_by("name")
    return list(rows.values_list("name", flat=True))


def retype(name: str) -> None:
    AgreementName.objects.filter(name=name).update(kind="name")


def page_of(correction: Correction, action: str = "change") -> str:
    return reverse(f"admin:corrections_correction_{action}", args=[correction.pk])


def text_of(response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


# ----------------------------------------------------------------------------------------------- what changed since
def test_what_was_not_changed_since_is_undone_and_the_rest_stays(staff, corrected):
    made = corrected(lambda: add(4))
    corrected(lambda: retype("Zygomatique 2"))
    for page in (page_of(made), page_of(made, "undo")):
        response = staff.get(page)
        assert "Annuler les 3 autres changements" in text_of(response)
        assert f'href="{page_of(made, "undo")}?autres"' in response.content.decode()

    others = f"{page_of(made, 'undo')}?autres"
    said = text_of(staff.get(others))
    assert re.search("Ce qui reste comme aujourd’hui .*Zygomatique 2 .*Ce qui changerait", said)
    assert "Modifié de nouveau depuis" in said
    assert "sans motif" in text_of(staff.post(others, {"reason": ""}))
    staff.post(others, {"reason": "Mauvais fichier"})
    assert names() == ["Zygomatique 2"]
    back = Correction.objects.first()
    assert back
    assert (back.reverts, back.size, back.reason) == (made, 3, "Mauvais fichier")
    listed = reverse("admin:corrections_correction_changelist")
    for page in (page_of(made), listed, made.get_absolute_url(), reverse("changes")):
        assert "annulée en partie" in text_of(staff.get(page)).lower()


def test_a_single_change_that_is_left_is_called_so(staff, corrected):
    made = corrected(lambda: add(2))
    corrected(lambda: retype("Zygomatique 1"))
    assert "Annuler l’autre changement" in text_of(staff.get(page_of(made)))
    assert "Annuler l’autre changement" in text_of(staff.get(f"{page_of(made, 'undo')}?autres"))


def test_when_everything_was_changed_since_nothing_else_is_offered(staff, camille, corrected):
    made = corrected(lambda: add(1))
    corrected(lambda: retype("Zygomatique 0"))
    others = f"{page_of(made, 'undo')}?autres"
    for page in (page_of(made), page_of(made, "undo"), others):
        assert "autre changement" not in text_of(staff.get(page))
    assert "ne peut plus être annulée" in text_of(staff.post(others, {"reason": "erreur"}))
    with pytest.raises(Overtaken):
        revert(made, camille, "erreur", leave_overtaken=True)
    assert names() == ["Zygomatique 0"]


def test_unless_the_rest_was_asked_for_it_is_all_or_nothing(staff, corrected):
    made = corrected(lambda: add(2))
    corrected(lambda: retype("Zygomatique 1"))
    staff.post(page_of(made, "undo"), {"reason": "erreur"})
    assert len(names()) == 2


# ------------------------------------------------------------------------------------------------- large corrections
def delete(name: str) -> None:
    AgreementName.objects.filter(name=name).delete()


@pytest.mark.parametrize(
    "since",
    [
        [],
        [lambda: retype("Zygomatique 1")],
        [lambda: delete("Zygomatique 1"), lambda: retype("Zygomatique 2")],
        [
            lambda: retype("Zygomatique 1"),
            lambda: AgreementName.objects.filter(name="Zygomatique 1").update(kind="trade"),
        ],
        [lambda: Agreement.objects.filter(pk="1979").update(short_title="Autre")],
        [lambda: Agreement.objects.filter(pk="1979").update(scope="Autre", origin="manual")],
    ],
)
def test_what_was_changed_since_is_counted_as_it_is_told(corrected, since):
    add(1)
    made = corrected(
        lambda: delete("Zygomatique 0"),
        lambda: add(3),
        lambda: Agreement.objects.filter(pk="1979").update(short_title="Hôtels", legal_state=""),
    )
    for step in since:
        corrected(step)
    changes, overtaken = undoable(made)
    assert count_overtaken(made) == len(overtaken) == len(overtaken_of(changes))


def test_only_what_is_shown_of_a_large_correction_is_read(corrected):
    made = corrected(lambda: add(SHOWN + 40), lambda: Agreement.objects.filter(pk="1979").update(scope="X"))
    lines, more = told(made)
    assert (len(lines), more) == (SHOWN, 41)
    shown = changes_of(made.context, most=SHOWN)
    assert shown == changes_of(made.context)[:SHOWN]


def test_the_page_of_a_large_correction_says_how_much_was_changed_since(staff, corrected):
    made = corrected(lambda: add(SHOWN + 40))
    assert f"Annuler les {SHOWN + 40} changements" in text_of(staff.get(page_of(made)))
    corrected(lambda: retype(f"Zygomatique {SHOWN + 39}"))
    said = text_of(staff.get(page_of(made)))
    assert "Un objet a changé depuis" in said
    assert f"Annuler les {SHOWN + 39} autres changements" in said
    assert "Et 40 autres changements." in said


def decide(count: int) -> None:
    codes = Agreement.objects.filter(status="active").values_list("pk", flat=True)[:count]
    Attachment.objects.bulk_create(
        Attachment(
            agreement_id=idcc,
            opco_id="afdas",
            source="manual",
            validity=DateRange(date(2026, 1, 1), None),
            reason="arbitrage",
            source_url="https://example.org/",
        )
        for idcc in codes
    )


def test_undoing_hundreds_of_decisions_takes_few_queries(staff, corrected, django_assert_max_num_queries):
    made = corrected(lambda: decide(400))
    assert made.size == 400
    with django_assert_max_num_queries(27):
        response = staff.get(page_of(made, "undo"))
    *first, rest = response.context["forecast"]
    assert len(first) == 50
    assert re.fullmatch(r"et \d+ autres réponses", rest.replace("\u00a0", " "))


# ------------------------------------------------------------------------------------------- what the public is told
def origin(row: Any, value: str) -> None:
    type(row).objects.filter(pk=row.pk).update(origin=value)


@pytest.mark.parametrize(
    ("model", "lookup", "back", "taken"),
    [
        (Agreement, {"pk": "1486"}, "IDCC 1486 : rendu au référentiel", "IDCC 1486 : repris par l’équipe"),
        (
            AgreementName,
            {"agreement": "1486", "name__iexact": "syntec"},
            "rendu au référentiel",
            "repris par l’équipe",
        ),
        (Branch, {"line": 1}, "rendue au référentiel", "reprise par l’équipe"),
    ],
)
def test_a_change_of_nothing_but_who_answers_for_it_is_told_as_that(corrected, model, lookup, back, taken):
    row = model.objects.get(**lookup)
    (said,) = corrected(lambda: origin(row, "manual")).headline
    assert said.replace("\u00a0", " ").endswith(taken)
    (said,) = corrected(lambda: origin(row, "reference")).headline
    assert said.replace("\u00a0", " ").endswith(back)

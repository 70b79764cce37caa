"""What the first page, the menu and the search of the administration say of the financing rules."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from financing.models import FundsStatus, Rule, SourcePage
from financing.models.conversion import period
from tests.financing.staff import address, envelope, rule, said
from tests.opco_portal.staff.people import account, client_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    """The reference has rules that end with the year, and exhausted funds."""
    FundsStatus.objects.all().delete()
    Rule.objects.all().delete()


@pytest.fixture
def staff() -> Client:
    return client_of(account("financer", "camille"))


def cards(client: Client) -> list[str]:
    page = client.get("/admin/").content.decode()
    found = re.findall(r'<span class="figure">(.*?)</span> <span class="what">(.*?)</span>', page)
    return [html.unescape(" ".join(each)) for each in found]


def test_nothing_waits_where_nothing_is_wrong(staff):
    text = said(staff.get("/admin/"))
    for fine in (
        "aucune règle près de sa fin",
        "chaque chiffre vérifié depuis moins de six mois",
        "toutes les pages sources répondent",
        "aucun fonds épuisé déclaré",
    ):
        assert fine in text


def test_each_card_counts_what_the_list_that_it_leads_to_shows(staff):
    now = timezone.now()
    rule(validity=period(None, TODAY + 3 * DAY), verified_on=TODAY - 200 * DAY)
    SourcePage.objects.create(
        url="https://example.org/", status="gone", checked_at=now, failing_since=now - 7 * DAY
    )
    FundsStatus.objects.create(
        envelope=envelope(), status="exhausted", since=TODAY - DAY, source_url="https://example.org/"
    )
    shown = cards(staff)
    page = staff.get("/admin/").content.decode()
    for title, where in (
        ("règle qui expire sous 30 jours", "rule/?a_traiter=fin-proche"),
        ("chiffre vérifié il y a plus de six mois", "rule/?a_traiter=chiffres-anciens"),
        ("page source qui ne répond plus", "sourcepage/?a_traiter=en-echec"),
        ("enveloppe aux fonds épuisés", "fundsstatus/?a_traiter=epuises"),
    ):
        assert f"1 {title}" in shown
        assert f'href="/admin/financing/{where}"' in page
        assert staff.get(f"/admin/financing/{where}").context["cl"].result_count == 1


@pytest.mark.parametrize("text", ["essai", "bureaux techniques essai", "1486 essai"])
def test_the_search_finds_rules(staff, text):
    row = rule()
    page = staff.get("/admin/recherche/", {"q": text})
    assert f'href="{address(row)}"' in page.content.decode()
    assert "Atlas, 25 €/h par personne, depuis le 1er janvier 2026" in said(page)


def test_the_search_finds_envelopes(staff):
    row = envelope()
    assert f'href="{address(row)}"' in staff.get("/admin/recherche/?q=budget essai").content.decode()


@pytest.mark.parametrize("text", ["501 030 811 00092", "501030811"])
def test_a_company_has_no_rules(staff, text):
    page = staff.get("/admin/recherche/", {"q": text}).content.decode()
    assert "/admin/financing/rule/" not in page.split("<main")[1]


def test_the_menu_leads_to_the_lists(staff):
    groups = staff.get("/admin/").context["sidebar_navigation"]
    (items,) = [group["items"] for group in groups if group.get("title") == "Financements"]
    assert [item["title"] for item in items] == [
        "Règles",
        "Enveloppes",
        "Fonds déclarés",
        "Critères et réserves",
        "Pages sources",
    ]

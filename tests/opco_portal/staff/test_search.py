"""One search for the whole administration: what it understands, for whom, and always as things are now."""

import html
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from branches.models import AgreementName

pytestmark = pytest.mark.django_db

SEARCH = "/admin/recherche/"
ESTABLISHMENT = "50103081100092"


def client_with(*codenames: str) -> Client:
    user = User.objects.create_user("camille", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff() -> Client:
    return client_with("view_agreement", "view_opco", "view_branch", "view_source")


def page(client: Client, text: str) -> str:
    return client.get(SEARCH, {"q": text}).content.decode()


def found(client: Client, text: str) -> list[str]:
    """The addresses of the results, in the order of the page."""
    return re.findall(r'<a class="main" href="(.*?)"', page(client, text))


def text_of(content: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", content)))


def agreement(idcc: str) -> str:
    return f"/admin/branches/agreement/{idcc}/change/"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("1486", agreement("1486")),
        ("IDCC 1486", agreement("1486")),
        ("idcc 843", agreement("0843")),
        ("843", agreement("0843")),
        ("bureaux etudes", agreement("1486")),
        ("Syntec", agreement("1486")),
        ("plonbier", agreement("1596")),
        ("atlas", "/admin/branches/opco/atlas/change/"),
        ("opco mob", "/admin/branches/opco/opco-mobilites/change/"),
    ],
)
def test_what_staff_have_at_hand_leads_to_what_they_mean_first(staff, text, first):
    assert found(staff, text)[0] == first


def test_a_list_is_found_by_its_name(staff):
    assert "/admin/sync/source/" in found(staff, "sources")


def test_the_branches_of_a_word_are_found_with_their_opco(staff):
    assert any(address.startswith("/admin/branches/branch/") for address in found(staff, "coiffure"))


@pytest.mark.parametrize("text", [ESTABLISHMENT, "501 030 811 00092"])
def test_a_siret_leads_to_its_public_page_and_to_its_agreement_and_tells_the_opco(staff, text):
    assert found(staff, text) == [f"/entreprise/{ESTABLISHMENT}/", agreement("1486")]
    assert "OPCO : Atlas" in text_of(page(staff, text))


def test_a_siren_leads_to_its_company(staff):
    assert found(staff, "501 030 811")[0] == "/entreprise/501030811/"


def test_a_number_that_the_table_lacks_leads_to_the_page_that_says_why(staff):
    assert found(staff, "50103081100100") == ["/entreprise/50103081100100/"]


def test_without_a_result_it_says_what_can_be_searched(staff):
    for text in ("zzzzzz", ""):
        assert "un SIRET ou un SIREN" in text_of(page(staff, text))
    assert "Rien ne correspond à « zzzzzz »" in text_of(page(staff, "zzzzzz"))


def test_more_results_than_a_page_holds_are_in_the_list(staff):
    content = page(staff, "commerce")
    assert 'href="/admin/branches/agreement/?q=commerce"' in content
    assert len(found(staff, "commerce")) <= 16


def test_only_what_the_account_may_view_is_found():
    client = client_with("view_branch")
    addresses = found(client, "coiffure")
    assert addresses
    assert all(address.startswith("/admin/branches/branch/") for address in addresses)
    assert found(client, ESTABLISHMENT) == [f"/entreprise/{ESTABLISHMENT}/"]


def test_nobody_searches_without_logging_in():
    assert Client().get(SEARCH).headers["Location"].startswith("/admin/login/")
    assert Client().get("/admin/search/").headers["Location"].startswith("/admin/login/")


def test_what_was_typed_is_escaped(staff):
    assert "<script>alert" not in page(staff, "<script>alert(1)</script>")


# ---------------------------------------------------------------------------------------------------- the palette
def palette(client: Client, text: str) -> str:
    return client.get("/admin/search/", {"s": text, "extended": "1"}).content.decode()


def test_the_palette_finds_the_same(staff):
    assert f'href="{agreement("1486")}"' in palette(staff, "syntec")
    assert palette(staff, "") == ""
    assert "<li" in palette(staff, "zzzzzz")


def test_the_palette_follows_corrections_and_rights_at_once(staff):
    name = AgreementName.objects.create(agreement_id="0843", name="Zébulonnerie", kind="name")
    assert agreement("0843") in palette(staff, "zebulonnerie")
    name.delete()
    assert agreement("0843") not in palette(staff, "zebulonnerie")
    assert agreement("0843") in palette(staff, "843")
    User.objects.get().user_permissions.clear()
    assert agreement("0843") not in palette(staff, "843")


@pytest.mark.parametrize(
    ("text", "queries"), [("1486", 8), ("commerce", 8), (ESTABLISHMENT, 6), ("zzzzzz", 9)]
)
def test_a_search_reads_few_queries(staff, text, queries, django_assert_num_queries):
    page(staff, "1486")  # the reference is in memory from then on
    with django_assert_num_queries(queries):
        page(staff, text)

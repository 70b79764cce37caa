"""Two hundred usual names brought in a file with three mistakes: seen, corrected, imported, found by everybody."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from branches.models import Agreement, AgreementName
from opco_portal.corrections.models import Correction
from opco_portal.staff.rights import MAPPING_EDITORS
from tests.browser.conftest import Upstreams, served
from tests.browser.test_pages import OVERFLOW
from tests.browser.test_staff import in_every_light, violations

LIST = "/admin/branches/agreementname/"
PASSWORD = "un mot de passe à elle"
REASON = "Noms relevés par l’accueil téléphonique en mai."


@pytest.fixture
def portal(own_database: str, upstreams: Upstreams) -> Iterator[str]:
    """A portal in two processes on a database of this test's own."""
    with served("--workers", "2", **upstreams.environment, DATABASE_URL=own_database) as address:
        yield address


def names(**mistakes: str) -> bytes:
    """Two hundred lines, of which some are replaced: `ligne_57` is line 57 of the file."""
    idccs = list(Agreement.objects.exclude(status="escape").values_list("pk", flat=True)[:20])
    lines = ["IDCC;Nom;Nature;Retiré"]
    lines += [f"{idccs[i % 20]};zorglub {i};sigle;non" for i in range(200)]
    for place, line in mistakes.items():
        lines[int(place.removeprefix("ligne_")) - 1] = line
    return "\r\n".join(lines).encode("cp1252")


def choose(page: Page, body: bytes) -> None:
    page.locator("[type=file]").set_input_files({"name": "noms.csv", "mimeType": "text/csv", "buffer": body})


def log_in(page: Page) -> None:
    user = User.objects.create_user("camille", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=MAPPING_EDITORS))
    page.locator("#id_username").fill("camille")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("[type=submit]").click()


@pytest.mark.parametrize("options", [{}, {"width": 390, "java_script_enabled": False}], ids=["desk", "phone"])
def test_two_hundred_names_with_three_mistakes_are_corrected_then_found_by_everybody(open_page, options):
    page = open_page(f"{LIST}import/", **options)
    log_in(page)
    mistakes = {
        "ligne_12": "9999999;zorglub 10;sigle;",
        "ligne_57": "1486;;sigle;",
        "ligne_143": "1486;zorglub;surnom;",
    }
    choose(page, names(**mistakes))
    page.get_by_label("Motif").fill(REASON)
    page.get_by_role("button", name="Voir ce qui changerait").click()
    expect(page.get_by_role("alert")).to_contain_text("3 lignes sur 200 à corriger : lignes 12, 57 et 143")
    wrong = page.get_by_role("region", name="À corriger dans votre fichier")
    for cell, sentence in (("A12", "quatre chiffres"), ("B57", "Remplissez"), ("C143", "« sigle »")):
        expect(wrong.locator("tr", has_text=cell)).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Enregistrer")).to_have_count(0)
    assert page.evaluate(OVERFLOW) == 0
    expect(page.get_by_label("Motif")).to_have_value(REASON)
    assert not Correction.objects.exists()

    choose(page, names())
    page.get_by_role("button", name="Voir ce qui changerait").click()
    expect(page.get_by_role("heading", name="200 changements à confirmer")).to_be_visible()
    expect(page.get_by_text(REASON).first).to_be_visible()
    assert page.evaluate(OVERFLOW) == 0
    page.get_by_role("button", name="Enregistrer ces 200 changements").click()
    expect(page.get_by_text("visible de tous dès maintenant")).to_be_visible()
    assert AgreementName.objects.filter(name__startswith="zorglub").count() == 200

    page.get_by_role("link", name="Voir ou annuler cette correction").click()
    expect(page.get_by_role("heading", name="200 objets modifiés")).to_be_visible()
    public = open_page("/recherche/?q=zorglub+199", **options)
    expect(public.get_by_role("main")).to_contain_text("zorglub 199")


@in_every_light
def test_every_page_of_an_import_is_accessible(open_page, theme):
    page = open_page(f"{LIST}import/", color_scheme=theme, width=390)
    log_in(page)
    assert violations(page) == []
    for body in (b"IDCC;Nom", names(ligne_12="x;;;;"), names(ligne_12="1486;Syntec;sigle;")):
        choose(page, body)
        page.get_by_label("Motif").fill(REASON)
        page.get_by_role("button", name="Voir ce qui changerait").click()
        assert violations(page) == []
        page.goto(f"{LIST}import/")

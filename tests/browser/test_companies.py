"""A company found by its name, and what joins a page later: with JavaScript and without, by mouse and by keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.companies import CHOSEN, CONTRADICTED, DEDUCED
from tests.browser.test_journeys import both

pytestmark = pytest.mark.django_db


@both
def test_a_company_is_found_by_its_name_and_changed(open_page, javascript):
    page = open_page("/", width=360, java_script_enabled=javascript)
    page.locator("input[name=q]").fill("cabinet durand")
    page.get_by_role("button", name="Trouver mon OPCO").click()
    page.get_by_role("link", name="CABINET DURAND").click()
    expect(page.locator("h1")).to_contain_text("Atlas")
    expect(page.get_by_text("Certain").first).to_be_visible()
    expect(page.get_by_label("Entreprise choisie")).to_contain_text("CABINET DURAND")
    page.get_by_role("link", name="Changer").click()
    expect(page.locator("main input[name=q]")).to_have_value("cabinet durand")
    expect(page.get_by_role("link", name="CABINET DURAND")).to_be_visible()


@both
def test_the_company_stays_on_the_way_to_its_agreement(open_page, javascript):
    page = open_page(f"/entreprise/{CHOSEN}/?nom=durand", java_script_enabled=javascript)
    page.locator("dl.facts").get_by_role("link").first.click()
    page.wait_for_url("**/convention/1486/**")
    expect(page.get_by_label("Entreprise choisie")).to_contain_text("CABINET DURAND")
    page.get_by_role("link", name="Changer").click()
    expect(page.locator("main input[name=q]")).to_have_value("durand")


@both
def test_companies_are_turned_page_after_page(open_page, javascript):
    page = open_page("/recherche/entreprises/?q=durand", java_script_enabled=javascript)
    expect(page.get_by_role("heading", name="37 entreprises")).to_be_visible()
    page.get_by_role("link", name="Suivante").click()
    page.get_by_role("link", name="DURAND 39").click()
    page.get_by_role("link", name="Changer").click()
    expect(page.get_by_role("link", name="DURAND 39")).to_be_visible()


def test_the_keyboard_searches_a_company_of_the_name_being_typed(open_page):
    page = open_page("/")
    field = page.get_by_role("combobox")
    field.press_sequentially("syntec")
    option = page.get_by_role("option", name="Chercher une entreprise de ce nom")
    expect(option).to_be_visible()
    field.press("ArrowUp")
    expect(option).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    page.wait_for_url("**/recherche/?q=syntec&tout=1#companies")
    expect(page.get_by_role("heading", name="Aucune entreprise de ce nom")).to_be_in_viewport()


def test_agreements_are_there_at_once_and_companies_join_them(open_page, hold):
    gate = hold("crèche")
    page = open_page("/recherche/?q=crèche")
    expect(page.get_by_role("heading", name="conventions")).to_be_visible()
    expect(page.get_by_text("Recherche dans l’annuaire des entreprises…")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    gate.open()
    expect(page.get_by_role("link", name="CRECHE DES PETITS DURAND")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="1 entreprise trouvée")).to_have_count(1)
    assert page.evaluate("window.sameDocument")


def test_the_back_button_restores_companies_that_had_joined_later(open_page, hold):
    gate = hold("petits durand")
    page = open_page("/recherche/?q=petits durand")
    gate.open()
    page.get_by_role("link", name="CRECHE DES PETITS DURAND").click()
    expect(page.locator("h1")).to_contain_text("Atlas")
    page.go_back()
    expect(page.locator("main input[name=q]")).to_have_value("petits durand")
    expect(page.get_by_role("link", name="CRECHE DES PETITS DURAND")).to_be_visible()


@both
def test_an_absent_siret_becomes_the_deduced_page_by_itself(open_page, hold, javascript):
    gate = hold(DEDUCED)
    page = open_page(f"/entreprise/{DEDUCED}/", java_script_enabled=javascript)
    expect(page.get_by_text("Nous cherchons sa convention")).to_be_visible()
    gate.open()
    expect(page.locator("h1")).to_contain_text("D’après sa convention, l’OPCO de cet établissement est Atlas")
    expect(page).to_have_title(re.compile("^Atlas, OPCO déduit"))


def test_the_field_of_a_page_that_arrived_later_proposes_too(open_page, hold):
    gate = hold(DEDUCED)
    page = open_page(f"/entreprise/{DEDUCED}/")
    gate.open()
    expect(page.locator("h1")).to_contain_text("D’après sa convention")
    page.locator("main").get_by_role("combobox").press_sequentially("boulang")
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page.get_by_role("button", name="Copier le lien")).to_be_visible()


def test_a_second_opinion_joins_an_establishment_by_itself(open_page):
    page = open_page(f"/entreprise/{CONTRADICTED}/", width=360)
    opinions = page.get_by_role("region", name="D’autres avis")
    expect(opinions).to_contain_text("Autre OPCO")
    expect(opinions).to_contain_text("Demandez confirmation à Atlas et à AKTO")
    expect(page.get_by_role("status").filter(has_text="France compétences donne AKTO")).to_be_visible()


def test_without_javascript_a_second_opinion_is_one_link_away(open_page):
    page = open_page(f"/entreprise/{CONTRADICTED}/", java_script_enabled=False)
    page.get_by_role("link", name="Comparer avec France compétences").click()
    expect(page.get_by_text("Autre OPCO")).to_be_visible()
    page.get_by_role("link", name="Revenir à l’établissement").click()
    expect(page.locator("h1")).to_contain_text("Atlas")


WAITING = {
    "search": ("/recherche/?q=crèche", "crèche"),
    "establishment": (f"/entreprise/{DEDUCED}/", DEDUCED),
}


@pytest.fixture(params=list(WAITING.values()), ids=list(WAITING))
def waiting(request, open_page, hold):
    """A page that waits for a part of it, which never arrives; and the requests for that part."""
    path, words = request.param
    hold(words)
    asked = []

    def keep_parts(route):
        if route.request.resource_type == "document":
            route.continue_()
        else:
            asked.append(route)

    page = open_page("/")
    page.route(lambda address: "/recherche/" in address or "/entreprise/" in address, keep_parts)
    page.goto(path)
    expect(page.locator(".htmx-request")).to_have_count(1)
    return page, asked


def test_axe_finds_nothing_while_a_page_waits(waiting):
    page, _ = waiting
    found = Axe().run(page).response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


def test_a_part_that_cannot_join_says_so_and_how_to_try_again(waiting, complaints):
    page, asked = waiting
    asked.pop().abort()
    late = page.locator("[data-late]")
    expect(late).to_be_visible()
    expect(late.get_by_role("link")).to_have_count(1)
    expect(page.locator(".waiting")).to_be_hidden()
    expect(page.locator("[aria-busy]")).to_have_count(0)
    assert [text for text in complaints if "ERR_FAILED" not in text and "htmx:" not in text] == []
    complaints.clear()


def test_what_is_being_typed_is_not_lost_to_an_answer_that_arrives(open_page, hold):
    gate = hold(DEDUCED)
    page = open_page(f"/entreprise/{DEDUCED}/")
    page.locator("#contenu input[name=q]").fill("1486")
    gate.open()
    expect(page.get_by_role("link", name="Voir ce que dit l’annuaire")).to_be_visible()
    expect(page.locator("#contenu input[name=q]")).to_have_value("1486")

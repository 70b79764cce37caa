"""What people come for, with JavaScript and without, by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db

both = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


@both
def test_an_employer_finds_the_opco_of_a_siret(open_page, javascript):
    page = open_page("/", width=360, java_script_enabled=javascript)
    page.locator("input[name=q]").fill("501 030 811 00092")
    page.get_by_role("button", name="Trouver mon OPCO").click()
    expect(page.locator("h1")).to_contain_text("Atlas")
    expect(page.get_by_text("Certain").first).to_be_visible()
    page.get_by_role("link", name="Preuve à imprimer").click()
    expect(page.locator("main")).to_contain_text("juin 2026")


@both
def test_a_trade_leads_to_a_choice_then_to_the_agreement(open_page, javascript):
    page = open_page("/", java_script_enabled=javascript)
    page.locator("input[name=q]").fill("garage auto")
    page.get_by_role("button", name="Trouver mon OPCO").click()
    page.locator("main a[href^='/convention/1090/']").first.click()
    expect(page.locator("h1")).to_contain_text("OPCO Mobilités")


@both
def test_a_mistyped_number_is_corrected_in_place(open_page, javascript):
    page = open_page("/recherche/?q=5010308110009", java_script_enabled=javascript)
    expect(page.locator("main")).to_contain_text("il en manque un")
    field = page.locator("main input[name=q]")
    expect(field).to_have_value("5010308110009")
    field.fill("50103081100092")
    field.press("Enter")
    expect(page.locator("h1")).to_contain_text("Atlas")


@both
def test_branches_are_searched_and_filtered(open_page, javascript):
    page = open_page("/branches/", java_script_enabled=javascript)
    page.locator("main input[name=q]").fill("coiffure")
    page.locator("main input[name=q]").press("Enter")
    expect(page.locator("main")).to_contain_text("coiffure")
    expect(page.locator("tbody tr, .branch")).to_have_count(1)
    assert "q=coiffure" in page.url


@both
def test_what_a_publication_changed_is_read_down_to_the_establishment(open_page, javascript):
    page = open_page("/donnees/", width=360, java_script_enabled=javascript)
    page.get_by_role("link", name="Table SIRET-OPCO\u00a0: juillet 2026").click()
    last = page.locator("#attachments_changed tbody tr").last
    expect(last).to_be_hidden()
    page.locator("summary").filter(has_text="Rattachements dont le nombre").click()
    page.get_by_text("Voir 45 autres lignes").click()
    expect(last).to_be_visible()
    page.get_by_role("link", name="Voir les établissements").click()
    page.get_by_role("link", name="Changent d’OPCO").click()
    page.get_by_label("IDCC ou SIRET").fill("501 030 811")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_role("heading", name="1 établissement", exact=True)).to_be_visible()
    page.get_by_role("link", name="501 030 811 00092").click()
    expect(page.locator("h1")).to_contain_text("Atlas")


def test_the_field_proposes_and_the_keyboard_chooses(open_page):
    page = open_page("/")
    field = page.get_by_role("combobox")
    field.press_sequentially("boulang")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("boulang")
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url("**/convention/**")


def test_the_number_of_proposals_is_announced(open_page):
    page = open_page("/")
    page.get_by_role("combobox").press_sequentially("coiff")
    expect(page.locator("[aria-live]").filter(has_text="suggestion")).not_to_be_empty()


def test_the_back_button_returns_to_the_choice(open_page):
    page = open_page("/recherche/?q=garage auto")
    page.locator("main a[href^='/convention/']").first.click()
    page.wait_for_url("**/convention/**")
    page.go_back()
    expect(page.locator("main input[name=q]")).to_have_value("garage auto")


def test_the_menu_opens_on_a_phone_without_javascript(open_page):
    page = open_page("/", width=360, java_script_enabled=False)
    page.locator("header summary").click()
    page.locator("header").get_by_role("link", name="Les 11 OPCO").click()
    expect(page.locator("h1")).to_contain_text("OPCO")


def test_the_first_tab_stop_skips_to_the_content(open_page):
    page = open_page("/opco/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash")


def test_the_proof_fits_one_printed_page(open_page):
    pdf = open_page("/preuve/50103081100092/").pdf(format="A4")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1


def test_the_api_documentation_works_offline_under_the_policy(open_page):
    page = open_page("/api/docs/")
    expect(page.get_by_text("/api/v1/lookup/").first).to_be_visible()

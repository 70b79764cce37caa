"""What an HR manager comes for: what the OPCO pays of a course, what is left, and whether there is a better way."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db

both = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
RESULT = "/financements/?idcc=1486&salaries=23&personnes=2&heures=21&cout=2800"


@both
def test_the_question_is_answered_from_the_lookup_on(open_page, javascript):
    page = open_page("/entreprise/50103081100092/", width=360, java_script_enabled=javascript)
    page.get_by_role("link", name="Que peut financer votre OPCO").click()
    expect(page.get_by_label("OPCO", exact=True)).to_have_value("atlas")
    page.get_by_label("Effectif").fill("23")
    page.get_by_label("Personnes formées").fill("2")
    page.get_by_label("Durée, en heures").fill("21 h")
    page.get_by_label("Coût de la formation").fill("2 800 €")
    page.get_by_role("button", name="Calculer").click()
    expect(page.locator("h1")).to_have_text("2\u202f800\u00a0€ de formation pour deux\u00a0personnes")
    first = page.locator(".option").first
    expect(first.get_by_text("Possible")).to_be_visible()
    expect(first.locator(".big")).to_have_text("0\u00a0€")
    first.get_by_text("Sources").click()
    expect(first.get_by_role("link", name="Bureaux d’études")).to_be_visible()
    assert "transport=" not in page.url


@both
def test_a_mistake_is_corrected_where_it_was_made(open_page, javascript):
    page = open_page("/financements/?idcc=1486&cout=cher&nuits=x", java_script_enabled=javascript)
    expect(page.get_by_role("alert")).to_contain_text("2 réponses sont à corriger")
    expect(page.get_by_label("Nuits")).to_be_visible()  # what is folded opens on what is wrong in it
    page.get_by_label("Nuits").fill("")
    page.get_by_label("Coût de la formation").fill("900,50")
    page.get_by_label("Coût de la formation").press("Enter")
    expect(page.locator("h1")).to_contain_text("900,50\u00a0€")


def test_a_slider_changes_the_result_and_the_address(open_page):
    page = open_page("/financements/?opco=akto&idcc=1979&salaries=12&personnes=2&heures=21&cout=2800")
    left = page.locator(".option .big").first
    expect(left).to_have_text("1\u202f750\u00a0€")
    slider = page.get_by_role("slider", name="Durée, en heures")
    slider.focus()
    slider.press("ArrowRight")
    expect(left).to_have_text("1\u202f700\u00a0€")
    expect(page.get_by_label("Heures", exact=True)).to_have_value("22")
    assert "heures=22" in page.url
    expect(slider).to_be_focused()
    expect(page.locator("#essai-etat")).to_contain_text("1\u202f700\u00a0€ à votre charge")
    assert page.locator("link[rel=canonical]").get_attribute("href") == page.url
    page.reload()
    expect(left).to_have_text("1\u202f700\u00a0€")


def test_a_value_that_cannot_be_leaves_the_result(open_page):
    page = open_page(RESULT)
    page.get_by_label("Salariés").fill("0")
    expect(page.locator("#essai-erreurs")).to_contain_text("1 au moins")
    expect(page.locator("#essai-salaries")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#essai-salaries")).to_have_accessible_description(re.compile("1 au moins"))
    expect(page.locator(".option")).not_to_have_count(0)
    page.get_by_label("Salariés").fill("60")
    expect(page.locator("#essai-erreurs")).to_be_empty()
    expect(page.locator("#essai-salaries")).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#suite")).to_contain_text("à partir de 50 salariés")


def test_a_portal_that_does_not_answer_says_so_and_leaves_the_result(open_page, complaints):
    page = open_page(RESULT)
    page.route("**/financements/**", lambda route: route.abort())
    page.get_by_label("Salariés").fill("60")
    expect(page.locator("#essai-erreurs")).to_contain_text("ne répond pas")
    expect(page.locator(".option")).not_to_have_count(0)
    complaints.clear()  # Chromium's remark that the request failed


def test_the_back_button_returns_to_the_form_as_it_was_filled(open_page):
    page = open_page("/financements/?opco=atlas&idcc=1486")
    page.get_by_label("Coût de la formation").fill("2800")
    page.get_by_role("button", name="Calculer").click()
    expect(page.locator("h1")).to_contain_text("2\u202f800")
    slider = page.get_by_role("slider", name="Effectif")
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_url("**salaries=**")
    page.go_back()
    expect(page.get_by_role("button", name="Calculer")).to_be_visible()
    expect(page.get_by_label("Convention collective")).to_have_value("1486")


def test_other_values_are_tried_without_javascript(open_page):
    page = open_page(RESULT, java_script_enabled=False)
    expect(page.get_by_role("slider")).to_have_count(0)
    page.get_by_label("Euros HT", exact=True).fill("4000")
    page.get_by_role("button", name="Recalculer").click()
    expect(page.locator("h1")).to_contain_text("4\u202f000\u00a0€")


@both
def test_what_is_missing_leads_to_its_field(open_page, javascript):
    page = open_page("/financements/?opco=atlas&cout=2800&heures=21", java_script_enabled=javascript)
    page.get_by_role("link", name="Précisez l’effectif").click()
    expect(page.locator("#id_salaries")).to_be_visible()


@both
def test_the_same_course_is_compared_for_two_companies(open_page, javascript):
    page = open_page(RESULT, java_script_enabled=javascript)
    page.get_by_role("link", name="Comparer avec une autre entreprise").click()
    second = page.get_by_role("group", name="Entreprise 2")
    second.get_by_label("Convention collective").fill("1979")
    second.get_by_label("Effectif").fill("12")
    page.get_by_role("button", name="Comparer").click()
    expect(page.get_by_role("row").filter(has_text="AKTO")).to_contain_text("1\u202f750\u00a0€")
    page.get_by_role("link", name="Atlas · IDCC 1486").click()
    expect(page.locator(".option").first.locator(".big")).to_have_text("0\u00a0€")


@both
def test_one_more_company_finds_room_and_nothing_typed_is_lost(open_page, javascript):
    page = open_page("/financements/comparer/", java_script_enabled=javascript)
    page.get_by_role("group", name="Entreprise 1").get_by_label("Effectif").fill("8")
    page.get_by_role("button", name="Ajouter une entreprise").click()
    expect(page.get_by_role("group", name="Entreprise 3")).to_be_visible()
    expect(page.get_by_role("group", name="Entreprise 1").get_by_label("Effectif")).to_have_value("8")

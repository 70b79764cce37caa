"""The pages on which staff correct the mappings: accessible in both themes, on a phone and on a desk."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_staff import violations

pytestmark = pytest.mark.django_db

PHONE = 390
DECISION = "/admin/branches/attachment/add/?idcc=1486"
CORRECTIONS = "/admin/corrections/correction/"


def fits(page: Page) -> Page:
    """The page, once seen on a phone: nothing of it is off-screen there."""
    page.wait_for_load_state()
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": PHONE, "height": size["height"]})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    page.set_viewport_size(size)
    return page


def agreement(page: Page) -> None:
    page.goto("/admin/branches/agreement/2216/change/")
    expect(page.get_by_role("combobox", name="Remplacée par")).to_be_visible()


def decision(page: Page) -> None:
    page.goto(DECISION)


def decision_with_errors(page: Page) -> None:
    page.goto(DECISION)
    page.get_by_label("Dernier jour").fill("2020-01-01")
    page.get_by_role("button", name="Voir ce qui changerait").click()
    expect(page.get_by_role("alert")).to_be_visible()


def decision_with_preview(page: Page) -> None:
    page.goto(DECISION)
    page.get_by_label("OPCO").select_option("AKTO")
    page.get_by_label("Motif").fill("Accord de branche.")
    page.get_by_label("Lien vers la source").fill("https://textes.example/accord")
    page.get_by_role("button", name="Voir ce qui changerait").click()
    expect(page.get_by_role("heading", name="Ce qui changerait pour le public")).to_be_visible()


def conflicts(page: Page) -> None:
    page.goto("/admin/branches/conflict/")


def conflict(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("^3203 ")).first.click()
    expect(page.get_by_role("heading", name="Ce que dit chaque source")).to_be_visible()


def conflict_with_errors(page: Page) -> None:
    conflict(page)
    page.get_by_label("Dernier jour").fill("2020-01-01")
    page.get_by_role("button", name="Garder notre réponse").click()
    expect(page.get_by_role("alert")).to_contain_text("Rien n’est enregistré")
    expect(page.get_by_label("Dernier jour")).to_have_accessible_description(
        re.compile("Choisissez un jour à venir")
    )


def corrections(page: Page) -> None:
    page.goto(CORRECTIONS)


def correction(page: Page) -> None:
    page.goto(f"{CORRECTIONS}2/change/")


def undo(page: Page) -> None:
    page.goto(f"{CORRECTIONS}2/annuler/")


def correction_overtaken(page: Page) -> None:
    page.goto(f"{CORRECTIONS}1/change/")
    expect(page.get_by_text("ne peut plus être annulée d’un coup")).to_be_visible()


def undo_overtaken(page: Page) -> None:
    page.goto(f"{CORRECTIONS}1/annuler/")


def comparison(page: Page) -> None:
    page.goto(f"{CORRECTIONS}2/change/")
    page.get_by_role("link", name=re.compile("bidulologie")).first.click()
    page.get_by_role("button", name="Comparer").click()
    expect(page.get_by_role("heading", name="Ce qui distingue les deux versions")).to_be_visible()


def restore(page: Page) -> None:
    comparison(page)
    page.get_by_role("link", name="Rétablir cette version…").click()


def name(page: Page) -> None:
    page.goto("/admin/branches/agreementname/add/?agreement=2216")
    expect(page.get_by_role("combobox", name="Convention")).to_be_visible()


def name_with_errors(page: Page) -> None:
    name(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Écrivez pourquoi")).to_be_visible()
    expect(page.get_by_role("combobox", name="Convention")).to_be_visible()


PAGES: list[Callable[[Page], None]] = [
    agreement,
    decision,
    decision_with_errors,
    decision_with_preview,
    conflicts,
    conflict,
    conflict_with_errors,
    corrections,
    correction,
    undo,
    correction_overtaken,
    undo_overtaken,
    comparison,
    restore,
    name,
    name_with_errors,
]


@pytest.mark.parametrize("open_it", PAGES, ids=lambda open_it: open_it.__name__.replace("_", " "))
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_axe_finds_nothing_and_nothing_overflows(open_page, logged_in, open_it, theme, width):
    page = open_page("/admin/", width=width, color_scheme=theme, storage_state=logged_in)
    open_it(page)
    fits(page)
    assert violations(page) == []

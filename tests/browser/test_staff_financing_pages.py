"""The pages on which staff correct the financing rules: accessible, in the light and in the dark, on a phone too."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from financing.models import Envelope, Rule
from tests.browser.test_staff import violations
from tests.browser.test_staff_financing import CODE, ENVELOPE
from tests.browser.test_staff_pages import PHONE, fits

pytestmark = pytest.mark.django_db


def address(action: str) -> str:
    return f"/admin/financing/rule/{Rule.objects.filter(code=CODE).latest('pk').pk}/{action}/"


def rules(page: Page) -> None:
    page.goto("/admin/financing/rule/?q=1979")


def rule(page: Page) -> None:
    page.goto(address("change"))


def rule_with_errors(page: Page) -> None:
    page.goto(address("change"))
    page.get_by_label("Taux", exact=True).fill("")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Ce calcul demande un taux")).to_be_visible()


def new_version(page: Page) -> None:
    page.goto(address("nouvelle-version"))


def new_version_with_preview(page: Page) -> None:
    new_version(page)
    page.get_by_label("Taux", exact=True).fill("30")
    page.get_by_label("Motif").fill("Essai")
    page.get_by_role("button", name="Voir ce qui changerait").last.click()
    expect(page.get_by_role("heading", name="Ce qui changerait")).to_be_visible()


def end(page: Page) -> None:
    page.goto(address("terminer"))


def verified(page: Page) -> None:
    rules(page)
    page.locator("input[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option("mark_as_verified")
    page.locator("button[name=index]").click()
    expect(page.get_by_role("heading", name=re.compile("comme vérifiée"))).to_be_visible()


def envelopes(page: Page) -> None:
    page.goto("/admin/financing/envelope/")


def envelope(page: Page) -> None:
    row = Envelope.objects.filter(funds__status="exhausted").latest("pk")
    page.goto(f"/admin/financing/envelope/{row.pk}/change/")


def exhausted(page: Page) -> None:
    page.goto(f"/admin/financing/envelope/{ENVELOPE}/fonds-epuises/")


def funds(page: Page) -> None:
    page.goto("/admin/financing/fundsstatus/")


def criteria(page: Page) -> None:
    page.goto("/admin/financing/criteria/")
    page.get_by_role("main").get_by_role("link", name="Atlas").click()


PAGES: list[Callable[[Page], None]] = [
    *(rules, rule, rule_with_errors, new_version, new_version_with_preview, end, verified),
    *(envelopes, envelope, exhausted, funds, criteria),
]


@pytest.mark.parametrize("open_it", PAGES, ids=lambda open_it: open_it.__name__.replace("_", " "))
@pytest.mark.parametrize(("width", "theme"), [(PHONE, "light"), (1280, "dark")])
def test_axe_finds_nothing_and_nothing_overflows(open_page, logged_in, open_it, theme, width):
    page = open_page("/admin/", width=width, color_scheme=theme, storage_state=logged_in)
    open_it(page)
    fits(page)
    assert violations(page) == []

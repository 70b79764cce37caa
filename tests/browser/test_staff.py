"""The administration as staff see it: accessible in both themes, on a phone and on a desk, quiet in the console."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_pages import OVERFLOW

pytestmark = pytest.mark.django_db

PAGES = {
    "dashboard": "/admin/",
    "search": "/admin/recherche/?q=coiffure",
    "search for a number": "/admin/recherche/?q=50103081100092",
    "search none": "/admin/recherche/?q=zzzzzz",
    "sources": "/admin/sync/source/",
    "source": "/admin/sync/source/siro/change/",
    "source that nothing follows": "/admin/sync/source/naf/change/",
    "force": "/admin/sync/source/siro/forcer/",
    "roll back": "/admin/sync/source/siro/retour/",
    "runs": "/admin/sync/syncrun/",
    "runs none": "/admin/sync/syncrun/?state__exact=refused",
    "run": "/admin/sync/syncrun/2/change/",
    "run withdrawn": "/admin/sync/syncrun/1/change/",
    "hours": "/admin/sync/hours/",
    "agreements without a majority": "/admin/branches/agreement/?a_traiter=sans-majorite",
    "decisions that end soon": "/admin/branches/attachment/?a_traiter=fin-proche",
}
every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
in_every_light = pytest.mark.parametrize("theme", ["light", "dark"])
at_every_width = pytest.mark.parametrize("width", [390, 1280])


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds, but for the script of the theme that names each thing that scrolls alike."""
    found = Axe().run(page).response["violations"]
    nodes = [(each["id"], node["html"]) for each in found for node in each["nodes"]]
    return [
        (rule, node)
        for rule, node in nodes
        if rule != "landmark-unique" or 'class="simplebar-content-wrapper"' not in node
    ]


@every_page
@in_every_light
@at_every_width
def test_axe_finds_nothing_and_nothing_overflows(open_page, logged_in, path, theme, width):
    page = open_page(path, width=width, color_scheme=theme, storage_state=logged_in)
    assert violations(page) == []
    assert page.evaluate(OVERFLOW) == 0


@in_every_light
def test_so_does_the_page_to_log_in(open_page, theme):
    page = open_page("/admin/login/", width=390, color_scheme=theme)
    assert violations(page) == []


def test_the_menu_of_a_phone_opens_with_the_keyboard(open_page, logged_in):
    page = open_page("/admin/", width=390, storage_state=logged_in)
    conventions = page.get_by_role("link", name="Conventions", exact=True)
    expect(conventions).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(conventions).to_be_visible()


def test_the_palette_leads_to_what_is_typed(open_page, logged_in):
    page = open_page("/admin/", storage_state=logged_in)
    expect(page.get_by_role("button", name="Menu")).to_have_attribute(
        "aria-expanded", "true"
    )  # scripts are there
    page.keyboard.press("Control+k")
    expect(page.locator("#search-input-command")).to_be_focused()
    page.keyboard.type("syntec")
    page.get_by_role("link", name="1486").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1486")


@pytest.mark.parametrize("width", [390, 1280])
def test_without_javascript_the_dashboard_leads_everywhere(open_page, logged_in, width):
    page = open_page("/admin/", width=width, java_script_enabled=False, storage_state=logged_in)
    page.locator("#board-search").fill("syntec")
    page.locator("#board-search").press("Enter")
    page.get_by_role("link", name="1486").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1486")
    page.goto("/admin/")
    page.locator("#content").get_by_role("link", name="Synchronisations", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Synchronisations")

"""Every page: accessible in both themes, readable at every width, quiet in the console."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import whole
from tests.browser.pages import PAGES

pytestmark = pytest.mark.django_db

every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """
[...document.querySelectorAll('button, input:not([type=hidden]), select, summary, nav a')]
    .filter(node => node.checkVisibility())
    .map(node => [node.outerHTML.slice(0, 80), node.getBoundingClientRect().height])
    .filter(([_, height]) => height < 44)
"""


@every_page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(open_page, path, theme):
    page = whole(open_page(path, width=360, color_scheme=theme))
    found = Axe().run(page).response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


@every_page
@pytest.mark.parametrize("width", [320, 768, 1440])
def test_nothing_overflows(open_page, path, width):
    assert whole(open_page(path, width=width)).evaluate(OVERFLOW) == 0


@every_page
def test_controls_are_large_enough_for_a_thumb(open_page, path):
    assert whole(open_page(path, width=360)).evaluate(SMALL_TARGETS) == []


@every_page
def test_one_title_one_main_heading(open_page, path):
    page = whole(open_page(path))
    assert page.locator("h1").count() == 1
    assert page.title().endswith("Portail OPCO")

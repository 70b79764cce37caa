"""What financing editors do with rules and funds, as they see it, up to what the public reads."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from opco_portal.staff.rights import FINANCING_EDITORS
from tests.browser.conftest import Upstreams, served
from tests.browser.test_staff_journeys import CHANGELOG, PASSWORD, day, log_in, region, search_for
from tests.browser.test_staff_pages import fits

CODE = "akto-pdc-1979-presentiel-lt11"  # 25 € an hour
LABEL = "HCR : formation hors catalogue, en présentiel"
ENVELOPE = "akto-1979-lt11"
COURSE = "/financements/?opco=akto&idcc=1979&salaries=5&personnes=1&heures=20&cout=2800&modalite=in_class"
# What is left to pay, at 25 € an hour, then at 31,50 €.
BEFORE, AFTER = "2\u202f300\u00a0€", "2\u202f170\u00a0€"
SOURCE = "https://textes.example/criteres"


def spaced(text: str) -> re.Pattern[str]:
    """A text whatever its spaces."""
    return re.compile(r"\s*".join(re.escape(word) for word in text.split()))


@pytest.fixture
def portal(own_database: str, upstreams: Upstreams) -> Iterator[str]:
    """A portal on a database of this test's own; takes the place of the one that tests share."""
    with served(**upstreams.environment, DATABASE_URL=own_database) as address:
        yield address


@pytest.fixture
def staff(portal: str, open_page: Callable[..., Page]) -> Page:
    """The first page of the administration, for a financing editor."""
    user = User.objects.create_user("camille", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=FINANCING_EDITORS))
    page = open_page("/admin/")
    log_in(page, "camille")
    return page


def test_a_new_version_is_previewed_saved_and_counts_from_its_day_on(staff, open_page):
    public = open_page(COURSE)
    expect(public.get_by_role("main")).to_contain_text(BEFORE)

    search_for(fits(staff), CODE)
    staff.get_by_role("main").get_by_role("link", name=spaced(LABEL)).first.click()
    fits(staff).get_by_role("link", name="Nouvelle version…").click()
    staff.get_by_label("Premier jour").fill(day(1))
    staff.get_by_label("Taux", exact=True).fill("31,50")
    staff.get_by_label("Source").fill(SOURCE)
    fits(staff).get_by_role("button", name="Voir ce qui changerait").last.click()
    expect(staff.get_by_label("Motif")).to_have_accessible_description(re.compile("Écrivez pourquoi"))
    staff.get_by_label("Motif").fill("Nouveaux critères.")
    staff.get_by_role("button", name="Voir ce qui changerait").last.click()

    preview = region(staff, "Ce qui changerait")
    expect(preview).to_contain_text(spaced("31,50 €/h par personne"))
    expect(preview.get_by_text("Taux")).to_be_visible()
    public.reload()
    expect(public.get_by_role("main")).to_contain_text(BEFORE)  # a preview is nothing but that
    fits(staff).get_by_role("button", name="Enregistrer la nouvelle version").click()
    expect(staff.get_by_text("Enregistré, et visible de tous dès maintenant")).to_be_visible()
    expect(region(staff, "Versions de cette règle")).to_contain_text(spaced("31,50 €/h"))

    public.goto(f"{COURSE}&le={day(1)}")
    expect(public.get_by_role("main")).to_contain_text(AFTER)
    public.goto(f"{COURSE}&le={day(0)}")
    expect(public.get_by_role("main")).to_contain_text(BEFORE)
    public.goto(CHANGELOG)
    told = public.get_by_role("main")
    expect(told).to_contain_text("Nouveaux critères.")
    expect(told).to_contain_text(spaced("→ 31,50 €/h par personne"))
    expect(told).not_to_contain_text("camille", ignore_case=True)


def test_funds_are_declared_exhausted_read_by_everybody_and_open_again(staff, open_page):
    public = open_page(COURSE)
    expect(public.get_by_text(re.compile("fonds épuisés", re.IGNORECASE))).to_have_count(0)

    staff.goto(f"/admin/financing/envelope/{ENVELOPE}/change/")
    fits(staff).get_by_role("link", name="Déclarer les fonds épuisés…").click()
    staff.get_by_label("Constaté le").fill(day(-1))
    staff.get_by_label("Source").fill(SOURCE)
    staff.get_by_label("Motif").fill("Annoncé ce matin.")
    staff.get_by_role("button", name="Voir ce qui changerait").last.click()
    expect(region(staff, "Ce qui changerait")).to_contain_text("devient")
    fits(staff).get_by_role("button", name="Déclarer les fonds épuisés").click()
    expect(fits(staff).get_by_role("heading", name=re.compile("^Fonds épuisés"))).to_be_visible()
    public.reload()
    expect(public.get_by_text(re.compile("fonds épuisés", re.IGNORECASE)).first).to_be_visible()

    staff.get_by_role("link", name="Rouvrir les fonds…").click()
    staff.get_by_label("Source").fill(SOURCE)
    staff.get_by_label("Motif").fill("Rallonge votée.")
    staff.get_by_role("button", name="Voir ce qui changerait").last.click()
    fits(staff).get_by_role("button", name="Rouvrir les fonds").click()
    expect(staff.get_by_role("heading", name=re.compile("^Fonds disponibles"))).to_be_visible()
    public.reload()
    expect(public.get_by_text(re.compile("fonds épuisés", re.IGNORECASE))).to_have_count(0)

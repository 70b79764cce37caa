"""A synchronisation as staff live through it: a button, a real worker, progress, the outcome, all in one page."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import Page, expect
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.benchmarks import siro as synthetic
from tests.browser.conftest import process, served
from tests.publisher import Publisher

ROWS = 100_000
PIECE = 1 << 18  # bytes: what the download reads at a time
OUTCOME = 20_000  # milliseconds that a worker has for the whole table
SOURCE = "/admin/sync/source/siro/change/"


@pytest.fixture
def publisher(httpserver: HTTPServer) -> Publisher:
    return Publisher(httpserver)


@pytest.fixture
def portal(own_database: str, publisher: Publisher, tmp_path: Path) -> Iterator[str]:
    """A portal with its worker on a database of this test's own; takes the place of the one that tests share."""
    environment = {
        "DATABASE_URL": own_database,
        "SIRO_DATASET": publisher.dataset,
        "SYNC_FOLDER": str(tmp_path / "downloads"),
    }
    worker = ["celery", "--app", "opco_portal", "--quiet", "worker", "--pool", "solo", "--loglevel", "error"]
    with served(**environment) as address, process(*worker, **environment):
        yield address


@pytest.fixture
def go_on(publisher: Publisher, tmp_path: Path) -> Iterator[Event]:
    """June is published, by a server that stops half-way until it is told to go on."""
    path = tmp_path / "siro-202606.csv"
    synthetic.write(path, ROWS)
    body = path.read_bytes()
    told = Event()

    def pieces() -> Iterator[bytes]:
        for number, start in enumerate(range(0, len(body), PIECE)):
            # The first ones are slow enough for progress to be worth a report.
            told.wait(0.5 if number < 4 else 30)
            yield body[start : start + PIECE]

    def answer(request: object) -> Response:
        return Response(pieces(), content_type="text/csv", headers={"Content-Length": str(len(body))})

    publisher.offer_through("202606", answer, body)
    yield told
    told.set()


def log_in(page: Page) -> None:
    user = User.objects.create_user("camille", password="un mot de passe à elle", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="synchronise_source"))
    page.locator("#id_username").fill("camille")
    page.locator("#id_password").fill("un mot de passe à elle")
    page.locator("[type=submit]").click()
    expect(page.get_by_role("heading", name="Table SIRET-OPCO")).to_be_visible()


def test_a_press_of_the_button_is_followed_to_its_end_without_reloading(open_page, go_on):
    page = open_page(SOURCE)
    log_in(page)
    page.get_by_role("button", name="Synchroniser maintenant").click()
    expect(page.get_by_role("progressbar", name="Avancement")).to_have_attribute(
        "value", re.compile(r"^[1-9]\d$"), timeout=OUTCOME
    )
    expect(page.locator("#progress")).to_contain_text("Téléchargement")
    page.evaluate("window.sameDocument = true")
    go_on.set()
    expect(page.locator("#run")).to_contain_text("Publication de 100 000 établissements", timeout=OUTCOME)
    expect(page.locator("#progress")).to_have_count(0)
    expect(page.get_by_role("button", name="Annuler")).to_have_count(0)
    assert page.evaluate("window.sameDocument")


def test_a_run_is_cancelled_on_its_way(open_page, go_on):
    page = open_page(SOURCE, width=360)
    log_in(page)
    page.get_by_role("button", name="Synchroniser maintenant").click()
    expect(page.locator("#progress progress[value]")).to_be_visible(timeout=OUTCOME)
    page.get_by_role("button", name="Annuler").click()
    expect(page.locator("#progress")).to_contain_text("Annulation demandée")
    expect(page.get_by_role("button", name="Annuler")).to_have_count(0)
    go_on.set()
    expect(page.locator("#run")).to_contain_text("les données servies n’ont pas changé", timeout=OUTCOME)
    page.get_by_role("link", name="Retour à").click()
    for seen in (page.get_by_text("les données servies n’ont pas changé"), page.get_by_text("Forcer…")):
        box = seen.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 360  # nothing that matters is off-screen


def test_without_javascript_the_page_is_asked_for_again(open_page, go_on):
    go_on.set()
    page = open_page(SOURCE, java_script_enabled=False)
    log_in(page)
    page.get_by_role("button", name="Essai sans publier").click()
    expect(page.locator("#run")).to_contain_text("rien n’a été écrit", timeout=OUTCOME)
    page.get_by_role("button", name="Publier maintenant").click()
    expect(page.locator("#run")).to_contain_text("Publication de", timeout=OUTCOME)

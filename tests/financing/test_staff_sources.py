"""Whether source pages still answer: asked of a real server, over TLS, as every week."""

import re
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from financing import source_pages
from financing.models import Criteria, Envelope, FundsStatus, Rule, SourcePage
from financing.models.conversion import period
from financing.tasks import check_sources
from tests.financing.staff import envelope, rule, said
from tests.opco_portal.staff.people import account, client_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
WEEK = timedelta(days=7)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that nobody but these tests trusts, and its key."""
    home = tmp_path_factory.mktemp("tls")
    public, key = home / "public.pem", home / "key.pem"
    told = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(public)]
    subprocess.run(["openssl", "req", *told, *files], check=True, capture_output=True)
    return public, key


class Site:
    """A site whose pages answer as they are told to, and that counts what it is asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.asked: Counter[tuple[str, str]] = Counter()
        self.answers: dict[str, Response | Callable[[Request], Response]] = {}
        server.expect_request(re.compile("/.*")).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked[request.method, request.path] += 1
        answer = self.answers.get(request.path, Response("Critères"))
        return answer if isinstance(answer, Response) else answer(request)

    def page(self, path: str, answer=None) -> str:
        """A page that a rule in force cites; its address."""
        if answer is not None:
            self.answers[path] = answer
        url = self.server.url_for(path)
        rule(code=path.strip("/"), source_url=url)
        return url


@pytest.fixture
def site(certificate, monkeypatch):
    public, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    monkeypatch.setattr(source_pages, "PAUSE", 0)
    with HTTPServer(host="127.0.0.1", ssl_context=context, threaded=True) as server:
        yield Site(server)


@pytest.fixture(autouse=True)
def _nothing_cited() -> None:
    """The pages of the reference are never asked from here."""
    Rule.objects.all().delete()
    FundsStatus.objects.all().delete()
    Envelope.objects.all().delete()
    Criteria.objects.all().delete()


def found(url: str) -> SourcePage:
    return SourcePage.objects.get(url=url)


def a_week_passes() -> None:
    for page in SourcePage.objects.all():
        page.checked_at -= WEEK
        page.failing_since = page.failing_since and page.failing_since - WEEK
        page.save()


def redirect(location: str, status: int) -> Response:
    return Response(status=status, headers={"Location": location})


# ------------------------------------------------------------------------------------------------------------ answers
def test_a_page_that_answers_is_asked_once_without_being_read(site):
    url = site.page("/criteres")
    rule("autre", source_url=url)
    check_sources()
    page = found(url)
    assert (page.status, page.http_status, page.failing_since) == ("ok", 200, None)
    assert site.asked == {("HEAD", "/criteres"): 1}


def test_the_pages_of_budgets_and_payments_are_asked_too(site):
    budget = envelope(source_url=site.server.url_for("/budget"))
    budget.funds.create(status="exhausted", since=TODAY, source_url=site.server.url_for("/epuise"))
    payment = {"circuit": "direct", "text": "Direct.", "source": site.server.url_for("/paiement")}
    Criteria.objects.create(
        opco_id="atlas", verified_on=TODAY, source_url=site.server.url_for("/atlas"), payments=[payment]
    )
    check_sources()
    asked = {path for _, path in site.asked}
    assert asked == {"/budget", "/epuise", "/paiement", "/atlas"}


def test_in_production_no_address_leads_inside_the_network(site, settings):
    settings.LOCAL = False
    url = site.page("/interne")
    check_sources()
    page = found(url)
    assert page.status == "unreachable"
    assert "réseau privé" in page.detail
    assert not site.asked


def test_a_site_that_does_not_answer_head_is_asked_by_get(site):
    url = site.page(
        "/criteres", lambda request: Response("", status=405 if request.method == "HEAD" else 200)
    )
    check_sources()
    assert found(url).status == "ok"


@pytest.mark.parametrize(
    ("status", "state", "told"),
    [
        (404, "gone", "erreur 404"),
        (410, "gone", "erreur 410"),
        (403, "unreachable", "erreur 403"),
        (503, "unreachable", "erreur 503"),
    ],
)
def test_a_page_that_fails_is_told_with_its_code(site, status, state, told):
    url = site.page("/criteres", Response("", status=status))
    check_sources()
    page = found(url)
    assert (page.status, page.http_status, page.detail) == (state, status, told)
    assert page.failing_since == page.checked_at


@pytest.mark.parametrize(("status", "state"), [(301, "moved"), (308, "moved"), (302, "ok"), (307, "ok")])
def test_a_page_that_moved_for_good_is_told_with_its_new_address(site, status, state):
    url = site.page("/criteres", redirect("/nouveaux", status))
    check_sources()
    page = found(url)
    assert (page.status, page.failing_since) == (state, None)
    assert page.detail == (site.server.url_for("/nouveaux") if state == "moved" else "")


def test_a_redirect_never_leaves_https(site, httpserver):
    url = site.page("/criteres", redirect(httpserver.url_for("/clair"), 302))
    check_sources()
    assert found(url).status == "unreachable"
    assert "sans https" in found(url).detail
    assert httpserver.log == []


def test_a_loop_of_redirects_ends(site):
    url = site.page("/criteres", redirect("/criteres", 302))
    check_sources()
    assert (found(url).status, found(url).detail) == ("unreachable", "trop de redirections")


def test_a_certificate_that_nobody_trusts_is_not_trusted(site, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    url = site.page("/criteres")
    check_sources()
    assert (found(url).status, site.asked) == ("unreachable", {})


def test_a_site_that_is_down_says_nothing_of_the_others(site):
    down = "https://127.0.0.1:1/criteres"
    rule("fermee", source_url=down)
    url = site.page("/criteres")
    check_sources()
    assert (found(down).status, found(url).status) == ("unreachable", "ok")
    assert found(down).detail == "connexion impossible"


def test_a_site_is_asked_one_question_at_a_time(site):
    together, met = threading.Barrier(2), []

    def answer(request: Request) -> Response:
        """Wait a little for another question, which should not come meanwhile."""
        with suppress(threading.BrokenBarrierError):
            met.append(together.wait(0.05))
        together.reset()
        return Response("")

    for number in range(3):
        site.page(f"/page-{number}", answer)
    check_sources()
    assert (met, site.asked.total()) == ([], 3)


# -------------------------------------------------------------------------------------------------- from week to week
def test_a_page_that_fails_twice_in_a_row_is_listed_and_once_is_not(site):
    url = site.page("/criteres", Response("", status=404))
    staff = client_of(account("financer"))
    address = "/admin/financing/sourcepage/?a_traiter=en-echec"
    check_sources()
    assert url not in said(staff.get(address))
    a_week_passes()
    first = found(url).failing_since
    check_sources()
    assert url in said(staff.get(address))
    assert found(url).failing_since == first
    site.answers.clear()
    check_sources()
    assert (found(url).status, found(url).failing_since) == ("ok", None)
    assert url not in said(staff.get(address))


def test_pages_that_no_rule_in_force_cites_are_neither_asked_nor_kept(site):
    url = site.page("/criteres")
    check_sources()
    Rule.objects.update(validity=period(None, TODAY - timedelta(days=1)))
    check_sources()
    assert not SourcePage.objects.filter(url=url).exists()
    assert site.asked == {("HEAD", "/criteres"): 1}


def test_nobody_writes_what_became_of_a_page(site, client: Client):
    url = site.page("/criteres")
    check_sources()
    superuser = client_of(account("superuser"))
    page = f"/admin/financing/sourcepage/{found(url).pk}/"
    assert superuser.post(f"{page}change/", {"status": "gone"}).status_code == 403
    assert superuser.post(f"{page}delete/", {"post": "yes"}).status_code == 403


# ------------------------------------------------------------------------------------------------------------- by hand
def test_the_command_tells_what_fails_and_what_ends(site, capsys):
    site.page("/perdue", Response("", status=404))
    rule("finie", validity=period(None, TODAY + timedelta(days=3)), source_url=site.server.url_for("/autre"))
    call_command("check_financing_sources")
    told = " ".join(capsys.readouterr().out.split())
    assert "/perdue n’existe plus (erreur 404), depuis le" in told
    assert "Atlas, « Bureaux d’études : techniques d’essai » : jusqu’au" in told
    assert "2 pages sources vérifiées, dont 1 en échec ; 1 règle se termine sous 30 jours" in told


def test_the_task_is_done_every_week(settings):
    (scheduled,) = [
        each for each in settings.CELERY_BEAT_SCHEDULE.values() if each["task"] == check_sources.name
    ]
    assert scheduled["schedule"].day_of_week == {1}


def test_an_odd_address_fails_and_the_others_are_asked(site):
    odd = "https://a..b/"
    rule("bizarre", source_url=odd)
    url = site.page("/criteres")
    check_sources()
    assert (found(odd).status, found(url).status) == ("unreachable", "ok")

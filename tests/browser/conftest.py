"""A real Chromium against the real application server, on a copy of the test database."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests import databases
from tests.browser import companies
from tests.publications import publish_two
from tests.upstreams import CfaDock, Directory, FranceCompetences, Gate, Handler

# Playwright runs an event loop in this thread, in which Django refuses queries unless told that it is harmless.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

ROOT = Path(__file__).parent.parent.parent
# The machine's own browser; without one, Playwright uses the one that it installed itself.
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STAFF = ("dominique", "", "un mot de passe à part")  # name, address and password of who may do everything


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The address of the portal's own database: the whole reference, and publications to look at."""
    with django_db_blocker.unblock(), databases.copy_for_others(_prepare) as address:
        yield address


def _prepare() -> None:
    publish_two()
    User.objects.create_superuser(*STAFF)


@dataclass
class Upstreams:
    """The servers that the portal asks; `gates` hold answers back, by the words or the number that are asked for."""

    environment: dict[str, str]
    gates: dict[str, Gate] = field(default_factory=dict)

    def held(self, answer: Handler) -> Handler:
        def wait(request: Request) -> Response:
            gate = self.gates.get(request.args["q"])
            return gate.held(answer)(request) if gate else answer(request)

        return wait


@pytest.fixture(scope="session")
def upstreams() -> Iterator[Upstreams]:
    """A directory that knows a few companies, and two engines that contradict the table on one of them."""
    with HTTPServer(threaded=True) as server:
        directory = Directory(server)
        official, other = FranceCompetences(server), CfaDock(server)
        found = Upstreams(
            {
                "COMPANIES_API": directory.url,
                "FRANCE_COMPETENCES_API": official.url,
                "FRANCE_COMPETENCES_KEY": "secret",
                "CFA_DOCK_API": other.url,
            }
        )
        directory.knows(*companies.KNOWN, named=True)
        directory.answer = found.held(companies.failing_for(companies.FAILS, directory.answer))
        official.answer = companies.contradicting(companies.CONTRADICTED, official)
        other.answers({"searchStatus": "MULTIPLE_OPCO"})
        yield found


@pytest.fixture
def hold(upstreams: Upstreams) -> Iterator[Callable[[str], Gate]]:
    """Let the directory keep its answer to some words until a gate opens."""

    def hold(words: str) -> Gate:
        return upstreams.gates.setdefault(words, Gate())

    yield hold
    for gate in upstreams.gates.values():
        gate.open()
    upstreams.gates.clear()


@pytest.fixture(scope="session")
def portal(database: str, upstreams: Upstreams) -> Iterator[str]:
    """The address of a portal served as in production."""
    with served(**upstreams.environment, DATABASE_URL=database) as address:
        yield address


@contextmanager
def served(*options: str, **environment: str) -> Iterator[str]:
    """A portal in a process of its own; its address, once it answers."""
    port = free_port()
    web = ["granian", "--interface", "wsgi", "opco_portal.wsgi:application", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with process(*web, "--blocking-threads", "4", "--log-level", "error", *options, **environment):
        wait_until(lambda: answers(f"{address}/healthz"))
        yield address


@contextmanager
def process(*command: str, **environment: str) -> Iterator[None]:
    """A part of the portal in a process of its own, as in production."""
    started = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "LOCAL": "1", "LOG_LEVEL": "ERROR", **environment},
    )
    try:
        yield
    finally:
        started.terminate()
        started.wait(20)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the portal does not answer")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium has no sandbox for root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *sandbox])
        yield browser
        # Django keeps connections made beside a running loop apart; closed here, they do not hold the database.
        connections.close_all()
        browser.close()


@pytest.fixture(scope="session")
def logged_in(portal: str, browser: Browser) -> Any:
    """The cookies of staff, for `open_page(path, storage_state=logged_in)`."""
    page = browser.new_context(base_url=portal).new_page()
    page.goto("/admin/")
    page.locator("#id_username").fill(STAFF[0])
    page.locator("#id_password").fill(STAFF[2])
    page.locator("#login-form [type=submit]").click()
    expect(page.get_by_role("heading", name="À traiter")).to_be_visible()
    try:
        return page.context.storage_state()
    finally:
        page.context.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the console complains about, which fails the test."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_page(portal: str, browser: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open an address in a context of its own."""
    contexts: list[BrowserContext] = []

    def open_(path: str, *, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(base_url=portal, viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if wrong(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


def whole(page: Page) -> Page:
    """The page once everything that joins it later is there."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    return page


def wrong(message: Any) -> bool:
    """A complaint, other than Chromium's remark that a page which is not found answered 404."""
    return message.type in ("error", "warning") and "status of 404" not in message.text

"""A real Chromium against the real application server, on the test database."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

# Playwright runs an event loop in this thread, in which Django refuses queries unless told that it is harmless.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

SERVER = f"portal-under-test-{os.getpid()}"
ROOT = Path(__file__).parent.parent.parent
# The machine's own browser; without one, Playwright uses the one that it installed itself.
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The address of this worker's test database, which holds the whole reference."""
    url = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    query = "&".join(filter(None, [url.query, f"application_name={SERVER}"]))
    return url._replace(path=f"/{connection.settings_dict['NAME']}", query=query).geturl()


def has_left_the_database() -> bool:
    """PostgreSQL notices a little later that a client is gone, and drops no database that has one."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as session:
        found = session.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = %s", [SERVER])
        return found.fetchone() is None


@pytest.fixture(scope="session")
def portal(django_db_setup: None) -> Iterator[str]:
    """The address of a portal served as in production."""
    port = free_port()
    command = ["granian", "--interface", "wsgi", "opco_portal.wsgi:application", "--port", str(port)]
    server = subprocess.Popen(
        [sys.executable, "-m", *command, "--blocking-threads", "4", "--log-level", "error"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(), "LOCAL": "1", "LOG_LEVEL": "ERROR"},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{address}/healthz"))
        yield address
    finally:
        server.terminate()
        server.wait(10)
        wait_until(has_left_the_database)


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


@pytest.fixture
def open_page(browser: Browser, portal: str) -> Iterator[Callable[..., Page]]:
    """Open an address in a context of its own; whatever the console complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

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
    assert complaints == []


def wrong(message: Any) -> bool:
    """A complaint, other than Chromium's remark that a page which is not found answered 404."""
    return message.type in ("error", "warning") and "status of 404" not in message.text

"""An upstream with one answer, which tests make slow, wrong or absent."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from opco_portal.upstream import Breaker, Pace, Upstream
from tests import upstreams


@pytest.fixture
def server(httpserver: HTTPServer) -> Iterator[upstreams.Upstream]:
    """The server, which says yes."""
    server = upstreams.Upstream(httpserver, "/said$")
    server.answers({"said": "yes"})
    yield server
    upstreams.wait_for_answers()


@pytest.fixture
def upstream(server: upstreams.Upstream, settings: Any) -> Upstream:
    """The server as the portal asks it, hardly paced; looks wait for what it says."""
    settings.UPSTREAM_GLANCE = 5
    return Upstream("test", server.url, Pace("test", questions=1000, burst=100), Breaker("test"))


@pytest.fixture
def gate(server: upstreams.Upstream) -> Iterator[upstreams.Gate]:
    """What holds answers back, open at the end of the test at the latest."""
    gate = upstreams.Gate()
    yield gate
    gate.open()

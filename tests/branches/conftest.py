"""The servers that the portal asks about a company, real ones, for the tests of the pages that ask them."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.upstreams import CfaDock, Directory, FranceCompetences, Gate, wait_for_answers


@pytest.fixture
def no_question_left(httpserver: HTTPServer) -> Iterator[None]:
    """No question of this test is answered during the next one."""
    yield
    wait_for_answers()


@pytest.fixture
def directory(httpserver: HTTPServer, no_question_left: None, settings: Any) -> Directory:
    """The directory of companies, which knows none yet; pages wait for what it says."""
    directory = Directory(httpserver)
    settings.COMPANIES_API = directory.url
    settings.UPSTREAM_GLANCE = 5
    return directory


@pytest.fixture
def gate(no_question_left: None) -> Iterator[Gate]:
    """What holds answers back, open at the end of the test at the latest."""
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def france_competences(httpserver: HTTPServer, no_question_left: None, settings: Any) -> FranceCompetences:
    """The API of France compétences, which gives every establishment to Atlas."""
    upstream = FranceCompetences(httpserver)
    settings.FRANCE_COMPETENCES_API = upstream.url
    settings.FRANCE_COMPETENCES_KEY = "secret"
    return upstream


@pytest.fixture
def cfa_dock(httpserver: HTTPServer, no_question_left: None, settings: Any) -> CfaDock:
    """CFA Dock, which gives every establishment to Atlas."""
    upstream = CfaDock(httpserver)
    settings.CFA_DOCK_API = upstream.url
    return upstream

"""What every client makes of a server that is slow, wrong, out of its mind or out of breath: one suite for all."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from django.utils import timezone
from werkzeug import Response

from branches.clients import cfa_dock, companies, france_competences
from opco_portal.counters import counters
from opco_portal.upstream import BadAnswer, Busy, Question, Refused, Unavailable
from tests.upstreams import BAKERY, CfaDock, Directory, FranceCompetences, Upstream, dripping

SYNTEC = "50103081100092"
CLOSED_PORT = "http://127.0.0.1:9"
CONTACT = "equipe@portail.example"


@dataclass(frozen=True)
class Client:
    """A client, the server it asks, and a question that differs from one number to another."""

    name: str
    server: type[Upstream]
    module: ModuleType
    factory: str
    setting: str
    question: Callable[[str], Question[Any]]


CLIENTS = (
    Client(
        "companies",
        Directory,
        companies,
        "_directory",
        "COMPANIES_API",
        lambda number: companies.search(f"boulangerie {number}"),
    ),
    Client(
        "france-competences",
        FranceCompetences,
        france_competences,
        "_upstream",
        "FRANCE_COMPETENCES_API",
        france_competences.opinion,
    ),
    Client("cfa-dock", CfaDock, cfa_dock, "_upstream", "CFA_DOCK_API", cfa_dock.opinion),
)


class Asked:
    """The server of a client, and what the client makes of its answers."""

    def __init__(self, client: Client, server: Upstream, settings: Any, monkeypatch: Any) -> None:
        self.client, self.server = client, server
        self._settings, self._monkeypatch = settings, monkeypatch
        self._factory = getattr(client.module, client.factory)
        self.is_at(server.url)
        self.has()

    def is_at(self, url: str) -> None:
        setattr(self._settings, self.client.setting, url)

    def has(self, **changes: Any) -> None:
        """Make the upstream anew, with the settings of now and a few things changed."""
        make = self._factory.__wrapped__
        fresh = cache(lambda *args: replace(make(*args), **changes))
        self._monkeypatch.setattr(self.client.module, self.client.factory, fresh)

    def look(self, number=BAKERY):
        return self.client.question(number).look()

    def error(self, number=BAKERY):
        look = self.look(number)
        assert look.answer is None
        return look.error

    @property
    def upstream(self):
        return self.client.question(BAKERY).upstream

    @property
    def times(self):
        return len(self.server.asked)


@pytest.fixture(params=CLIENTS, ids=lambda client: client.name)
def asked(request, httpserver, no_question_left, settings, monkeypatch):
    settings.UPSTREAM_GLANCE = 5
    settings.FRANCE_COMPETENCES_KEY = "secret"
    settings.CONTACT_EMAIL = CONTACT
    return Asked(request.param, request.param.server(httpserver), settings, monkeypatch)


def test_an_answer_is_told_and_not_asked_for_again(asked):
    assert asked.look().answer
    assert asked.look().answer
    assert asked.times == 1


def test_who_asks_says_so_with_an_address_to_write_to(asked):
    asked.look()
    assert CONTACT in asked.server.asked[0].headers["User-Agent"]


def test_pace_and_breaker_bear_the_name_of_their_client(asked):
    upstream = asked.upstream
    assert upstream.name == upstream.pace.name == upstream.breaker.name == asked.client.name


@pytest.mark.parametrize(
    ("question", "most", "seconds"), [(companies.search, 7, 1), (cfa_dock.opinion, 25, 60)]
)
def test_no_more_is_asked_than_the_server_allows(question, most, seconds):
    pace, places = question(BAKERY).upstream.pace, [0.0]
    while places[-1] < seconds:
        places.append(pace.take_place(longest=2 * seconds))
    assert len(places[1:-1]) <= most


# ------------------------------------------------------------------------------------------- out of breath: 429, 503
@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry_After": "7"}, 7),
        (429, {"Retry_After": "86400"}, 600),
        (429, {"Retry_After": "soon"}, 20),
        (429, {}, 20),
        (503, {"Retry_After": "7"}, 7),
        (503, {"Retry_After": "86400"}, 600),
    ],
    ids=str,
)
def test_a_server_that_asks_for_a_pause_has_it(asked, status, headers, seconds):
    asked.server.answers({"erreur": "trop"}, status=status, **headers)
    assert isinstance(asked.error(), Busy)
    assert seconds - 1 < counters.pttl(f"upstream:{asked.client.name}:pause") / 1000 <= seconds
    assert asked.look(SYNTEC).busy
    assert asked.times == 1


def test_the_pause_may_be_a_date(asked):
    until = format_datetime(timezone.now() + timedelta(seconds=50))
    asked.server.answers("", status=429, Retry_After=until)
    assert isinstance(asked.error(), Busy)
    assert 45 < counters.ttl(f"upstream:{asked.client.name}:pause") <= 50


# ---------------------------------------------------------------------------------------- out of order: 5xx, 4xx
def test_a_server_that_fails_is_not_asked_again_at_once(asked):
    asked.server.answers("<html>", status=500)
    assert isinstance(asked.error(), Unavailable)
    assert isinstance(asked.error(), Unavailable)
    assert asked.times == 1


def test_a_server_that_is_away_for_a_moment_is_asked_once_more(asked):
    answers = iter([lambda request: Response(status=503), asked.server.answer])
    asked.server.answer = lambda request: next(answers)(request)
    assert asked.look().answer
    assert asked.times == 2
    assert asked.upstream.breaker.calm


def test_a_server_that_stays_away_is_asked_once_by_the_next_question(asked):
    asked.server.answers("", status=503)
    assert isinstance(asked.error(), Unavailable)
    assert asked.times == 2
    assert isinstance(asked.error(SYNTEC), Unavailable)
    assert asked.times == 3


def test_a_server_that_fails_again_and_again_is_left_alone(asked):
    for _ in range(4):
        asked.upstream.breaker.failed()
    asked.server.answers("", status=500)
    assert isinstance(asked.error(), Unavailable)
    assert isinstance(asked.error(SYNTEC), Unavailable)
    assert asked.times == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_told_and_leaves_the_server_in_use(asked, status):
    good = asked.server.answer
    asked.server.answers("<html>", status=status)
    assert isinstance(asked.error(), Refused)
    assert asked.upstream.breaker.calm
    asked.server.answer = good
    assert asked.look(SYNTEC).answer


# ------------------------------------------------------------------------------------------------ out of reach
def test_a_server_that_is_not_there_is_told(asked):
    asked.is_at(CLOSED_PORT)
    assert isinstance(asked.error(), Unavailable)


def stalling(gate):
    def pieces():
        yield b'{"results": ['
        gate.wait(30)
        yield b"]}"

    return Response(pieces(), content_type="application/json")


@pytest.mark.parametrize("slow", ["before the headers", "drips a body", "stalls in the body"])
def test_a_server_that_is_too_slow_is_told_in_time(asked, gate, slow):
    asked.has(budget=0.4)
    asked.server.answer = {
        "before the headers": gate.held(asked.server.answer),
        "drips a body": lambda request: dripping(gate),
        "stalls in the body": lambda request: stalling(gate),
    }[slow]
    start = time.monotonic()
    assert isinstance(asked.error(), Unavailable)
    assert 0.3 < time.monotonic() - start < 3
    assert asked.times == 1


# ------------------------------------------------------------------------------------------------ out of its mind
@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><title>Maintenance</title></html>",
        '{"results": [',
        b"\xff\xfe",
        "null",
        "[]",
        '"OK"',
        "{}",
        '{"erreur": "trop"}',
        '{"results": {}, "code": 1, "searchStatus": 1}',
        '{"results": [1], "code": null, "searchStatus": null}',
        '{"results": [{"siren": 1}], "code": [], "searchStatus": {}}',
    ],
)
def test_what_is_not_the_contract_is_no_answer(asked, body):
    asked.server.answers(body)
    assert isinstance(asked.error(), BadAnswer)
    assert not asked.upstream.breaker.calm


def test_far_too_much_is_refused_without_being_read_whole(asked, gate):
    def pieces():
        for _ in range(70):
            yield b" " * 65536
        gate.wait(30)
        yield b" " * (10_000_000 - 70 * 65536)

    asked.server.answer = lambda request: Response(pieces(), headers={"Content-Length": "10000000"})
    assert isinstance(asked.error(), BadAnswer)
    assert not gate.wait(0)


@pytest.mark.parametrize("where", ["the same server", "another server", "with TLS"])
def test_a_redirect_is_not_followed(asked, httpserver, httpserver_ipv4, where):
    there = {
        "the same server": "/there",
        "another server": httpserver_ipv4.url_for("/there"),
        "with TLS": "https://example.test/there",
    }[where]
    asked.server.answers("", status=302, Location=there)
    assert isinstance(asked.error(), BadAnswer)
    assert [len(server.log) for server in (httpserver, httpserver_ipv4)] == [
        1,
        0,
    ]  # no key and no name went there

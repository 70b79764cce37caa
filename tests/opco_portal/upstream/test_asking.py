"""One question to a server: what is an answer, what is tried again, and within which time."""

import time
from dataclasses import replace
from functools import partial

import msgspec
import pytest
from werkzeug import Response

from opco_portal.upstream import BadAnswer, Busy, Deadline, Pace, Refused, Unavailable
from tests.publisher import cut_after


class Said(msgspec.Struct, frozen=True):
    said: str


def ask(upstream, seconds=2.0, **params):
    return upstream.get("said", Said, Deadline(seconds), **params)


def in_turn(*answers):
    """A handler that gives each answer once."""
    left = iter(answers)
    return lambda request: next(left)


YES = b'{"said": "yes"}'


# --------------------------------------------------------------------------------------------------- an answer
def test_the_answer_is_decoded_and_parameters_travel_whatever_they_hold(upstream, server):
    assert ask(upstream, q="crèche & fils", page=2) == Said("yes")
    assert dict(server.asked[0].args) == {"q": "crèche & fils", "page": "2"}


def test_an_upstream_may_live_below_a_path(upstream, server, httpserver):
    httpserver.expect_request("/below/said").respond_with_data(YES)
    assert ask(replace(upstream, base_url=f"{server.url}/below")) == Said("yes")


def test_names_that_nobody_expected_are_no_matter(upstream, server):
    server.answers({"said": "yes", "new": [1]})
    assert ask(upstream) == Said("yes")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"said": "\xff"}', b'{"said": 1}', b"[" * 100_000, b"NaN", YES + YES]
)
def test_what_is_not_the_expected_json_is_a_bad_answer(upstream, server, body):
    server.answers(body)
    with pytest.raises(BadAnswer):
        ask(upstream)
    assert not upstream.breaker.calm


@pytest.mark.parametrize("status", [201, 204, 304])
def test_a_success_without_the_answer_is_a_bad_answer(upstream, server, status):
    server.answers("", status=status)
    with pytest.raises(BadAnswer, match=f"HTTP {status}"):
        ask(upstream)


def test_compression_that_nobody_asked_for_is_a_bad_answer(upstream, server):
    server.answers(b"\x1f\x8b\x08\x00", Content_Encoding="gzip")
    with pytest.raises(BadAnswer):
        ask(upstream)
    assert server.asked[0].headers["Accept-Encoding"] == "identity"


# -------------------------------------------------------------------------------------------------- a redirect
@pytest.mark.parametrize("status", [300, 301, 302, 307])
@pytest.mark.parametrize("location", ["/there", "https://example.test/said", "ftp://localhost/said", ""])
def test_no_redirect_is_followed_wherever_it_leads(upstream, server, httpserver, status, location):
    httpserver.expect_request("/there").respond_with_data(YES)
    server.answers(YES, status=status, **({"Location": location} if location else {}))
    with pytest.raises(BadAnswer, match=f"HTTP {status}"):
        ask(upstream)
    assert [request.path for request, _ in httpserver.log] == ["/said"]
    assert not upstream.breaker.calm


# --------------------------------------------------------------------------------------------------- a refusal
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"erreur": "Trop court"}', "Trop court"),
        ('{"message": "No key"}', "No key"),
        ('{"erreur": "", "message": "No key"}', "No key"),
        ('{"erreur": 3}', "HTTP 400"),
        ('["Trop court"]', "HTTP 400"),
        ("<html>", "HTTP 400"),
        (b"\xff", "HTTP 400"),
        ("", "HTTP 400"),
        ('{"erreur": "' + 1000 * "a" + '"}', 200 * "a"),
    ],
)
def test_a_refusal_tells_the_upstreams_reason(upstream, server, body, why):
    server.answers(body, status=400)
    with pytest.raises(Refused) as refused:
        ask(upstream)
    assert str(refused.value) == why


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_says_when_to_come_back_is_busy_and_has_its_pause(upstream, server, status):
    server.answers("", status=status, Retry_After="7")
    with pytest.raises(Busy) as busy:
        ask(upstream)
    assert busy.value.retry_after == 7
    assert len(server.asked) == 1
    assert upstream.breaker.calm
    with pytest.raises(Busy):
        upstream.admit()


def test_a_refusal_is_no_failure_of_the_upstream(upstream, server):
    upstream.breaker.failed()
    server.answers("", status=404)
    with pytest.raises(Refused):
        ask(upstream)
    assert upstream.breaker.calm


# ------------------------------------------------------------------------------------------------- another try
@pytest.mark.parametrize(
    "fault",
    [*(partial(Response, status=status) for status in (502, 503, 504)), partial(cut_after, YES, 5)],
    ids=["502", "503", "504", "breaks off"],
)
def test_what_may_pass_is_tried_once_more(upstream, server, fault):
    server.answer = in_turn(fault(), Response(YES))
    assert ask(upstream) == Said("yes")
    assert upstream.breaker.calm


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 501])
def test_what_would_not_pass_is_not(upstream, server, status):
    server.answers("", status=status)
    with pytest.raises((Refused, Busy, Unavailable)):
        ask(upstream)
    assert len(server.asked) == 1


def test_two_tries_are_all(upstream, server):
    server.answers("", status=503)
    with pytest.raises(Unavailable, match="HTTP 503"):
        ask(upstream)
    assert len(server.asked) == 2


def test_an_upstream_that_failed_lately_is_asked_once(upstream, server):
    upstream.breaker.failed()
    server.answers("", status=503)
    with pytest.raises(Unavailable):
        ask(upstream)
    assert len(server.asked) == 1


def test_another_try_that_would_come_too_late_is_not_made(upstream, server, monkeypatch):
    monkeypatch.setattr("opco_portal.upstream.asking.ENOUGH", 10)
    server.answers("", status=503)
    with pytest.raises(Unavailable):
        ask(upstream, seconds=5)
    assert len(server.asked) == 1


def test_another_try_keeps_to_the_pace(upstream, server):
    upstream = replace(upstream, pace=Pace("slow", questions=1, seconds=60))
    upstream.admit()
    server.answers("", status=503)
    with pytest.raises(Unavailable, match="no time for another try"):
        ask(upstream)
    assert len(server.asked) == 1


# ------------------------------------------------------------------------------------------------ within its time
def test_whoever_dawdles_is_left_when_the_time_is_up(upstream, dawdler):
    start = time.monotonic()
    with pytest.raises(Unavailable, match="no answer in time"):
        ask(replace(upstream, base_url=dawdler.url), seconds=0.4)
    assert 0.39 < time.monotonic() - start < 3
    assert dawdler.left.wait(5)
    assert not upstream.breaker.calm


def test_nobody_is_asked_when_the_time_is_up_already(upstream, server):
    with pytest.raises(Unavailable, match="no answer in time"):
        ask(upstream, seconds=-1)
    assert server.asked == []


def test_a_connection_that_was_kept_open_has_the_time_of_the_next_question(upstream, server):
    assert ask(upstream) == Said("yes")
    with pytest.raises(Unavailable):
        ask(upstream, seconds=-1)
    assert ask(upstream) == Said("yes")
    assert len({request.environ["REMOTE_PORT"] for request in server.asked}) == 2


# ------------------------------------------------------------------------------------------------ who is let in
def test_a_question_waits_a_second_for_its_turn_at_most(upstream):
    upstream = replace(upstream, pace=Pace("slow", questions=1, seconds=0.95))
    assert upstream.admit() == 0
    assert 0 < upstream.admit() <= 0.95
    with pytest.raises(Busy):
        upstream.admit()


def test_an_upstream_that_is_left_alone_takes_no_place(upstream):
    upstream = replace(upstream, pace=Pace("slow", questions=1, seconds=60))
    for _ in range(upstream.breaker.failures):
        upstream.breaker.failed()
    with pytest.raises(Unavailable):
        upstream.admit()
    assert upstream.pace.take_place(longest=0) == 0


def test_a_deadline_that_has_passed_leaves_a_moment():
    assert Deadline(-1).left == 0.001
    assert Deadline(-1).passed
    assert 0.9 < Deadline(1).left <= 1
    assert not Deadline(1).passed

"""Questions asked in the background: asked once, told when they are answered, never waited for by a page."""

import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
import redis
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.utils import timezone

from opco_portal.counters import counters
from opco_portal.upstream import (
    BadAnswer,
    Busy,
    Deadline,
    Pace,
    Question,
    Refused,
    Unavailable,
    Upstream,
    background,
)
from tests.upstreams import wait_for_answers


class Said(msgspec.Struct, frozen=True):
    said: str


class SaidOtherwise(msgspec.Struct, frozen=True):
    said: list[str]


@pytest.fixture
def question(upstream):
    return about(upstream)


def about(upstream, name="it", kind=Said):
    return Question(upstream, name, kind, lambda deadline: upstream.get("said", kind, deadline))


def later(question):
    """Let the few seconds go by during which the way a question ended is noted."""
    counters.delete(question._note)


def age(question, days):
    """Let so many days go by since the answer that is kept; the date that it bears."""
    known = question.recall()
    at = known.at - timedelta(days=days)
    cache.set(question._key, msgspec.msgpack.encode((at, known.value)))
    later(question)
    return at


# ------------------------------------------------------------------------------------------------- the answer
def test_an_answer_bears_its_date(question):
    before = timezone.now()
    told = question.look().answer
    assert (told.value, told.stale) == (Said("yes"), False)
    assert before <= told.at <= timezone.now()


def test_a_fresh_answer_is_not_asked_for_again(question, server):
    first = question.look()
    assert question.look() == first
    assert question.recall() == first.answer
    question.start()
    wait_for_answers()
    assert len(server.asked) == 1


def test_an_answer_is_kept_for_a_week(question):
    question.look()
    week = timedelta(days=7).total_seconds()
    assert week - 10 < counters.ttl(cache.make_key(question._key)) <= week


def test_other_questions_have_other_answers(upstream, server):
    about(upstream).look()
    server.answers({"said": "no"})
    assert about(upstream, "another").look().answer.value == Said("no")
    assert about(replace(upstream, name="other")).look().answer.value == Said("no")


def test_an_answer_that_another_version_kept_is_asked_for_again(upstream, server):
    about(upstream).look()
    later(about(upstream))
    server.answers({"said": ["yes"]})
    assert about(upstream, kind=SaidOtherwise).look().answer.value == SaidOtherwise(["yes"])


def test_to_recall_asks_nobody(question, server):
    assert question.recall() is None
    assert server.asked == []


# ------------------------------------------------------------------------------------------------- on its way
def test_a_look_does_not_wait_and_a_later_one_has_the_answer(question, server, gate, settings):
    settings.UPSTREAM_GLANCE = 0
    server.answer = gate.held(server.answer)
    assert question.look().pending
    assert question.look().pending
    gate.open()
    wait_for_answers()
    assert question.look().answer.value == Said("yes")
    assert len(server.asked) == 1


def test_what_was_started_earlier_arrives_at_the_glance(question, server):
    question.start()
    assert question.look().answer.value == Said("yes")
    assert len(server.asked) == 1


def test_looks_at_once_ask_once(question, server):
    with ThreadPoolExecutor(8) as threads:
        looks = [each.result() for each in [threads.submit(question.look) for _ in range(8)]]
    assert all(look.pending or look.answer.value == Said("yes") for look in looks)
    wait_for_answers()
    assert len(server.asked) == 1


def test_processes_do_not_ask_the_same_question_twice(question, server, gate, settings, monkeypatch):
    settings.UPSTREAM_GLANCE = 0
    server.answer = gate.held(server.answer)
    assert question.look().pending
    with monkeypatch.context() as other_process:
        other_process.setattr(background, "_under_way", {})
        assert question.look().pending
        assert background._under_way == {}
    gate.open()
    wait_for_answers()
    with monkeypatch.context() as other_process:
        other_process.setattr(background, "_under_way", {})
        assert question.look().answer.value == Said("yes")
    assert len(server.asked) == 1


def test_a_question_that_its_process_lost_is_not_waited_for_beyond_its_time(question, server):
    counters.set(question._note, f"asked {time.time() - 1}")
    assert isinstance(question.look().error, Unavailable)
    assert server.asked == []


def test_a_question_beyond_its_time_is_told_even_while_it_is_asked(question, server, gate, settings):
    settings.UPSTREAM_GLANCE = 0
    server.answer = gate.held(server.answer)
    assert question.look().pending
    counters.set(question._note, f"asked {time.time() - 1}")
    assert isinstance(question.look().error, Unavailable)
    assert len(background._under_way) == 1


def test_a_process_that_dies_keeps_others_from_asking_for_some_seconds(upstream, server, gate, settings):
    settings.UPSTREAM_GLANCE = 0
    server.answer = gate.held(server.answer)
    question = about(replace(upstream, budget=2.5))
    assert question.look().pending
    assert 7 < counters.pttl(question._note) / 1000 <= 3 + 5


def test_a_question_that_is_never_answered_ends_in_time_and_frees_its_thread(upstream, dawdler):
    upstream = replace(upstream, base_url=dawdler.url, budget=0.4)
    start = time.monotonic()
    assert isinstance(about(upstream).look().error, Unavailable)
    upstream.threads.shutdown(wait=True)
    assert 0.39 < time.monotonic() - start < 3
    assert dawdler.left.wait(5)


def test_an_upstream_whose_threads_are_all_held_keeps_no_other_from_being_asked(upstream, gate):
    held = Upstream("held", "", upstream.pace, upstream.breaker)
    for number in range(held.threads._max_workers + 1):
        Question(held, f"{number}", Said, lambda deadline: gate.wait(10) and Said("late")).start()
    assert about(upstream).look().answer.value == Said("yes")
    last = Question(held, f"{number}", Said, lambda deadline: Said("late"))
    assert last.look(glance=Deadline(0)).pending
    gate.open()
    wait_for_answers()
    assert last.look().answer.value == Said("late")


def test_two_threads_of_the_web_server_glance_at_most(question, server, gate):
    server.answer = gate.held(server.answer)
    question.start()
    with ThreadPoolExecutor(3) as threads:
        looks = [threads.submit(question.look) for _ in range(3)]
        done, waiting = wait(looks, timeout=5, return_when=FIRST_COMPLETED)
        gate.open()
        assert [each.result().pending for each in done] == [True]
        assert [each.result().answer.value for each in waiting] == [Said("yes")] * 2


@pytest.mark.usefixtures("own_database")
def test_no_database_connection_is_held_while_glancing(upstream, gate, monkeypatch):
    connection.close()
    connection.close_pool()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"]["pool"], "max_size", 1)
    glancing = threading.Event()

    def ask(deadline):
        glancing.set()
        gate.wait(10)
        return Said("yes")

    def query_and_look():
        with closing(connection):
            query()
            return Question(upstream, "it", Said, ask).look(glance=Deadline(10))

    def query():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    with ThreadPoolExecutor(1) as threads:
        look = threads.submit(query_and_look)
        assert glancing.wait(5)
        with closing(connection):
            query()  # with the only connection of the pool, which is waited for five seconds
        gate.open()
        assert look.result().answer.value == Said("yes")


# ---------------------------------------------------------------------------------------------- without answer
@pytest.mark.parametrize(
    ("status", "kind"), [(500, Unavailable), (429, Busy), (403, Refused)], ids=["fails", "busy", "refused"]
)
def test_a_failure_is_told_again_without_asking_for_a_few_seconds(question, server, status, kind):
    server.answers({"erreur": "Trop court : « é »"}, status=status)
    first = question.look()
    for look in (first, question.look(), question.look()):
        assert (look.answer, look.pending) == (None, False)
        assert (look.busy, look.refused) == (kind is Busy, kind is Refused)
        assert type(look.error) is kind
        assert str(look.error) == str(first.error)
    assert len(server.asked) == 1
    assert 0 < counters.ttl(question._note) <= 5


def test_an_old_answer_stands_in_for_a_question_that_is_refused(question, server):
    question.look()
    age(question, days=2)
    server.answers("", status=403)
    look = question.look()
    assert (look.answer.stale, look.refused) == (True, False)


def test_after_these_seconds_it_is_asked_again(question, server):
    server.answers("", status=500)
    assert isinstance(question.look().error, Unavailable)
    server.answers({"said": "yes"})
    later(question)
    assert question.look().answer.value == Said("yes")


def test_a_failure_after_the_glance_is_told_later(question, server, gate, settings):
    settings.UPSTREAM_GLANCE = 0
    server.answers("", status=500)
    server.answer = gate.held(server.answer)
    assert question.look().pending
    gate.open()
    wait_for_answers()
    assert "HTTP 500" in str(question.look().error)


def test_one_failure_says_nothing_of_other_questions(upstream, server):
    server.answers("", status=500)
    about(upstream).look()
    server.answers({"said": "yes"})
    assert about(upstream, "another").look().answer


def test_an_upstream_that_is_left_alone_is_told_and_not_asked(question, upstream, server):
    for _ in range(upstream.breaker.failures):
        upstream.breaker.failed()
    question.start()
    assert isinstance(question.look().error, Unavailable)
    assert server.asked == []


def test_too_many_questions_are_told_as_such(upstream, server):
    upstream = replace(upstream, pace=Pace("slow", questions=1, seconds=60))
    assert about(upstream).look().answer
    assert about(upstream, "another").look().busy
    assert len(server.asked) == 1


def test_a_bad_answer_is_not_kept(question, server):
    server.answers("<html>")
    assert isinstance(question.look().error, BadAnswer)
    assert question.recall() is None


def test_a_mistake_of_the_portal_is_logged_and_told_as_no_answer(upstream, caplog):
    question = Question(upstream, "it", Said, lambda deadline: 1 / 0)
    assert isinstance(question.look().error, Unavailable)
    assert isinstance(question.look().error, Unavailable)
    assert "ZeroDivisionError" in caplog.text


# ------------------------------------------------------------------------------------------ a visitor's own pace
ALICE, BOB = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def shared(upstream):
    """An upstream that each visitor may have asked once a minute."""
    return replace(upstream, pace=Pace("test", questions=5, seconds=60, burst=100), visitor_burst=1)


def test_a_visitor_who_asks_too_much_is_told_so_and_others_are_not(shared, server):
    assert about(shared).look(ALICE).answer
    another = about(shared, "another")
    another.start(ALICE)
    assert another.look(ALICE).busy
    assert len(server.asked) == 1
    assert another.look(BOB).answer


def test_the_portal_itself_asks_as_much_as_the_pace_allows(shared):
    assert all(about(shared, f"{number}").look().answer for number in range(3))


def test_what_is_known_or_under_way_costs_a_visitor_nothing(shared, server, gate, settings):
    about(shared).look()
    settings.UPSTREAM_GLANCE = 0
    server.answer = gate.held(server.answer)
    another = about(shared, "another")
    another.start()
    assert about(shared).look(ALICE).answer
    assert another.look(ALICE).pending
    assert shared.pace_of(ALICE).take_place(longest=0) == 0


def test_an_old_answer_stands_in_for_a_visitor_who_asks_too_much(shared):
    question = about(shared)
    question.look(ALICE)
    age(question, days=2)
    assert question.look(ALICE).answer.stale


# --------------------------------------------------------------------------------------------- an older answer
def test_an_old_answer_is_asked_for_again(question, server):
    question.look()
    age(question, days=2)
    server.answers({"said": "no"})
    told = question.look().answer
    assert (told.value, told.stale) == (Said("no"), False)
    assert question.look().answer == told
    assert len(server.asked) == 2


def test_an_old_answer_stands_in_with_its_date_until_there_is_a_newer_one(question, server):
    question.look()
    at = age(question, days=2)
    server.answers("", status=500)
    for _ in range(2):
        look = question.look()
        assert (look.error, look.answer.value, look.answer.at) == (None, Said("yes"), at)
        assert look.answer.stale
    server.answers({"said": "no"})
    later(question)
    told = question.look().answer
    assert (told.value, told.stale) == (Said("no"), False)


@pytest.mark.parametrize(("days", "stale"), [(0.9, False), (1.1, True)])
def test_an_answer_is_old_after_a_day(question, days, stale):
    question.look()
    age(question, days)
    assert question.recall().stale is stale


# ---------------------------------------------------------------------------------------------- without Valkey
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def counters_out(monkeypatch, settings):
    """What makes counting impossible."""

    def go_out():
        nobody = redis.Redis.from_url(NOWHERE, **settings.VALKEY_OPTIONS)
        for module in ("background", "breaker"):
            monkeypatch.setattr(f"opco_portal.upstream.{module}.counters", nobody)
        monkeypatch.setattr("opco_portal.upstream.pace.TAKE_PLACE", nobody.register_script("return 0"))

    return go_out


@pytest.fixture
def memory_out(monkeypatch, settings):
    """What makes remembering impossible."""
    nowhere = RedisCache(NOWHERE, {"OPTIONS": settings.VALKEY_OPTIONS})
    return lambda: monkeypatch.setattr("opco_portal.upstream.memory.cache", nowhere)


@pytest.fixture
def valkey_out(counters_out, memory_out):
    """What makes Valkey unreachable: nothing is counted, nothing is remembered."""

    def go_out():
        counters_out()
        memory_out()

    return go_out


def test_without_valkey_nobody_is_asked_and_that_is_told(question, server, valkey_out):
    valkey_out()
    question.start()
    look = question.look()
    assert isinstance(look.error, Unavailable)
    assert not look.busy
    assert question.recall() is None
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, None), (500, Unavailable), (503, Unavailable), (429, Busy), (403, Refused)],
)
def test_what_arrives_after_valkey_went_out_is_not_lost(question, server, gate, valkey_out, status, error):
    server.answers({"said": "yes"}, status=status)
    arrived, answer = threading.Event(), gate.held(server.answer)
    server.answer = lambda request: arrived.set() or answer(request)
    with ThreadPoolExecutor(1) as threads:
        look = threads.submit(question.look)
        assert arrived.wait(5)
        valkey_out()
        gate.open()
        if error is None:
            assert look.result().answer.value == Said("yes")
        else:
            assert type(look.result().error) is error
    assert len(server.asked) == 1


def test_nobody_is_asked_when_what_is_known_cannot_be_read(question, server, memory_out):
    memory_out()
    assert isinstance(question.look().error, Unavailable)
    assert server.asked == []


def test_an_old_answer_stands_in_when_nothing_can_be_counted(question, server, counters_out):
    question.look()
    at = age(question, days=2)
    counters_out()
    told = question.look().answer
    assert (told.value, told.at, told.stale) == (Said("yes"), at, True)
    assert len(server.asked) == 1

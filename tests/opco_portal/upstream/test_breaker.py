"""When an upstream is left alone, for how long, and who tries the way again. Time passes by taking keys away."""

import pytest

from opco_portal.counters import counters
from opco_portal.upstream import Breaker, Busy, Unavailable

PAUSE, REST, FAILURES, TRIAL = (f"upstream:test:{what}" for what in ("pause", "rest", "failures", "trial"))


@pytest.fixture
def breaker():
    return Breaker("test", failures=3, rest=20, trial=5)


def fail(breaker, times):
    for _ in range(times):
        breaker.check()
        breaker.failed()


def is_left_alone(breaker):
    try:
        breaker.check()
    except Unavailable:
        return True
    return False


def test_it_opens_after_so_many_failures_in_a_row(breaker):
    fail(breaker, 2)
    assert not is_left_alone(breaker)
    breaker.failed()
    assert is_left_alone(breaker)


def test_a_success_in_between_forgets_the_failures(breaker):
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert not is_left_alone(breaker)


def test_failures_long_ago_are_forgotten(breaker):
    fail(breaker, 2)
    assert 500 < counters.ttl(FAILURES) <= 600
    counters.delete(FAILURES)
    fail(breaker, 2)
    assert not is_left_alone(breaker)


def test_nothing_but_a_failure_disturbs_the_calm(breaker):
    assert breaker.calm
    breaker.pause(5)
    assert breaker.calm
    breaker.failed()
    assert not breaker.calm
    breaker.succeeded()
    assert breaker.calm


def test_processes_share_the_breaker_of_a_name(breaker):
    fail(breaker, 3)
    assert is_left_alone(Breaker("test", failures=3))
    assert not is_left_alone(Breaker("other", failures=3))


class TestAfterTheRest:
    @pytest.fixture(autouse=True)
    def rested(self, breaker):
        """It opened, and the seconds of its rest went by."""
        fail(breaker, 3)
        assert 15 < counters.ttl(REST) <= 20
        counters.delete(REST)

    def test_one_question_at_a_time_tries_the_way(self, breaker):
        assert [is_left_alone(breaker) for _ in range(3)] == [False, True, True]

    def test_one_that_is_lost_leaves_the_way_to_another(self, breaker):
        breaker.check()
        assert 0 < counters.ttl(TRIAL) <= 5
        counters.delete(TRIAL)
        assert [is_left_alone(breaker) for _ in range(2)] == [False, True]

    def test_a_trial_that_succeeds_lets_all_through(self, breaker):
        breaker.check()
        breaker.succeeded()
        assert [is_left_alone(breaker) for _ in range(3)] == [False] * 3

    def test_a_trial_that_fails_is_enough_for_another_rest(self, breaker):
        fail(breaker, 1)
        assert is_left_alone(breaker)
        assert 15 < counters.ttl(REST) <= 20
        counters.delete(REST)
        assert [is_left_alone(breaker) for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    ("asked", "paused"), [(7, 7), (7.4, 7), (0, 1), (0.2, 1), (600, 600), (86400, 600), (None, 20)]
)
def test_a_pause_lasts_as_long_as_it_asks_within_reason(breaker, asked, paused):
    breaker.pause(asked)
    assert paused - 1 < counters.pttl(PAUSE) / 1000 <= paused
    with pytest.raises(Busy) as refused:
        breaker.check()
    assert refused.value.retry_after is None


@pytest.mark.parametrize("shorter", [None, 1, 299])
def test_another_pause_does_not_shorten_it(breaker, shorter):
    breaker.pause(300)
    breaker.pause(shorter)
    assert 299 < counters.pttl(PAUSE) / 1000 <= 300


def test_another_pause_may_lengthen_it(breaker):
    breaker.pause(None)
    breaker.pause(300)
    assert 299 < counters.pttl(PAUSE) / 1000 <= 300


def test_neither_failures_nor_a_success_shorten_a_pause(breaker):
    breaker.pause(300)
    for _ in range(breaker.failures + 1):
        breaker.failed()
    assert 299 < counters.pttl(PAUSE) / 1000 <= 300
    counters.delete(REST)
    with pytest.raises(Busy):
        breaker.check()
    breaker.succeeded()
    with pytest.raises(Busy):
        breaker.check()


def test_a_rest_goes_on_after_a_shorter_pause(breaker):
    fail(breaker, 3)
    breaker.pause(1)
    with pytest.raises(Busy):
        breaker.check()
    counters.delete(PAUSE)
    assert is_left_alone(breaker)


def test_after_a_pause_everybody_may_ask(breaker):
    fail(breaker, 2)
    breaker.pause(7)
    counters.delete(PAUSE)
    assert [is_left_alone(breaker) for _ in range(3)] == [False] * 3

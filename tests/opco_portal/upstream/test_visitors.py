"""Who a visitor is, and one visitor's share of what all of them may ask."""

import time
from dataclasses import replace

import pytest

from opco_portal.upstream import Busy, Pace, visitor_of

ALICE, BOB = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def upstream(upstream):
    """One that may be asked five times a second."""
    return replace(upstream, pace=Pace("test", questions=5))


def test_a_visitor_is_known_by_the_address(rf):
    assert visitor_of(rf.get("/", REMOTE_ADDR=ALICE)) == ALICE
    assert visitor_of(rf.get("/other", REMOTE_ADDR=ALICE, QUERY_STRING="a=b")) == ALICE


def test_a_visitor_has_a_burst_then_a_fifth_of_the_pace(upstream):
    start = time.monotonic()
    waits = [upstream.pace_of(ALICE).take_place(longest=60) for _ in range(33)]
    elapsed = time.monotonic() - start
    assert waits[:30] == [0] * 30
    for seconds, wait in enumerate(waits[30:], start=1):
        assert seconds - elapsed - 0.002 <= wait <= seconds


def test_an_upstream_may_allow_a_smaller_burst(upstream):
    pace = replace(upstream, visitor_burst=3).pace_of(ALICE)
    assert [pace.take_place(longest=0) for _ in range(3)] == [0] * 3
    with pytest.raises(Busy):
        pace.take_place(longest=0)


def test_another_visitor_another_upstream_and_the_pace_itself_are_not_touched(upstream):
    upstream = replace(upstream, visitor_burst=1)
    upstream.pace_of(ALICE).take_place(longest=0)
    assert upstream.pace_of(BOB).take_place(longest=0) == 0
    assert replace(upstream, name="other").pace_of(ALICE).take_place(longest=0) == 0
    assert upstream.pace.take_place(longest=0) == 0

"""One visitor's share of what all of them may ask."""

import time

from opco_portal.upstream import pace_of


def test_a_visitor_may_ask_thirty_questions_at_once_then_one_a_second(rf):
    start = time.monotonic()
    waits = [pace_of(rf.get(f"/{number}")).take_place(longest=60) for number in range(33)]
    elapsed = time.monotonic() - start
    assert waits[:30] == [0] * 30
    for seconds, wait in enumerate(waits[30:], start=1):
        assert seconds - elapsed - 0.002 <= wait <= seconds


def test_another_address_is_another_visitor(rf):
    one, other = (pace_of(rf.get("/", REMOTE_ADDR=address)) for address in ("192.0.2.1", "192.0.2.2"))
    for _ in range(30):
        one.take_place(longest=0)
    assert other.take_place(longest=0) == 0

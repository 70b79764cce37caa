"""Places in line: how far apart they are, and when the line is too long. Nobody waits for them here."""

import itertools
import time

import pytest

from opco_portal.upstream import Busy, Pace

TICK = 0.002  # Valkey counts in milliseconds


def taken(pace, *, within):
    """The waits of all places within so many seconds, and when each was asked for."""
    asked, waits = [], []
    while True:
        asked.append(time.monotonic())
        try:
            waits.append(pace.take_place(longest=within))
        except Busy:
            return waits, asked


def test_places_are_as_far_apart_as_the_pace_says():
    waits, asked = taken(Pace("test", questions=5), within=3)
    elapsed = asked[-1] - asked[0]
    assert waits[0] == 0
    for number, wait in enumerate(waits):
        assert 0.2 * number - elapsed - TICK <= wait <= 0.2 * number + TICK


@pytest.mark.parametrize(
    ("pace", "most"), [(Pace("test", questions=5), 5), (Pace("test", questions=20, seconds=60, burst=5), 25)]
)
def test_there_are_never_more_places_in_the_time_than_the_pace_and_its_burst(pace, most):
    waits, asked = taken(pace, within=3 * pace.seconds)
    assert len(waits) > 2 * pace.questions
    for first, after in zip(range(len(waits)), range(most, len(waits)), strict=False):
        apart = (asked[after + 1] + waits[after]) - (asked[first] + waits[first])
        assert apart >= pace.seconds - TICK


def test_a_burst_comes_together_and_the_next_place_is_later():
    pace = Pace("test", questions=20, seconds=60, burst=5)
    assert [pace.take_place(longest=60) for _ in range(5)] == [0] * 5
    assert 2 < pace.take_place(longest=60) <= 3


def test_too_long_a_line_is_told_at_once_and_takes_no_place():
    pace = Pace("test", questions=1, seconds=60)
    pace.take_place(longest=0)
    for _ in range(3):
        with pytest.raises(Busy) as refused:
            pace.take_place(longest=30)
        assert refused.value.retry_after is None
    assert 50 < pace.take_place(longest=60) <= 60


def test_processes_share_the_pace_of_a_name():
    one, other = (Pace("test", questions=1, seconds=60) for _ in range(2))
    waits = [pace.take_place(longest=300) for pace in itertools.islice(itertools.cycle((one, other)), 4)]
    assert [round(wait / 60) for wait in waits] == [0, 1, 2, 3]


def test_another_name_has_another_line():
    for name in ("one", "other"):
        assert Pace(name, questions=1, seconds=60).take_place(longest=0) == 0


def test_a_negative_time_to_wait_is_none():
    pace = Pace("test", questions=1, seconds=60)
    assert pace.take_place(longest=-1) == 0
    with pytest.raises(Busy):
        pace.take_place(longest=-1)

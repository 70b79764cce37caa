"""How what remains grows with the length, and where a ceiling begins to bite."""

from decimal import Decimal

import pytest

from financing.calculator import estimate
from financing.calculator.curve import curves, lengths
from financing.calculator.rules import Ceiling
from tests.financing.calculator.rulebooks import TODAY, book, budget, hourly, project, rule, span

D = Decimal


def drawn(*rules, envelopes=(), **fields):
    """The curves of all the options of the usual project."""
    asked, rules_of = project(**fields), book(*rules, envelopes=envelopes)
    return curves(asked, rules_of, TODAY, estimate(asked, rules_of, TODAY).options)


def at(curve, hours):
    return next(point for point in curve.points if point.hours == hours)


def test_the_price_of_an_hour_stays_what_it_is():
    [curve] = drawn(hourly(rate="25"))
    assert at(curve, 21).cost == 2800
    assert at(curve, 21).remaining == 1750
    assert at(curve, 42).cost == 5600
    assert at(curve, 42).remaining == 3500


def test_wages_grow_with_the_hours_and_travel_does_not():
    [curve] = drawn(rule(), hourly_wage=D(20), transport=D(100))
    assert at(curve, 21).cost == 2800 + 840 + 100
    assert at(curve, 42).cost == 5600 + 1680 + 100


@pytest.mark.parametrize(
    ("ceiling", "hours"),
    [({"per": "company", "amount": D(3000)}, 23), ({"per": "person", "amount": D(1000)}, 16)],
)
def test_the_ceiling_is_found_to_the_hour(ceiling, hours):
    [curve] = drawn(rule(ceilings=(Ceiling(**ceiling),)))
    assert curve.bite is not None
    assert curve.bite.hours == hours
    assert "plafonné à" in curve.bite.ceiling


def test_a_shared_budget_is_a_ceiling():
    [curve] = drawn(rule(envelope="budget"), envelopes=(budget("3000"),))
    assert curve.bite is not None
    assert curve.bite.hours == 23


def test_hours_paid_at_most_are_a_ceiling():
    [curve] = drawn(hourly(rate="40", max_units=D(28)))
    assert curve.bite is not None
    assert curve.bite.hours == 29
    assert "28" in curve.bite.ceiling


def test_where_nothing_bites_there_is_no_ceiling():
    [curve] = drawn(rule())
    assert curve.bite is None
    assert {point.remaining for point in curve.points} == {0}


def test_an_option_that_takes_a_certain_length_has_gaps():
    [curve] = drawn(rule(duration=span(14, 35)))
    assert at(curve, 21).remaining == 0
    assert {point.remaining for point in curve.points if point.hours > 35} == {None}


def test_the_lengths_hold_that_of_the_project_and_stay_few():
    for hours in (D("0.5"), D(7), D("17.5"), D(21), D(400), D(10_000)):
        found = lengths(hours)
        assert hours in found
        assert found == sorted(found)
        assert len(found) <= 26


@pytest.mark.parametrize("missing", [{"hours": None}, {"pedagogical": None, "transport": D(100)}])
def test_nothing_is_drawn_while_the_length_or_the_price_is_not_told(missing):
    assert drawn(rule(), **missing) == ()


def test_days_stretch_with_the_hours():
    asked = project(hours=None, days=D(3))
    rules_of = book(rule())
    [curve] = curves(asked, rules_of, TODAY, estimate(asked, rules_of, TODAY).options)
    assert at(curve, 42).cost == 5600

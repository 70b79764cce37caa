"""The geometry of the drawings: everything lies within them, and says what it is drawn from."""

from decimal import Decimal

from financing.calculator import estimate
from financing.calculator.curve import curves
from financing.calculator.rules import Ceiling
from financing.charts import bar, plot
from tests.financing.calculator.rulebooks import TODAY, book, project, rule, span

D = Decimal


def drawn(*rules):
    asked, rules_of = project(), book(*rules)
    options = estimate(asked, rules_of, TODAY).options
    return plot(curves(asked, rules_of, TODAY, options), D(21))


def test_the_parts_of_a_bar_lie_end_to_end():
    parts = bar([("paid", D(2000)), ("also", D(0)), ("left", D(800))], D(2800))
    assert [(each.kind, each.x, each.width) for each in parts] == [
        ("paid", "0.00%", "71.43%"),
        ("left", "71.43%", "28.57%"),
    ]


def test_a_bar_of_nothing_is_empty():
    assert bar([("paid", D(0))], D(0)) == ()


def test_a_plot_holds_its_curves_and_its_marks():
    found = drawn(rule(ceilings=(Ceiling(amount=D(3000), per="company"),)))
    assert found is not None
    [curve] = found.curves
    pairs = [
        tuple(map(float, pair.split(","))) for line in (*curve.lines, found.cost) for pair in line.split()
    ]
    assert all(0 <= value <= 100 for pair in pairs for value in pair)
    assert curve.bite is not None
    assert found.here is not None
    assert found.euros[0].value == 0
    assert found.euros[-1].value >= 2800 * 3


def test_a_curve_is_cut_where_its_option_is_not_open():
    found = drawn(rule(duration=span(14, 35)))
    assert found is not None
    assert len(found.curves[0].lines) == 1
    assert len(found.curves[0].lines[0].split()) < len(found.cost.split())


def test_nothing_to_draw_is_no_plot():
    assert plot((), D(21)) is None

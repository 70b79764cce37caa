"""What holds whatever the rules and the project."""

from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from financing.calculator import estimate
from financing.calculator.rules import Ceiling
from financing.calculator.terms import Basis, Cost, Eligibility, Kind, Scheme, Unit
from tests.financing.calculator.rulebooks import TODAY, book, budget, project, rule, span

amounts = st.decimals(min_value=1, max_value=20_000, places=2)
rates = st.decimals(min_value=1, max_value=200, places=2)
RATED = {Basis.HOURLY: Unit.HOUR, Basis.DAILY: Unit.DAY, Basis.FLAT: Unit.ACTION}


@st.composite
def rules(draw, code):
    basis = draw(st.sampled_from([Basis.ACTUAL, Basis.PERCENT, Basis.EXCLUDED, Basis.UNPUBLISHED, *RATED]))
    fields = {
        "basis": basis,
        "scheme": draw(st.sampled_from([Scheme.PLAN, Scheme.CONVENTIONAL])),
        "cost": draw(st.sampled_from([Cost.PEDAGOGICAL, Cost.ALL, Cost.WAGES, Cost.ANCILLARY, Cost.MEALS])),
        "opco": draw(st.sampled_from(["test", None])),
        "headcount": draw(st.sampled_from([span(), span(1, 49), span(11, 49), span(50)])),
        "kinds": draw(st.sampled_from([(), (Kind.TRADE,), (Kind.TRADE, Kind.SALES)])),
        "idccs": draw(st.sampled_from([(), ("1486",)])),
        "envelope": draw(st.sampled_from([None, "commun", "propre"])),
        "complements": draw(st.sampled_from([(), (Scheme.PLAN,)])),
    }
    if basis in RATED:
        fields |= {
            "rate": draw(rates),
            "unit": RATED[basis],
            "per": draw(st.sampled_from(["person", "group"])),
        }
    if basis == Basis.PERCENT or (draw(st.booleans()) and basis in RATED):
        fields["percent"] = draw(st.decimals(min_value=1, max_value=100, places=0))
    if draw(st.booleans()):
        per = draw(st.sampled_from(["person", "action", "company"]))
        fields["ceilings"] = (Ceiling(amount=draw(amounts), per=per),)
    return rule(code, **fields)


@st.composite
def books(draw):
    count = draw(st.integers(min_value=1, max_value=8))
    made = [draw(rules(f"regle-{number}")) for number in range(count)]
    return book(*made, envelopes=(budget(str(draw(amounts)), "commun"), budget(None, "propre")))


projects = st.builds(
    project,
    idcc=st.sampled_from([None, "1486", "1979"]),
    headcount=st.sampled_from([None, 1, 12, 49, 50, 300]),
    kind=st.sampled_from([None, Kind.TRADE, Kind.SALES]),
    trainees=st.integers(min_value=1, max_value=9),
    hours=st.decimals(min_value=1, max_value=200, places=1),
    pedagogical=st.one_of(st.none(), amounts),
    hourly_wage=st.one_of(st.none(), rates),
    meals=st.one_of(st.none(), amounts),
    already_used=st.sampled_from([Decimal(0), Decimal(500)]),
)


@given(books(), projects)
def test_financed_never_exceeds_asked_and_nothing_is_negative(rulebook, wanted):
    for option in estimate(wanted, rulebook, TODAY).options:
        for line in option.lines:
            assert line.financed is None or 0 <= line.financed <= line.asked
        assert 0 <= option.financed_at_least <= option.asked
        assert option.financed is None or option.financed + option.remaining == option.asked


@given(books(), projects, st.randoms(use_true_random=False))
def test_the_order_of_the_rules_does_not_matter(rulebook, wanted, random: Random):
    shuffled = list(rulebook.rules)
    random.shuffle(shuffled)
    again = book(*shuffled, envelopes=tuple(rulebook.envelopes.values()))
    assert estimate(wanted, again, TODAY) == estimate(wanted, rulebook, TODAY)


@given(rules("regle"), projects, amounts, amounts)
def test_a_larger_budget_never_finances_less(one, wanted, first, second):
    small, large = sorted([first, second])

    def paid(amount):
        rulebook = book(one, envelopes=(budget(str(amount), "commun"), budget(None, "propre")))
        return [option.financed_at_least for option in estimate(wanted, rulebook, TODAY).options]

    assert all(less <= more for less, more in zip(paid(small), paid(large), strict=True))


@given(books(), projects)
def test_options_come_in_the_order_in_which_people_would_take_them(rulebook, wanted):
    order = list(Eligibility)
    found = estimate(wanted, rulebook, TODAY).options
    for first, second in pairwise(found):
        assert order.index(first.eligibility) <= order.index(second.eligibility)


@given(books(), projects)
def test_codes_tell_the_options_apart(rulebook, wanted):
    codes = [option.code for option in estimate(wanted, rulebook, TODAY).options]
    assert len(codes) == len(set(codes))


@given(books(), projects)
def test_a_rule_is_applied_or_rejected_never_both(rulebook, wanted):
    found = estimate(wanted, rulebook, TODAY)
    applied = {rule.code for option in found.options for rule in option.rules}
    assert not applied & {each.rule.code for each in found.rejected}
    assert all(each.reason for each in found.rejected)


@given(books(), projects)
def test_unknown_is_never_told_as_zero(rulebook, wanted):
    """A line is paid nothing only where a rule says so, or a limit leaves nothing."""
    for option in estimate(wanted, rulebook, TODAY).options:
        for line in option.lines:
            if line.financed == 0:
                assert line.rule is not None
                assert line.rule.basis not in (Basis.UNPUBLISHED,)

"""How much a rule pays, and how it says so."""

from datetime import date
from decimal import Decimal

import pytest

from financing.calculator.rules import Ceiling, Funds, Tier
from financing.calculator.terms import Basis, Cost, Eligibility, Unit
from tests.financing.calculator.rulebooks import PAGE, answer, budget, hourly, only, rule

D = Decimal


def plain(text: str) -> str:
    """Without the no-break spaces, which are typography."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def paid(*rules, **fields):
    return only(answer(*rules, **fields)).financed


def says(*rules, **fields):
    return plain(only(answer(*rules, **fields)).lines[0].explanation)


def test_an_hourly_rate_is_paid_for_each_trainee_and_says_the_sum():
    assert paid(hourly()) == D("1050.00")
    assert says(hourly()) == "21 h × 25 € × 2 personnes = 1 050 €"


def test_nobody_is_paid_more_than_they_spend():
    assert paid(hourly(rate="100")) == D(2800)
    assert says(hourly(rate="100")).endswith("ramené au coût, 2 800 €")


def test_a_rate_for_the_group_is_paid_once():
    assert paid(hourly(per="group")) == D("525.00")


def test_hours_beyond_those_that_are_paid_are_not():
    assert paid(hourly(max_units=D(14))) == D("700.00")
    assert "14 h au plus" in says(hourly(max_units=D(14)))


def test_days_are_told_from_hours_and_that_is_said():
    found = answer(rule(basis=Basis.DAILY, rate=D(300), unit=Unit.DAY))
    assert only(found).financed == D("1800.00")
    assert "Une journée est comptée pour 7 h" in plain(found.messages[0])


def test_days_that_are_told_are_not_worked_out():
    found = answer(rule(basis=Basis.DAILY, rate=D(300), unit=Unit.DAY), days=D(2))
    assert only(found).financed == D("1200.00")
    assert not found.messages


def test_a_percentage_applies_to_the_cost():
    assert paid(rule(basis=Basis.PERCENT, percent=D(80))) == D("2240.00")


def test_a_percentage_with_a_rate_applies_to_what_is_spent_of_that_rate():
    assert paid(hourly(rate="40", percent=D(70))) == D("1176.00")
    assert paid(hourly(rate="40", percent=D(70)), pedagogical=D(1000)) == D("700.00")


@pytest.mark.parametrize(("per", "expected"), [("person", D(1600)), ("action", D(800)), ("company", D(800))])
def test_a_ceiling_counts_for_each_person_or_once(per, expected):
    assert paid(rule(ceilings=(Ceiling(amount=D(800), per=per),))) == expected


def test_a_ceiling_for_each_day_of_a_group():
    assert paid(hourly(rate="24", ceilings=(Ceiling(amount=D(840), per="day"),)), trainees=8) == D(2520)


def test_a_ceiling_that_bites_says_what_it_took():
    option = only(answer(rule(ceilings=(Ceiling(amount=D(800), per="person"),))))
    (bite,) = option.bites
    assert bite.lost == D("1200.00")
    assert plain(bite.sentence) == "plafonné à 800 € par personne, soit 1 600 €"


def test_trainees_beyond_those_that_are_paid_are_not_and_that_bites():
    option = only(answer(hourly(max_persons=1)))
    assert option.financed == D("525.00")
    assert "1 personne au plus par entreprise" in plain(option.lines[0].explanation)
    assert [bite.lost for bite in option.bites] == [D("525.00")]
    assert paid(rule(max_persons=1)) == D("1400.00")


def test_a_shared_budget_pays_course_fees_first_then_wages():
    rules = (
        rule(envelope="budget"),
        hourly("salaires", "13", cost=Cost.WAGES, envelope="budget"),
    )
    option = only(answer(*rules, envelopes=(budget("3000"),), hourly_wage=D(20)))
    assert [line.financed for line in option.lines] == [D(2800), D(200)]
    assert option.shares[0].left == 0


def test_what_was_already_used_is_gone():
    option = only(answer(rule(envelope="budget"), envelopes=(budget("3000"),), already_used=D(500)))
    assert option.financed == D(2500)
    assert "dont 500 € déjà utilisés" in plain(option.lines[0].explanation)


def test_the_real_cost_from_a_budget_that_nobody_publishes_is_unknown():
    option = only(answer(rule(envelope="budget"), envelopes=(budget(None),)))
    assert option.financed is None
    assert "budget non publié (budget annuel)" in plain(option.lines[0].explanation)


def test_a_rate_from_a_budget_that_nobody_publishes_is_counted_and_the_budget_named():
    option = only(answer(hourly(envelope="budget"), envelopes=(budget(None),)))
    assert option.financed == D("1050.00")
    assert option.shares[0].left is None


def test_a_budget_for_each_request_is_whole_whatever_was_used_before():
    envelopes = (budget("2000", period="action"),)
    option = only(answer(rule(envelope="budget"), envelopes=envelopes, already_used=D(500)))
    assert option.financed == D(2000)
    assert option.lines[0].explanation.endswith("par demande")


def test_a_guaranteed_minimum_is_said_to_be_one():
    option = only(answer(rule(envelope="budget"), envelopes=(budget("1400", at_least=True),)))
    assert "un minimum garanti de 1 400 €" in plain(option.lines[0].explanation)


def test_wages_are_asked_by_the_hour_for_everybody():
    (line,) = only(
        answer(hourly("salaires", "12", cost=Cost.WAGES), pedagogical=None, hourly_wage=D(20))
    ).lines
    assert (line.asked, line.financed, line.remaining) == (D(840), D(504), D(336))


def test_one_rate_for_everything_is_not_paid_twice():
    option = only(answer(hourly(rate="30", cost=Cost.ALL), pedagogical=D(1000), hourly_wage=D(20)))
    assert [line.financed for line in option.lines] == [D(1000), D(260)]
    assert option.financed == D(1260)


def test_a_share_of_the_course_fees_that_are_financed():
    travel = rule("annexes", cost=Cost.ANCILLARY, basis=Basis.PERCENT, percent=D(8), percent_of="pedagogical")
    option = only(answer(hourly(), travel, transport=D(60), meals=D(300)))
    assert [line.financed for line in option.lines[1:]] == [D("60.00"), D("24.00")]


def test_wages_within_the_course_fees_that_are_financed():
    wages = hourly("salaires", "100", cost=Cost.WAGES, within_pedagogical=True)
    option = only(answer(hourly(), wages, hourly_wage=D(30)))
    assert option.lines[1].financed == D("1050.00")


@pytest.mark.parametrize(("hours", "expected"), [("105", D(6825)), ("106", D(1590))])
def test_the_step_that_holds_the_whole_duration_gives_the_rate(hours, expected):
    tiers = (
        Tier(measure="hours", end=D(105), rate=D(65)),
        Tier(measure="hours", start=D(105), rate=D(15)),
    )
    certified = rule(basis=Basis.HOURLY, unit=Unit.HOUR, tiers=tiers)
    assert paid(certified, hours=D(hours), trainees=1, pedagogical=D(20000)) == expected


def test_steps_by_months_add_an_amount_for_each_month_more():
    tiers = (
        Tier(measure="months", start=D(6), end=D(12), amount=D(5000), extra=D(250)),
        Tier(measure="months", start=D(12), end=D(18), amount=D(6500), extra=D(250)),
    )
    contract = rule(basis=Basis.FLAT, unit=Unit.ACTION, tiers=tiers, per="group")
    assert paid(contract, months=D(14), pedagogical=D(20000)) == D(7000)
    assert paid(contract, months=D(24), pedagogical=D(20000)) is None
    assert "précisez le nombre de mois" in says(contract, pedagogical=D(20000))


def test_steps_by_euros_pay_each_slice_at_its_own_share():
    tiers = (
        Tier(measure="euros", end=D(1000), percent=D(100)),
        Tier(measure="euros", start=D(1000), end=D(2000), percent=D(50)),
    )
    assert paid(rule(basis=Basis.PERCENT, tiers=tiers)) == D(1500)


def test_nights_that_are_not_told_are_asked_for():
    night = rule("nuit", cost=Cost.LODGING, basis=Basis.FLAT, rate=D(112), unit=Unit.NIGHT)
    found = answer(hourly(), night, lodging=D(500))
    option = only(found)
    assert option.lines[1].financed is None
    assert option.financed is None
    assert option.financed_at_least == D("1050.00")
    assert "nights" in [each.field for each in found.missing]
    assert only(answer(hourly(), night, lodging=D(500), nights=D(3))).lines[1].financed == D(336)


def test_what_is_excluded_is_a_known_zero_and_what_nobody_publishes_is_not():
    excluded = only(answer(hourly(), rule("s", cost=Cost.WAGES, basis=Basis.EXCLUDED), hourly_wage=D(20)))
    assert excluded.lines[1].financed == 0
    unknown = only(answer(hourly(), rule("s", cost=Cost.WAGES, basis=Basis.UNPUBLISHED), hourly_wage=D(20)))
    assert unknown.lines[1].financed is None
    silent = only(answer(hourly(), hourly_wage=D(20)))
    assert silent.lines[1].financed is None
    assert silent.lines[1].rule is None


def test_exhausted_funds_pay_nothing_until_they_are_open_again():
    gone = Funds(status="exhausted", since=date(2026, 10, 6), until=date(2026, 12, 31), source=PAGE)
    envelopes = (budget("6000", funds=(gone,)),)
    option = only(answer(rule(envelope="budget"), envelopes=envelopes))
    assert (option.eligibility, option.financed, option.funds) == (Eligibility.NO, D(0), gone)
    assert "fonds épuisés" in plain(option.reasons[0])
    reopened = only(answer(rule(envelope="budget"), envelopes=envelopes, on=date(2027, 1, 1)))
    assert reopened.financed == D(2800)


def test_the_lower_end_of_a_range_is_counted_and_said():
    assert paid(hourly(rate="11", rate_max=D(20))) == D("462.00")
    assert "de 11 € à 20 € selon les cas" in says(hourly(rate="11", rate_max=D(20)))


def test_amounts_are_rounded_once_to_the_cent():
    assert paid(hourly(rate="9.15", percent=D("33.333")), hours=D("7.5"), trainees=1) == D("22.87")


# ------------------------------------------------------------------------------------------------ what a review found
def test_a_ceiling_above_the_cost_takes_nothing_and_is_not_told():
    option = only(
        answer(hourly(rate="40", envelope="budget"), envelopes=(budget("1100"),), pedagogical=D(100))
    )
    assert (option.financed, option.bites) == (D(100), ())


def test_months_are_those_of_each_trainee():
    tutor = rule(basis=Basis.FLAT, rate=D(230), unit=Unit.MONTH)
    assert paid(tutor, months=D(4), trainees=3, pedagogical=D(20000)) == D(2760)


def test_wages_bounded_by_fees_that_nobody_knows_are_unknown():
    wages = hourly("salaires", "12", cost=Cost.WAGES, within_pedagogical=True)
    option = only(answer(rule(basis=Basis.UNPUBLISHED), wages, hourly_wage=D(20)))
    assert option.lines[1].financed is None


def test_a_percentage_is_paid_for_the_people_who_are_paid_for():
    assert paid(rule(basis=Basis.PERCENT, percent=D(50), max_persons=1)) == D(700)


def test_a_share_of_one_rate_for_everything_is_paid_cost_by_cost():
    everything = hourly(rate="40", percent=D(70), cost=Cost.ALL)
    option = only(answer(everything, pedagogical=D(800), hourly_wage=D(10)))
    assert [line.financed for line in option.lines] == [D(560), D(294)]


def test_days_that_do_not_come_out_even_are_told_as_hours():
    text = says(rule(basis=Basis.DAILY, rate=D(300), unit=Unit.DAY), hours=D(10))
    assert text.startswith("10 h ÷ 7 h par jour × 300 € × 2 personnes")


def test_a_yearly_ceiling_of_the_company_counts_what_was_used():
    yearly = rule(ceilings=(Ceiling(amount=D(2000), per="company", period="year"),))
    assert paid(yearly, already_used=D(1500)) == D(500)


def test_a_day_s_ceiling_needs_the_days():
    found = answer(rule(ceilings=(Ceiling(amount=D(840), per="day"),)), hours=None)
    assert only(found).financed is None
    assert [each.field for each in found.missing] == ["hours"]

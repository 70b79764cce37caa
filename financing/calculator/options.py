"""From the rules that may apply to the options that people compare, one scheme at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from financing.calculator.amounts import Spending
from financing.calculator.choice import chosen, only_allows
from financing.calculator.desk import Desk
from financing.calculator.doubts import doubts, doubts_between, presumed, refusals
from financing.calculator.lines import lines_of
from financing.calculator.outcome import Option
from financing.calculator.particulars import cautions_of, conditions_of, payment_for, payment_of, shares_of
from financing.calculator.rules import Rule
from financing.calculator.terms import Cost, Eligibility, Scheme


def options_of(scheme: Scheme, rules: Sequence[Rule], desk: Desk) -> list[Option]:
    """The options of one scheme: one for each rule for the course fees that nothing decides against."""
    alone = [rule for rule in rules if rule.alone]
    fees_asked = Cost.PEDAGOGICAL in desk.asked or not desk.asked
    mains = chosen(alone, Cost.PEDAGOGICAL, desk.project) if fees_asked else []
    mains = mains or _without_fees(alone, desk)
    told = [_option(main, mains, alone, desk) for main in mains]
    return [replace(option, code=code) for option, code in zip(told, _codes(told), strict=True)]


def _without_fees(rules: Sequence[Rule], desk: Desk) -> list[Rule]:
    """A scheme that pays no course fees, or is asked for none: one option, for the first cost that it pays for all.

    What may be added to another scheme is shown there, where the fees are paid too.
    """
    fees_asked = Cost.PEDAGOGICAL in desk.asked
    usable = [rule for rule in rules if not (fees_asked and rule.complements)]
    general = [rule for rule in usable if not (rule.audience or rule.topic or only_allows(rule))]
    return (first_paid(general, desk) or first_paid(usable, desk))[:1]


def _codes(options: Sequence[Option]) -> Iterator[str]:
    """The scheme, and the rule where a scheme has several options: stable in addresses and in the API."""
    for option in options:
        yield option.scheme.value if len(options) == 1 else f"{option.scheme.value}:{option.rules[0].code}"


def _option(main: Rule, mains: Sequence[Rule], rules: Sequence[Rule], desk: Desk) -> Option:
    """The option of one rule for the course fees, `mains` being those of all the options of its scheme."""
    funds = desk.funds(main)
    spending = Spending(desk.project.already_used)
    lines = lines_of(main, rules, desk, desk.asked, spending)
    applied = tuple(dict.fromkeys([main, *(line.rule for line in lines if line.rule)]))
    closed = refusals(main, funds)
    reasons = closed or (*doubts_between(main, mains, desk.project), *doubts(applied, desk))
    return Option(
        code="",
        scheme=main.scheme,
        label=main.scheme.label,
        variant=main.label if len(mains) > 1 or main.topic or main.audience else "",
        eligibility=Eligibility.NO if closed else Eligibility.TO_CHECK if reasons else Eligibility.YES,
        reasons=reasons,
        lines=tuple(lines),
        rules=applied,
        conditions=conditions_of(applied, desk),
        cautions=cautions_of(applied),
        shares=shares_of(applied, spending, desk),
        funds=funds,
        payment=payment_for(lines, payment_of(main.scheme, desk, main.code)),
        deadline=desk.deadline,
        presumes=presumed(main, mains, desk.project),
    )


def first_paid(rules: Sequence[Rule], desk: Desk, asked: Iterable[Cost] | None = None) -> list[Rule]:
    """The rules for the first cost, among those that are `asked` or all of the project's, that any of them pays."""
    costs = desk.asked if asked is None else asked
    return next(filter(None, (chosen(rules, cost, desk.project) for cost in costs)), [])

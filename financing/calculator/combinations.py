"""Options that add two financings up, where the rules say that they may be."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from financing.calculator import sentences as say
from financing.calculator.amounts import ZERO, Spending
from financing.calculator.choice import only_allows
from financing.calculator.desk import Desk
from financing.calculator.doubts import doubts
from financing.calculator.lines import lines_of, same_training
from financing.calculator.options import first_paid
from financing.calculator.outcome import Line, Option
from financing.calculator.particulars import cautions_of, conditions_of, payment_of, shares_of, unique
from financing.calculator.rules import Rule
from financing.calculator.terms import Cost, Eligibility, Scheme


def added(options: Sequence[Option], rules: Sequence[Rule], desk: Desk) -> list[Option]:
    """The combinations that the rules allow: what one leaves, paid by others that say they may be added to it."""
    adding = [rule for rule in rules if rule.complements and _has_funds(rule, desk)]
    schemes = [scheme for scheme in Scheme if any(rule.scheme == scheme for rule in adding)]
    return [
        both
        for first in options
        if first.published and first.eligibility != Eligibility.NO and first.presumes < 2
        for scheme in schemes
        for both in _added(first, [rule for rule in adding if _adds(rule, scheme, first)], desk)
    ]


def _adds(rule: Rule, scheme: Scheme, first: Option) -> bool:
    return rule.scheme == scheme and first.scheme in rule.complements and rule not in first.rules


def _has_funds(rule: Rule, desk: Desk) -> bool:
    funds = desk.funds(rule)
    return funds is None or funds.status == "open"


def _added(first: Option, rules: Sequence[Rule], desk: Desk) -> Iterator[Option]:
    if not rules:
        return
    left = {line.cost: line.asked - (line.financed or ZERO) for line in first.lines if _is_open(line)}
    left = {cost: amount for cost, amount in left.items() if amount}
    fitting = [rule for rule in rules if left and same_training(rule, first.rules[0], desk.project)]
    told: set[str] = set()
    for main in first_paid(fitting, desk, left):
        spending = _spent_by(first, desk)
        lines = lines_of(main, fitting, desk, left, spending)
        if any(line.financed for line in lines):
            both = _sum_of(first, main, lines, spending, desk)
            if both.code not in told:  # two rules may lead to the same one that pays
                told.add(both.code)
                yield both


def _spent_by(first: Option, desk: Desk) -> Spending:
    """What the first financing has taken of the budgets, and the course fees that it pays."""
    fees = next((line.financed for line in first.lines if line.cost == Cost.PEDAGOGICAL), None)
    taken = {share.envelope.code: share.used for share in first.shares}
    return Spending(desk.project.already_used, of_envelope=taken, pedagogical=fees)


def _is_open(line: Line) -> bool:
    """Known to leave something, or nobody says that it is paid; what is paid and not published is neither."""
    return line.financed is not None or line.rule is None or only_allows(line.rule)


def _sum_of(first: Option, head: Rule, lines: Sequence[Line], spending: Spending, desk: Desk) -> Option:
    more = tuple(dict.fromkeys(line.rule for line in lines if line.rule and line.financed))
    main = head if head in more else more[0]  # what pays gives its name
    applied = (*first.rules, *more)
    reasons = unique((*first.reasons, *doubts(more, desk)))
    paid = {line.cost: line for line in lines}
    return replace(
        first,
        code=f"{first.code}+{main.code}",
        label=say.added_to(first.label, main.label),
        eligibility=Eligibility.TO_CHECK if reasons else first.eligibility,
        reasons=reasons,
        lines=tuple(_sum(line, paid.get(line.cost)) for line in first.lines),
        rules=applied,
        conditions=conditions_of(applied, desk),
        cautions=cautions_of(applied),
        shares=shares_of(applied, spending, desk),
        payment=payment_of(main.scheme, desk, main.code) or first.payment,  # the circuit of what comes second
        combines=(first.code, main.code),
        presumes=max(first.presumes, 2 if any(rule.audience for rule in more) else 0),
    )


def _sum(line: Line, second: Line | None) -> Line:
    if second is None or second.financed is None:
        return line
    if line.financed is None:
        return second
    return Line(
        line.cost,
        line.asked,
        line.financed + second.financed,
        f"{line.explanation}\u202f; puis {second.explanation}",
        second.rule if not line.financed else line.rule,
        (*line.bites, *second.bites),
    )

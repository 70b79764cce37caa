"""The rules that an estimate set aside, each with its reason."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from financing.calculator import sentences as say
from financing.calculator.choice import chosen, covers
from financing.calculator.desk import Desk
from financing.calculator.outcome import Option, Rejection
from financing.calculator.rules import Rule
from financing.calculator.sieve import Sieve
from financing.calculator.terms import Cost

Kept = Mapping[Cost, list[Rule]]


def rejections(sieve: Sieve, options: Iterable[Option], desk: Desk) -> Iterator[Rejection]:
    """Those that do not apply, then those that gave way or pay nothing that this project can be sure of."""
    spoken = {rule.code for rule in sieve.fitting}
    spoken |= {each.rule.code for each in sieve.refused if each.rule.in_force(desk.on)}
    for each in sieve.refused:
        if each.rule.in_force(desk.on) or each.rule.code not in spoken:  # else another version speaks today
            yield Rejection(each.rule, each.why.reason)
    used = {_identity(rule) for option in options for rule in option.rules}
    for scheme in dict.fromkeys(rule.scheme for rule in sieve.fitting):
        rules = sieve.of(scheme)
        kept = {cost: chosen(rules, cost, desk.project) for cost in desk.asked}
        for rule in rules:
            if _identity(rule) not in used and (reason := _unused(rule, kept)):
                yield Rejection(rule, reason)


def _identity(rule: Rule) -> tuple[str, date | None]:
    return rule.code, rule.since


def _unused(rule: Rule, kept: Kept) -> str:
    """Why a rule that may apply was not; "" where nothing was asked of what it pays."""
    if not rule.alone:
        return say.only_added()
    for cost, rules in kept.items():
        if rule.cost in covers(cost) and rules and rule not in rules:
            return say.other_rule(next((other for other in rules if other.cost == rule.cost), rules[0]))
    if rule.audience:
        return say.reserved_audience(rule.audience)
    if rule.kinds and not rule.pays_fees:
        return say.with_another_kind(rule)
    return ""

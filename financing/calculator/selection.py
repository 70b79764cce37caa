"""Which rules people want to read: those of a day, and of a branch, a size or a scheme where these are told. Pure."""

from collections.abc import Iterable
from datetime import date

from financing.calculator.rules import Rule
from financing.calculator.terms import Scheme


def rules_of(
    rules: Iterable[Rule],
    on: date,
    *,
    idcc: str | None = None,
    headcount: int | None = None,
    scheme: Scheme | None = None,
) -> list[Rule]:
    """The rules in force that day; of a branch, its own and those of every branch."""
    return [
        rule
        for rule in rules
        if rule.in_force(on)
        and (idcc is None or concerns(rule, idcc))
        and (headcount is None or headcount in rule.headcount)
        and (scheme is None or rule.scheme == scheme)
    ]


def concerns(rule: Rule, idcc: str) -> bool:
    """Whether a rule is for companies of that branch."""
    return (not rule.idccs or idcc in rule.idccs) and idcc not in rule.excluded_idccs


def ended(rules: Iterable[Rule], on: date) -> dict[Scheme, date]:
    """Schemes of which nothing speaks any more that day, and the last day of what did."""
    known = list(rules)
    speaking = {rule.scheme for rule in known if rule.in_force(on)}
    last: dict[Scheme, date] = {}
    for rule in known:
        if rule.until and rule.until < on and rule.scheme not in speaking:
            last[rule.scheme] = max(rule.until, last.get(rule.scheme, rule.until))
    return last

"""The rules that concern a project, sifted: those that may apply, and those that do not, each with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from financing.calculator.fit import Refusal, refusal
from financing.calculator.project import Project
from financing.calculator.rules import Rule
from financing.calculator.terms import SCHEMES, Scheme


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule that does not apply."""

    rule: Rule
    why: Refusal


@dataclass(frozen=True, slots=True)
class Sieve:
    """What came of the rules, in an order that does not depend on theirs."""

    fitting: tuple[Rule, ...]
    refused: tuple[Refused, ...]

    def of(self, scheme: Scheme) -> list[Rule]:
        """The rules of a scheme that may apply."""
        return [rule for rule in self.fitting if rule.scheme == scheme]


def sift(rules: Iterable[Rule], project: Project, on: date) -> Sieve:
    """Ask every rule that concerns the project whether it applies."""
    fitting, refused = [], []
    for rule in sorted((rule for rule in rules if _concerns(rule, project)), key=_identity):
        why = refusal(rule, project, on)
        if why is None:
            fitting.append(rule)
        else:
            refused.append(Refused(rule, why))
    return Sieve(tuple(fitting), tuple(refused))


def _concerns(rule: Rule, project: Project) -> bool:
    """Not about another action, nor another branch's: those would only be noise among the reasons."""
    if rule.scheme not in SCHEMES[project.action]:
        return False
    return not rule.idccs or project.idcc is None or project.idcc in rule.idccs


def _identity(rule: Rule) -> tuple[str, date]:
    return rule.code, rule.since or date.min

"""Small rulebooks, and projects, as the tests of the calculator need them."""

from datetime import date
from decimal import Decimal
from typing import Any

from financing.calculator import Criteria, Envelope, Estimate, Option, Project, Rule, Rulebook, estimate
from financing.calculator.rules import Span
from financing.calculator.terms import Basis, Confidence, Cost, Scheme, Unit

TODAY = date(2026, 11, 24)
PAGE = "https://opco.example/criteres"


def rule(code: str = "regle", **fields: Any) -> Rule:
    """A rule of the OPCO "test" that pays the course fees at their real cost, but for `fields`."""
    usual: dict[str, Any] = {
        "scheme": Scheme.PLAN,
        "label": f"Règle {code}",
        "cost": Cost.PEDAGOGICAL,
        "basis": Basis.ACTUAL,
        "source": PAGE,
        "confidence": Confidence.EXACT,
        "opco": "test",
        "verified_on": date(2026, 10, 5),
    }
    return Rule(code=code, **(usual | fields))


def hourly(code: str = "heure", rate: str = "25", **fields: Any) -> Rule:
    return rule(code, basis=Basis.HOURLY, rate=Decimal(rate), unit=Unit.HOUR, **fields)


def span(low: int | None = None, high: int | None = None) -> Span:
    return Span(min=low, max=high)


def budget(amount: str | None, code: str = "budget", **fields: Any) -> Envelope:
    return Envelope(
        code=code, label="Budget annuel", amount=Decimal(amount) if amount else None, source=PAGE, **fields
    )


def book(*rules: Rule, envelopes: tuple[Envelope, ...] = (), **fields: Any) -> Rulebook:
    criteria = Criteria(opco="test", verified_on=date(2026, 10, 5), source=PAGE, **fields)
    return Rulebook("test", "Test", rules, {each.code: each for each in envelopes}, (criteria,))


def project(**fields: Any) -> Project:
    """Two people of a company of 23 for 21 hours and 2 800 €, but for `fields`."""
    usual: dict[str, Any] = {
        "opco": "test",
        "headcount": 23,
        "trainees": 2,
        "hours": Decimal(21),
        "pedagogical": Decimal(2800),
    }
    return Project(**(usual | fields))


def answer(*rules: Rule, envelopes: tuple[Envelope, ...] = (), on: date = TODAY, **fields: Any) -> Estimate:
    return estimate(project(**fields), book(*rules, envelopes=envelopes), on)


def only(found: Estimate) -> Option:
    (option,) = found.options
    return option

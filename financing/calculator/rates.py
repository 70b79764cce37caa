"""A rate times how many units there are of it: hours of each trainee, nights of all of them, one action."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from financing.calculator import sentences as say
from financing.calculator.project import HOURS_A_DAY, Project, cents
from financing.calculator.rules import Rule
from financing.calculator.terms import Unit
from opco_portal.french import euros

EACH = (
    Unit.HOUR,
    Unit.DAY,
    Unit.MONTH,
    Unit.PERSON,
)  # each trainee has them all; others are those of all together
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Cut:
    """Units or people beyond those that are paid: what all would make, and what those that are paid do."""

    sentence: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Product:
    """What a rate makes, with its words; `cuts` are included in the amount."""

    amount: Decimal
    how: str
    cuts: tuple[Cut, ...] = ()


def product(rule: Rule, rate: Decimal, project: Project) -> Product | None:
    """The rate of a rule, or of one of its tiers, for a project; None where its units are not told."""
    unit = rule.unit
    told = units(unit, project) if unit else None
    if unit is None or told is None:
        return None
    people = project.trainees if unit in EACH and rule.per == "person" else 1
    paid, payable = _paid_units(rule, unit, told, project), min(people, rule.max_persons or people)
    amount = paid * payable * rate
    cuts = tuple(_cuts(rule, told, paid, people, payable, rate))
    how = _words(rule, unit, paid, payable, rate, project) + "".join(f" ({cut.sentence})" for cut in cuts)
    return Product(amount, f"{how}, {say.range_of(rule)}" if rule.rate_max else how, cuts)


def units(unit: Unit, project: Project) -> Decimal | None:
    """How many the project tells."""
    return {
        Unit.HOUR: project.all_hours,
        Unit.DAY: project.all_days,
        Unit.NIGHT: project.nights,
        Unit.MEAL: project.meal_count,
        Unit.KM: project.kilometres,
        Unit.MONTH: project.months,
        Unit.PERSON: ONE,
        Unit.ACTION: ONE,
    }[unit]


def paid_people(rule: Rule, project: Project) -> int:
    """How many of the trainees are paid for."""
    return min(project.trainees, rule.max_persons or project.trainees)


def _paid_units(rule: Rule, unit: Unit, told: Decimal, project: Project) -> Decimal:
    if unit in EACH or unit == Unit.ACTION:
        return told if rule.max_units is None else min(told, rule.max_units)
    people = paid_people(rule, project)
    part = told * people / project.trainees
    return part if rule.max_units is None else min(part, rule.max_units * people)


def _cuts(
    rule: Rule, told: Decimal, paid: Decimal, people: int, payable: int, rate: Decimal
) -> Iterator[Cut]:
    if paid < told and rule.unit is not None:
        yield Cut(say.at_most(paid, rule.unit), told * people * rate, paid * people * rate)
    if payable < people:
        yield Cut(say.persons_at_most(payable), paid * people * rate, paid * payable * rate)


def _words(rule: Rule, unit: Unit, paid: Decimal, people: int, rate: Decimal, project: Project) -> str:
    """« 21 h × 25 € × 2 personnes = 1 050 € »."""
    if unit == Unit.ACTION:
        return say.flat(rate)
    if unit == Unit.PERSON:
        factors = [say.persons(people), euros(rate)]
    else:
        factors = [_length(unit, paid, project), euros(rate)]
        factors += [say.persons(people)] if unit in EACH and rule.per == "person" else []
    return say.product(*factors) + say.equals(cents(paid * people * rate))


def _length(unit: Unit, paid: Decimal, project: Project) -> str:
    """Days that do not come out even are told as the hours that they were worked out from."""
    if unit == Unit.DAY and project.days is None and paid == project.all_days and paid % 1:
        return say.days_of(paid * HOURS_A_DAY, HOURS_A_DAY)
    return say.quantity(paid, unit)

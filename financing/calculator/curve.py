"""How what remains to pay grows with the length of a training, at the same price per hour."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from financing.calculator import sentences as say
from financing.calculator.estimate import estimate
from financing.calculator.outcome import Option
from financing.calculator.project import Project, cents
from financing.calculator.rulebook import Rulebook
from financing.calculator.terms import Unit

REACH = 3  # how many times the length of the project a curve goes on for
STEPS = 24  # about how many lengths it is drawn from
LENGTHS = (1, 2, 3, 5, 7, 14, 21, 35, 70, 140, 350, 700, 1400)  # hours between two of them


@dataclass(frozen=True, slots=True)
class Point:
    """A length in hours, what the project then costs, what an option leaves of it, and the ceiling reached, if any.

    `remaining` is None where the option is not open to a training of that length, or does not say how much it pays.
    """

    hours: Decimal
    cost: Decimal
    remaining: Decimal | None
    ceiling: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """What an option leaves to pay at several lengths; `bite` is the shortest of them, to the hour, with a ceiling."""

    option: Option
    points: tuple[Point, ...]
    bite: Point | None = None


def curves(project: Project, book: Rulebook, on: date, options: Sequence[Option]) -> tuple[Curve, ...]:
    """A curve for each of these options of the project; none while its length or its price is not told."""
    if not project.all_hours or not project.pedagogical:
        return ()
    found: dict[str, list[Point]] = {option.code: [] for option in options}
    for hours in lengths(project.all_hours):
        for option, point in _points(project, book, on, options, hours):
            found[option.code].append(point)
    return tuple(
        Curve(option, tuple(found[option.code]), _bite(project, book, on, option, found[option.code]))
        for option in options
    )


def lengths(hours: Decimal) -> list[Decimal]:
    """The lengths to try for a project of so many hours, itself among them."""
    most = hours * REACH
    step = next((each for each in LENGTHS if most / each <= STEPS), LENGTHS[-1])
    steps = range(step, int(most) + 1, step)
    return sorted({hours, *map(Decimal, steps)})


def stretched(project: Project, hours: Decimal) -> Project:
    """The same training, longer or shorter, at the same price per hour; travel costs what it did."""
    assert project.all_hours
    ratio = hours / project.all_hours
    return replace(
        project,
        hours=hours,
        days=None if project.days is None else project.days * ratio,
        pedagogical=None if project.pedagogical is None else cents(project.pedagogical * ratio),
    )


def _points(
    project: Project, book: Rulebook, on: date, options: Iterable[Option], hours: Decimal
) -> Iterator[tuple[Option, Point]]:
    tried = stretched(project, hours)
    cost = sum(tried.asked().values(), Decimal(0))
    then = {_identity(each): each for each in estimate(tried, book, on).options if each.rules}
    for option in options:
        same = then.get(_identity(option))
        left = same.remaining if same else None
        yield option, Point(hours, cost, left, _ceiling(same, tried) if same else "")


def _identity(option: Option) -> tuple[str, tuple[str, ...]]:
    """What stays the same of an option whatever the length: its code tells how many others there are."""
    return option.rules[0].code if option.rules else option.code, option.combines[1:]


def _ceiling(option: Option, project: Project) -> str:
    """The first ceiling reached, or the hours that are paid at most."""
    for line in option.lines:
        if line.bites:
            return line.bites[0].sentence
        rule = line.rule
        if rule and rule.max_units is not None:
            count = {Unit.HOUR: project.all_hours, Unit.DAY: project.all_days}.get(rule.unit or Unit.ACTION)
            if count is not None and count > rule.max_units:
                return say.at_most(rule.max_units, rule.unit or Unit.HOUR)
    return ""


def _bite(
    project: Project, book: Rulebook, on: date, option: Option, points: Sequence[Point]
) -> Point | None:
    """The shortest length at which a ceiling is reached, sought between the two points that it lies between."""
    low, high = next(
        ((a, b) for a, b in pairwise(points) if b.ceiling and not a.ceiling and a.remaining is not None),
        (None, None),
    )
    if low is None or high is None:
        return None
    while high.hours - low.hours > 1:
        middle = Decimal(int((low.hours + high.hours) / 2))
        if middle <= low.hours:
            break
        [(_, point)] = _points(project, book, on, [option], middle)
        low, high = (low, point) if point.ceiling else (point, high)
    return high

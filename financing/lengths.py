"""The same training, longer or shorter, as the pages show it: a drawing and its table. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from financing.calculator import Estimate, Option, Project, Rulebook
from financing.calculator.curve import Curve, curves, stretched
from financing.calculator.project import cents
from financing.calculator.terms import Eligibility
from financing.charts import Plot, plot
from financing.limits import LIMITS

CURVES = 2  # drawn at most
ROWS = 6  # lengths told in the table, about, beside that of the project


@dataclass(frozen=True, slots=True)
class Length:
    """A row of the table: a length, its price as an address takes it, its cost, and what each option leaves."""

    hours: Decimal
    price: Decimal
    cost: Decimal
    remaining: tuple[Decimal | None, ...]
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Lengths:
    """What other lengths would cost, at so many euros for an hour of one person."""

    plot: Plot
    rows: tuple[Length, ...]
    hourly: Decimal


def other_lengths(found: Estimate, book: Rulebook) -> Lengths | None:
    """None where the length or the price is not told, or no open option publishes its amounts."""
    project, hours = found.project, found.project.all_hours
    drawn = curves(project, book, found.on, _drawable(found))
    if not drawn or not hours or not project.pedagogical:
        return None
    figure = plot(drawn, hours)
    assert figure is not None
    hourly = cents(project.pedagogical / hours / project.trainees)
    return Lengths(figure, tuple(_rows(drawn, hours, project)), hourly)


def _drawable(found: Estimate) -> list[Option]:
    """The first options that are open, by rules that say how much."""
    open_ = (each for each in found.options if each.eligibility != Eligibility.NO)
    return [each for each in open_ if each.rules and each.complete][:CURVES]


def _rows(drawn: Sequence[Curve], hours: Decimal, project: Project) -> Iterator[Length]:
    points = list(zip(*(curve.points for curve in drawn), strict=True))
    every = max(1, len(points) // ROWS)
    for place, same in enumerate(points, 1):
        point = same[0]
        price = stretched(project, point.hours).pedagogical or Decimal(0)
        is_told = place % every == 0 and _can_be_asked(point.hours, price)
        if is_told or point.hours == hours:
            yield Length(
                point.hours,
                price,
                point.cost,
                tuple(each.remaining for each in same),
                point.hours == hours,
            )


def _can_be_asked(hours: Decimal, price: Decimal) -> bool:
    """The form takes both, so that the link of a row leads to a result."""
    asked = (("hours", hours), ("pedagogical", price))
    return all(LIMITS[name].least <= value <= LIMITS[name].most for name, value in asked)

"""How small and how large each number of a project may be: the same for the form of the pages and for the API. Pure."""

from decimal import Decimal
from typing import NamedTuple

EUROS = Decimal(10_000_000)  # an amount of a whole project
CODE_LENGTH = 20  # characters of a certification's code


class Bounds(NamedTuple):
    """Both included; `places` is how many decimals are taken, 0 for whole numbers."""

    least: Decimal
    most: Decimal
    places: int


def _whole(least: int, most: int) -> Bounds:
    return Bounds(Decimal(least), Decimal(most), 0)


def _euros(most: Decimal = EUROS) -> Bounds:
    return Bounds(Decimal(0), most, 2)


def _count(least: str, most: int) -> Bounds:
    return Bounds(Decimal(least), Decimal(most), 2)


# By the name of the field of `financing.calculator.Project`.
LIMITS: dict[str, Bounds] = {
    "headcount": _whole(1, 1_000_000),
    "trainees": _whole(1, 10_000),
    "hours": _count("0.5", 10_000),
    "days": _count("0.5", 2_000),
    "months": _count("0.5", 48),
    "pedagogical": _euros(),
    "transport": _euros(),
    "lodging": _euros(),
    "meals": _euros(),
    "hourly_wage": _euros(Decimal(1_000)),
    "nights": _count("0", 100_000),
    "meal_count": _count("0", 100_000),
    "kilometres": _count("0", 10_000_000),
    "already_used": _euros(),
}

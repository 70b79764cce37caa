"""The geometry of the drawings, in the percentages that SVG takes as attributes: they stretch, their text does not.

Numbers become text here: templates would write them the French way, which SVG does not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from financing.calculator.curve import Curve, Point

TOP, BOTTOM = Decimal(8), Decimal(88)  # where the plot begins and ends, in percent of the height
TICKS = 4


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: where it begins and how wide it is, in percent; `kind` is its CSS class."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, in percent, and the value that it stands for."""

    at: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a plot, in percent of the drawing."""

    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve as polylines of « x,y » pairs out of 100, one for each stretch without a gap, with its ceiling."""

    curve: Curve
    lines: tuple[str, ...]
    bite: Mark | None


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves over hours, with the cost of the training above them and the length of the project among the hours."""

    curves: tuple[Drawn, ...]
    cost: str
    here: Mark | None
    hours: tuple[Tick, ...]
    euros: tuple[Tick, ...]


def bar(parts: Sequence[tuple[str, Decimal]], whole: Decimal) -> tuple[Segment, ...]:
    """Amounts laid end to end, those of nothing left out."""
    segments, at = [], Decimal(0)
    for kind, amount in parts:
        width = amount * 100 / whole if whole else Decimal(0)
        if width:
            segments.append(Segment(kind, _percent(at), _percent(width)))
        at += width
    return tuple(segments)


def plot(curves: Sequence[Curve], hours: Decimal) -> Plot | None:
    """The drawing of some curves; None without any."""
    if not curves:
        return None
    points = curves[0].points
    widest, highest = points[-1].hours, _rounded_up(max(point.cost for point in points))

    def x(value: Decimal) -> Decimal:
        return value * 100 / widest

    def y(value: Decimal) -> Decimal:
        return 100 - value * 100 / highest

    def mark(point: Point) -> Mark | None:
        if point.remaining is None:
            return None
        return Mark(_percent(x(point.hours)), _percent(_down(y(point.remaining))))

    def line(points: Sequence[tuple[Decimal, Decimal]]) -> str:
        return " ".join(f"{x(hours):.2f},{y(value):.2f}" for hours, value in points)

    here = next((point for point in points if point.hours == hours), None)
    return Plot(
        curves=tuple(
            Drawn(
                curve,
                tuple(map(line, _stretches(curve.points))),
                mark(curve.bite) if curve.bite else None,
            )
            for curve in curves
        ),
        cost=line([(point.hours, point.cost) for point in points]),
        here=mark(here) if here else None,
        hours=tuple(Tick(_percent(x(value)), value) for value in _scale(widest) if value),
        euros=tuple(Tick(_percent(_down(y(value))), value) for value in _scale(highest)),
    )


def _stretches(points: Sequence[Point]) -> list[list[tuple[Decimal, Decimal]]]:
    """The points of a curve, cut where nothing is known."""
    found: list[list[tuple[Decimal, Decimal]]] = [[]]
    for point in points:
        if point.remaining is None:
            found.append([])
        else:
            found[-1].append((point.hours, point.remaining))
    return [stretch for stretch in found if len(stretch) > 1]


def _down(y: Decimal) -> Decimal:
    """From percent of the plot to percent of the drawing."""
    return TOP + y * (BOTTOM - TOP) / 100


def _step(most: Decimal) -> Decimal:
    """The round number that divides so much into about `TICKS` parts."""
    power = Decimal(10) ** ((most / TICKS).adjusted())
    return next(
        (power * each for each in (1, 2, Decimal("2.5"), 5, 10) if most / (power * each) <= TICKS), power * 10
    )


def _scale(most: Decimal) -> list[Decimal]:
    step = _step(most)
    return [step * each for each in range(int(most / step) + 1)]


def _rounded_up(most: Decimal) -> Decimal:
    step = _step(most)
    return step * (most / step).to_integral_value(ROUND_CEILING)


def _percent(value: Decimal) -> str:
    return f"{value:.2f}%"

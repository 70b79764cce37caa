"""What a company can count on: its first option, or the range of those that only the kind tells apart. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from financing.calculator import Estimate, Option
from financing.calculator.terms import Eligibility
from financing.charts import Segment, bar
from financing.shown import financed, is_known, remaining
from opco_portal.french import decimal, euros


@dataclass(frozen=True, slots=True)
class Outlook:
    """The option, what it pays and leaves in words, its bar; `depends` on the kind of training, not told."""

    option: Option
    financed: str
    remaining: str
    bar: tuple[Segment, ...]
    depends: bool = False


def outlook(found: Estimate) -> Outlook | None:
    """None where nothing published concerns the project."""
    option = _first(found)
    if option is None:
        return None
    alike = _alike(option, found)
    if len(alike) > 1:
        return _range(option, alike)
    return Outlook(option, financed(option), remaining(option), _bar(option, option))


def _first(found: Estimate) -> Option | None:
    """The best, else one that says something, else one that may be open, else the first that is not."""
    if found.best:
        return found.best
    return min(
        found.options,
        key=lambda option: (option.eligibility == Eligibility.NO, not is_known(option)),
        default=None,
    )


def _alike(option: Option, found: Estimate) -> list[Option]:
    """The options that the kind of training alone tells from this one, which presumes it."""
    if option.presumes != 1:
        return []
    return [
        each
        for each in found.options
        if each.scheme == option.scheme and each.presumes == 1 and each.complete and not each.combines
    ]


def _range(option: Option, alike: list[Option]) -> Outlook:
    low, high = (pick(alike, key=lambda each: each.financed_at_least) for pick in (min, max))
    return Outlook(
        option,
        _between(low.financed_at_least, high.financed_at_least),
        _between(high.remaining_at_most, low.remaining_at_most),
        _bar(low, high),
        depends=True,
    )


def _between(least: Decimal, most: Decimal) -> str:
    return euros(least) if least == most else f"de {decimal(least)} à {euros(most)}"


def _bar(low: Option, high: Option) -> tuple[Segment, ...]:
    """What is paid for certain, what may be, what is left."""
    if not is_known(low):
        return bar([("unknown", Decimal(1))], Decimal(1))
    perhaps = high.financed_at_least - low.financed_at_least
    rest = "left" if high.complete else "unknown"
    parts = [("paid", low.financed_at_least), ("unknown", perhaps), (rest, high.remaining_at_most)]
    return bar(parts, low.asked)

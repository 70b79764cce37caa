"""What a well-formed value may still not say: each check yields the key concerned and the reason."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

from branches.reference import reader as r
from financing.calculator.rules import (
    ByBranch,
    Ceiling,
    Condition,
    Criteria,
    Envelope,
    Funds,
    Hours,
    Payment,
    Reference,
    Rule,
    Span,
    Tier,
)
from financing.reference.amounts import Found, amount
from financing.reference.reader import Document

QUOTED = 160  # characters of a page that may be quoted

GIVEN_ONCE = {
    "opco": "donné une fois pour tout le fichier, pas dans une règle.",
    "verified_on": "donné une fois pour tout le fichier, pas dans une règle.",
    "cautions": "une réserve s’écrit dans les « cautions » du fichier, avec les règles qu’elle concerne.",
}
TIERED = {"hours": ("rate", "amount"), "months": ("rate", "amount"), "euros": ("percent",)}


# ------------------------------------------------------------------------------------------------ shared by several
def _above_zero(value: Any, *names: str) -> Found:
    for name in names:
        number = getattr(value, name)
        if number is not None and number < 0:
            yield name, f"{name} « {number} » : un montant n’est pas négatif."
        if number == 0:
            yield (
                name,
                f"{name} « 0 » : zéro ne veut pas dire « non publié » ; retirez la clé, ou « basis: excluded ».",
            )


def _not_below_zero(value: Any, *names: str) -> Found:
    for name in names:
        number = getattr(value, name)
        if number is not None and number < 0:
            yield name, f"{name} « {number} » : un nombre négatif n’est pas admis."


def _percentage(value: Any) -> Found:
    if value.percent is not None and not 0 <= value.percent <= 100:
        yield "percent", f"percent « {value.percent} » : un pourcentage va de 0 à 100."


def _page(value: Any, name: str = "source") -> Found:
    try:
        r.url(getattr(value, name))
    except ValueError as error:
        yield name, f"{name} « {getattr(value, name)} » : {error}"


def _in_order(value: Any) -> Found:
    if value.since and value.until and value.until < value.since:
        yield "until", f"until « {value.until} » : précède since « {value.since} »."


# ------------------------------------------------------------------------------------------------ kind by kind
def span(value: Span | Hours) -> Found:
    yield from _not_below_zero(value, "min", "max")
    if value.min is not None and value.max is not None and value.max < value.min:
        yield "max", f"max « {value.max} » : inférieur à min « {value.min} »."


def tier(value: Tier) -> Found:
    yield from _above_zero(value, "rate", "amount")
    yield from _not_below_zero(value, "start", "extra")
    yield from _percentage(value)
    if value.end is not None and value.end <= value.start:
        yield "end", f"end « {value.end} » : ne dépasse pas start « {value.start} »."
    names = TIERED[value.measure]
    if all(getattr(value, name) is None for name in names):
        yield "", f"une tranche en {value.measure} demande {' ou '.join(names)}."


def ceiling(value: Ceiling) -> Found:
    yield from _above_zero(value, "amount")


def funds(value: Funds) -> Found:
    yield from _page(value)
    yield from _in_order(value)


def envelope(value: Envelope) -> Found:
    yield from _above_zero(value, "amount")
    yield from _page(value)
    for earlier, later in pairwise(sorted(value.funds, key=lambda each: each.since)):
        if earlier.until is None or later.since <= earlier.until:
            yield "funds", f"funds : deux états des fonds couvrent le {later.since}."


def payment(value: Payment) -> Found:
    yield from _page(value)
    yield from _in_order(value)


def sourced(value: ByBranch | Condition) -> Found:
    yield from _page(value)


def reference(value: Reference) -> Found:
    yield from _above_zero(value, "amount")
    yield from _page(value)


def criteria(value: Criteria) -> Found:
    yield from _page(value)
    yield from _page(value, "request_url")


def rule(value: Rule) -> Found:
    for name, reason in GIVEN_ONCE.items():
        if getattr(value, name):
            yield name, f"{name} : {reason}"
    yield from _page(value)
    yield from _in_order(value)
    yield from _above_zero(value, "rate", "rate_max", "percent", "max_units", "max_persons")
    yield from _percentage(value)
    yield from amount(value)
    if both := set(value.idccs) & set(value.excluded_idccs):
        yield "excluded_idccs", f"excluded_idccs « {min(both)} » : aussi dans idccs."
    if not value.alone and not value.complements:
        yield "alone", "alone : une règle qui ne vaut qu’en plus dit à quoi elle s’ajoute (complements)."
    if len(value.quote) > QUOTED:
        yield "quote", f"quote : {QUOTED} caractères au plus, {len(value.quote)} trouvés."


CHECKS: dict[type[Any], Callable[[Any], Found]] = {
    Span: span,
    Hours: span,
    Tier: tier,
    Ceiling: ceiling,
    Funds: funds,
    Envelope: envelope,
    Payment: payment,
    ByBranch: sourced,
    Condition: sourced,
    Reference: reference,
    Criteria: criteria,
    Rule: rule,
}


def check(document: Document) -> None:
    """Tell what each value of a file says wrong by itself."""
    for kind, found in CHECKS.items():
        for value in document.all(kind):
            for key, text in found(value):
                document.add(value, key, text)


def check_day(document: Document, today: date) -> None:
    """Tell what a file says was verified on a day to come."""
    for value in document.all(Criteria):
        if value.verified_on > today:
            document.add(
                value, "verified_on", f"verified_on « {value.verified_on} » : ce jour n’est pas venu."
            )

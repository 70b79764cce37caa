"""What a well-formed value may still not say: each check yields the key concerned and the reason."""

from collections.abc import Callable, Iterator
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
from financing.calculator.terms import Basis, Unit
from financing.reference.reader import Document

Found = Iterator[tuple[str, str]]
QUOTED = 160  # characters of a page that may be quoted

COUNTED = {Basis.HOURLY: Unit.HOUR, Basis.DAILY: Unit.DAY, Basis.FLAT: None}
WITHOUT_AMOUNT = (Basis.EXCLUDED, Basis.UNPUBLISHED)
AMOUNTS = ("rate", "rate_max", "percent", "tiers", "ceilings")
GIVEN_ONCE = {
    "opco": "donné une fois pour tout le fichier, pas dans une règle.",
    "verified_on": "donné une fois pour tout le fichier, pas dans une règle.",
    "cautions": "une réserve s’écrit dans les « cautions » du fichier, avec les règles qu’elle concerne.",
}
TIERED = {"hours": ("rate", "amount"), "months": ("rate", "amount"), "euros": ("percent",)}


# ------------------------------------------------------------------------------------------------ shared by several
def _above_zero(value: Any, *names: str) -> Found:
    for name in names:
        amount = getattr(value, name)
        if amount is not None and amount < 0:
            yield name, f"{name} « {amount} » : un montant n’est pas négatif."
        if amount == 0:
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
    yield from _rate(value)
    yield from _scale(value)
    if both := set(value.idccs) & set(value.excluded_idccs):
        yield "excluded_idccs", f"excluded_idccs « {min(both)} » : aussi dans idccs."
    if not value.alone and not value.complements:
        yield "alone", "alone : une règle qui ne vaut qu’en plus dit à quoi elle s’ajoute (complements)."
    if len(value.quote) > QUOTED:
        yield "quote", f"quote : {QUOTED} caractères au plus, {len(value.quote)} trouvés."


def _rate(value: Rule) -> Found:
    """An amount that fits how it is worked out."""
    unit = COUNTED.get(value.basis)
    if value.basis in COUNTED and value.rate is None and not value.tiers:
        yield "basis", f"basis « {value.basis} » : demande rate ou tiers ; sinon « basis: unpublished »."
    if value.basis == Basis.PERCENT and value.percent is None and not value.tiers:
        yield "basis", "basis « percent » : demande percent ou tiers."
    if value.basis == Basis.ACTUAL and value.rate is not None:
        yield "rate", "rate : un coût réel n’a pas de taux ; choisissez hourly, daily ou flat."
    if value.basis in WITHOUT_AMOUNT:
        for name in AMOUNTS:
            if getattr(value, name):
                yield name, f"{name} : une règle « {value.basis} » n’a pas de montant."
    if value.rate is not None and value.unit is None:
        yield "rate", "rate : demande son unité (unit)."
    if value.unit and unit and value.unit != unit:
        yield "unit", f"unit « {value.unit} » : « {unit} » attendu avec basis « {value.basis} »."
    if value.rate_max is not None and (value.rate is None or value.rate_max <= value.rate):
        yield "rate_max", f"rate_max « {value.rate_max} » : dépasse rate, qui est le bas de la fourchette."


def _scale(value: Rule) -> Found:
    """Tiers of one measure, one after another."""
    for below, above in pairwise(value.tiers):
        if below.measure != above.measure:
            yield "tiers", "tiers : toutes les tranches ont la même mesure (measure)."
        elif below.end is None or above.start < below.end:
            yield (
                "tiers",
                f"tiers : les tranches se suivent ; celle qui commence à {above.start} en recouvre une.",
            )


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

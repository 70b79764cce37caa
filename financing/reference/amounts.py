"""What a rule may not say of how much it pays, because the calculator could make nothing of it."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from financing.calculator.rules import Rule
from financing.calculator.terms import Basis, Cost, Unit

Found = Iterator[tuple[str, str]]  # the key concerned, and the reason

COUNTED = {Basis.HOURLY: Unit.HOUR, Basis.DAILY: Unit.DAY, Basis.FLAT: None}
WITHOUT_AMOUNT = (Basis.EXCLUDED, Basis.UNPUBLISHED)
AMOUNTS = ("rate", "rate_max", "percent", "tiers", "ceilings")
ONCE = (Unit.ACTION, Unit.PERSON)  # units that nobody has several of
SEVERAL_COSTS = (Cost.ANCILLARY, Cost.ALL)


def amount(value: Rule) -> Found:
    """Whatever makes the amount of a rule, one part after another."""
    yield from _rate(value)
    yield from _share_of_fees(value)
    if value.tiers:
        yield from _scale(value)
    yield from _limits(value)


def _rate(value: Rule) -> Found:
    """A rate or a percentage that fits how the amount is worked out."""
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


def _share_of_fees(value: Rule) -> Found:
    """A percentage of course fees that another rule finances."""
    if value.percent_of != "pedagogical":
        return
    if value.percent is None:
        yield "percent_of", "percent_of « pedagogical » : demande percent."
    if value.cost == Cost.PEDAGOGICAL and value.alone:
        yield (
            "percent_of",
            "percent_of « pedagogical » : ces coûts seraient une part d’eux-mêmes, sauf « alone: false ».",
        )


def _scale(value: Rule) -> Found:
    """Tiers of one measure, one after another, which alone make the amount."""
    for below, above in pairwise(value.tiers):
        if below.measure != above.measure:
            yield "tiers", "tiers : toutes les tranches ont la même mesure (measure)."
        elif below.end is None or above.start < below.end:
            yield (
                "tiers",
                f"tiers : les tranches se suivent ; celle qui commence à {above.start} en recouvre une.",
            )
        elif above.start > below.end:
            yield "tiers", f"tiers : les tranches se suivent ; rien n’est dit de {below.end} à {above.start}."
    if any(tier.rate is not None for tier in value.tiers) and value.unit != Unit.HOUR:
        yield "tiers", "tiers : un taux par tranche est celui d’une heure (« unit: hour »)."
    if value.cost in SEVERAL_COSTS and any(tier.measure == "euros" for tier in value.tiers):
        yield "tiers", f"tiers : des tranches en euros sont celles d’un seul coût, pas de « {value.cost} »."
    for name in ("rate", "percent", "max_persons"):
        if getattr(value, name) is not None:
            yield name, f"{name} : des tranches (tiers) donnent tout le montant."


def _limits(value: Rule) -> Found:
    """Bounds that could never bound anything."""
    if value.max_units is not None and value.unit in ONCE:
        yield "max_units", f"max_units : « unit: {value.unit} » ne se compte qu’une fois."
    if value.within_pedagogical and value.pays_fees:
        yield "within_pedagogical", f"within_pedagogical : n’a pas de sens avec « cost: {value.cost} »."
    for (per, period), count in Counter((each.per, each.period) for each in value.ceilings).items():
        if count > 1:
            often = f", period: {period}" if period else ""
            yield "ceilings", f"ceilings : deux plafonds « per: {per}{often} », dont un ne servirait à rien."

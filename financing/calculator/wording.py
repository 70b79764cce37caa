"""How a rule reads where nothing is computed: what it pays, for what and for whom, in French. Pure.

Tables set the figure apart (« 25 €/h ») from what goes with it (« par personne »); `amount_in_words` is one sentence.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from financing.calculator import sentences as say
from financing.calculator.rules import Ceiling, Envelope, Hours, Rule, Span, Tier
from financing.calculator.terms import Basis, Modality, Place, Territory, Unit
from opco_portal.french import capital, day, decimal, euros, number, plural, typeset

UNPUBLISHED = "non publié"
OFTEN = {"year": "par an et ", "action": "", None: ""}
PLACES = {
    Place.PARIS: "à Paris et dans sa région",
    Place.CITY: "dans une grande métropole",
    Place.ELSEWHERE: "ailleurs",
}
BUDGETS = {"year": "budget annuel", "action": "budget par demande", None: "budget"}  # by their period
TERRITORIES = {Territory.MAINLAND: "dans l’Hexagone", Territory.OVERSEAS: "outre-mer"}
WHO = {
    "person": "par personne",
    "action": "par action",
    "company": "par entreprise",
    "day": "par jour pour le groupe",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """What a rule pays: its figure, what the figure is of, and what bounds it."""

    figure: str
    of: str = ""
    limits: tuple[str, ...] = ()

    @property
    def details(self) -> tuple[str, ...]:
        """All but the figure."""
        return tuple(filter(None, (self.of, *self.limits)))

    @property
    def words(self) -> str:
        return ", ".join([f"{self.figure} {self.of}".strip(), *self.limits])


def amount_in_words(rule: Rule, envelope: Envelope | None = None) -> str:
    """« 25 €/h par personne, 2 000 € par an et par entreprise au plus »."""
    return amount(rule, envelope).words


def amount(rule: Rule, envelope: Envelope | None = None) -> Amount:
    """What a rule pays; without its envelope where that is told apart, once for all the rules that share it."""
    figure, of = _figure(rule)
    return Amount(figure, of, tuple(_limits(rule, envelope)))


def budget(envelope: Envelope) -> str:
    """« 2 000 € par an et par entreprise au plus »."""
    if envelope.amount is None:
        return f"dans la limite d’un {BUDGETS[envelope.period]} non publié"
    least, most = ("au moins ", "") if envelope.at_least else ("", " au plus")
    return f"{least}{euros(envelope.amount)} {say.OFTEN[envelope.period]}{most}"


# ------------------------------------------------------------------------------------------------ how much
def _figure(rule: Rule) -> tuple[str, str]:
    if rule.basis == Basis.EXCLUDED:
        return say.excluded(), ""
    if rule.basis == Basis.UNPUBLISHED:
        return UNPUBLISHED, ""
    if rule.tiers:
        return "barème", f"{_measured(rule.tiers[0])}\u202f: {scale(rule.tiers)}"
    if rule.percent is not None:
        return _share(rule)
    if rule.rate is None:
        return ("coût réel", "") if rule.basis == Basis.ACTUAL else (UNPUBLISHED, "")
    return _rate(rule)


def _share(rule: Rule) -> tuple[str, str]:
    figure = say.share(rule.percent or Decimal(0))
    if rule.percent_of == "pedagogical":
        return figure, "des coûts pédagogiques financés"
    if rule.rate is None:
        return figure, "du coût"
    return figure, f"du coût, compté jusqu’à {' '.join(_rate(rule)).strip()}"


def _rate(rule: Rule) -> tuple[str, str]:
    assert rule.rate is not None
    unit, of = rule.unit, ""
    figure = euros(rule.rate)
    if rule.rate_max is not None:
        figure = f"de {decimal(rule.rate)} à {euros(rule.rate_max)}"
        of = "selon les cas"
    if unit in (Unit.PERSON, Unit.ACTION):
        return figure, _joined(f"par {say.UNITS[unit]}", of)
    if unit in (Unit.HOUR, Unit.DAY):
        return f"{figure}{say.per(unit)}", _joined(
            "pour le groupe" if rule.per == "group" else "par personne", of
        )
    return f"{figure}{say.per(unit) if unit else ''}", of


def _joined(*words: str) -> str:
    return ", ".join(filter(None, words))


def _measured(tier: Tier) -> str:
    return "selon le coût" if tier.measure == "euros" else "selon la durée"


def scale(tiers: Iterable[Tier]) -> str:
    """« jusqu’à 14 h, 25 €/h ; au-delà de 14 h, 20 €/h »."""
    return "\u202f; ".join(f"{_step(tier)}, {_paid(tier)}" for tier in tiers)


def _step(tier: Tier) -> str:
    """« jusqu’à 12 mois », « de 12 à 18 mois », « au-delà de 18 mois »."""

    def told(value: Decimal) -> str:
        if tier.measure == "euros":
            return euros(value)
        return say.quantity(value, Unit.HOUR if tier.measure == "hours" else Unit.MONTH)

    if tier.end is None:
        return f"au-delà de {told(tier.start)}"
    return f"de {decimal(tier.start)} à {told(tier.end)}" if tier.start else f"jusqu’à {told(tier.end)}"


def _paid(tier: Tier) -> str:
    if tier.percent is not None:
        return say.share(tier.percent)
    if tier.rate is not None:
        return f"{euros(tier.rate)}{say.per(Unit.HOUR)}"
    if tier.amount is None:
        return UNPUBLISHED
    extra = f" + {euros(tier.extra)} par mois en plus" if tier.extra else ""
    return f"{euros(tier.amount)}{extra}"


# ------------------------------------------------------------------------------------------------ bounds
def _limits(rule: Rule, envelope: Envelope | None) -> Iterator[str]:
    if rule.max_units is not None and rule.unit != Unit.ACTION:
        whose = " par personne" if rule.unit in (Unit.NIGHT, Unit.MEAL, Unit.KM) else ""
        yield f"{say.quantity(rule.max_units, rule.unit or Unit.HOUR)} au plus{whose}"
    if rule.max_persons:
        yield say.persons_at_most(rule.max_persons)
    yield from map(ceiling, rule.ceilings)
    if rule.within_pedagogical:
        yield "sans dépasser les coûts pédagogiques financés"
    if envelope is not None:
        yield budget(envelope)


def ceiling(bound: Ceiling) -> str:
    """« 2 000 € par an et par entreprise au plus »."""
    action = " et par action" if bound.period == "action" and bound.per != "action" else ""
    return f"{euros(bound.amount)} {OFTEN[bound.period]}{WHO[bound.per]}{action} au plus"


# ------------------------------------------------------------------------------------------------ for whom and what
def size(rule: Rule) -> str:
    """« 11 à 49 salariés », « Quel que soit l’effectif »."""
    return capital(say.span(rule.headcount, "salariés")) or "Quel que soit l’effectif"


def subject(rule: Rule) -> str:
    """The kind of training in the branch's words, else in ours; "" for any."""
    return capital(rule.topic or say.labels(rule.kinds))


def terms(rule: Rule) -> tuple[str, ...]:
    """What else the training, the people and the place have to be: « en présentiel », « de 7 à 14 h »."""
    return tuple(filter(None, _terms(rule)))


def _terms(rule: Rule) -> Iterator[str]:
    yield _how(frozenset(rule.modalities))
    yield duration(rule.duration)
    yield group(rule.group)
    yield _where(frozenset(rule.places))
    yield TERRITORIES[rule.territory] if rule.territory else ""
    yield typeset(rule.audience)


def _how(modalities: frozenset[Modality]) -> str:
    if modalities == set(Modality) - {Modality.INTERNAL}:
        return "hors formation interne"
    return say.modalities(modalities)


def _where(places: frozenset[Place]) -> str:
    if places == {Place.CITY, Place.ELSEWHERE}:
        return "hors de Paris et de sa région"
    return " ou ".join(words for place, words in PLACES.items() if place in places)


def duration(bounds: Hours) -> str:
    """« de 7 à 14 h », « 14 h au plus », « 3,5 h au moins »."""
    low, high = ((value and say.quantity(value, Unit.HOUR)) for value in (bounds.min, bounds.max))
    if bounds.min and high:
        return f"de {decimal(bounds.min)} à {high}"
    return f"{high} au plus" if high else f"{low} au moins" if low else ""


def group(bounds: Span) -> str:
    """« de 4 à 12 stagiaires », « 3 stagiaires au moins »."""
    if bounds.min is not None and bounds.max is not None:
        return f"de {number(bounds.min)} à {plural(bounds.max, 'stagiaire')}"
    if bounds.min is not None:
        return f"{plural(bounds.min, 'stagiaire')} au moins"
    return f"{plural(bounds.max, 'stagiaire')} au plus" if bounds.max is not None else ""


def added_to(rule: Rule) -> str:
    """« s’ajoute au dispositif : plan de développement des compétences »; "" for what stands alone."""
    words = say.labels(rule.complements)
    if not words:
        return ""
    return typeset(f"{'s’ajoute' if rule.alone else 's’ajoute seulement'} à : {words}")


def validity(rule: Rule) -> str:
    """« du 1er janvier au 31 décembre 2026 »; "" where no day is published."""
    if rule.since and rule.until:
        return f"du {day(rule.since)} au {day(rule.until)}"
    if rule.since:
        return f"depuis le {day(rule.since)}"
    return f"jusqu’au {day(rule.until)}" if rule.until else ""

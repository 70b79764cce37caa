"""Every sentence of an estimate, in French; other modules decide, this one words."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from financing.calculator.rules import Ceiling, Envelope, Funds, Hours, Rule, Span, Tier
from financing.calculator.terms import Action, Modality, Place, Scheme, Term, Unit
from opco_portal.french import day, decimal, euros, listed, number, plural, typeset

NOTICE = typeset("Estimation ; l’OPCO décide.")  # wherever an estimate is shown or taken away
TIMES = "\u202f×\u202f"
UNITS = {
    Unit.HOUR: "h",
    Unit.DAY: "jour",
    Unit.PERSON: "personne",
    Unit.MEAL: "repas",
    Unit.NIGHT: "nuit",
    Unit.KM: "km",
    Unit.MONTH: "mois",
    Unit.ACTION: "action",
}
# How often the amount of an envelope is there, by its period.
OFTEN = {"year": "par an et par entreprise", "action": "par demande", None: "par entreprise"}
INVARIABLE = (Unit.HOUR, Unit.KM, Unit.MONTH, Unit.MEAL)


def quantity(count: Decimal, unit: Unit) -> str:
    """« 21 h », « 3 jours », « 1,5 jour »."""
    word = UNITS[unit] + ("s" if count >= 2 and unit not in INVARIABLE else "")
    return typeset(f"{decimal(count)} {word}").replace(" ", "\u00a0")


def per(unit: Unit) -> str:
    """« €/h », « €/nuit »."""
    return f"/{UNITS[unit]}"


def persons(count: int) -> str:
    return plural(count, "personne")


def span(bounds: Span, what: str) -> str:
    """« moins de 11 salariés », « 11 à 49 salariés », « 50 salariés et plus »; "" where everybody is."""
    low, high = bounds.min, bounds.max
    one = what.removesuffix("s")
    if high == 1 or (low == high and low is not None):
        return plural(high or 0, one)
    if high is not None and (low is None or low <= 1):
        return typeset(f"moins de {number(high + 1)} {what}")
    if low is None or low <= 1:
        return ""
    return typeset(
        f"{number(low)} à {number(high)} {what}" if high is not None else f"{number(low)} {what} et plus"
    )


def hours(bounds: Hours) -> str:
    """« 3,5 h et plus », « 35 à 149 h », « 105 h au plus »."""
    low, high = bounds.min, bounds.max
    if low is None:
        return f"{quantity(high, Unit.HOUR)} au plus" if high is not None else ""
    if high is None:
        return f"{quantity(low, Unit.HOUR)} et plus"
    return f"{decimal(low)} à {quantity(high, Unit.HOUR)}"


def labels(terms: Iterable[Term]) -> str:
    return listed([lowered(term.label) for term in terms])


def lowered(text: str) -> str:
    """A label inside a sentence: « Langues » -> « langues », « VAE » stays."""
    first = re.split(r"[\s\u00a0\u202f,:(’-]", text, maxsplit=1)[0]
    return text if any(letter.isupper() for letter in first[1:]) else text[:1].lower() + text[1:]


def shortest(term: Modality) -> str:
    return {
        Modality.IN_CLASS: "présentiel inter-entreprises",
        Modality.IN_HOUSE: "présentiel intra-entreprise",
        Modality.LIVE_REMOTE: "classe virtuelle",
        Modality.REMOTE: "à distance en autonomie",
        Modality.INTERNAL: "formation interne",
    }[term]


def modalities(terms: Iterable[Modality]) -> str:
    wanted = frozenset(terms)
    if wanted == {Modality.IN_CLASS, Modality.IN_HOUSE}:
        return "présentiel"
    if wanted == {Modality.LIVE_REMOTE, Modality.REMOTE}:
        return "à distance"
    return listed([shortest(term) for term in Modality if term in wanted])


# ------------------------------------------------------------------------------------------------ what is missing
TELL = {
    "headcount": typeset("Précisez l’effectif : le barème en dépend."),
    "idcc": typeset("Précisez votre convention collective (IDCC) : des branches ont leur propre barème."),
    "hours": typeset("Précisez la durée : le barème en dépend."),
    "training_kind": typeset("Précisez le type de formation : les taux en dépendent."),
    "modality": typeset("Précisez la modalité : les taux en dépendent."),
    "place": typeset("Précisez le lieu de la formation : nuits et repas en dépendent."),
    "nights": typeset("Précisez le nombre de nuits : un barème s’y applique."),
    "meal_count": typeset("Précisez le nombre de repas : un barème s’y applique."),
    "kilometres": typeset("Précisez les kilomètres parcourus : un barème s’y applique."),
    "months": typeset("Précisez le nombre de mois : un barème s’y applique."),
}


# ------------------------------------------------------------------------------------------------ why not
def not_yet(since: date) -> str:
    return f"en vigueur à partir du {day(since)}"


def over(until: date) -> str:
    return f"en vigueur jusqu’au {day(until)}, la suite n’est pas publiée"


def reserved_size(bounds: Span) -> str:
    return f"réservé aux entreprises de {span(bounds, 'salariés')}"


def size_needed(bounds: Span) -> str:
    return f"réservé aux entreprises de {span(bounds, 'salariés')}\u202f: précisez l’effectif"


def reserved_branches(idccs: tuple[str, ...]) -> str:
    few = listed(list(idccs)) if len(idccs) <= 6 else f"{number(len(idccs))} conventions"
    return typeset(f"réservé à certaines branches (IDCC {few}) : précisez votre convention")


def not_this_branch(idcc: str) -> str:
    return typeset(f"ne s’applique pas à la convention {idcc}")


def reserved_kinds(rule: Rule) -> str:
    return typeset(f"réservé aux formations : {rule.topic or labels(rule.kinds)}")


def reserved_modalities(rule: Rule) -> str:
    return typeset(f"réservé à : {modalities(rule.modalities)}")


def reserved_overseas() -> str:
    return "réservé aux entreprises d’outre-mer"


def reserved_mainland() -> str:
    return "réservé aux entreprises de l’Hexagone, un autre barème vaut outre-mer"


def reserved_duration(bounds: Hours) -> str:
    return f"réservé aux formations de {hours(bounds)}"


def reserved_group(bounds: Span) -> str:
    return f"réservé aux groupes de {span(bounds, 'stagiaires')}"


def reserved_places(places: Iterable[Place]) -> str:
    where = {Place.PARIS: "à Paris ou dans sa région", Place.CITY: "dans une grande métropole"}
    return f"réservé aux formations qui ont lieu {listed([where.get(place, 'ailleurs') for place in places])}"


def reserved_audience(audience: str) -> str:
    return typeset(f"réservé à : {audience}")


def other_rule(better: Rule) -> str:
    return typeset(f"une règle plus précise s’applique : {lowered(better.label)}")


def with_another_kind(rule: Rule) -> str:
    return typeset(
        f"réservé aux formations : {rule.topic or labels(rule.kinds)} (précisez le type de formation)"
    )


def only_added() -> str:
    return "complète un autre financement, ne s’obtient pas seul"


# ------------------------------------------------------------------------------------------------ how much
def unpublished() -> str:
    return "prise en charge possible, montant non publié"


def silent() -> str:
    return "aucune règle publiée n’en parle\u202f: à demander à l’OPCO"


def excluded() -> str:
    return "non pris en charge"


def exhausted(funds: Funds) -> str:
    until = f" jusqu’au {day(funds.until)}" if funds.until else ""
    return f"fonds épuisés{until}, constat du {day(funds.since)}"


def actual() -> str:
    return "coût réel"


def product(*factors: str) -> str:
    return TIMES.join(factors)


def equals(amount: Decimal) -> str:
    return f" =\u00a0{euros(amount)}"


def ceiling(bound: Ceiling, times: Decimal) -> str:
    """« plafonné à 1 500 € par personne, soit 3 000 € »."""
    words = {
        "person": "par personne",
        "company": "par entreprise",
        "action": "par action",
        "day": "par jour et par groupe",
    }[bound.per]
    often = " et par an" if bound.period == "year" else ""
    total = f", soit {euros(bound.amount * times)}" if times != 1 else ""
    return f"plafonné à {euros(bound.amount)} {words}{often}{total}"


def share(percent: Decimal) -> str:
    return typeset(f"{decimal(percent)} %")


def flat(rate: Decimal) -> str:
    return f"forfait de {euros(rate)}"


def already_counted(amount: Decimal) -> str:
    return f"dont {euros(amount)} déjà comptés pour d’autres coûts"


def at_most(count: Decimal, unit: Unit) -> str:
    return f"{quantity(count, unit)} au plus"


def persons_at_most(count: int) -> str:
    return f"{persons(count)} au plus par entreprise"


def within_pedagogical() -> str:
    return "plafonné aux coûts pédagogiques financés"


def length_needed(measure: str) -> str:
    return typeset(
        f"barème selon la durée : précisez le nombre {'d’heures' if measure == 'hours' else 'de mois'}"
    )


def no_tier(length: Decimal, measure: str) -> str:
    unit = Unit.HOUR if measure == "hours" else Unit.MONTH
    return f"montant non publié pour {quantity(length, unit)}"


def tier_amount(tier: Tier, length: Decimal, extra: Decimal, people: int) -> str:
    assert tier.amount is not None
    unit = Unit.MONTH if tier.measure == "months" else Unit.HOUR
    words = f"{quantity(length, unit)}\u202f: {euros(tier.amount)}"
    words += f" + {euros(extra)} au-delà de {quantity(tier.start, unit)}" if extra else ""
    return words + (f"{TIMES}{persons(people)}" if people > 1 else "")


def share_of_cost(percent: Decimal, amount: Decimal) -> str:
    return f"{share(percent)} du coût{equals(amount)}"


def share_of_fees(percent: Decimal, amount: Decimal) -> str:
    return f"{share(percent)} des coûts pédagogiques financés{equals(amount)}"


def share_of(percent: Decimal, how: str, amount: Decimal) -> str:
    return f"{share(percent)} de {how}, soit {euros(amount)}"


def by_slices(amount: Decimal) -> str:
    return f"barème par tranches de coût{equals(amount)}"


def days_of(hours_told: Decimal, a_day: Decimal) -> str:
    """« 10 h ÷ 7 h par jour »."""
    return f"{quantity(hours_told, Unit.HOUR)}\u202f÷\u202f{quantity(a_day, Unit.HOUR)} par jour"


def fees_needed() -> str:
    return typeset("plafonné aux coûts pédagogiques financés, qui ne sont pas connus")


def within_cost(asked: Decimal) -> str:
    return f"ramené au coût, {euros(asked)}"


def budget(envelope: Envelope, used: Decimal) -> str:
    """« plafonné à 2 500 € par an et par entreprise, dont 400 € déjà utilisés »."""
    least = "un minimum garanti de " if envelope.at_least else ""
    spent = f", dont {euros(used)} déjà utilisés" if used else ""
    return f"plafonné à {least}{euros(envelope.amount or Decimal(0))} {OFTEN[envelope.period]}{spent}"


def unknown_budget(label: str) -> str:
    return typeset(f"coût réel, dans la limite d’un budget non publié ({lowered(label)})")


def range_of(rule: Rule) -> str:
    """The source gives a range; the lower end is counted."""
    assert rule.rate is not None
    assert rule.rate_max is not None
    return typeset(f"de {euros(rule.rate)} à {euros(rule.rate_max)} selon les cas, compté au plus bas")


def units_needed(unit: Unit, rate: Decimal) -> str:
    wanted = {
        Unit.HOUR: "le nombre d’heures",
        Unit.DAY: "le nombre de jours",
        Unit.NIGHT: "le nombre de nuits",
        Unit.MEAL: "le nombre de repas",
        Unit.KM: "les kilomètres",
        Unit.MONTH: "le nombre de mois",
    }[unit]
    return typeset(f"jusqu’à {euros(rate)}{per(unit)} : précisez {wanted}")


def prudent(others: Iterable[str]) -> str:
    return typeset(f"le moins favorable des cas publiés, faute de précision ; aussi : {listed(list(others))}")


def size_of_scale(bounds: Iterable[Span]) -> str:
    """« le barème dépend de l’effectif (moins de 11 salariés, 11 à 49 salariés) »."""
    ordered = sorted(bounds, key=lambda each: (each.min or 0, each.max or 0))
    words = list(dict.fromkeys(span(each, "salariés") for each in ordered))
    return typeset(f"le barème dépend de l’effectif ({', '.join(filter(None, words))}) : précisez le vôtre")


def not_in_the_scale() -> str:
    return "le barème de la branche ne prévoit pas ce cas"


def perhaps_funds(opco: str) -> str:
    return typeset(f"si votre branche a de tels fonds, leur barème n’est pas publié : demandez-le à {opco}")


def branch_scale(opco: str) -> str:
    return typeset(
        f"chaque branche fixe son barème et celui de la vôtre n’est pas publié : demandez-le à {opco}"
    )


# ------------------------------------------------------------------------------------------------ to be checked
def confirm_kind(rule: Rule) -> str:
    return typeset(f"si la formation relève de : {rule.topic or labels(rule.kinds)}")


def confirm_branch_is_not(idccs: tuple[str, ...]) -> str:
    return typeset(f"sauf si votre convention est l’une de celles-ci : IDCC {listed(list(idccs))}")


def nothing_asked() -> str:
    return typeset(
        "Indiquez au moins un coût à financer : formation, salaires, transport, hébergement ou repas."
    )


def confirm_other_kind() -> str:
    return "si la formation ne relève d’aucun des types qui ont leur propre taux"


def confirm_modality(rule: Rule) -> str:
    return typeset(f"selon la modalité : {modalities(rule.modalities)}")


def confirm_duration(bounds: Hours) -> str:
    return f"si la formation dure {hours(bounds)}"


def confirm_audience(audience: str) -> str:
    return typeset(f"réservé à : {audience} (vérifiez que c’est votre cas)")


def confirm_branch() -> str:
    return "montant variable selon la branche\u202f: à confirmer auprès de l’OPCO"


def mutualised_funds() -> str:
    return (
        "à partir de 50 salariés, les fonds mutualisés du plan sont fermés (Code du travail, L6332-17)\u202f: "
        "à confirmer auprès de l’OPCO"
    )


def open_to_all_sizes() -> str:
    return (
        "Restent ouverts à partir de 50 salariés\u202f: les fonds conventionnels de votre branche, s’il en existe, "
        "et le versement volontaire."
    )


def overlapping() -> str:
    return "Deux barèmes publiés visent ce cas sans se départager\u202f: ils sont montrés tous les deux."


def expired(scheme: Scheme, until: date) -> str:
    return typeset(
        f"{scheme.label} : les règles publiées s’arrêtent au {day(until)} et la suite n’est pas encore publiée."
    )


def next_year(on: date, verified: date) -> str:
    return typeset(
        f"Règles vérifiées en {verified.year} et appliquées au {day(on)} : celles de {on.year} peuvent changer."
    )


def day_of_hours(hours: Decimal) -> str:
    return typeset(f"Une journée est comptée pour {decimal(hours)} h de formation.")


def mainland_assumed() -> str:
    return "Calculé pour une entreprise de l’Hexagone\u202f: outre-mer, précisez-le."


def added_to(first: str, second: str) -> str:
    return f"{first}, puis {lowered(second)}"


def already_started(start: date, opco: str) -> str:
    return typeset(
        f"Cette formation a commencé le {day(start)} : une demande se dépose en général avant le début. Demandez "
        f"à {opco} si elle est encore recevable."
    )


def nothing_published(action: Action, opco: str) -> str:
    return typeset(
        f"Aucune règle publiée ne vise ce cas ({lowered(action.label)}) : demandez à {opco} ce qui est possible."
    )


def decided_by_opco(opco: str) -> str:
    return typeset(f"{opco} n’en publie pas le montant : demandez-le-lui")

"""Corrections of the financing rules as sentences for everybody; nothing of who made them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from django.db.backends.postgresql.psycopg_any import Range

from branches.told import NOT_PUBLIC
from financing.calculator import sentences as say
from financing.calculator import wording
from financing.calculator.rules import Ceiling, Tier
from financing.models import Envelope, FundsStatus, Rule
from financing.models.conversion import hours, span
from financing.preview import (
    forecast_envelopes,
    forecast_funds,
    forecast_rules,
    funds_in_words,
    subject,
)
from financing.words import amount_of, amounts_of, budget_of
from opco_portal.corrections.history import Change, Sides, Values, register
from opco_portal.corrections.words import (
    NOTHING,
    Difference,
    Names,
    differences,
    taken,
    tell_field,
    uncapitalised,
)
from opco_portal.french import day, euros, listed, period, typeset

SHORT = 100  # characters of a value that a sentence can quote
MOST = 2  # values that it quotes
# The fields that make an amount, which is told as a whole.
AMOUNT = (
    *("basis", "rate", "rate_max", "unit", "per", "percent", "percent_of", "max_units", "max_persons"),
    *("tiers", "ceilings", "within_pedagogical", "envelope_id"),
)
# What each version has of its own, so that it says nothing of what a new one changes.
OF_A_VERSION = ("validity", "source_url", "quote", "article", "verified_on", "confidence")


def tell_corrections() -> None:
    """Let corrections cover the tables that staff correct, and say what their fields hold."""
    register(Rule, rule, forecast_rules)
    register(Envelope, envelope, forecast_envelopes)
    register(FundsStatus, funds, forecast_funds)
    for name, unit in (("headcount", "salariés"), ("group", "stagiaires")):
        tell_field(Rule, name, partial(_bounds, unit=unit))
    tell_field(Rule, "duration", lambda value: say.hours(hours(value)))
    tell_field(Rule, "rate", euros)
    tell_field(Rule, "rate_max", euros)
    tell_field(Rule, "percent", say.share)
    tell_field(Rule, "tiers", lambda value: wording.scale(msgspec.convert(value, list[Tier])))
    tell_field(Rule, "ceilings", _ceilings)
    tell_field(Envelope, "amount", euros)


def _bounds(value: "Range[int]", *, unit: str) -> str:
    return say.span(span(value), unit)


def _ceilings(value: Any) -> str:
    return " ; ".join(wording.ceiling(each) for each in msgspec.convert(value, list[Ceiling]))


# -------------------------------------------------------------------------------------------------------------- rules
def rule(change: Change, names: Names) -> str:
    """« Atlas, « Bureaux d’études » : 25 €/h par personne → 30 €/h par personne à partir du 1er janvier 2027 »."""
    return typeset(f"{_subject(change)} : {_of_rule(change, names)}")


def _of_rule(change: Change, names: Names) -> str:
    if change.after is None:
        return "règle retirée"
    if change.before is None:
        return _new_version(change, names)
    if set(change.changed) <= {"validity", "origin"}:
        return _period_changes(change.before, change.after) or taken(change, "e")
    if change.changed == ["verified_on"]:
        return f"chiffre vérifié le {day(change.after['verified_on'])}"
    return _what_changes(change, names) or taken(change, "e")


def _new_version(change: Change, names: Names) -> str:
    """What it changes of the version that it follows; without one, what it is."""
    after = change.values
    before, days = _followed(after), after["validity"]
    amount = amount_of(Rule(**after))
    if before is None:
        return f"nouvelle règle, {amount}, {_when(after)}"
    what = _what_changes(Sides(Rule, before, after), names, OF_A_VERSION) or f"reconduite, {amount},"
    until = f", {period(None, days.upper)}" if days.upper else ""
    return f"{what} à partir du {day(days.lower)}{until}"


def _followed(values: Values) -> Values | None:
    """The latest of the earlier versions, as it is now."""
    first = values["validity"].lower
    if first is None:
        return None
    earlier = Rule.objects.filter(code=values["code"], validity__endswith__lte=first)
    return earlier.order_by("-validity__endswith").values().first()


def _period_changes(before: Values, after: Values) -> str:
    if before["validity"] == after["validity"]:
        return ""
    return f"s’applique {_when(after)} ({_when(before)} auparavant)"


def _when(values: Values) -> str:
    return period(values["validity"].lower, values["validity"].upper)


def _what_changes(change: Sides, names: Names, hidden: Sequence[str] = ()) -> str:
    """The amount as a whole, then the other fields; "" when nothing that the public reads has changed."""
    parts = []
    if change.before and change.after and set(change.changed) & set(AMOUNT):
        before, after = amounts_of(Rule(**change.before), Rule(**change.after))
        if before != after:
            parts.append(Difference("", before, after))
    parts += differences(change, names, (*NOT_PUBLIC, *AMOUNT, *hidden))
    return _arrows(parts)


# ------------------------------------------------------------------------------------------------ envelopes and funds
def envelope(change: Change, names: Names) -> str:
    return typeset(f"{_subject(change)} : {_of_envelope(change, names)}")


def _of_envelope(change: Change, names: Names) -> str:
    if change.after is None:
        return "enveloppe retirée"
    if change.before is None:
        return f"nouvelle enveloppe, {budget_of(Envelope(**change.after))}"
    return _arrows(differences(change, names, NOT_PUBLIC)) or taken(change, "e")


def funds(change: Change, names: Names) -> str:
    """« AKTO, « Budget annuel » : fonds épuisés : constaté le 24 novembre 2026 »."""
    row = Envelope.objects.filter(pk=change.values["envelope_id"]).first()
    name = subject(row.opco_id, row.label) if row else f"Enveloppe {change.values['envelope_id']}"
    return typeset(f"{name}, {_of_funds(change)}")


def _of_funds(change: Change) -> str:
    before, after = (FundsStatus(**side) if side else None for side in (change.before, change.after))
    if after is None:
        return "état des fonds retiré"
    said, was = funds_in_words(after), funds_in_words(before)
    if before is None:
        return said
    return f"{said} ({was} auparavant)" if said != was else f"{said} (source ou remarque modifiée)"


# -------------------------------------------------------------------------------------------------------------- words
def _subject(change: Change) -> str:
    return subject(change.values["opco_id"], change.values["label"])


def _arrows(changed: Sequence[Difference]) -> str:
    """« montant 2 500 € → 3 000 € », or only which fields where that is too long to say."""
    if len(changed) <= MOST and all(len(side) <= SHORT for each in changed for side in each[1:]):
        return ", ".join(_arrow(*each) for each in changed)
    named = [f"« {uncapitalised(each.label) or 'montant'} »" for each in changed]
    return f"correction de {listed(named)}" if named else ""


def _arrow(label: str, before: str, after: str) -> str:
    name = f"{uncapitalised(label)} " if label else ""
    if before == NOTHING:
        return f"{name}{after}"
    return f"{name}{before} → {after}" if after != NOTHING else f"{name}retiré ({before})"

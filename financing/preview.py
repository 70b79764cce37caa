"""What the public would read of rules and funds if they changed so, day by day.

Forecasts are asked for before a change is made or while it is: both sides are taken from the changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model
from django.utils import timezone

from branches.evidence import reference
from financing.calculator import sentences as say
from financing.calculator.rules import Funds
from financing.funds import DAY, state
from financing.models import Envelope, FundsStatus, Rule
from financing.models.envelopes import Status
from financing.words import amount_of, amounts_of, budget_of
from opco_portal.corrections.history import Change
from opco_portal.french import day, plural, typeset

NAMED = 5  # rules that a sentence names
NOTHING_SAID = "rien n’est dit des fonds"
NO_RULE = "aucune règle"


def subject(opco: str | None, label: str) -> str:
    """« Atlas, « Bureaux d’études : formations métier » »."""
    name = reference().opcos[opco].name if opco else "Cadre national"
    return f"{name}, « {label} »"


# -------------------------------------------------------------------------------------------------------------- rules
def forecast_rules(changes: Sequence[Change]) -> list[str]:
    """What each rule would pay, today and on the days when that changes."""
    codes = sorted({change.values["code"] for change in changes})
    rows = Rule.objects.filter(code__in=codes)
    sides = _sides(rows, changes)
    return [sentence for code in codes for sentence in _turns_of_rule(code, sides)]


def _turns_of_rule(code: str, sides: "Sides") -> Iterable[str]:
    before, after = ([row for row in side if row.code == code] for side in (sides.before, sides.after))
    bounds = [each for row in (*before, *after) for each in (row.validity.lower, row.validity.upper)]
    for on in _days(bounds):
        was, becomes = _in_force(before, on), _in_force(after, on)
        latest = becomes or was
        if latest and _content(was) != _content(becomes):
            yield _turn(subject(latest.opco_id, latest.label), on, *_paid(was, becomes))


def _in_force(rows: Iterable[Rule], on: date) -> Rule | None:
    return next((row for row in rows if on in row.validity), None)


def _content(row: Rule | None) -> Any:
    """What the public reads of a version, but for its days."""
    if row is None:
        return None
    unsaid = {"id", "validity", "origin"}
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in unsaid}


def _paid(was: Rule | None, becomes: Rule | None) -> tuple[str, str]:
    if was and becomes:
        return amounts_of(was, becomes)
    return amount_of(was) if was else NO_RULE, amount_of(becomes) if becomes else NO_RULE


# ------------------------------------------------------------------------------------------------ envelopes and funds
def forecast_envelopes(changes: Sequence[Change]) -> list[str]:
    """What each budget would be, today as for every other day: an envelope has no versions."""
    return [sentence for change in changes for sentence in _of_budget(change)]


def _of_budget(change: Change) -> Iterable[str]:
    was, becomes = (budget_of(Envelope(**side)) if side else "" for side in (change.before, change.after))
    row = Envelope(**change.values)
    if was and becomes and was != becomes:
        yield typeset(f"{subject(row.opco_id, row.label)} : « {was} » devient « {becomes} »")
        yield _concerned(row)


def forecast_funds(changes: Sequence[Change]) -> list[str]:
    """What pages would say of the funds of each envelope, and on which rules."""
    codes = {change.values["envelope_id"] for change in changes}
    sides = _sides(FundsStatus.objects.filter(envelope__in=codes), changes)
    envelopes = Envelope.objects.filter(pk__in=codes).prefetch_related("rules")
    return [sentence for row in envelopes for sentence in _turns_of_funds(row, sides)]


def _turns_of_funds(envelope: Envelope, sides: "Sides") -> Iterable[str]:
    before, after = (
        [row for row in side if row.envelope_id == envelope.pk] for side in (sides.before, sides.after)
    )
    bounds = [each for row in (*before, *after) for each in (row.since, row.until and row.until + DAY)]
    name, turned = subject(envelope.opco_id, envelope.label), False
    for on in _days(bounds):
        was, becomes = (funds_in_words(state(rows, on)) for rows in (before, after))
        if was != becomes:
            turned = True
            yield _turn(name, on, was, becomes)
    if turned:
        yield _concerned(envelope)


def funds_in_words(row: FundsStatus | None) -> str:
    """« fonds épuisés : constaté le 24 novembre 2026, jusqu’au 31 décembre 2026 »."""
    if row is None:
        return NOTHING_SAID
    if row.status == Status.EXHAUSTED:
        return say.exhausted(
            Funds(status="exhausted", since=row.since, until=row.until, source=row.source_url)
        )
    until = f" et jusqu’au {day(row.until)}" if row.until else ""
    return typeset(f"fonds disponibles depuis le {day(row.since)}{until}")


def _concerned(envelope: Envelope) -> str:
    today = timezone.localdate()
    labels = [row.label for row in envelope.rules.all() if today in row.validity]
    if not labels:
        return typeset("Aucune règle en vigueur n’en est payée.")
    named = ", ".join(f"« {label} »" for label in labels[:NAMED])
    more = "…" if len(labels) > NAMED else ""
    many = "en est payée" if len(labels) == 1 else "en sont payées"
    return typeset(f"{plural(len(labels), 'règle')} en vigueur {many} : {named}{more}")


# -------------------------------------------------------------------------------------------------------------- turns
@dataclass(frozen=True)
class Sides:
    """The rows as they are without the changes, and with them."""

    before: Sequence[Any]
    after: Sequence[Any]


def _sides(rows: Iterable[Model], changes: Sequence[Change]) -> Sides:
    changed = {change.pk for change in changes}
    others = [row for row in rows if row.pk not in changed]
    return Sides(
        [*others, *(change.model(**change.before) for change in changes if change.before)],
        [*others, *(change.model(**change.after) for change in changes if change.after)],
    )


def _days(bounds: Iterable[date | None]) -> list[date]:
    """Today, and the days to come on which something begins or is over."""
    today = timezone.localdate()
    return sorted({today, *(each for each in bounds if each and each > today)})


def _turn(name: str, on: date, was: str, becomes: str) -> str:
    when = "aujourd’hui" if on == timezone.localdate() else f"à partir du {day(on)}"
    if was == becomes:
        return typeset(f"{name}, {when} : « {becomes} », mais d’autres termes changent")
    return typeset(f"{name}, {when} : « {was} » devient « {becomes} »")

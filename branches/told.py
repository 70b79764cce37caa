"""Corrections of the reference as sentences for everybody; nothing of who made them."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError

from branches.models import Agreement, AgreementName, Attachment, Branch
from branches.preview import forecast
from branches.successions import refusal
from opco_portal.corrections.history import Change, Values, register
from opco_portal.corrections.words import AUTHORS, Names, differences, taken, uncapitalised
from opco_portal.french import listed, period, typeset

SHORT = 50  # characters of a value that a sentence can quote
NOT_PUBLIC = (*AUTHORS, "origin")  # who wrote it is said by the correction itself


def tell_corrections() -> None:
    """Let corrections cover the tables that staff correct."""
    register(Attachment, attachment, forecast)
    register(AgreementName, name)
    register(Agreement, agreement, validator=lead_somewhere)
    register(Branch, branch)


def attachment(change: Change, names: Names) -> str:
    values = change.values
    opco = names.of(Attachment._meta.get_field("opco"), values["opco_id"])
    subject = f"{_agreement(values['agreement_id'])} : rattachement à {opco}"
    when = _period(values)
    if change.before is None:
        return typeset(f"{subject} {when}")
    if change.after is None:
        return typeset(f"{subject} retiré")
    if change.changed == ["validity"]:
        return typeset(f"{subject}, désormais {when} ({_period(change.before)} auparavant)")
    fields = _fields(change, names)
    return typeset(f"{subject} {f'modifié ({fields})' if fields else taken(change)}")


def _period(values: Values) -> str:
    validity: Any = values.get("validity")
    return period(validity.lower, validity.upper) if validity else ""


def name(change: Change, names: Names) -> str:
    values, whose = change.values, _agreement(change.values["agreement_id"])
    called = f"« {values['name']} »"
    if change.before is None:
        return typeset(f"{whose} : nom {called} ajouté")
    if change.after is None or (change.after["retired"] and not change.before["retired"]):
        return typeset(f"{whose} : nom {called} retiré")
    if change.before["retired"] and not change.after["retired"]:
        return typeset(f"{whose} : nom {called} rétabli")
    fields = _fields(change, names)
    return typeset(f"{whose} : nom {called} {f'modifié ({fields})' if fields else taken(change)}")


def agreement(change: Change, names: Names) -> str:
    return typeset(f"{_agreement(change.pk)} : {_fields(change, names) or taken(change)}")


def lead_somewhere(changes: Sequence[Change]) -> None:
    """Successors that come back lead somewhere, as those that are typed.

    Raises:
        ValidationError: one leads back to where it comes from, or is no agreement.
    """
    rows = Agreement.objects.exclude(successor=None).values_list("pk", "successor_id")
    successors = {idcc: successor or "" for idcc, successor in rows}
    escapes = set(Agreement.objects.filter(status=Agreement.Status.ESCAPE).values_list("pk", flat=True))
    refused = [
        typeset(f"{_agreement(change.pk)} : {why}")
        for change in changes
        if change.after and change.after["successor_id"] and "successor_id" in change.changed
        if (why := refusal(change.pk, change.after["successor_id"], successors, escapes))
    ]
    if refused:
        raise ValidationError(refused)


def branch(change: Change, names: Names) -> str:
    title = f"Branche « {change.values['title'][:80]} »"
    if change.before is None:
        return typeset(f"{title} ajoutée")
    return typeset(f"{title} : {_fields(change, names) or taken(change, 'e')}")


def _agreement(idcc: str) -> str:
    return f"IDCC {idcc}"


def _fields(change: Change, names: Names) -> str:
    """« titre court, « Syntec » devient « Bureaux d’études » », or only which fields where that is too long to say.

    "" when nothing that the public reads has changed.
    """
    changed = differences(change, names, NOT_PUBLIC)
    if not changed:
        return ""
    if len(changed) == 1 and all(len(side) <= SHORT for side in changed[0][1:]):
        label, before, after = changed[0]
        return f"{uncapitalised(label)}, « {before} » devient « {after} »"
    return f"correction de {listed([f'« {uncapitalised(each.label)} »' for each in changed])}"

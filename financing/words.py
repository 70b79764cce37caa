"""Rules and envelopes in a few words, for staff."""

from django.utils import timezone

from branches.evidence import reference
from branches.lookup import Reference
from financing.calculator.wording import amount_in_words, budget, size
from financing.models import Envelope, Rule
from financing.models.conversion import envelope_value, rule_value
from opco_portal.french import listed, plural

NAMED = 2  # branches that a cell names


def payer_of(row: Rule | Envelope) -> str:
    return str(row.opco) if row.opco else "Cadre national"


def amount_of(row: Rule) -> str:
    """What it pays, its shared budget included, as long as that one is known."""
    try:
        envelope = envelope_value(row.envelope, []) if row.envelope else None
    except Envelope.DoesNotExist:  # a version of long ago
        envelope = None
    return amount_in_words(rule_value(row), envelope)


def amounts_of(before: Rule, after: Rule) -> tuple[str, str]:
    """What a rule pays and will pay; the shared budget is left out where it stays the same."""
    if before.envelope_id == after.envelope_id:
        return amount_in_words(rule_value(before)), amount_in_words(rule_value(after))
    return amount_of(before), amount_of(after)


def budget_of(row: Envelope) -> str:
    """« 2 000 € par an et par entreprise au plus »."""
    return budget(envelope_value(row, []))


def branches_of(row: Rule, known: Reference | None = None) -> str:
    """« 1486 Bureaux d’études », « 0843, 1267 et 3 autres »; a list gives the reference, read once for all."""
    if not row.idccs:
        return "Toutes les branches"
    if len(row.idccs) == 1:
        fact = (known or reference()).agreements.get(row.idccs[0])
        return f"{row.idccs[0]} {fact.title if fact else ''}".strip()
    more = len(row.idccs) - NAMED
    return listed([*row.idccs[:NAMED], *([plural(more, "autre")] if more > 0 else [])])


def size_of(row: Rule) -> str:
    return size(rule_value(row))


def state_of(row: Rule) -> str:
    today = timezone.localdate()
    if row.until and row.until < today:
        return "terminée"
    return "à venir" if row.since and row.since > today else "en vigueur"

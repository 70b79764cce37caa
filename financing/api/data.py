"""Estimates and rules as plain values; `serializers.py` documents the same names."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from financing.api.parameters import OF_PROJECT
from financing.askers import Asker
from financing.calculator import (
    Bite,
    Envelope,
    Estimate,
    Funds,
    Line,
    Option,
    Payment,
    Project,
    Rejection,
    Rule,
    Share,
)
from financing.calculator import sentences as say
from financing.calculator.rules import Ceiling, Span, Tier
from financing.calculator.terms import Term
from financing.calculator.wording import amount_in_words
from opco_portal.french import typeset

AMOUNTS = ("pedagogical_cost", "transport_cost", "lodging_cost", "meals_cost", "hourly_wage", "already_used")


def money(amount: Decimal | None) -> str | None:
    """Two decimals; null is "not published"."""
    return None if amount is None else f"{amount:.2f}"


def number(value: Decimal | None) -> str | None:
    """As many decimals as it has."""
    return None if value is None else f"{value.normalize():f}"


# ------------------------------------------------------------------------------------------------ estimates
def estimate_data(found: Estimate, asker: Asker) -> dict[str, Any]:
    return {
        "on": found.on,
        "asker": {
            "opco": {"slug": asker.opco, "name": asker.opco_name},
            "idcc": asker.idcc,
            "title": asker.title,
            "siret": asker.siret or None,
        },
        "project": project_data(found.project),
        "options": [option_data(option) for option in found.options],
        "rejected": [rejection_data(each) for each in found.rejected],
        "missing": [{"field": each.field, "text": each.sentence} for each in found.missing],
        "messages": [*asker.notes, *found.messages],
        "notice": say.NOTICE,
    }


def project_data(project: Project) -> dict[str, Any]:
    """What was told, by the names that it was asked with: it can be sent again as it is."""
    return {api: _told(api, getattr(project, name)) for api, name in OF_PROJECT.items()}


def _told(name: str, value: Any) -> Any:
    if name in AMOUNTS:
        return money(value)
    if isinstance(value, Decimal):
        return number(value)
    return value.value if isinstance(value, Term) else value or None


def option_data(option: Option) -> dict[str, Any]:
    return {
        "code": option.code,
        "scheme": option.scheme.value,
        "variant": typeset(option.variant),
        "label": option.label,
        "eligibility": option.eligibility.value,
        "reasons": _texts(option.reasons),
        "lines": [line_data(line) for line in option.lines],
        "asked": money(option.asked),
        "financed": money(option.financed),
        "remaining": money(option.remaining),
        "financed_at_least": money(option.financed_at_least),
        "remaining_at_most": money(option.remaining_at_most),
        "ceilings": [bite_data(bite) for bite in option.bites],
        "conditions": _texts(option.conditions),
        "cautions": _texts(option.cautions),
        "envelopes": [share_data(share) for share in option.shares],
        "funds": funds_data(option.funds),
        "combines": list(option.combines),
        "deadline": typeset(option.deadline) or None,
        "payment": payment_data(option.payment),
        "sources": [source_data(rule) for rule in option.rules],
        "verified_on": option.verified_on,
        "confidence": option.confidence.value if option.confidence else None,
    }


def line_data(line: Line) -> dict[str, Any]:
    return {
        "cost": line.cost.value,
        "label": line.cost.label,
        "asked": money(line.asked),
        "financed": money(line.financed),
        "remaining": money(line.remaining),
        "rule": line.rule.code if line.rule else None,
        "explanation": line.explanation,
        "source_url": line.rule.source if line.rule else None,
    }


def bite_data(bite: Bite) -> dict[str, Any]:
    return {"text": bite.sentence, "lost": money(bite.lost)}


def share_data(share: Share) -> dict[str, Any]:
    return {
        "code": share.envelope.code,
        "label": typeset(share.envelope.label),
        "amount": money(share.envelope.amount),
        "at_least": share.envelope.at_least,
        "used": money(share.used),
        "left": money(share.left),
    }


def funds_data(funds: Funds | None) -> dict[str, Any] | None:
    if funds is None:
        return None
    return {
        "status": funds.status,
        "since": funds.since,
        "until": funds.until,
        "note": typeset(funds.note),
        "source_url": funds.source,
    }


def payment_data(payment: Payment | None) -> dict[str, Any] | None:
    if payment is None:
        return None
    return {
        "circuit": payment.circuit.value,
        "text": typeset(payment.text),
        "source_url": payment.source,
    }


def source_data(rule: Rule) -> dict[str, Any]:
    """The page of a figure."""
    return {
        "rule": rule.code,
        "label": typeset(rule.label),
        "url": rule.source,
        "quote": typeset(rule.quote),
        "verified_on": rule.verified_on,
        "confidence": rule.confidence.value,
    }


def rejection_data(rejection: Rejection) -> dict[str, Any]:
    rule = rejection.rule
    return {
        "rule": rule.code,
        "scheme": rule.scheme.value,
        "label": typeset(rule.label),
        "reason": rejection.reason,
    }


# ------------------------------------------------------------------------------------------------ rules
def rule_data(rule: Rule, envelope: Envelope | None, on: date) -> dict[str, Any]:
    """One version of a rule with every field; `amount_in_words` is how the pages say what it pays."""
    return {
        "code": rule.code,
        "opco": rule.opco,
        "scheme": rule.scheme.value,
        "scheme_label": rule.scheme.label,
        "label": typeset(rule.label),
        "amount_in_words": amount_in_words(rule, envelope),
        "idccs": list(rule.idccs),
        "excluded_idccs": list(rule.excluded_idccs),
        "headcount": span_data(rule.headcount),
        "territory": rule.territory.value if rule.territory else None,
        "audience": typeset(rule.audience),
        "training_kinds": _values(rule.kinds),
        "topic": typeset(rule.topic),
        "modalities": _values(rule.modalities),
        "places": _values(rule.places),
        "duration_hours": {"min": number(rule.duration.min), "max": number(rule.duration.max)},
        "group": span_data(rule.group),
        "cost": rule.cost.value,
        "basis": rule.basis.value,
        "rate": number(rule.rate),
        "rate_max": number(rule.rate_max),
        "unit": rule.unit.value if rule.unit else None,
        "per": rule.per,
        "percent": number(rule.percent),
        "percent_of": rule.percent_of,
        "max_units": number(rule.max_units),
        "max_persons": rule.max_persons,
        "tiers": [tier_data(tier) for tier in rule.tiers],
        "ceilings": [ceiling_data(ceiling) for ceiling in rule.ceilings],
        "within_pedagogical": rule.within_pedagogical,
        "complements": _values(rule.complements),
        "alone": rule.alone,
        "envelope": envelope_data(envelope, on),
        "requires": _texts(rule.requires),
        "conditions": _texts(rule.conditions),
        "cautions": _texts(rule.cautions),
        "valid_from": rule.since,
        "valid_until": rule.until,
        "source_url": rule.source,
        "quote": typeset(rule.quote),
        "article": rule.article,
        "verified_on": rule.verified_on,
        "confidence": rule.confidence.value,
    }


def envelope_data(envelope: Envelope | None, on: date) -> dict[str, Any] | None:
    """The budget of a rule, and what is said of its funds that day."""
    if envelope is None:
        return None
    return {
        "code": envelope.code,
        "label": typeset(envelope.label),
        "amount": money(envelope.amount),
        "at_least": envelope.at_least,
        "period": envelope.period,
        "source_url": envelope.source,
        "funds": funds_data(envelope.state(on)),
    }


def span_data(span: Span) -> dict[str, int | None]:
    return {"min": span.min, "max": span.max}


def tier_data(tier: Tier) -> dict[str, Any]:
    return {
        "measure": tier.measure,
        "start": number(tier.start),
        "end": number(tier.end),
        "rate": number(tier.rate),
        "amount": money(tier.amount),
        "extra": money(tier.extra),
        "percent": number(tier.percent),
    }


def ceiling_data(ceiling: Ceiling) -> dict[str, Any]:
    return {"amount": money(ceiling.amount), "per": ceiling.per, "period": ceiling.period}


def _values(terms: Iterable[Term]) -> list[str]:
    return [term.value for term in terms]


def _texts(texts: Iterable[str]) -> list[str]:
    return [typeset(text) for text in texts]

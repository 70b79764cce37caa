"""Template filters for French as it is printed; built into every template."""

from datetime import date
from decimal import Decimal

from django import template

from opco_portal import french
from opco_portal.identifiers import format_siren, format_siret

register = template.Library()


@register.filter
def number(value: int | None) -> str:
    return "non publié" if value is None else french.number(value)


@register.filter
def share(value: Decimal | None) -> str:
    return "non publiée" if value is None else french.percent(value)


@register.filter
def day(value: date | None) -> str:
    return "date non publiée" if value is None else french.day(value)


@register.filter
def siret(value: str | int) -> str:
    return format_siret(value)


@register.filter
def siren(value: str) -> str:
    return format_siren(value)


@register.filter
def typeset(value: str) -> str:
    return french.typeset(value)


@register.filter
def of(value: str) -> str:
    return french.of(value)


@register.filter
def plural(count: int, forms: str) -> str:
    """{{ count|plural:"établissement" }} or {{ count|plural:"réseau,réseaux" }}."""
    singular, _, several = forms.partition(",")
    return french.plural(count, singular, several or None)

"""Template filters for French as it is printed; built into every template."""

from datetime import date, datetime
from decimal import Decimal

from django import template

from opco_portal import french
from opco_portal.identifiers import format_siren, format_siret

register = template.Library()


@register.filter
def number(value: int | None) -> str:
    return "non publié" if value is None else french.number(value)


@register.filter
def decimal(value: Decimal) -> str:
    return french.decimal(value)


@register.filter
def euros(value: Decimal | None) -> str:
    """« 1 050 € »; an amount that nobody publishes is never 0 €."""
    return "non publié" if value is None else french.euros(value)


@register.filter
def share(value: Decimal | None) -> str:
    return "non publiée" if value is None else french.percent(value)


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    return "date non publiée" if value is None else french.day(value)


@register.filter(expects_localtime=True)
def moment(value: datetime) -> str:
    return french.moment(value)


@register.filter
def megabytes(value: int) -> str:
    return french.megabytes(value)


@register.filter
def siret(value: str | int) -> str:
    """Full no-break spaces: at reading size the groups of a long number need them."""
    return format_siret(value).replace(french.NARROW, french.NBSP)


@register.filter
def siren(value: str) -> str:
    return format_siren(value).replace(french.NARROW, french.NBSP)


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


@register.filter
def bar(value: Decimal | None) -> str:
    """A share of 1 as the width of a bar out of 100; something is always seen of what is not zero."""
    return "0" if not value else f"{max(float(value) * 100, 0.8):.2f}"


@register.filter
def headed(value: str) -> tuple[str, str]:
    """« Établissement fermé : le SIRET change. » as its head and its capitalised sentence."""
    head, _, rest = value.partition(f"{french.NBSP}: ")
    return (head, rest[:1].upper() + rest[1:]) if rest else ("", value)


@register.filter
def host(value: str) -> str:
    """The name of a site, as people say it: « opco-atlas.fr »."""
    return value.split("//")[-1].split("/")[0].removeprefix("www.")

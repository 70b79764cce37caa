"""What the search of the administration finds in the financing rules."""

from collections.abc import Iterator

from django.http import HttpRequest

from branches.lookup import parse
from branches.words import words_of
from financing import named
from financing.models import Envelope, Rule
from financing.words import amount_of, payer_of
from opco_portal.french import period, typeset
from opco_portal.staff.lists import list_url, may_view, page_url
from opco_portal.staff.search import LIMIT, Group, Result, provider

NUMBERS = ("siret", "siren")


@provider(order=30)
def rules(request: HttpRequest, text: str) -> Iterator[Group]:
    """Rules by code, words of their label, OPCO, or the IDCC of a branch."""
    if not _may_be_named(text) or not may_view(request, Rule):
        return
    rows = list(
        named.rules(text).select_related("opco", "envelope").order_by("code", "-validity")[: LIMIT + 1]
    )
    results = [
        Result(
            typeset(row.label),
            page_url(row),
            f"{payer_of(row)}, {amount_of(row)}, {period(row.validity.lower, row.validity.upper)}",
        )
        for row in rows[:LIMIT]
    ]
    yield Group("Règles", "euro", results, list_url(Rule, q=text) if len(rows) > LIMIT else "")


@provider(order=32)
def envelopes(request: HttpRequest, text: str) -> Iterator[Group]:
    """Envelopes by code, words of their label, or OPCO."""
    if not _may_be_named(text) or not may_view(request, Envelope):
        return
    rows = list(named.envelopes(text).select_related("opco").order_by("code")[: LIMIT + 1])
    results = [Result(typeset(row.label), page_url(row), payer_of(row)) for row in rows[:LIMIT]]
    yield Group("Enveloppes", "savings", results, list_url(Envelope, q=text) if len(rows) > LIMIT else "")


def _may_be_named(text: str) -> bool:
    """Words, or an IDCC: a company has no rules of its own."""
    return bool(words_of(text)) and parse(text).kind not in NUMBERS

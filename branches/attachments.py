"""Decisions of the portal: which agreement is attached to which OPCO, from when, until when, and why.

Every caller is inside `correcting`, so that a decision has its author, its reason and its way back. Periods are held by
their first day and by the first day that no longer belongs to them.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet
from django.utils import timezone

from branches.models import Attachment

NO_SUCH_IDCC = "Aucune convention n’a cet IDCC : vérifiez les quatre chiffres, par exemple 1486."
ESCAPE_CODE = "C’est un code de repli, pas une convention : il n’est rattaché à aucun OPCO."
ENDS_BEFORE = "Le dernier jour est avant le premier."
YEARS = range(1900, 2201)
NO_SUCH_YEAR = f"Vérifiez l’année : elle va de {YEARS[0]} à {YEARS[-1]}."
NO_SUCH_END = f"{NO_SUCH_YEAR} Laissez vide tant que la fin n’est pas connue."


def refusals(first: date, last: date | None) -> Iterator[tuple[str, str]]:
    """What is wrong with the days of a decision: « first » or « last », and a sentence."""
    if first.year not in YEARS:
        yield "first", NO_SUCH_YEAR
    if last and last.year not in YEARS:
        yield "last", NO_SUCH_END
    elif last and last < first:
        yield "last", ENDS_BEFORE


def decisions() -> "QuerySet[Attachment]":
    return Attachment.objects.filter(source=Attachment.Source.MANUAL)


def unfinished(idcc: str, opco: str = "") -> "QuerySet[Attachment]":
    """The decisions on an agreement that are in force or to come, for one OPCO or for any."""
    rows = decisions().filter(agreement=idcc, **({"opco": opco} if opco else {}))
    return rows.filter(Q(validity__endswith__gt=timezone.localdate()) | Q(validity__endswith=None))


def made(
    idcc: str, opco: str, first: date, end: date | None, reason: str, source_url: str, author: Any
) -> Attachment:
    """A decision that is not saved yet."""
    return Attachment(
        agreement_id=idcc,
        opco_id=opco,
        source=Attachment.Source.MANUAL,
        validity=DateRange(first, end),
        reason=reason,
        source_url=source_url,
        author=author,
    )


def save(row: Attachment) -> None:
    """Write a decision.

    Raises:
        ValidationError: another one covers part of its period.
    """
    row.full_clean()
    row.save()


def decide(
    idcc: str, opco: str, first: date, end: date | None, reason: str, source_url: str, author: Any
) -> Attachment:
    """Attach an agreement to an OPCO for a period, or raise as `save` does."""
    row = made(idcc, opco, first, end, reason, source_url, author)
    save(row)
    return row


def finish(row: Attachment, end: date) -> None:
    """Let a decision no longer apply from that day on; one that would not have begun by then never applies."""
    if row.validity.lower and row.validity.lower >= end:
        row.delete()
        return
    row.validity = DateRange(row.validity.lower, end)
    row.save(update_fields=["validity"])

"""Decisions of the portal: which agreement is attached to which OPCO, from when, until when, and why.

Every caller is inside `correcting`, so that a decision has its author, its reason and its way back. Periods are held by
their first day and by the first day that no longer belongs to them.
"""

from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet
from django.utils import timezone

from branches.models import Attachment

NO_SUCH_IDCC = "Aucune convention n’a cet IDCC : vérifiez les quatre chiffres, par exemple 1486."
ESCAPE_CODE = "C’est un code de repli, pas une convention : il n’est rattaché à aucun OPCO."
ENDS_BEFORE = "Le dernier jour est avant le premier."


def decisions() -> "QuerySet[Attachment]":
    return Attachment.objects.filter(source=Attachment.Source.MANUAL)


def unfinished(idcc: str, opco: str = "") -> "QuerySet[Attachment]":
    """The decisions on an agreement that are in force or to come, for one OPCO or for any."""
    rows = decisions().filter(agreement=idcc, **({"opco": opco} if opco else {}))
    return rows.filter(Q(validity__endswith__gt=timezone.localdate()) | Q(validity__endswith=None))


def decide(
    idcc: str, opco: str, first: date, end: date | None, reason: str, source_url: str, author: Any
) -> Attachment:
    """Attach an agreement to an OPCO for a period.

    Raises:
        ValidationError: another decision covers part of the period.
    """
    row = Attachment(
        agreement_id=idcc,
        opco_id=opco,
        source=Attachment.Source.MANUAL,
        validity=DateRange(first, end),
        reason=reason,
        source_url=source_url,
        author=author,
    )
    row.full_clean()
    row.save()
    return row


def finish(row: Attachment, end: date) -> None:
    """Let a decision no longer apply from that day on; one that would not have begun by then never applies."""
    if row.validity.lower and row.validity.lower >= end:
        row.delete()
        return
    row.validity = DateRange(row.validity.lower, end)
    row.save(update_fields=["validity"])

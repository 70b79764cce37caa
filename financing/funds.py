"""What is said of the funds of an envelope: exhausted, or open again. Every caller is inside `correcting`."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from financing.models import Envelope, FundsStatus, Origin
from financing.models.envelopes import Status
from opco_portal.french import day, typeset

DAY = timedelta(days=1)


def state(rows: Iterable[FundsStatus], on: date) -> FundsStatus | None:
    """What is said of that day."""
    return next((row for row in rows if row.since <= on and (row.until is None or on <= row.until)), None)


def exhausted(envelope: Envelope, on: date) -> "QuerySet[FundsStatus]":
    """What says that the funds are exhausted that day or will be, the first to begin first."""
    rows = envelope.funds.filter(Q(until=None) | Q(until__gte=on), status=Status.EXHAUSTED)
    return rows.order_by("since")


def declare_exhausted(
    envelope: Envelope, since: date, until: date | None, source_url: str, note: str = ""
) -> FundsStatus:
    """Say that the funds are exhausted; what said that they were open ends the day before.

    Raises:
        ValidationError: something else is said of some of these days.
    """
    for row in envelope.funds.filter(status=Status.OPEN, since__lt=since):
        if row.until is None or row.until >= since:
            _end(row, since - DAY)
    return _add(envelope, Status.EXHAUSTED, since, until, source_url, note)


def reopen(envelope: Envelope, on: date, source_url: str, note: str = "") -> FundsStatus:
    """Say that the funds are open from that day on; what said that they were exhausted ends the day before.

    Raises:
        ValidationError: nothing says that they are exhausted the day before and still would be that day.
    """
    row = exhausted(envelope, on).filter(since__lt=on).first()
    if row is None:
        raise ValidationError(typeset(_nothing_to_reopen(envelope, on)))
    _end(row, on - DAY)
    following = envelope.funds.filter(since__gt=on).order_by("since").first()
    until = following.since - DAY if following else None
    return _add(envelope, Status.OPEN, on, until, source_url, note)


def _nothing_to_reopen(envelope: Envelope, on: date) -> str:
    """Why, and which day to choose where there is one."""
    over = envelope.funds.filter(status=Status.EXHAUSTED, until__lt=on).order_by("-until").first()
    if over and over.until:
        return f"L’épuisement de ces fonds s’arrête déjà le {day(over.until)} : choisissez ce jour ou un jour plus tôt."
    if exhausted(envelope, on).exists():
        return f"Rien ne dit que ces fonds sont épuisés avant le {day(on)} : choisissez un jour plus tard."
    return f"Rien ne dit que ces fonds sont épuisés avant le {day(on)} ni après : il n’y a rien à rouvrir."


def _end(row: FundsStatus, last: date) -> None:
    row.until, row.origin = last, Origin.MANUAL
    row.full_clean()
    row.save()


def _add(
    envelope: Envelope, status: Status, since: date, until: date | None, source_url: str, note: str
) -> FundsStatus:
    row = FundsStatus(
        envelope=envelope,
        status=status,
        since=since,
        until=until,
        source_url=source_url,
        note=typeset(note.strip()),
        origin=Origin.MANUAL,
    )
    row.full_clean()
    row.save()
    return row

"""The versions of a rule: one ends, the next begins. Every caller is inside `correcting`."""

from datetime import date, timedelta

from django.core.exceptions import ValidationError

from financing.models import Origin, Rule
from financing.models.conversion import period
from opco_portal.french import day, typeset

DAY = timedelta(days=1)


def end(row: Rule, last: date) -> None:
    """Let a version apply until that day, included.

    Raises:
        ValidationError: it would not have applied for a single day, or another version follows too soon.
    """
    if row.since and last < row.since:
        raise ValidationError(
            typeset(f"Elle commence le {day(row.since)} : le dernier jour ne peut pas la précéder.")
        )
    row.validity, row.origin = period(row.since, last), Origin.MANUAL
    row.full_clean()
    row.save()


def succeed(row: Rule, version: Rule) -> None:
    """Add a version of the same rule; the one that it follows ends the day before, if it does not earlier.

    Raises:
        ValidationError: it does not begin later, or other versions cover some of its days.
    """
    first = version.since
    if first is None or (row.since and first <= row.since):
        begins = f"le {day(row.since)}" if row.since else "avant tout jour connu"
        raise ValidationError(
            typeset(
                f"La version que vous remplacez commence {begins} : la nouvelle commence plus tard. Pour corriger "
                "celle-ci, modifiez-la."
            )
        )
    if row.until is None or row.until >= first:
        end(row, first - DAY)
    version.code, version.opco_id, version.origin = row.code, row.opco_id, Origin.MANUAL
    version.full_clean(exclude=["id"])
    version.save(force_insert=True)

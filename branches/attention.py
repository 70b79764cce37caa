"""What of the reference needs somebody: the rows, in the order in which they matter."""

from datetime import date, timedelta

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Sum

from branches.lookup.belief import MAJORITY
from branches.models import Agreement, Attachment, Conflict, Disagreement

ENDS_WITHIN = timedelta(days=30)
_siro = Q(attachments__source=Attachment.Source.SIRO)


def conflicts(on: date) -> "QuerySet[Conflict]":
    """The contradictions that wait for somebody."""
    return Conflict.objects.to_settle(on).select_related("agreement", "ours", "theirs")


def without_majority(on: date) -> "QuerySet[Agreement]":
    """Agreements that the table splits between OPCOs, with the `largest` share, and on which nothing was decided."""
    decided = Attachment.objects.filter(
        agreement=OuterRef("pk"), source=Attachment.Source.MANUAL, validity__contains=on
    )
    counted = Agreement.objects.annotate(largest=Max("attachments__share", filter=_siro))
    return _largest_first(counted.filter(~Exists(decided), largest__lt=MAJORITY))


def without_title() -> "QuerySet[Agreement]":
    """Agreements that no source names, those that cover many establishments first."""
    return _largest_first(Agreement.objects.filter(title="", short_title=""))


def _largest_first(rows: "QuerySet[Agreement]") -> "QuerySet[Agreement]":
    covered = Sum("attachments__establishments", filter=_siro)
    return rows.annotate(covered=covered).order_by(F("covered").desc(nulls_last=True), "pk")


def unsettled() -> "QuerySet[Disagreement]":
    """Establishments for which another engine names another OPCO, and that nobody has looked at."""
    return Disagreement.objects.filter(settled_at=None).select_related("opco", "other")


def ending(on: date) -> "QuerySet[Attachment]":
    """Decisions of the portal in force whose last days have come; the first to end first."""
    rows = Attachment.objects.filter(
        source=Attachment.Source.MANUAL, validity__contains=on, validity__endswith__lte=on + ENDS_WITHIN
    )
    return rows.select_related("agreement", "opco").order_by("validity__endswith", "pk")

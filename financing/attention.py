"""What of the financing rules needs somebody: the rows, in the order in which they matter."""

from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from financing.calculator.rules import Payment
from financing.models import Criteria, FundsStatus, Rule, SourcePage
from financing.models.conversion import criteria_value
from financing.models.envelopes import Status

DAY = timedelta(days=1)
ENDS_WITHIN = timedelta(days=30)
STALE_AFTER = timedelta(days=183)  # six months


def expiring(on: date) -> "QuerySet[Rule]":
    """Rules in force whose last days have come and that no version follows; the first to end first."""
    following = Rule.objects.filter(
        code=OuterRef("code"), validity__startswith=OuterRef("validity__endswith")
    )
    # a period holds the day after its last one
    rows = Rule.objects.in_force(on).filter(
        ~Exists(following), validity__endswith__lte=on + ENDS_WITHIN + DAY
    )
    return rows.select_related("opco").order_by("validity__endswith", "code")


def stale(on: date) -> "QuerySet[Rule]":
    """Rules in force whose figures nobody has verified for six months; the oldest first."""
    rows = Rule.objects.in_force(on).filter(verified_on__lt=on - STALE_AFTER)
    return rows.select_related("opco").order_by("verified_on", "code")


def failing_pages() -> "QuerySet[SourcePage]":
    """Source pages that failed at two checks in a row at least; those that fail for longest first."""
    return SourcePage.objects.filter(failing_since__lt=F("checked_at")).order_by("failing_since", "url")


def exhausted(on: date) -> "QuerySet[FundsStatus]":
    """Envelopes whose funds a page says are exhausted that day; the latest declared first."""
    rows = FundsStatus.objects.filter(
        Q(until=None) | Q(until__gte=on), status=Status.EXHAUSTED, since__lte=on
    )
    return rows.select_related("envelope__opco").order_by("-since", "envelope")


def reopening(on: date) -> "QuerySet[FundsStatus]":
    """Exhaustions whose last days have come; the first to end first."""
    return exhausted(on).filter(until__lte=on + ENDS_WITHIN).order_by("until", "envelope")


def ending_payments(on: date) -> list[tuple[Criteria, Payment]]:
    """How OPCOs pay, where that ends soon; the first to end first. Criteria are few, and read whole."""
    found = [
        (payment.until, row, payment)
        for row in Criteria.objects.select_related("opco")
        for payment in criteria_value(row).payments
        if payment.until and on <= payment.until <= on + ENDS_WITHIN
    ]
    return [(row, payment) for _, row, payment in sorted(found, key=lambda each: each[0])]

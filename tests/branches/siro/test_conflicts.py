"""What published vintages do to the queue of conflicts, and never do to the decisions of the portal."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from branches import attachments, conflicts
from branches.evidence import look_up
from branches.models import Attachment, Conflict
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import history_of
from opco_portal.corrections.origins import origin_of, origins_of
from opco_portal.sync.engine import Order, prepare, roll_back
from opco_portal.sync.models import SyncRun


def queue() -> list[tuple[str, str, str, str]]:
    rows = Conflict.objects.filter(agreement="1486").order_by("pk")
    return [(row.kind, row.ours_id, row.theirs_id, row.state) for row in rows]


def split(vintage: bytes, count: int) -> bytes:
    """A vintage in which so many establishments of 1486, which are 276, went from Atlas to AKTO."""
    return vintage.replace(b"|1486|ATLAS|", b"|1486|AKTO|", count)


@pytest.fixture
def camille(portal_on_june) -> User:
    return User.objects.create_user("camille")


def test_a_majority_that_a_vintage_loses_waits_until_another_finds_it_again(portal_on_june, sync, june, siro):
    assert queue() == []
    portal_on_june.offer("202607", split(june, 60))
    july = sync()
    assert july.state == "published", july.message
    assert queue() == [("majority", "atlas", "atlas", "open")]
    row = Conflict.objects.get(agreement="1486")
    assert (row.vintage, row.establishments, f"{row.share:.3f}") == ("juillet 2026", 276, "0.783")
    assert look_up("IDCC 1486").status == "ambiguous"
    last = history_of(row)[0]
    assert origin_of(last, origins_of([last])).run == july

    assert roll_back(siro, prepare(siro, Order(), SyncRun.Kind.ROLLBACK), None).state == "published"
    assert queue() == [("majority", "atlas", "atlas", "gone")]


def test_a_vintage_that_repeats_a_contradiction_keeps_what_staff_said_of_it(
    portal_on_june, sync, june, camille
):
    portal_on_june.offer("202607", split(june, 60))
    assert sync().state == "published"
    later = timezone.localdate() + timedelta(days=30)
    conflicts.postpone(Conflict.objects.get(agreement="1486"), camille, "Écrit à la branche.", later)
    portal_on_june.offer("202608", split(june, 80))
    assert sync().state == "published"
    row = Conflict.objects.get(agreement="1486")
    assert (row.state, row.note, row.vintage) == ("postponed", "Écrit à la branche.", "août 2026")


def test_once_the_table_agrees_with_a_decision_nothing_waits(portal_on_june, sync, june, camille):
    with correcting(camille, reason="arbitrage"):
        attachments.decide(
            "1486", "akto", date(2026, 1, 1), None, "arbitrage", "https://example.org/", camille
        )
    assert queue() == [("manual", "akto", "atlas", "kept")]
    decision = Attachment.objects.values().get(source="manual")
    portal_on_june.offer("202607", split(june, 276))
    assert sync().state == "published"
    assert queue() == [("manual", "akto", "atlas", "gone")]
    assert Attachment.objects.values().get(source="manual") == decision
    assert look_up("IDCC 1486").best.basis == "manual"


def test_no_vintage_touches_a_decision(portal_on_june, sync, june, july, siro, camille):
    with correcting(camille, reason="arbitrage"):
        for idcc in ("1486", "1979", "0843"):
            attachments.decide(
                idcc, "afdas", date(2026, 1, 1), None, "arbitrage", "https://example.org/", camille
            )
    decisions = list(Attachment.objects.filter(source="manual").order_by("pk").values())
    for month, body in (("202607", july), ("202608", split(june, 200))):
        portal_on_june.offer(month, body)
        assert sync().state == "published"
    assert roll_back(siro, prepare(siro, Order(), SyncRun.Kind.ROLLBACK), None).state == "published"
    assert list(Attachment.objects.filter(source="manual").order_by("pk").values()) == decisions

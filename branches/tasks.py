"""What the pages leave to the worker."""

from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from branches import conflicts
from branches.models import Disagreement
from opco_portal.corrections.history import because
from opco_portal.sync.models import DataVersion

KEPT = timedelta(days=365)


@shared_task(name="branches.keep_disagreement")  # type: ignore[untyped-decorator]
def keep_disagreement(
    siret: int, engine: str, opco: str, other: str, said_at: str, source: str, vintage: str
) -> None:
    """Keep that an engine and the portal, by a source and its vintage, name two OPCOs; forget what is a year old."""
    Disagreement.objects.update_or_create(
        siret=siret,
        engine=engine,
        opco_id=opco,
        other_id=other,
        defaults={"said_at": datetime.fromisoformat(said_at), "source": source, "vintage": vintage},
    )
    Disagreement.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()


@shared_task(name="branches.follow_dates")  # type: ignore[untyped-decorator]
def follow_dates() -> None:
    """A decision begins or ends on its day without anybody doing anything: what the table contradicts then changes."""
    with transaction.atomic():
        DataVersion.hold()
        with because(day=timezone.localdate().isoformat()):
            conflicts.refresh()

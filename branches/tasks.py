"""What the pages leave to the worker."""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from branches.models import Disagreement

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

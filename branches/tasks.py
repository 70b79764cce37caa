"""What the pages leave to the worker."""

from datetime import datetime
from typing import Any

from celery import shared_task

from branches.models import Disagreement


@shared_task(name="branches.keep_disagreement")  # type: ignore[untyped-decorator]
def keep_disagreement(siret: int, engine: str, opco: str, other: str, said_at: str, **source: Any) -> None:
    """Keep that an engine and the portal name two OPCOs; `source`: the portal's source and its vintage."""
    Disagreement.objects.update_or_create(
        siret=siret,
        engine=engine,
        opco_id=opco,
        other_id=other,
        defaults={"said_at": datetime.fromisoformat(said_at), **source},
    )

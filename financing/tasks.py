"""What the worker does for the financing rules."""

import logging

from celery import shared_task
from django.utils import timezone

from financing.watch import watch

logger = logging.getLogger(__name__)
LIMIT, GRACE = 3600, 60  # seconds


@shared_task(name="financing.check_sources", soft_time_limit=LIMIT, time_limit=LIMIT + GRACE)  # type: ignore[untyped-decorator]
def check_sources() -> None:
    """Ask each source page whether it still answers, and tell which rules are about to end."""
    for sentence in watch(timezone.localdate()).sentences:
        logger.warning(sentence)

"""What the worker does for the administration."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="staff.clear_sessions")  # type: ignore[untyped-decorator]
def clear_sessions() -> None:
    """Forget the sessions that are over, which Django leaves in the database."""
    call_command("clearsessions")

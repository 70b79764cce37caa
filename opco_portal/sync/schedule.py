"""When sources are looked at: rows of django-celery-beat, which staff change in the admin."""

from django_celery_beat.models import CrontabSchedule, PeriodicTask

from opco_portal.sync.source import registered
from opco_portal.sync.tasks import task_name


def schedule_missing() -> None:
    """Schedule the sources that have no row yet; the hours that staff chose are left alone."""
    for source in registered():
        hours, _ = CrontabSchedule.objects.get_or_create(
            minute=source.schedule.minute,
            hour=source.schedule.hour,
            day_of_month=source.schedule.day_of_month,
            day_of_week=source.schedule.day_of_week,
            month_of_year="*",
            timezone="Europe/Paris",
        )
        PeriodicTask.objects.get_or_create(
            name=f"Mise à jour : {source.code}", defaults={"task": task_name(source.code), "crontab": hours}
        )

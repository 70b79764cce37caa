"""When sources are looked at: rows of django-celery-beat, which staff change in the admin."""

from datetime import datetime, timedelta

from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from opco_portal.french import NBSP
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


def next_times() -> dict[str, datetime]:
    """When each source is looked at next, for those whose hours are in force; to the minute, as in cron."""
    now = timezone.now()
    codes = {task_name(source.code): source.code for source in registered()}
    times: dict[str, datetime] = {}
    for task in PeriodicTask.objects.filter(enabled=True, task__in=codes).select_related("crontab"):
        if task.crontab:
            hours = task.crontab.schedule
            due = now + hours.remaining_estimate(now.astimezone(hours.tz)) + timedelta(seconds=30)
            due = due.replace(second=0, microsecond=0)
            times[codes[task.task]] = min(due, times.get(codes[task.task], due))
    return times


DAYS = ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"]


def in_words(hours: CrontabSchedule) -> str:
    """« le mardi à 4 h 40 », or the line of cron where no short sentence says it."""
    minute, hour, of_month, of_week = hours.minute, hours.hour, hours.day_of_month, hours.day_of_week
    line = f"{minute} {hour} {of_month} {hours.month_of_year} {of_week}"
    if (of_month, of_week) == ("*", "*"):
        day = "chaque jour"
    elif of_month.isdigit() and of_week == "*":
        day = f"le {of_month} du mois"
    elif of_month == "*" and of_week.isdigit():
        day = f"le {DAYS[int(of_week) % 7]}"
    else:
        day = ""
    if not day or hours.month_of_year != "*" or not (minute + hour).isdigit():
        return f"cron{NBSP}: {line}"
    return f"{day} à {int(hour)}{NBSP}h{NBSP}{int(minute):02}"

"""When sources are looked at: rows of django-celery-beat, which staff change in the admin."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from opco_portal.french import NBSP
from opco_portal.sync.source import Schedule, registered
from opco_portal.sync.tasks import task_name


def schedule_missing() -> None:
    """Schedule the sources that have no row yet; the hours that staff chose are left alone."""
    scheduled = set(PeriodicTask.objects.values_list("task", flat=True))
    for source in registered():
        if task_name(source.code) not in scheduled:
            PeriodicTask.objects.create(
                name=f"Mise à jour : {source.code}",
                task=task_name(source.code),
                crontab=hours_for(source.schedule),
            )


def hours_for(schedule: Schedule) -> CrontabSchedule:
    """The row for these hours; staff may have made several of them."""
    fields = {**vars(schedule), "month_of_year": "*", "timezone": settings.TIME_ZONE}
    return CrontabSchedule.objects.filter(**fields).first() or CrontabSchedule.objects.create(**fields)


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


DAYS = ("dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")
SHORT = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def day_in_words(hours: CrontabSchedule) -> str:
    """« chaque mardi », « le 20 de chaque mois »; "" for what takes more than a few words."""
    of_month, of_week = hours.day_of_month, hours.day_of_week.lower()
    elsewhere = str(hours.timezone) != settings.TIME_ZONE
    if elsewhere or hours.month_of_year != "*" or "*" not in (of_month, of_week):
        return ""
    if of_month.isdigit():
        return f"le {'1er' if int(of_month) == 1 else int(of_month)} de chaque mois"
    if of_week.isdigit():
        return f"chaque {DAYS[int(of_week) % 7]}"
    if of_week in SHORT:
        return f"chaque {DAYS[SHORT.index(of_week)]}"
    return "chaque jour" if of_month == of_week else ""


def in_words(hours: CrontabSchedule) -> str:
    """« chaque mardi à 4 h 40 », or the line of cron where no short sentence says it."""
    day, minute, hour = day_in_words(hours), hours.minute, hours.hour
    if day and (minute + hour).isdigit():
        return f"{day} à {int(hour)}{NBSP}h{NBSP}{int(minute):02}"
    line = f"{minute} {hour} {hours.day_of_month} {hours.month_of_year} {hours.day_of_week}"
    zone = "" if str(hours.timezone) == settings.TIME_ZONE else f" ({hours.timezone})"
    return f"cron{NBSP}: {line}{zone}"

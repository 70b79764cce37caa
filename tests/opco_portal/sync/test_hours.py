"""The hours at which sources are looked at, as staff read them, and the next time they mean."""

from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from opco_portal.sync.schedule import day_in_words, in_words, next_times

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("minute", "hour", "month_day", "week_day", "words"),
    [
        ("10", "5", "20", "*", "le 20 de chaque mois à 5\u00a0h\u00a010"),
        ("0", "05", "*", "2", "chaque mardi à 5\u00a0h\u00a000"),
        ("0", "5", "*", "7", "chaque dimanche à 5\u00a0h\u00a000"),
        ("5", "13", "*", "*", "chaque jour à 13\u00a0h\u00a005"),
        ("0", "*/6", "*", "*", "cron\u00a0: 0 */6 * * *"),
        ("0", "5", "20", "2", "cron\u00a0: 0 5 20 * 2"),
        ("0", "5", "*", "mon-fri", "cron\u00a0: 0 5 * * mon-fri"),
        ("0", "5", "1,15", "*", "cron\u00a0: 0 5 1,15 * *"),
    ],
)
def test_hours_are_told_in_words_where_a_short_sentence_can(minute, hour, month_day, week_day, words):
    hours = CrontabSchedule(minute=minute, hour=hour, day_of_month=month_day, day_of_week=week_day)
    assert in_words(hours) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"day_of_month": "20"}, "le 20 de chaque mois"),
        ({"day_of_month": "1"}, "le 1er de chaque mois"),
        ({"day_of_week": "1"}, "chaque lundi"),
        ({"day_of_week": "sun"}, "chaque dimanche"),
        ({"day_of_week": "7"}, "chaque dimanche"),
        ({}, "chaque jour"),
        ({"day_of_month": "1,15"}, ""),
        ({"day_of_week": "1-5"}, ""),
        ({"month_of_year": "6"}, ""),
        ({"day_of_month": "20", "day_of_week": "1"}, ""),
    ],
)
def test_a_day_is_told_in_words_or_not_at_all(fields, words):
    assert day_in_words(CrontabSchedule(hour="5", minute="10", **fields)) == words


@pytest.mark.django_db
def test_the_next_time_is_that_of_the_hours_in_force():
    task = PeriodicTask.objects.get(task="sync.siro")
    due = next_times()["siro"].astimezone(PARIS)
    assert (due.day, due.hour, due.minute, due.second) == (20, 5, 10, 0)
    assert due > timezone.now()
    task.enabled = False
    task.save()
    assert "siro" not in next_times()

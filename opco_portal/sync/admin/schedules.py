"""The hours at which sources are looked at: of all that django-celery-beat offers, staff need no more than these."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django_celery_beat import admin as beat  # noqa: F401 - registers what is unregistered next
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from opco_portal.sync.schedule import in_words

admin.site.unregister([ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule])


class HoursField(forms.ModelChoiceField):
    def label_from_instance(self, hours: Any) -> str:
        return in_words(hours)


@admin.register(PeriodicTask)
class ScheduleAdmin(admin.ModelAdmin):
    """When each source is looked at, and whether.

    Which task runs is not for staff to choose, and running it is a button with its own permission; the page that
    comes with django-celery-beat also needs an inline script.
    """

    list_display = ["name", "enabled", "hours", "last_run_at"]
    list_select_related = ["crontab"]
    fields = ["name", "enabled", "crontab", "last_run_at"]
    readonly_fields = ["name", "last_run_at"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).exclude(task__startswith="celery.")

    @admin.display(description="horaire")
    def hours(self, task: Any) -> str:
        return in_words(task.crontab) if task.crontab else ""

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name == "crontab":
            kwargs["form_class"] = HoursField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        context |= {"title": options["obj"].name, "subtitle": None}
        return super().render_change_form(request, context, *args, **options)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CrontabSchedule)
class HoursAdmin(admin.ModelAdmin):
    """Hours to choose from. Several sources may share some: other hours are new ones, and none are deleted, which
    would delete the schedules that follow them.
    """

    list_display = ["words", "timezone"]
    fields = ["minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone"]
    actions = None

    @admin.display(description="horaire")
    def words(self, hours: Any) -> str:
        return in_words(hours)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

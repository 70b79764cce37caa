"""When each source is looked at: a day and an hour, which is all that staff need of cron."""

from datetime import time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Replace
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_celery_beat import admin as beat  # noqa: F401 - registers what is unregistered next
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from opco_portal.french import typeset
from opco_portal.staff.site import ModelAdmin
from opco_portal.sync.models import Hours, Source
from opco_portal.sync.schedule import day_in_words, hours_for, in_words
from opco_portal.sync.source import Schedule
from opco_portal.sync.tasks import task_name

admin.site.unregister([ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule])


def _choice(of_month: str, of_week: str) -> tuple[str, str]:
    return f"{of_month} {of_week}", day_in_words(CrontabSchedule(day_of_month=of_month, day_of_week=of_week))


EVERY_DAY = _choice("*", "*")
OF_THE_WEEK = [_choice("*", str(day)) for day in (1, 2, 3, 4, 5, 6, 0)]
OF_THE_MONTH = [_choice(str(day), "*") for day in range(1, 29)]  # no month is without these
BY_WORDS = {words: choice for choice, words in (EVERY_DAY, *OF_THE_WEEK, *OF_THE_MONTH)}
KEPT = ""  # the choice that leaves hours as they are which no other choice can express


class HoursForm(forms.ModelForm):
    day = forms.ChoiceField(label="Jour", required=False, widget=UnfoldAdminSelectWidget)
    time = forms.TimeField(
        label="Heure de Paris",
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": " ".join(INPUT_CLASSES)}),
    )

    class Meta:
        model = Hours
        fields = ["enabled"]
        labels = {"enabled": "Active"}
        help_texts = {"enabled": "Sans cela, la source n’est vérifiée que lorsque quelqu’un le demande."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        hours = self.instance.crontab
        choices: list[Any] = [
            EVERY_DAY,
            ("Chaque semaine", OF_THE_WEEK),
            ("Chaque mois", OF_THE_MONTH),
        ]
        day = BY_WORDS.get(day_in_words(hours), KEPT) if _is_one_time(hours) else KEPT
        if day == KEPT:
            choices.insert(0, (KEPT, f"inchangé ({in_words(hours)})"))
        else:
            self.initial["time"] = time(int(hours.hour), int(hours.minute))
        self.initial["day"] = day
        self.fields["day"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("day") and not cleaned.get("time") and "time" not in self.errors:
            self.add_error("time", "Indiquez l’heure.")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data["day"] != KEPT:
            of_month, of_week = self.cleaned_data["day"].split()
            at = self.cleaned_data["time"]
            self.instance.crontab = hours_for(Schedule(str(at.minute), str(at.hour), of_month, of_week))
        return super().save(commit)


def _is_one_time(hours: CrontabSchedule) -> bool:
    return bool((hours.minute + hours.hour).isdigit())


@admin.register(Hours)
class HoursAdmin(ModelAdmin):
    """When each source is looked at, and whether.

    Which task runs is not for staff to choose, and running it is a button with its own permission; the page that
    comes with django-celery-beat also needs an inline script.
    """

    form = HoursForm
    list_display = ["source", "words", "active"]
    list_select_related = ["crontab"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        code = Replace(OuterRef("task"), Value(task_name("")))
        name = Subquery(Source.objects.filter(pk=code).values("name"))
        rows = super().get_queryset(request).filter(task__startswith=task_name(""), crontab__isnull=False)
        named: QuerySet[Any] = rows.annotate(source_name=name)
        return named

    @admin.display(description="source", ordering="task")
    def source(self, hours: Any) -> str:
        return hours.source_name or str(hours)

    @admin.display(description="vérifiée")
    def words(self, hours: Hours) -> str:
        return in_words(hours.crontab)

    @admin.display(description="active", boolean=True, ordering="enabled")
    def active(self, hours: Hours) -> bool:
        return bool(hours.enabled)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["enabled", "day", "time"] if self.has_change_permission(request, obj) else ["active", "words"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Horaires", **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        title = typeset(f"Vérification de « {options['obj']} »")
        context |= {"title": title, "subtitle": None, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **options)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, told(obj))
        return self.response_post_save_change(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def told(hours: Hours) -> str:
    """What was just decided."""
    if not hours.enabled:
        return typeset(f"La source « {hours} » ne sera plus vérifiée d’elle-même.")
    when = in_words(hours.crontab)
    how = when if day_in_words(hours.crontab) else f"selon son horaire particulier ({when})"
    return typeset(f"La source « {hours} » sera vérifiée {how}.")


def hours_url(request: HttpRequest, code: str) -> str:
    """Where the hours of a source are shown; "" for who may not look, and for a source without any."""
    hours = Hours.objects.filter(task=task_name(code), crontab__isnull=False).first()
    if hours is None or not admin.site.get_model_admin(Hours).has_view_permission(request, hours):
        return ""
    return reverse("admin:sync_hours_change", args=[hours.pk])

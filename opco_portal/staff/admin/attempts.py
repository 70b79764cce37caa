"""The passwords that were refused lately, so that an administrator lets somebody in before the wait is over."""

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from opco_portal import french
from opco_portal.staff.site import ReadOnly


@admin.register(AccessAttempt)
class AttemptAdmin(ReadOnly):
    list_display = ["account", "ip_address", "failures", "last", "waits"]
    list_display_links = None  # the list says it all
    fields = ["account", "ip_address", "user_agent", "failures", "last", "waits"]
    readonly_fields = ["account", "failures", "last", "waits"]
    search_fields = ["username", "ip_address"]
    actions = ["unlock"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Connexions refusées", **(extra_context or {})})

    @admin.display(description="compte", ordering="username")
    def account(self, attempt: Any) -> str:
        return str(attempt.username)

    @admin.display(description="mots de passe refusés", ordering="failures_since_start")
    def failures(self, attempt: Any) -> int:
        return int(attempt.failures_since_start)

    @admin.display(description="le dernier", ordering="attempt_time")
    def last(self, attempt: Any) -> str:
        return french.moment(timezone.localtime(attempt.attempt_time))

    @admin.display(description="attend")
    def waits(self, attempt: Any) -> str:
        until = timezone.localtime(attempt.attempt_time + settings.AXES_COOLOFF_TIME)
        is_locked = attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT and until > timezone.now()
        return f"jusqu’au {french.moment(until)}" if is_locked else "non"

    @admin.action(description="Lever l’attente", permissions=["delete"])
    def unlock(self, request: HttpRequest, attempts: "QuerySet[Any]") -> None:
        self.log_deletions(request, attempts)
        attempts.delete()
        messages.success(
            request, french.typeset("L’attente est levée : un nouvel essai est possible tout de suite.")
        )

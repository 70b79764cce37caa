"""What the pages of sources and of runs share."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from opco_portal.french import typeset
from opco_portal.staff.site import ReadOnly
from opco_portal.sync.engine import Order
from opco_portal.sync.models import SyncRun
from opco_portal.sync.orders import PERMISSIONS, ask, may
from opco_portal.sync.source import SyncSource


class Watched(ReadOnly):
    """Whoever may synchronise or go back may look, too."""

    actions = None
    view_on_site = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or any(
            request.user.has_perm(permission) for permission in PERMISSIONS.values()
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []  # the pages show them by templates of their own

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})


def require(request: HttpRequest, kind: str) -> None:
    if not may(request.user, kind):
        raise PermissionDenied


def start(request: HttpRequest, source: SyncSource[Any], **how: bool) -> HttpResponseRedirect:
    """Ask for a synchronisation, and lead to it, or to the run that is under way."""
    return _lead_to(request, *ask(source, _order(request, **how)))


def start_return(request: HttpRequest, source: SyncSource[Any], leaves: SyncRun) -> HttpResponseRedirect:
    """Ask for the way back from a publication, likewise."""
    return _lead_to(request, *ask(source, _order(request), SyncRun.Kind.ROLLBACK, leaves))


def _order(request: HttpRequest, **how: bool) -> Order:
    return Order(trigger=SyncRun.Trigger.ADMIN, user=request.user, **how)  # type: ignore[arg-type]


def _lead_to(request: HttpRequest, run: SyncRun, is_new: bool) -> HttpResponseRedirect:
    if not is_new:
        messages.warning(
            request,
            typeset(
                "Une mise à jour de cette source est déjà en cours : la voici. Aucune autre n’a été lancée."
            ),
        )
    return redirect(run_url(run))


def action(name: str, code: str) -> str:
    """Where one of the actions on a source is asked for: synchronise, force, roll_back."""
    return reverse(f"admin:sync_source_{name}", args=[code])


def run_url(run: SyncRun) -> str:
    return reverse("admin:sync_syncrun_change", args=[run.pk])


def nature(run: SyncRun) -> str:
    """« synchronisation (essai, forcée) »."""
    how = ", ".join(word for word, is_so in (("essai", run.dry_run), ("forcée", run.force)) if is_so)
    return f"{run.get_kind_display()} ({how})" if how else run.get_kind_display()


def badge(run: SyncRun) -> SafeString:
    """The state of a run: a word, and a colour that says it again."""
    return format_html('<span class="state state-{}">{}</span>', tone(run), run.outcome)


def tone(run: SyncRun) -> str:
    return "withdrawn" if run.is_withdrawn else run.state

"""Each synchronisation: how far it is, how it ended, what it changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh, reswap, retarget

from opco_portal import french
from opco_portal.staff.lists import two_lines
from opco_portal.sync.admin.watched import Watched, action, badge, nature, require, run_url, tone
from opco_portal.sync.models import SyncRun
from opco_portal.sync.orders import cancel, may, way_back
from opco_portal.sync.overview import light_runs
from opco_portal.sync.source import source_named

AGAIN = (SyncRun.State.FAILED, SyncRun.State.INTERRUPTED, SyncRun.State.BUSY)  # another try may help
PATIENCE = 30  # seconds in the queue after which somebody should look at the worker


@admin.register(SyncRun)
class SyncRunAdmin(Watched):
    list_display = ["reference", "what", "outcome", "publication", "asked"]
    list_filter = [("source", admin.RelatedOnlyFieldListFilter), "state", "kind", "trigger", "dry_run"]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    # --------------------------------------------------------------------------------------------------------- list
    def get_queryset(self, request: HttpRequest) -> "QuerySet[SyncRun]":
        return light_runs().select_related("source", "user")

    @admin.display(description="n°", ordering="pk")
    def reference(self, run: SyncRun) -> int:
        return run.pk

    @admin.display(description="quoi", ordering="source")
    def what(self, run: SyncRun) -> SafeString:
        return two_lines(run.source.name, nature(run))

    @admin.display(description="état, résultat", ordering="state")
    def outcome(self, run: SyncRun) -> SafeString:
        first = run.message.partition(". ")[0].rstrip(".")
        return two_lines(badge(run), first)

    @admin.display(description="millésime", ordering="as_of")
    def publication(self, run: SyncRun) -> SafeString:
        rows = french.plural(run.rows, "ligne") if run.rows else ""
        return two_lines(run.vintage, rows)

    @admin.display(description="demandée", ordering="created_at")
    def asked(self, run: SyncRun) -> SafeString:
        when = date_format(timezone.localtime(run.created_at), "SHORT_DATETIME_FORMAT")
        details = ", ".join(filter(None, [asked_by(run), duration(run)]))
        return two_lines(when, details)

    # --------------------------------------------------------------------------------------------------------- page
    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:pk>/avancement/", self.progress, name="sync_syncrun_progress"),
            path("<int:pk>/annuler/", self.admin_site.admin_view(self.cancel), name="sync_syncrun_cancel"),
        ]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        run = options["obj"]
        crumbs = [
            ("Sources", reverse("admin:sync_source_changelist")),
            (run.source.name, reverse("admin:sync_source_change", args=[run.source_id])),
            (french.typeset(f"{nature(run).capitalize()} n° {run.pk}"), ""),
        ]
        context |= {"title": run.source.name, "subtitle": nature(run).capitalize(), "crumbs": crumbs}
        context |= facts(request, run)
        return super().render_change_form(request, context, *args, **options)

    @method_decorator(never_cache)
    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The moving part of the page of a run; once the run has ended, the whole of it in its place."""
        run = SyncRun.objects.select_related("source__run", "user").filter(pk=pk).first()
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect("admin:sync_syncrun_change", pk)
        if (
            run is None
            or not self.admin_site.has_permission(request)
            or not self.has_view_permission(request)
        ):
            return HttpResponseClientRefresh()  # the page itself says why
        if run.is_finished:
            whole = render(request, "admin/sync/syncrun/_run.html", facts(request, run))
            return reswap(retarget(whole, "#run"), "outerHTML")
        return render(request, "admin/sync/syncrun/_progress.html", moving(run))

    @method_decorator(require_POST)
    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = get_object_or_404(SyncRun, pk=pk)
        require(request, run.kind)
        cancel(run)
        self.log_change(request, run, "Annulation demandée.")
        return redirect(run_url(run))


def facts(request: HttpRequest, run: SyncRun) -> dict[str, Any]:
    """What the page of a run shows and offers."""
    served = run.source.run_id == run.pk
    # A publication can only be of a source that is synchronised.
    may_return = served and may(request.user, SyncRun.Kind.ROLLBACK) and way_back(source_named(run.source_id))
    may_cancel = not (run.is_finished or run.cancel_requested) and may(request.user, run.kind)
    return {
        **moving(run),
        "asked_by": asked_by(run),
        "duration": duration(run),
        "file_url": run.url if run.url.startswith(("https://", "http://")) else "",
        "tone": tone(run),
        "served": served,
        "public_url": run.get_absolute_url() if run.state == SyncRun.State.PUBLISHED else "",
        "source_url": reverse("admin:sync_source_change", args=[run.source_id]),
        "cancel_url": reverse("admin:sync_syncrun_cancel", args=[run.pk]) if may_cancel else "",
        "roll_back_url": action("roll_back", run.source_id) if may_return else "",
        **next_step(request, run),
    }


def next_step(request: HttpRequest, run: SyncRun) -> dict[str, str]:
    """What the last run of a source calls for: a button to `again_url`, or a page that asks at `force_url`."""
    is_last = not SyncRun.objects.filter(source=run.source_id, pk__gt=run.pk).exists()
    if not is_last or run.is_from_file or not may(request.user, run.kind):
        return {}
    if run.state in AGAIN and run.kind == SyncRun.Kind.ROLLBACK:
        return {"roll_back_url": action("roll_back", run.source_id)}
    if run.state == SyncRun.State.REFUSED and run.forcible:
        return {"force_url": action("force", run.source_id)}
    again_url = action("force" if run.force else "synchronise", run.source_id)
    if run.state == SyncRun.State.TRIED:
        return {"again_url": again_url, "again": "Publier maintenant"}
    if run.state in AGAIN:
        return {"again_url": again_url, "again": "Réessayer", "dry_run": "1" if run.dry_run else ""}
    return {}


def moving(run: SyncRun) -> dict[str, Any]:
    """What changes from second to second while a run is under way."""
    waited = (timezone.now() - run.created_at).total_seconds()
    return {
        "run": run,
        "progress_url": reverse("admin:sync_syncrun_progress", args=[run.pk]),
        "page_url": run_url(run),
        "waited": french.duration(waited) if run.state == SyncRun.State.QUEUED and waited > PATIENCE else "",
    }


def asked_by(run: SyncRun) -> str:
    return run.user.get_username() if run.user else run.get_trigger_display()


def duration(run: SyncRun) -> str:
    if run.started_at is None:
        return ""
    return french.duration(((run.finished_at or timezone.now()) - run.started_at).total_seconds())

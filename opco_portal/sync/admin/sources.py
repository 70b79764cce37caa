"""Each source: what is served of it, and what staff may do about it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from opco_portal import french
from opco_portal.sync.admin.schedules import hours_url
from opco_portal.sync.admin.watched import (
    Watched,
    action,
    badge,
    nature,
    require,
    run_url,
    start,
    start_return,
)
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.orders import may, unfinished, way_back
from opco_portal.sync.overview import latest_runs, light_runs
from opco_portal.sync.schedule import next_times
from opco_portal.sync.source import SyncSource, registered, source_named

Kind = SyncRun.Kind
RECENT = 10  # runs on the page of a source


@admin.register(Source)
class SourceAdmin(Watched):
    list_display = ["name", "publisher", "vintage", "loaded", "last_run"]

    # --------------------------------------------------------------------------------------------------------- list
    def get_queryset(self, request: HttpRequest) -> "QuerySet[Source]":
        return super().get_queryset(request).prefetch_related(Prefetch("runs", latest_runs(), to_attr="last"))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Those that staff can act on first."""
        by_hand = ~Q(pk__in=[source.code for source in registered()])
        return [ExpressionWrapper(by_hand, BooleanField()).asc(), "code"]

    @admin.display(description="lignes servies", ordering="loaded_rows")
    def loaded(self, source: Source) -> str:
        return french.number(source.loaded_rows) if source.loaded_rows else ""

    @admin.display(description="dernière synchronisation")
    def last_run(self, source: Source) -> str:
        links = [
            format_html(
                '<div>{} <a class="detail" href="{}">le {}</a></div>',
                badge(run),
                run_url(run),
                french.day(run.created_at.date()),
            )
            for run in source.last  # type: ignore[attr-defined]
        ]
        return links[0] if links else "aucune" if synchronised(source.pk) else "à la main"

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*self.list_display, "start_button"] if may(request.user, Kind.SYNC) else [*self.list_display]

    @admin.display(description="lancer")
    def start_button(self, source: Source) -> str:
        """A button of the form, with its token, that Django puts around every list."""
        if not synchronised(source.pk):
            return ""
        return format_html(
            '<button class="staff-button" formaction="{}" aria-label="Synchroniser {}">Synchroniser</button>',
            action("synchronise", source.pk),
            source.name,
        )

    # --------------------------------------------------------------------------------------------------------- page
    def get_urls(self) -> list[URLPattern]:
        views = {
            "synchroniser": ("synchronise", self.synchronise),
            "forcer": ("force", self.force),
            "retour": ("roll_back", self.roll_back),
        }
        own = [
            path(f"<slug:code>/{word}/", self.admin_site.admin_view(view), name=f"sync_source_{name}")
            for word, (name, view) in views.items()
        ]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        source = options["obj"]
        crumbs = [("Sources", reverse("admin:sync_source_changelist")), (source.name, "")]
        context |= {"title": source.name, "subtitle": None, "crumbs": crumbs, **facts(request, source)}
        return super().render_change_form(request, context, *args, **options)

    @method_decorator(require_POST)
    def synchronise(self, request: HttpRequest, code: str) -> HttpResponse:
        require(request, Kind.SYNC)
        return start(request, found(code), dry_run="dry_run" in request.POST)

    def force(self, request: HttpRequest, code: str) -> HttpResponse:
        """Ask once more before a check is overruled."""
        require(request, Kind.SYNC)
        if request.method == "POST":
            return start(request, found(code), force=True, dry_run="dry_run" in request.POST)
        return self._confirm(request, found(code), "force", "Forcer la mise à jour")

    def roll_back(self, request: HttpRequest, code: str) -> HttpResponse:
        """Say what comes back and what leaves; the answer counts only while that is still so."""
        require(request, Kind.ROLLBACK)
        target = found(code)
        way = way_back(target)
        if way is None:
            messages.warning(request, french.typeset("Il n’y a pas de millésime précédent auquel revenir."))
            return redirect("admin:sync_source_change", code)
        leaves, returns = way
        if request.method == "POST":
            if request.POST.get("served") == str(leaves.pk):
                return start_return(request, target, leaves)
            messages.warning(
                request,
                french.typeset("Le millésime servi a changé entre-temps : relisez avant de confirmer."),
            )
        title = "Revenir au millésime précédent"
        return self._confirm(request, target, "roll_back", title, leaves=leaves, returns=returns)

    def _confirm(
        self, request: HttpRequest, target: SyncSource[Any], name: str, title: str, **context: Any
    ) -> HttpResponse:
        source = Source.objects.get(pk=target.code)
        source_url = reverse("admin:sync_source_change", args=[source.pk])
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "source": source,
            "source_url": source_url,
            "rows_name": target.rows_name,
            "title": title,
            "crumbs": [
                ("Sources", reverse("admin:sync_source_changelist")),
                (source.name, source_url),
                (title, ""),
            ],
        }
        return TemplateResponse(request, f"admin/sync/source/{name}.html", context)


def found(code: str) -> SyncSource[Any]:
    source = synchronised(code)
    if source is None or not Source.objects.filter(pk=code).exists():
        raise Http404(code)
    return source


def synchronised(code: str) -> SyncSource[Any] | None:
    """How this source is synchronised, if it is at all."""
    try:
        return source_named(code)
    except KeyError:
        return None


def facts(request: HttpRequest, source: Source) -> dict[str, Any]:
    """What the page of a source shows and offers."""
    sync = synchronised(source.pk)
    way = way_back(sync) if sync and may(request.user, Kind.ROLLBACK) else None
    may_sync = sync is not None and may(request.user, Kind.SYNC)
    under_way = unfinished(source.pk).first()
    return {
        "source": source,
        "is_synchronised": sync is not None,
        "under_way": under_way,
        "under_way_url": run_url(under_way) if under_way else "",
        "due": next_times().get(source.pk),
        "hours_url": hours_url(request, source.pk),
        "runs": [
            (run, badge(run), nature(run), run_url(run))
            for run in light_runs().filter(source=source)[:RECENT]
        ],
        "runs_url": f"{reverse('admin:sync_syncrun_changelist')}?source__code__exact={source.pk}",
        "synchronise_url": action("synchronise", source.pk) if may_sync else "",
        "force_url": action("force", source.pk) if may_sync else "",
        "roll_back_url": action("roll_back", source.pk) if way else "",
        "previous": way[1] if way else None,
    }

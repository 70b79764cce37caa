"""Every correction: what it changed, why, by whom, and the way back from it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from opco_portal.corrections import history, revert
from opco_portal.corrections.admin.base import tell
from opco_portal.corrections.admin.forms import ReasonForm
from opco_portal.corrections.admin.imports import Exportable
from opco_portal.corrections.history import SHOWN, Change, forecast
from opco_portal.corrections.models import Correction
from opco_portal.corrections.resources import Corrections
from opco_portal.corrections.revert import key_of
from opco_portal.corrections.words import AUTHORS, Difference, Names, differences
from opco_portal.french import typeset
from opco_portal.staff.site import ReadOnly

REVERT = "corrections.revert_correction"


class Line(NamedTuple):
    """A change of a correction; `url` is the page of its object's history, `undo_url` where it alone is undone."""

    subject: str
    url: str
    nature: str
    differences: Sequence[Difference]
    overtaken: bool = False
    undo_url: str = ""


@admin.register(Correction)
class CorrectionAdmin(Exportable, ReadOnly):
    listing = Corrections
    list_display = ["reference", "when", "kind", "what", "why", "author", "fate"]
    list_filter = ["kind", ("author", admin.RelatedOnlyFieldListFilter), "created_at"]
    list_select_related = ["author"]
    list_per_page = 50
    search_fields = ["title", "reason"]
    search_help_text = "IDCC, nom ou mots du motif"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Correction]":
        return super().get_queryset(request).prefetch_related("reverted_by")

    @admin.display(description="n°", ordering="pk")
    def reference(self, row: Correction) -> int:
        return row.pk

    @admin.display(description="faite le", ordering="created_at")
    def when(self, row: Correction) -> Any:
        return row.created_at

    @admin.display(description="ce qui change")
    def what(self, row: Correction) -> str:
        return row.title

    @admin.display(description="motif")
    def why(self, row: Correction) -> str:
        return row.reason if len(row.reason) <= 120 else f"{row.reason[:119]}…"

    @admin.display(description="état")
    def fate(self, row: Correction) -> str:
        undone = [each.pk for each in row.reverted_by.all()]
        return typeset(f"{row.fate} (n° {undone[-1]})") if undone else "en place"

    # --------------------------------------------------------------------------------------------------------- page
    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/annuler/", self.admin_site.admin_view(self.undo), name="corrections_correction_undo"
        )
        return [own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row = options["obj"]
        changes = history.net(history.changes_of(row.context, most=SHOWN))
        gone = {key_of(change) for change in revert.overtaken_of(changes)}
        overtaken = len(gone) if row.size <= SHOWN else revert.count_overtaken(row)
        left = row.size - overtaken
        undo = reverse("admin:corrections_correction_undo", args=[row.pk])
        may = bool(changes) and self._may_undo(request, history.models_of(row.context))
        context |= {
            "title": typeset(f"Correction n° {row.pk}"),
            "subtitle": None,
            "crumbs": self._crumbs((typeset(f"Correction n° {row.pk}"), "")),
            "correction": row,
            "lines": self._lines(changes, gone, undo if may and row.size > 1 else ""),
            "more": row.size - len(changes),
            "undone_by": row.reverted_by.select_related("author"),
            "undo_url": undo if may and not overtaken else "",
            "others_url": _others(undo) if may and overtaken and left else "",
            "left": left,
            "overtaken": overtaken,
        }
        return super().render_change_form(request, context, *args, **options)

    def _lines(self, changes: Sequence[Change], gone: Collection[str] = (), undo: str = "") -> list[Line]:
        shown = changes[:SHOWN]
        names = Names(shown)
        return [
            Line(
                subject(change),
                self._history_url(change),
                change.nature,
                differences(change, names, AUTHORS),
                key_of(change) in gone,
                f"{undo}?seul={key_of(change)}" if undo and key_of(change) not in gone else "",
            )
            for change in shown
        ]

    def _history_url(self, change: Change) -> str:
        """The history of the object, as long as the administration shows it."""
        if change.model not in self.admin_site._registry or change.after is None:
            return ""
        opts = change.model._meta
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_history", args=[change.pk])

    def _may_undo(self, request: HttpRequest, models: Iterable[type[Model]]) -> bool:
        """Whoever may undo corrections may undo those of what they may change."""
        allowed = {f"{each._meta.app_label}.change_{each._meta.model_name}" for each in models}
        return request.user.has_perms([REVERT, *allowed])

    # --------------------------------------------------------------------------------------------------------- undo
    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what comes back; undo a correction whole, or what it did to one object, or to those that were not changed
        again since, once a reason is given."""
        row = get_object_or_404(Correction.objects.select_related("author"), pk=pk)
        only, leave = request.GET.get("seul", ""), "autres" in request.GET
        changes, overtaken = revert.undoable(row, only)
        if not changes:
            raise Http404(only)
        if not self._may_undo(request, {change.model for change in changes}):
            raise PermissionDenied
        page = reverse("admin:corrections_correction_change", args=[row.pk])
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                made = revert.revert(row, request.user, reason, only, leave_overtaken=leave)
            except ValidationError as error:
                form.add_error(None, error)
            except revert.Overtaken as error:
                overtaken = error.changes
            else:
                tell(request, made)
                return redirect("admin:corrections_correction_change", made.pk if made else row.pk)
        standing = revert.without(changes, overtaken)
        backwards = [change.backwards for change in standing]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": typeset(_title(row, only, overtaken)),
            "crumbs": self._crumbs((typeset(f"Correction n° {row.pk}"), page), ("Annuler", "")),
            "correction": row,
            "size": len(standing),
            "lines": self._lines(backwards),
            "more": max(len(standing) - SHOWN, 0),
            "blocked": overtaken and not (leave and standing),
            "others_url": _others(request.path) if standing else "",
            "overtaken": self._lines(overtaken, {key_of(change) for change in overtaken}),
            "overtaken_more": max(len(overtaken) - SHOWN, 0),
            "forecast": forecast(backwards),
            "form": form,
            "back_url": page,
        }
        return TemplateResponse(request, "admin/corrections/correction/undo.html", context)

    def _crumbs(self, *parts: tuple[str, str]) -> list[tuple[str, str]]:
        return [("Corrections faites", reverse("admin:corrections_correction_changelist")), *parts]


def subject(change: Change) -> str:
    """The object of a change, by its kind and its name."""
    row = change.model(**change.values)
    return typeset(f"{capfirst(change.model._meta.verbose_name)} : {row}")


def _title(row: Correction, only: str, overtaken: Sequence[Change]) -> str:
    if only:
        return "Annuler ce seul changement"
    return f"Annuler {'le reste de ' if overtaken else ''}la correction n° {row.pk}"


def _others(undo: str) -> str:
    """Where what was not changed again since is undone, and the rest left."""
    return f"{undo}?autres"

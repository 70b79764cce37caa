"""Every correction: what it changed, why, by whom, and the way back from it."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from opco_portal.corrections import revert
from opco_portal.corrections.admin.base import HIDDEN, tell
from opco_portal.corrections.admin.forms import ReasonForm
from opco_portal.corrections.admin.imports import Exportable
from opco_portal.corrections.history import Change, forecast
from opco_portal.corrections.models import Correction
from opco_portal.corrections.resources import Corrections
from opco_portal.corrections.revert import key_of
from opco_portal.corrections.words import Difference, Names, differences
from opco_portal.french import typeset
from opco_portal.staff.site import ReadOnly

REVERT = "corrections.revert_correction"
SHOWN = 200  # changes told one by one on the page of a correction


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
        return typeset(f"annulée (n° {undone[-1]})") if undone else "en place"

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
        changes, overtaken = revert.undoable(row)
        undo = reverse("admin:corrections_correction_undo", args=[row.pk])
        may = bool(changes) and self._may_undo(request, changes)
        gone = {key_of(change) for change in overtaken}
        context |= {
            "title": typeset(f"Correction n° {row.pk}"),
            "subtitle": None,
            "crumbs": self._crumbs((typeset(f"Correction n° {row.pk}"), "")),
            "correction": row,
            "lines": self._lines(changes, gone, undo if may and len(changes) > 1 else ""),
            "more": max(len(changes) - SHOWN, 0),
            "undone_by": row.reverted_by.select_related("author"),
            "undo_url": undo if may and not overtaken else "",
            "overtaken": len(overtaken),
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
                differences(change, names, HIDDEN),
                key_of(change) in gone,
                f"{undo}?seul={key_of(change)}" if undo and key_of(change) not in gone else "",
            )
            for change in shown
        ]

    def _history_url(self, change: Change) -> str:
        """The history of the object, as long as the administration shows it."""
        if change.model not in self.admin_site._registry or not _exists(change):
            return ""
        opts = change.model._meta
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_history", args=[change.pk])

    def _may_undo(self, request: HttpRequest, changes: Sequence[Change]) -> bool:
        """Whoever may undo corrections may undo those of what they may change."""
        allowed = {f"{c.model._meta.app_label}.change_{c.model._meta.model_name}" for c in changes}
        return request.user.has_perms([REVERT, *allowed])

    # --------------------------------------------------------------------------------------------------------- undo
    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what comes back; undo a correction whole, or what it did to one object, once a reason is given."""
        row = get_object_or_404(Correction.objects.select_related("author"), pk=pk)
        only = request.GET.get("seul", "")
        changes, overtaken = revert.undoable(row, only)
        if not changes:
            raise Http404(only)
        if not self._may_undo(request, changes):
            raise PermissionDenied
        page = reverse("admin:corrections_correction_change", args=[row.pk])
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and not overtaken and form.is_valid():
            try:
                made = revert.revert(row, request.user, form.cleaned_data["reason"], only)
            except ValidationError as error:
                form.add_error(None, error)
            except revert.Overtaken as error:
                overtaken = error.changes
            else:
                tell(request, made)
                return redirect("admin:corrections_correction_change", made.pk if made else row.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": typeset("Annuler ce seul changement" if only else f"Annuler la correction n° {row.pk}"),
            "crumbs": self._crumbs((typeset(f"Correction n° {row.pk}"), page), ("Annuler", "")),
            "correction": row,
            "size": len(changes),
            "lines": self._lines([change.backwards for change in changes]),
            "more": max(len(changes) - SHOWN, 0),
            "overtaken": self._lines(overtaken),
            "forecast": forecast([change.backwards for change in changes]),
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


def _exists(change: Change) -> bool:
    return change.after is not None

"""What every page that edits reference data shares: the reason, the version check, the history, the way back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from opco_portal.corrections.admin.forms import CorrectionForm, ReasonForm, told
from opco_portal.corrections.edition import Draft, correcting
from opco_portal.corrections.history import Change, forecast, history_of
from opco_portal.corrections.models import Correction
from opco_portal.corrections.origins import Origin, origin_of, origins_of
from opco_portal.corrections.revert import bring_back
from opco_portal.corrections.words import AUTHORS, Difference, Names, differences
from opco_portal.french import typeset
from opco_portal.staff.site import ModelAdmin

CHANGED = typeset(
    "Cette fiche a changé pendant que vous lisiez : voici ce qui changerait maintenant. Relisez avant de confirmer."
)


@dataclass(frozen=True)
class Entry:
    """A change as the history shows it."""

    change: Change
    origin: Origin
    differences: Sequence[Difference]
    restore_url: str = ""


class WithHistory(ModelAdmin):
    """An object with everything that was done to it; whoever may change it may bring a version back."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/history/<int:number>/retablir/",
            self.admin_site.admin_view(self.restore),
            name=self.url_name("restore"),
        )
        return [own, *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self._found(request, object_id)
        changes = history_of(row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": typeset(f"Historique : {row}"),
            "crumbs": self._crumbs(row, ("Historique", "")),
            "object": row,
            "entries": self._entries(changes, row if self.has_change_permission(request, row) else None),
            "comparison": self._comparison(request, changes),
            "chosen": (request.GET.get("de", ""), request.GET.get("a", "")),
            "object_url": reverse(f"admin:{self.url_name('change')}", args=[row.pk]),
        }
        return TemplateResponse(request, "admin/corrections/history.html", context)

    def _crumbs(self, row: Model, *parts: tuple[str, str]) -> list[tuple[str, str]]:
        return [(str(row), reverse(f"admin:{self.url_name('change')}", args=[row.pk])), *parts]

    def _found(self, request: HttpRequest, object_id: str) -> Model:
        row: Model | None = self.get_object(request, object_id)
        if row is None:
            raise Http404(object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return row

    def _entries(self, changes: Sequence[Change], editable: Model | None) -> list[Entry]:
        names, origins = Names(changes), origins_of(changes)
        return [
            Entry(
                change,
                origin_of(change, origins),
                differences(change, names, AUTHORS),
                self._restore_url(editable, change) if editable and place else "",
            )
            for place, change in enumerate(changes)
        ]

    def _restore_url(self, row: Model, change: Change) -> str:
        if change.after is None:
            return ""
        return reverse(f"admin:{self.url_name('restore')}", args=[row.pk, change.number])

    def _comparison(self, request: HttpRequest, changes: Sequence[Change]) -> Sequence[Difference] | None:
        """Two versions side by side, when two were chosen."""
        versions = {str(change.number): change for change in changes}
        first, second = (versions.get(request.GET.get(name, "")) for name in ("de", "a"))
        if not first or not second:
            return None
        both = _between(*sorted((first, second), key=lambda change: change.number))
        return differences(both, Names([both]), AUTHORS)

    def restore(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """Bring an earlier version back, once what that changes was read and a reason given."""
        row = self._found(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        changes = history_of(row)
        version = next((change for change in changes if change.number == number and change.after), None)
        if version is None:
            raise Http404(str(number))
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = self._bring_back(request, row, version, form.cleaned_data["reason"])
            except ValidationError as error:
                form.add_error(None, error)
                changes = history_of(row)
            else:
                tell(request, made)
                return redirect(f"admin:{self.url_name('history')}", row.pk)
        both = self._to(version, changes[0])
        back_url = reverse(f"admin:{self.url_name('history')}", args=[row.pk])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Rétablir une version",
            "crumbs": self._crumbs(row, ("Historique", back_url), ("Rétablir une version", "")),
            "object": row,
            "version": version,
            "read": changes[0].number,
            "differences": differences(both, Names([both]), AUTHORS),
            "forecast": forecast([both]),
            "form": form,
            "back_url": back_url,
        }
        return TemplateResponse(request, "admin/corrections/restore.html", context)

    def _bring_back(
        self, request: HttpRequest, row: Model, version: Change, reason: str
    ) -> Correction | None:
        """In its turn: what it writes over is what was read."""
        read = request.POST.get("read", "")
        with correcting(request.user, Correction.Kind.REVERT, reason=reason) as draft:
            changes = history_of(row)
            newer = [change for change in changes if change.number > int(read if read.isdecimal() else 0)]
            if newer:
                raise ValidationError([CHANGED, *told(reversed(newer))])
            bring_back([self._to(version, changes[0]).backwards])
        return draft.made

    def _to(self, version: Change, current: Change) -> Change:
        return _between(current, replace(version, after=self.restored(version)))

    def restored(self, version: Change) -> dict[str, Any]:
        """The values of a version that staff bring back: from then on they are staff's own."""
        values = dict(version.values)
        return values | {"origin": "manual"} if "origin" in values else values


def _between(first: Change, second: Change) -> Change:
    """From one version to another as if it were one change."""
    return replace(second, before=first.values, after=second.values)


class Chooser(AutocompleteSelect):
    """A field to choose an agreement in, which says so while it is empty."""

    class Media:
        js = ("js/chooser.js",)

    def build_attrs(self, *args: Any, **options: Any) -> dict[str, Any]:
        return super().build_attrs(*args, **options) | {"data-placeholder": "IDCC ou titre"}


class CorrectedAdmin(WithHistory):
    """Objects that staff edit: each save is one correction, with its reason and its version check.

    Nothing is deleted here: what is wrong is corrected, ended or retired, and what was done by mistake is undone.
    """

    form = CorrectionForm
    actions = None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method != "POST" or not self._may_write(request, object_id):
            return super().changeform_view(request, object_id, form_url, extra_context)
        with correcting(request.user) as draft:
            request.draft = draft  # type: ignore[attr-defined]
            response = super().changeform_view(request, object_id, form_url, extra_context)
        if response.status_code == HTTPStatus.FOUND:  # the form was accepted
            tell(request, draft.made)
        return response

    def _may_write(self, request: HttpRequest, object_id: str | None) -> bool:
        """Asked before the turn is taken: whoever may not makes nobody wait."""
        if object_id is None:
            return self.has_add_permission(request)
        row = self.get_object(request, unquote(object_id))
        return row is not None and self.has_change_permission(request, row)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = Chooser(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and not set(form.changed_data) - {"reason", "version"}:
            return  # nor does it become staff's own
        draft: Draft = request.draft  # type: ignore[attr-defined]
        draft.reason = form.cleaned_data["reason"]
        draft.source_url = getattr(obj, "source_url", "")
        if hasattr(obj, "origin"):
            obj.origin = "manual"
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        one_button = {
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
            "show_delete": False,
        }
        return super().render_change_form(request, one_button | context, *args, **options)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any) -> HttpResponse:
        return self._show_again(obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._show_again(obj)

    def _show_again(self, obj: Any) -> HttpResponse:
        return redirect(f"admin:{self.url_name('change')}", obj.pk)

    def log_addition(self, *args: Any) -> None:  # type: ignore[override]
        """The database keeps the history, of this page as of every other way in."""

    log_change = log_addition  # type: ignore[assignment]


def tell(request: HttpRequest, made: Correction | None) -> None:
    """What was just done, and where to see or undo it."""
    if made is None:
        messages.info(request, typeset("Rien n’a changé : tout était déjà ainsi."))
        return
    url = reverse("admin:corrections_correction_change", args=[made.pk])
    link = 'Enregistré, et visible de tous dès maintenant. <a href="{}">Voir ou annuler cette correction</a>'
    messages.success(request, format_html(link, url))

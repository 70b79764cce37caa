"""Lists that can be taken away as files, and brought back: examined, read, then applied whole or not at all.

Between its preview and its confirmation a file waits in Valkey, where every process of the portal finds it, for an
hour at most; what was read is what is written, or the preview is shown again.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

import redis
import tablib
from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from import_export.admin import ExportMixin, ImportMixin
from import_export.tmp_storages import CacheStorage

from opco_portal.corrections import formats
from opco_portal.corrections.admin.base import tell
from opco_portal.corrections.admin.forms import reason_field
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.formats import Unreadable
from opco_portal.corrections.history import forecast
from opco_portal.corrections.imports import Listing, Sheet
from opco_portal.corrections.models import Correction
from opco_portal.corrections.previews import Preview
from opco_portal.french import megabytes, number, typeset

if TYPE_CHECKING:
    from opco_portal.staff.site import ModelAdmin as _Admin
else:
    _Admin = object

STALE = typeset(
    "Ces données ont changé depuis l’aperçu : voici ce que le fichier changerait maintenant. Relisez, puis confirmez."
)
GONE = typeset(
    "Le portail n’a plus votre fichier : il le garde une heure au plus, et jusqu’à ce qu’il soit enregistré. Si son "
    "import ne figure pas dans les corrections faites, choisissez-le de nouveau."
)
NOT_KEPT = typeset(
    "Le portail n’a pas pu garder votre fichier pour la confirmation. Réessayez dans une minute ; si cela dure, "
    "prévenez l’équipe technique."
)


class FilePicker(forms.FileInput):
    """The theme's script writes the name of a chosen file into a text field that it takes to be there; browsers do it
    by themselves, scripts or none, so that this one is never shown."""

    def render(self, *args: Any, **options: Any) -> SafeString:
        field = super().render(*args, **options)
        hidden = '<div><span><span>{}</span></span><input type="text" disabled hidden></div>'
        return format_html(hidden, field)


class ImportForm(forms.Form):
    """A file, and why."""

    file = forms.FileField(
        label="Fichier",
        widget=FilePicker(attrs={"accept": ".csv,.xlsx", "class": "import-file"}),
        help_text=typeset(
            f"Un classeur Excel (.xlsx) ou un CSV : {megabytes(formats.MOST_BYTES).replace(',0', '')} et "
            f"{number(formats.MOST_ROWS)} lignes au plus."
        ),
        error_messages={
            "required": "Choisissez un fichier.",
            "empty": "Le fichier est vide : partez du modèle à remplir.",
        },
    )
    reason = reason_field(help_text="Pourquoi ces changements ? Il sera publié avec eux, sans votre nom.")

    def clean_file(self) -> bytes:
        """The bytes of the file; its table is `dataset`."""
        file = self.cleaned_data["file"]
        if file.size > formats.MOST_BYTES:  # before it is read
            raise forms.ValidationError(formats.too_heavy(file.size))
        data: bytes = file.read()
        try:
            self.dataset = formats.read(data)
        except Unreadable as error:
            raise forms.ValidationError(typeset(str(error))) from error
        return data


class ConfirmForm(forms.Form):
    """What was read in a preview."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    mark = forms.CharField(widget=forms.HiddenInput)
    reason = reason_field()
    reason.widget = forms.HiddenInput()


class Exportable(ExportMixin, _Admin):  # type: ignore[misc]
    """A list that can be taken away as it is filtered, by whoever may look at it."""

    listing: ClassVar[type[Listing]]

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """The rows that the list shows with the same address, in the `format` that it names beside."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        parameters = request.GET.copy()
        kind = parameters.pop("format", ["csv"])[-1]
        request.GET = parameters  # type: ignore[assignment]  # the list takes every parameter for a filter of its own
        try:
            rows = self.get_export_queryset(request)
        except IncorrectLookupParameters:
            return redirect(f"admin:{self.url_name('changelist')}")
        resource = self.listing()
        return _file(kind, resource, resource.export(rows))


class Importable(ImportMixin, Exportable):  # type: ignore[misc]
    """A list whose objects can be brought back in a file, by whoever may change them."""

    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    sheet: ClassVar[type[Sheet]]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.listing = getattr(self, "listing", self.sheet)  # type: ignore[misc]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"import/{address}/", self.admin_site.admin_view(view), name=self.url_name(name))
            for name, address, view in (
                ("template", "modele", self.import_template),
                ("current", "actuels", self.import_current),
            )
        ]
        return [*own, *super().get_urls()]

    def import_template(self, request: HttpRequest) -> HttpResponse:
        """The headings to fill lines under, and how."""
        resource = self._sheet(request)
        return _file(
            request.GET.get("format", "xlsx"), resource, resource.template(), "modele", guide=resource.guide()
        )

    def import_current(self, request: HttpRequest) -> HttpResponse:
        """Everything that a file may change, as it is."""
        resource = self._sheet(request)
        return _file(request.GET.get("format", "xlsx"), resource, resource.export(), guide=resource.guide())

    def _sheet(self, request: HttpRequest) -> Sheet:
        if not self.has_import_permission(request):
            raise PermissionDenied
        return self.sheet(author=request.user, may_add=self.has_add_permission(request))

    # ------------------------------------------------------------------------------------------------------- import
    def import_action(self, request: HttpRequest, **options: Any) -> HttpResponse:
        """Ask for a file, and show what it would change."""
        resource = self._sheet(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        if not form.is_valid():
            return self._import_page(request, resource, form)
        preview = resource.examine(form.dataset)
        if not preview.is_ready:
            return self._import_page(request, resource, form, preview)
        token = _keep(request, form.cleaned_data["file"])
        confirm = _confirmation(token, preview, form.cleaned_data["reason"]) if token else None
        return self._import_page(request, resource, form, preview, confirm, "" if token else NOT_KEPT)

    @method_decorator(require_POST)
    def process_import(self, request: HttpRequest, **options: Any) -> HttpResponse:
        """Apply a file whose preview was confirmed, if that is still what it would change."""
        resource = self._sheet(request)
        form = ConfirmForm(request.POST)
        again = ImportForm(initial={"reason": request.POST.get("reason", "")})
        data = _kept(request, form.cleaned_data["token"]) if form.is_valid() else None
        if data is None:
            return self._import_page(request, resource, again, problem=GONE)
        dataset, token, reason = formats.read(data), form.cleaned_data["token"], form.cleaned_data["reason"]
        with correcting(request.user, Correction.Kind.IMPORT, reason=reason) as draft:
            preview = resource.examine(dataset)
            agreed = preview.is_ready and preview.mark == form.cleaned_data["mark"]
            if agreed:
                resource.write()
        if not agreed and (preview.changed or preview.is_refused):
            confirm = _confirmation(token, preview, reason) if preview.is_ready else None
            return self._import_page(request, resource, again, preview, confirm, STALE)
        _forget(request, token)
        tell(request, draft.made)
        return redirect(f"admin:{self.url_name('changelist')}")

    def _import_page(
        self,
        request: HttpRequest,
        resource: Sheet,
        form: ImportForm,
        preview: Preview | None = None,
        confirm: ConfirmForm | None = None,
        problem: str = "",
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Importer",
            "sheet": resource,
            "form": form,
            "preview": preview,
            "forecast": forecast(preview.as_changes) if preview and preview.is_ready else None,
            "confirm": confirm,
            "problem": problem,
            "guide": resource.guide(),
            "template_url": reverse(f"admin:{self.url_name('template')}"),
            "current_url": reverse(f"admin:{self.url_name('current')}"),
            "import_url": reverse(f"admin:{self.url_name('import')}"),
            "confirm_url": reverse(f"admin:{self.url_name('process_import')}"),
            "list_url": reverse(f"admin:{self.url_name('changelist')}"),
        }
        return TemplateResponse(request, "admin/corrections/import.html", context)


def _confirmation(token: Any, preview: Preview, reason: str) -> ConfirmForm:
    return ConfirmForm(initial={"token": token, "mark": preview.mark, "reason": reason}, auto_id="confirm_%s")


# ------------------------------------------------------------------------------------- what waits for a confirmation
class _Kept(CacheStorage):  # type: ignore[misc]
    """A file in Valkey, under the account that sent it."""

    CACHE_LIFETIME = 3600
    CACHE_PREFIX = "import:"

    def __init__(self, request: HttpRequest, token: Any) -> None:
        super().__init__(name=f"{request.user.pk}:{token}")


def _keep(request: HttpRequest, data: bytes) -> UUID | None:
    """The token of a file that now waits; None when Valkey did not take it in time."""
    token = uuid4()
    try:
        _Kept(request, token).save(data)
    except redis.RedisError:
        return None
    return token


def _kept(request: HttpRequest, token: UUID) -> bytes | None:
    try:
        data: bytes | None = _Kept(request, token).read()
    except redis.RedisError:
        return None
    return data


def _forget(request: HttpRequest, token: UUID) -> None:
    with suppress(redis.RedisError):  # it goes by itself within the hour
        _Kept(request, token).remove()


# ------------------------------------------------------------------------------------------------------------ files
def _file(
    kind: str, resource: Listing, dataset: tablib.Dataset, what: str = "", **options: Any
) -> HttpResponse:
    """A table to download: noms-usuels-2026-11-24.csv, modele-noms-usuels.xlsx."""
    if kind not in formats.FORMATS:
        raise Http404(kind)
    parts = [what, resource.title, "" if what else str(timezone.localdate())]
    return formats.download(dataset, kind, " ".join(parts), **options)

"""An agreement: all the evidence on its OPCO side by side, what can be decided, and its own titles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from branches.dossier import dossier_of
from branches.filters import AgreementAttention
from branches.models import Agreement, AgreementName
from branches.resources import Titles
from branches.successions import ESCAPE_STAYS, refusal
from opco_portal.corrections.admin.base import CorrectedAdmin
from opco_portal.corrections.admin.forms import CorrectionForm
from opco_portal.corrections.admin.imports import Importable
from opco_portal.french import percent, typeset
from opco_portal.staff.lists import two_lines


class AgreementForm(CorrectionForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        status: Any = self.fields.get("status")  # none for who may only look
        if status and self.instance.status == Agreement.Status.ESCAPE:
            status.disabled, status.help_text = True, typeset(ESCAPE_STAYS)
        elif status:
            status.choices = [each for each in status.choices if each[0] != Agreement.Status.ESCAPE]

    def clean_successor(self) -> Agreement | None:
        successor: Agreement | None = self.cleaned_data["successor"]
        if successor is None:
            return None
        rows = Agreement.objects.exclude(successor=None)
        successors = {idcc: following or "" for idcc, following in rows.values_list("pk", "successor")}
        escapes = {successor.pk} if successor.status == Agreement.Status.ESCAPE else set()
        if refused := refusal(self.instance.pk, successor.pk, successors, escapes):
            raise forms.ValidationError(refused)
        return successor


@admin.register(Agreement)
class AgreementAdmin(Importable, CorrectedAdmin):
    form = AgreementForm
    sheet = Titles
    list_display = ["idcc", "short_title", "opco", "status", "successor", "legal_state", "origin"]
    list_filter = [AgreementAttention, "status", "legal_state", "origin", "title_source"]
    list_select_related = ["successor"]
    list_per_page = 50
    search_fields = ["idcc", "title", "short_title", "names__name"]
    search_help_text = "IDCC, titre ou nom usuel"
    autocomplete_fields = ["successor"]
    change_form_outer_before_template = "admin/branches/agreement/dossier.html"
    fieldsets = [
        (
            "Fiche de la convention",
            {
                "fields": [
                    "title",
                    "short_title",
                    "scope",
                    "status",
                    "successor",
                    "legal_state",
                    "legifrance_id",
                    "title_source",
                    "source_url",
                ],
                "description": typeset(
                    "Ce que vous écrivez ici n’est plus modifié par les listes officielles ni par les fichiers de "
                    "référence : les mises à jour signalent seulement ce qu’elles disent d’autre."
                ),
            },
        ),
        ("Pourquoi", {"fields": ["reason", "version"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.with_opco(timezone.localdate())

    @admin.display(description="OPCO", ordering="share")
    def opco(self, row: Any) -> str:
        if row.decided:
            return two_lines(row.decided, "décision du portail")
        return two_lines(row.counted, percent(row.share)) if row.counted else "–"

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Agreement]", search_term: str
    ) -> tuple["QuerySet[Agreement]", bool]:
        """As on the public pages: accents and case ignored, usual names included."""
        return queryset.filter(pk__in=Agreement.objects.named(search_term).values("pk")), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an agreement comes with the official lists, or with the first establishment that declares it

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        row = options["obj"]
        dossier = dossier_of(row.pk)
        may = request.user.has_perm
        context |= {
            "title": f"{row.pk} {dossier.agreement.label}",  # as saved, whatever is being typed
            "subtitle": None,
            "dossier": dossier,
            "names": _names(row),
            "show_save_and_continue": False,
            "attach_url": f"{reverse('admin:branches_attachment_add')}?idcc={row.pk}"
            if may("branches.add_attachment") and row.status != Agreement.Status.ESCAPE
            else "",
            "may_end": may("branches.change_attachment"),
            "add_name_url": f"{reverse('admin:branches_agreementname_add')}?agreement={row.pk}"
            if may("branches.add_agreementname")
            else "",
        }
        return super().render_change_form(request, context, *args, **options)


def _names(row: Agreement) -> tuple[list[AgreementName], list[AgreementName]]:
    """Names and abbreviations, then trades, which are many."""
    names, trade = AgreementName.objects.filter(agreement=row), AgreementName.Kind.TRADE
    return [name for name in names if name.kind != trade], [name for name in names if name.kind == trade]

"""Usual names, abbreviations and trades by which agreements are found."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from branches.models import AgreementName
from branches.naming import namesakes, of_the_files
from branches.resources import Names
from opco_portal.corrections.admin.base import CorrectedAdmin
from opco_portal.corrections.admin.imports import Importable
from opco_portal.french import listed, typeset


@admin.register(AgreementName)
class AgreementNameAdmin(Importable, CorrectedAdmin):
    sheet = Names
    list_display = ["name", "agreement", "kind", "origin", "in_use"]
    list_filter = ["kind", "origin", "retired"]
    list_select_related = ["agreement"]
    list_per_page = 50
    search_fields = ["name", "agreement__idcc", "agreement__short_title"]
    search_help_text = "Nom, IDCC ou titre"
    autocomplete_fields = ["agreement"]
    fieldsets = [
        (
            None,
            {
                "fields": ["agreement", "name", "kind", "retired"],
                "description": typeset(
                    "Un nom usuel ou un sigle désigne une seule convention et mène droit à elle ; un métier la propose "
                    "parmi d’autres."
                ),
            },
        ),
        ("Pourquoi", {"fields": ["reason", "version"]}),
    ]

    @admin.display(description="proposé", boolean=True, ordering="retired")
    def in_use(self, row: AgreementName) -> bool:
        return not row.retired

    def get_readonly_fields(self, request: HttpRequest, obj: AgreementName | None = None) -> list[str]:
        """The reference files would bring back a name of theirs that was written otherwise: it is retired instead."""
        return ["agreement", "name"] if obj and of_the_files([obj.pk]) else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj:
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["agreement", "name", "kind"]}), ("Pourquoi", {"fields": ["reason"]})]

    def save_model(self, request: HttpRequest, obj: AgreementName, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        others = namesakes(obj)
        if others and not obj.retired and obj.kind != AgreementName.Kind.TRADE:
            messages.warning(
                request,
                typeset(f"Ce nom désigne aussi l’IDCC {listed(others)} : qui le cherche devra choisir."),
            )

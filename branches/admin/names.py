"""Usual names, abbreviations and trades by which agreements are found."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from branches.models import AgreementName, SortKey
from opco_portal.corrections.admin.base import CorrectedAdmin
from opco_portal.corrections.history import events_of
from opco_portal.french import listed, plain, typeset


@admin.register(AgreementName)
class AgreementNameAdmin(CorrectedAdmin):
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
        return ["agreement", "name"] if obj and _is_of_the_files(obj) else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj:
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["agreement", "name", "kind"]}), ("Pourquoi", {"fields": ["reason"]})]

    def save_model(self, request: HttpRequest, obj: AgreementName, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        others = _namesakes(obj)
        if others and not obj.retired and obj.kind != AgreementName.Kind.TRADE:
            messages.warning(
                request,
                typeset(f"Ce nom désigne aussi l’IDCC {listed(others)} : qui le cherche devra choisir."),
            )


def _is_of_the_files(row: AgreementName) -> bool:
    return bool(
        events_of(AgreementName).filter(pgh_obj_id=row.pk, origin=AgreementName.Origin.REFERENCE).exists()
    )


def _namesakes(row: AgreementName) -> list[str]:
    """The other agreements that bear the same name."""
    same = AgreementName.objects.in_use().alias(key=SortKey("name")).filter(key=plain(row.name))
    return list(same.exclude(agreement=row.agreement_id).values_list("agreement", flat=True))

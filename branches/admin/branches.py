"""The lines of the approval orders."""

from typing import Any

from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest

from branches.models import Branch
from opco_portal.corrections.admin.base import CorrectedAdmin
from opco_portal.french import typeset


@admin.register(Branch)
class BranchAdmin(CorrectedAdmin):
    list_display = ["line", "title", "opco", "agreement", "order_date", "origin"]
    list_filter = ["opco", "order_date", "origin"]
    list_select_related = ["opco", "agreement"]
    list_per_page = 50
    search_fields = ["title", "agreement__idcc"]
    search_help_text = "Intitulé ou IDCC"
    autocomplete_fields = ["agreement"]
    fieldsets = [
        (
            None,
            {
                "fields": ["line", "title", "opco", "agreement", "order_date", "order_url"],
                "description": typeset(
                    "Une branche est ce qu’un arrêté d’agrément a confié à un OPCO. Ne corrigez que d’après un arrêté, "
                    "et donnez son adresse : pour décider d’un rattachement, passez par la convention."
                ),
            },
        ),
        ("Pourquoi", {"fields": ["reason", "version"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["line"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        last = Branch.objects.aggregate(last=Max("line"))["last"] or 0
        return {"line": last + 1, **super().get_changeform_initial_data(request)}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        if "order_url" in form.base_fields:
            form.base_fields["order_url"].required = obj is None or bool(obj.order_url)
        return form

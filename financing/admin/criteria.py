"""What each OPCO says beside its rules, to look at: the reference files have it, with what the sources contradict."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from financing.models import Criteria, Rule
from financing.models.conversion import criteria_value
from opco_portal.french import plural, typeset
from opco_portal.staff.lists import list_url
from opco_portal.staff.site import ReadOnly


@admin.register(Criteria)
class CriteriaAdmin(ReadOnly):
    list_display = ["payer", "verified_on", "contradictions", "request_name"]
    list_select_related = ["opco"]
    change_form_outer_before_template = "admin/financing/criteria/before.html"
    fields = ()  # the page shows them by a template of its own

    @admin.display(description="OPCO", ordering="opco")
    def payer(self, row: Criteria) -> str:
        return str(row.opco) if row.opco else "Cadre national"

    @admin.display(description="réserves")
    def contradictions(self, row: Criteria) -> str:
        return plural(len(row.cautions), "réserve")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        row = options["obj"]
        context |= {
            "title": typeset(str(row)),
            "subtitle": None,
            "criteria": criteria_value(row),
            "rules_url": list_url(
                Rule, **({"opco__slug__exact": row.opco_id} if row.opco_id else {"opco__isnull": True})
            ),
        }
        return super().render_change_form(request, context, *args, **options)

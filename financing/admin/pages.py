"""The pages that figures come from, and what became of them at the last weekly check."""

from django.contrib import admin
from django.utils.html import format_html

from financing.filters import PageAttention
from financing.models import Rule, SourcePage
from opco_portal.staff.lists import list_url
from opco_portal.staff.site import ReadOnly


@admin.register(SourcePage)
class SourcePageAdmin(ReadOnly):
    list_display = ["url", "state", "checked_at"]
    list_filter = [PageAttention, "status"]
    list_per_page = 50
    search_fields = ["url"]
    search_help_text = "Mots de l’adresse"
    fields = readonly_fields = ("page", "state", "http_status", "checked_at", "failing_since", "rules")

    @admin.display(description="état", ordering="status")
    def state(self, row: SourcePage) -> str:
        return row.told

    @admin.display(description="page")
    def page(self, row: SourcePage) -> str:
        return format_html('<a href="{}" rel="noreferrer">{}</a>', row.url, row.url)

    @admin.display(description="règles")
    def rules(self, row: SourcePage) -> str:
        """Those that cite it, which are found by its address."""
        count = Rule.objects.filter(source_url=row.url).count()
        return format_html('<a href="{}">{}</a>', list_url(Rule, source_url=row.url), count)

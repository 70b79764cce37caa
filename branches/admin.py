"""The reference as staff see it. Until the editing journeys exist, attachments and counts are read only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from branches.models import Agreement, AgreementName, Attachment, Branch, Disagreement, Opco
from opco_portal.identifiers import format_siret
from opco_portal.staff.site import ReadOnly


class AttachmentInline(admin.TabularInline):
    model = Attachment
    fields = [
        "opco",
        "source",
        "establishments",
        "share",
        "vintage",
        "document_date",
        "source_url",
        "to_confirm",
    ]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NameInline(admin.TabularInline):
    model = AgreementName
    fields = ["name", "kind", "origin"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Opco)
class OpcoAdmin(ReadOnly):
    list_display = ["name", "sector", "order_title", "verified_on"]
    search_fields = ["name", "sector"]


@admin.register(Agreement)
class AgreementAdmin(ReadOnly):
    list_display = ["idcc", "short_title", "status", "successor", "legal_state"]
    list_filter = ["status", "legal_state"]
    list_select_related = ["successor"]
    search_fields = ["idcc", "title", "short_title", "names__name"]
    inlines = [AttachmentInline, NameInline]


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly):
    list_display = ["agreement", "opco", "source", "establishments", "share", "document_date", "to_confirm"]
    list_filter = ["source", "opco", "to_confirm"]
    list_select_related = ["agreement", "opco"]
    search_fields = ["agreement__idcc", "agreement__short_title"]


@admin.register(Branch)
class BranchAdmin(ReadOnly):
    list_display = ["line", "title", "opco", "agreement", "order_date"]
    list_filter = ["opco", "order_date"]
    list_select_related = ["opco", "agreement"]
    search_fields = ["title", "agreement__idcc"]


@admin.register(Disagreement)
class DisagreementAdmin(ReadOnly):
    list_display = ["number", "compare", "opco", "vintage", "engine", "other", "said_at"]
    list_filter = ["engine", "opco", "other"]
    fields = [
        "number",
        "compare",
        "opco",
        "source",
        "vintage",
        "engine",
        "other",
        "said_at",
        "first_seen_at",
        "seen_at",
    ]
    list_select_related = ["opco", "other"]
    date_hierarchy = "seen_at"
    search_fields = ["siret"]
    search_help_text = "SIRET ou SIREN"

    @admin.display(description="SIRET", ordering="siret")
    def number(self, row: Disagreement) -> str:
        return format_siret(row.siret)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Disagreement], search_term: str
    ) -> tuple[QuerySet[Disagreement], bool]:
        """Numbers are pasted with their spaces, and stored without the zeros that they may begin with."""
        return super().get_search_results(request, queryset, "".join(search_term.split()).lstrip("0"))

    @admin.display(description="comparer")
    def compare(self, row: Disagreement) -> str:
        return format_html(
            '<a href="{}">Voir les réponses du jour</a>', reverse("opinions", args=[f"{row.siret:014d}"])
        )

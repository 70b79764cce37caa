"""Where another engine names another OPCO than the portal: looked at, then marked as treated."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from branches.filters import Queue
from branches.models import Disagreement, Establishment
from branches.resources import Disagreements
from opco_portal.corrections.admin.imports import Exportable
from opco_portal.french import plural, typeset
from opco_portal.identifiers import format_siret
from opco_portal.staff.site import ModelAdmin


class TreatedFilter(Queue):
    """What nobody has looked at yet, what somebody has, or both."""

    title = "suivi"
    parameter_name = "suivi"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("traites", "traités"), ("tous", "tous")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Disagreement]") -> "QuerySet[Disagreement]":
        if self.value() == "tous":
            return queryset
        return queryset.filter(settled_at__isnull=self.value() is None)


class DisagreementForm(forms.ModelForm):
    treated = forms.BooleanField(
        label="Traité",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Le désaccord quitte la file. Si le moteur nomme un autre OPCO, un nouveau désaccord y entre.",
    )

    class Meta:
        model = Disagreement
        fields = ["note"]
        widgets = {"note": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["treated"] = self.instance.settled_at is not None


@admin.register(Disagreement)
class DisagreementAdmin(Exportable, ModelAdmin):
    listing = Disagreements
    form = DisagreementForm
    list_display = [
        "number",
        "idcc",
        "opco",
        "source",
        "vintage",
        "engine",
        "other",
        "said_at",
        "fate",
        "compare",
    ]
    list_filter = [TreatedFilter, "engine", "opco", "other"]
    list_select_related = ["opco", "other", "settled_by"]
    list_per_page = 50
    show_full_result_count = False
    date_hierarchy = "seen_at"
    search_fields = ["siret"]
    search_help_text = "SIRET ou SIREN"
    actions = ["mark_as_treated"]
    readonly_fields = [
        "number",
        "idcc",
        "compare",
        "opco",
        "source",
        "vintage",
        "engine",
        "other",
        "said_at",
        "first_seen_at",
        "seen_at",
        "fate",
    ]
    fieldsets = [
        ("Ce que disent les deux", {"fields": tuple(readonly_fields[:9])}),
        ("Suivi", {"fields": ["first_seen_at", "seen_at", "fate", "treated", "note"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Disagreement]":
        of_its_row = Establishment.objects.filter(pk=OuterRef("siret")).values("idcc")[:1]
        rows: QuerySet[Disagreement] = super().get_queryset(request)
        return rows.annotate(idcc=Subquery(of_its_row))

    @admin.display(description="SIRET", ordering="siret")
    def number(self, row: Disagreement) -> str:
        return format_siret(row.siret)

    @admin.display(description="IDCC", ordering="idcc")
    def idcc(self, row: Any) -> str:
        if not row.idcc:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:branches_agreement_change", args=[row.idcc]), row.idcc
        )

    @admin.display(description="suivi", ordering="settled_at")
    def fate(self, row: Disagreement) -> str:
        if row.settled_at is None:
            return "à traiter"
        return typeset(f"traité par {row.settled_by}")

    @admin.display(description="comparer")
    def compare(self, row: Disagreement) -> str:
        return format_html(
            '<a href="{}">Voir les réponses du jour</a>', reverse("opinions", args=[f"{row.siret:014d}"])
        )

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Disagreement]", search_term: str
    ) -> Any:
        """Numbers are pasted with their spaces, and stored without the zeros that they may begin with."""
        return super().get_search_results(request, queryset, "".join(search_term.split()).lstrip("0"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Disagreement, form: Any, change: bool) -> None:
        if form.cleaned_data["treated"] != (obj.settled_at is not None):
            obj.settled_at = timezone.now() if form.cleaned_data["treated"] else None
            obj.settled_by = request.user if obj.settled_at else None  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @admin.action(description="Marquer comme traités", permissions=["change"])
    def mark_as_treated(self, request: HttpRequest, queryset: "QuerySet[Disagreement]") -> None:
        rows = Disagreement.objects.filter(pk__in=queryset.values("pk"), settled_at=None)
        count = rows.update(settled_at=timezone.now(), settled_by=request.user)
        self.message_user(request, typeset(f"{plural(count, 'désaccord traité', 'désaccords traités')}."))

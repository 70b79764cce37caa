"""Envelopes, and what is said of their funds: declared exhausted, open again, each with the page that says so."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst

from financing import funds, named
from financing.admin.forms import EnvelopeForm, ExhaustedForm, FundsStatusForm, ReopenForm
from financing.filters import FundsAttention
from financing.models import Envelope, FundsStatus
from financing.preview import funds_in_words
from financing.words import amount_of, budget_of, payer_of, state_of
from opco_portal.corrections.admin.base import CorrectedAdmin
from opco_portal.corrections.admin.steps import Step, take
from opco_portal.french import period, typeset
from opco_portal.staff.lists import page_url, two_lines


@admin.register(Envelope)
class EnvelopeAdmin(CorrectedAdmin):
    form = EnvelopeForm
    list_display = ["what", "payer", "holds", "said", "paid", "origin"]
    list_filter = ["opco", "at_least", "origin"]
    list_select_related = ["opco"]
    list_per_page = 50
    ordering = ["opco", "code"]
    search_fields = ["code"]
    search_help_text = "Code, libellé ou OPCO"
    change_form_outer_before_template = "admin/financing/envelope/before.html"
    fieldsets = [
        (
            None,
            {
                "fields": ["code", "opco", "label", "amount", "at_least", "period", "source_url"],
                "description": typeset(
                    "Un budget que plusieurs règles se partagent pour une même entreprise ; celui dont le montant "
                    "n’est pas publié reste vide. Une enveloppe n’a pas de versions : si son montant change à partir "
                    "d’un jour, ajoutez-en une, dont seront payées les nouvelles versions des règles."
                ),
            },
        ),
        ("Pourquoi", {"fields": ["reason", "version"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Envelope]":
        rows: QuerySet[Envelope] = super().get_queryset(request)
        return rows.prefetch_related("funds", "rules")

    @admin.display(description="enveloppe", ordering="label")
    def what(self, row: Envelope) -> str:
        return two_lines(typeset(row.label), row.code)

    @admin.display(description="OPCO", ordering="opco")
    def payer(self, row: Envelope) -> str:
        return payer_of(row)

    @admin.display(description="montant", ordering="amount")
    def holds(self, row: Envelope) -> str:
        return capfirst(budget_of(row))

    @admin.display(description="fonds aujourd’hui")
    def said(self, row: Envelope) -> str:
        return capfirst(funds_in_words(funds.state(row.funds.all(), timezone.localdate())))

    @admin.display(description="règles")
    def paid(self, row: Envelope) -> int:
        return len(row.rules.all())

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Envelope]", search_term: str
    ) -> tuple["QuerySet[Envelope]", bool]:
        return queryset.filter(pk__in=named.envelopes(search_term).values("pk")), False

    # ----------------------------------------------------------------------------------------------------------- page
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "opco") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        what, _ = self.fieldsets
        return [what, ("Pourquoi", {"fields": ["reason", *(["version"] if obj else [])]})]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        row = options["obj"]
        if row is not None:
            context |= {"title": typeset(row.label), "subtitle": None, "sheet": self._sheet(request, row)}
        return super().render_change_form(request, context, *args, **options)

    def _sheet(self, request: HttpRequest, row: Envelope) -> dict[str, Any]:
        """What the page begins with: what is said of the funds, and the rules that are paid from it."""
        row, today = Envelope.objects.select_related("opco").get(pk=row.pk), timezone.localdate()
        may, over = self.has_change_permission(request, row), funds.exhausted(row, today).exists()
        return {
            "envelope": row,
            "payer": self.payer(row),
            "budget": capfirst(budget_of(row)),
            "said": capfirst(funds_in_words(funds.state(row.funds.all(), today))),
            "funds": [(each, capfirst(funds_in_words(each)), page_url(each)) for each in row.funds.all()],
            "rules": [
                (each, amount_of(each), state_of(each), page_url(each))
                for each in row.rules.select_related("envelope").order_by("code", "validity")
            ],
            "exhausted_url": self._address("exhausted", row) if may and not over else "",
            "reopen_url": self._address("reopen", row) if may and over else "",
        }

    # ---------------------------------------------------------------------------------------------------------- steps
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<slug:pk>/fonds-epuises/", view(self.exhausted), name=self.url_name("exhausted")),
            path("<slug:pk>/rouvrir/", view(self.reopen), name=self.url_name("reopen")),
        ]
        return [*own, *super().get_urls()]

    def exhausted(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Say since when a page says that the funds are exhausted."""
        row = self._to_change(request, pk)
        form = ExhaustedForm(request.POST or None, initial={"since": timezone.localdate()})
        step = Step(
            title="Déclarer les fonds épuisés",
            button="Déclarer les fonds épuisés",
            danger=True,
            about="Les estimations ne promettent alors plus rien de cette enveloppe, et disent pourquoi.",
            form=form,
            act=lambda: funds.declare_exhausted(row, **_told(form, "since", "until", "source_url", "note")),
            row=row,
            back_url=self._address("change", row),
            crumbs=self._crumbs(row),
        )
        return take(request, self, step)

    def reopen(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Say from which day the funds are open again."""
        row = self._to_change(request, pk)
        form = ReopenForm(request.POST or None, initial={"on": timezone.localdate()})
        step = Step(
            title="Rouvrir les fonds",
            button="Rouvrir les fonds",
            about="L’épuisement s’arrête la veille. S’il a été déclaré par erreur, annulez plutôt sa correction.",
            form=form,
            act=lambda: funds.reopen(row, **_told(form, "on", "source_url", "note")),
            row=row,
            back_url=self._address("change", row),
            crumbs=self._crumbs(row),
        )
        return take(request, self, step)

    def _to_change(self, request: HttpRequest, pk: str) -> Envelope:
        row = get_object_or_404(Envelope, pk=pk)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def _address(self, action: str, row: Envelope) -> str:
        return reverse(f"admin:{self.url_name(action)}", args=[row.pk])


def _told(form: Any, *names: str) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in names}


@admin.register(FundsStatus)
class FundsStatusAdmin(CorrectedAdmin):
    """What was said of funds, to correct; it is said from the page of the envelope."""

    form = FundsStatusForm
    list_display = ["envelope", "payer", "status", "when", "source_url", "origin"]
    list_filter = [FundsAttention, "status", "envelope__opco", "origin"]
    list_select_related = ["envelope__opco"]
    list_per_page = 50
    search_fields = ["envelope__code", "envelope__label", "note"]
    search_help_text = "Code ou libellé de l’enveloppe, mots de la remarque"
    fieldsets = [
        (
            None,
            {
                "fields": ["envelope", "status", "since", "until", "source_url", "note"],
                "description": typeset(
                    "Corrigez ici une date, une source ou une remarque. Pour dire que les fonds sont de nouveau "
                    "disponibles, passez par la page de l’enveloppe."
                ),
            },
        ),
        ("Pourquoi", {"fields": ["reason", "version"]}),
    ]
    readonly_fields = ["envelope", "status"]

    @admin.display(description="OPCO", ordering="envelope__opco")
    def payer(self, row: FundsStatus) -> str:
        return payer_of(row.envelope)

    @admin.display(description="période", ordering="since")
    def when(self, row: FundsStatus) -> str:
        return period(row.since, row.until and row.until + funds.DAY)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

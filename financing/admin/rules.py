"""The rules: every version of each, corrected, followed by another, ended, verified; never deleted."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, AdminForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst

from branches.evidence import reference
from financing import funds, named, versions
from financing.admin.forms import EndForm, NewVersionForm, RuleForm, VerifiedForm
from financing.filters import InForce, RuleAttention
from financing.models import Criteria, Rule
from financing.models.conversion import rule_value
from financing.models.envelopes import Status
from financing.preview import funds_in_words
from financing.reference.consistency import OF_EVERY_VERSION, are_indistinct
from financing.words import amount_of, branches_of, budget_of, payer_of, size_of, state_of
from opco_portal.corrections.admin.base import CorrectedAdmin, tell
from opco_portal.corrections.admin.forms import changed_meanwhile
from opco_portal.corrections.admin.steps import Step, take
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import versions_of
from opco_portal.french import day, period, typeset
from opco_portal.staff.lists import list_url, page_url, two_lines

PAID: Any = ("Ce qui est payé", {"fields": ["code", "opco", "scheme", "label", "cost"]})
WHOM: Any = (
    "Pour qui",
    {"fields": ["idccs", "excluded_idccs", "headcount", "territory", "audience"]},
)
TRAINING: Any = (
    "Pour quelle formation",
    {
        "fields": ["kinds", "topic", "modalities", "places", "duration", "group"],
        "description": typeset(
            "Plusieurs règles d’un même champ qui paient différemment se distinguent ici : sans cela, rien ne dirait "
            "laquelle choisir."
        ),
    },
)
AMOUNT: Any = (
    "Combien",
    {
        "fields": [
            "basis",
            ("unit", "per"),
            ("rate", "rate_max"),
            ("percent", "percent_of"),
            ("max_units", "max_persons"),
            "ceilings",
            "envelope",
            "within_pedagogical",
        ],
        "description": typeset(
            "Un montant vide n’est pas publié, ce qui n’est pas zéro : pour « rien n’est payé », choisissez le calcul "
            "« non pris en charge »."
        ),
    },
)
SCALE: Any = (
    "Barème par tranches",
    {
        "fields": ["tiers"],
        "classes": ["collapse"],
        "description": typeset(
            "Quelques règles seulement. En heures ou en mois, la tranche qui contient la durée donne le taux ; en "
            "euros, chaque tranche du coût est payée à son pourcentage."
        ),
    },
)
ADDED: Any = ("Avec quoi elle se cumule", {"fields": ["complements", "alone"], "classes": ["collapse"]})
REMARKS: Any = ("À savoir", {"fields": ["requires", "conditions", "cautions"]})
SOURCE: Any = (
    "Depuis quand, et d’après quelle page",
    {"fields": ["validity", "source_url", "quote", "article", ("verified_on", "confidence")]},
)
WHY: Any = ("Pourquoi", {"fields": ["reason", "version"]})
WHY_A_VERSION: Any = ("Pourquoi", {"fields": ["reason"]})
FIELDSETS = [PAID, WHOM, TRAINING, AMOUNT, SCALE, ADDED, REMARKS, SOURCE]
# What changes from a year to the next comes first.
OF_A_VERSION = [SOURCE, AMOUNT, SCALE, REMARKS, PAID, WHOM, TRAINING, ADDED, WHY_A_VERSION]
OF_THE_CODE = ("code", "opco")  # what every version of a rule has in common


@admin.register(Rule)
class RuleAdmin(CorrectedAdmin):
    form = RuleForm
    list_filter = [RuleAttention, InForce, "opco", "scheme", "confidence", "origin"]
    list_select_related = ["opco", "envelope"]
    list_per_page = 50
    list_fullwidth = True
    show_full_result_count = False
    ordering = ["opco", "code", "-validity"]
    search_fields = ["code"]
    search_help_text = "Code, libellé, OPCO ou IDCC"
    actions = ["mark_as_verified"]  # type: ignore[assignment]
    change_form_outer_before_template = "admin/financing/rule/before.html"
    fieldsets = [*FIELDSETS, WHY]

    # ----------------------------------------------------------------------------------------------------------- list
    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["what", "payer", _whom(), "pays", "when", "checked", "origin"]

    @admin.display(description="règle", ordering="label")
    def what(self, row: Rule) -> str:
        return two_lines(typeset(row.label), row.code)

    @admin.display(description="OPCO, dispositif", ordering="opco")
    def payer(self, row: Rule) -> str:
        return two_lines(payer_of(row), row.get_scheme_display())

    @admin.display(description="montant")
    def pays(self, row: Rule) -> str:
        return two_lines(capfirst(amount_of(row)), row.get_cost_display())

    @admin.display(description="période", ordering="validity")
    def when(self, row: Rule) -> str:
        return two_lines(capfirst(period(row.validity.lower, row.validity.upper)), state_of(row))

    @admin.display(description="vérifiée le", ordering="verified_on")
    def checked(self, row: Rule) -> str:
        return two_lines(day(row.verified_on), row.get_confidence_display())

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Rule]", search_term: str
    ) -> tuple["QuerySet[Rule]", bool]:
        return queryset.filter(pk__in=named.rules(search_term).values("pk")), False

    # ----------------------------------------------------------------------------------------------------------- page
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return OF_THE_CODE if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*FIELDSETS, WHY if obj else WHY_A_VERSION]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        row = options["obj"]
        if row is not None:
            context |= {"title": typeset(row.label), "subtitle": None, "sheet": self._sheet(request, row)}
        return super().render_change_form(request, context, *args, **options)

    def _sheet(self, request: HttpRequest, row: Rule) -> dict[str, Any]:
        """What the page begins with: the rule as it is read, its versions, and what can be done with it."""
        row = Rule.objects.select_related("opco", "envelope").get(
            pk=row.pk
        )  # as saved, whatever is being typed
        criteria = Criteria.objects.filter(opco=row.opco_id).first()
        may = self.has_change_permission(request, row)
        state = funds.state(row.envelope.funds.all(), timezone.localdate()) if row.envelope else None
        return {
            "rule": row,
            "payer": payer_of(row),
            "amount": amount_of(row),
            "branches": branches_of(row),
            "size": size_of(row),
            "period": period(row.validity.lower, row.validity.upper),
            "state": state_of(row),
            "versions": [
                (
                    period(each.validity.lower, each.validity.upper),
                    amount_of(each),
                    page_url(each),
                    each == row,
                )
                for each in Rule.objects.filter(code=row.code).select_related("envelope").order_by("validity")
            ],
            "envelope_url": page_url(row.envelope) if row.envelope else "",
            "budget": budget_of(row.envelope) if row.envelope else "",
            "twins": [(each, amount_of(each), page_url(each)) for each in twins_of(row)],
            "exhausted": funds_in_words(state) if state and state.status == Status.EXHAUSTED else "",
            "criteria": criteria,
            "criteria_url": page_url(criteria) if criteria else "",
            "cautions": len(criteria.cautions) if criteria else 0,
            "public_url": reverse("opco_financing", args=[row.opco_id]) if row.opco_id else "",
            "new_version_url": self._address("new_version", row) if may else "",
            "end_url": self._address("end", row) if may else "",
        }

    # ---------------------------------------------------------------------------------------------------------- steps
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/nouvelle-version/", view(self.new_version), name=self.url_name("new_version")),
            path("<int:pk>/terminer/", view(self.end), name=self.url_name("end")),
        ]
        return [*own, *super().get_urls()]

    def new_version(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the rule becomes from a day on; the version that it starts from ends the day before."""
        row = self._to_change(request, pk)
        fieldsets = _without((*OF_THE_CODE, *OF_EVERY_VERSION), OF_A_VERSION)
        kind: Any = self.get_form(request, row, change=True, form=NewVersionForm, fields=_names(fieldsets))
        form = kind(request.POST or None, row=row)
        return take(
            request,
            self,
            Step(
                title="Nouvelle version",
                button="Enregistrer la nouvelle version",
                about="Elle part de la version ci-dessus, qui s’arrête la veille. Changez ce que la source dit "
                "d’autre, et donnez l’adresse de cette source.",
                form=form,
                fieldsets=AdminForm(form, fieldsets, {}, (), self),
                act=partial(versions.succeed, row, form.instance),
                row=row,
                back_url=self._address("change", row),
                crumbs=self._crumbs(row),
            ),
        )

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Until which day the rule applies."""
        row = self._to_change(request, pk)
        form = EndForm(
            request.POST or None, initial={"last": timezone.localdate(), "source_url": row.source_url}
        )
        return take(
            request,
            self,
            Step(
                title="Terminer la règle",
                button="Terminer la règle",
                danger=True,
                form=form,
                act=lambda: versions.end(row, form.cleaned_data["last"]),
                row=row,
                back_url=self._address("change", row),
                crumbs=self._crumbs(row),
            ),
        )

    def _to_change(self, request: HttpRequest, pk: int) -> Rule:
        row = get_object_or_404(Rule.objects.select_related("opco"), pk=pk)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def _address(self, action: str, row: Rule) -> str:
        return reverse(f"admin:{self.url_name(action)}", args=[row.pk])

    # --------------------------------------------------------------------------------------------------------- action
    @admin.action(description="Marquer les chiffres comme vérifiés aujourd’hui", permissions=["change"])
    def mark_as_verified(self, request: HttpRequest, queryset: "QuerySet[Rule]") -> HttpResponse | None:
        """Say of which rules the figures were read again, and why; they stay whose they are."""
        form, problems = VerifiedForm(request.POST if "reason" in request.POST else None), []
        if form.is_valid():
            read = _read(request)
            with correcting(request.user, reason=form.cleaned_data["reason"]) as draft:
                listed = Rule.objects.filter(pk__in=queryset.filter(pk__in=read).values("pk"))
                problems = _overtaken(listed, read)
                if not problems:
                    listed.update(verified_on=timezone.localdate())
            if not problems:
                tell(request, draft.made)
                return None
        versions_read = versions_of(
            Rule, queryset.values("pk")
        )  # before the rows: never newer than what is shown
        rows = queryset.select_related("opco", "envelope").order_by("source_url", "code")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Chiffres vérifiés",
            "crumbs": [("Règles", list_url(Rule)), ("Chiffres vérifiés", "")],
            "form": form,
            "rows": [(row, payer_of(row), amount_of(row), page_url(row)) for row in rows],
            "problems": problems,
            "read": " ".join(f"{row.pk}:{versions_read.get(row.pk, 0)}" for row in rows),
            "chosen": ACTION_CHECKBOX_NAME,
            "back_url": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/financing/rule/verified.html", context)


def _read(request: HttpRequest) -> dict[int, int]:
    """The version at which each rule of the confirmation was read, by number of the rule."""
    pairs = re.findall(r"\b(\d{1,18}):(\d{1,18})\b", request.POST.get("read", ""))
    return {int(pk): int(version) for pk, version in pairs}


def _overtaken(rows: "QuerySet[Rule]", read: Mapping[int, int]) -> list[str]:
    """What others changed of rules since they were read, a sentence for each change."""
    newest = versions_of(Rule, rows.values("pk"))
    late = [row for row in rows if newest.get(row.pk, 0) > read[row.pk]]
    return list(dict.fromkeys(told for row in late for told in changed_meanwhile(row, str(read[row.pk]))))


def _whom() -> Callable[[Rule], str]:
    """A column of a list, for which the agreements are read once."""
    known = cache(reference)

    @admin.display(description="branche, effectif")
    def whom(row: Rule) -> str:
        return two_lines(branches_of(row, known()), size_of(row))

    return whom


def twins_of(row: Rule) -> list[Rule]:
    """Rules that pay differently in the same cases: nothing would say which one to choose."""
    others = Rule.objects.filter(opco=row.opco_id, scheme=row.scheme, cost=row.cost).exclude(code=row.code)
    value = rule_value(row)
    return [each for each in others.select_related("envelope") if are_indistinct(value, rule_value(each))]


def _without(names: Sequence[str], fieldsets: Sequence[Any]) -> list[Any]:
    return [
        (title, {**options, "fields": [each for each in options["fields"] if each not in names]})
        for title, options in fieldsets
    ]


def _names(fieldsets: Sequence[Any]) -> list[str]:
    """The fields of fieldsets, of which some are side by side."""
    lines = [each for _, options in fieldsets for each in options["fields"]]
    names = [name for line in lines for name in ([line] if isinstance(line, str) else line)]
    return [name for name in names if name != "reason"]

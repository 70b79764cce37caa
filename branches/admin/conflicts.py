"""The queue of conflicts: what the table contradicts, and the three ways to settle it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminURLInputWidget

from branches import attachments, conflicts
from branches.admin.decisions import day_field, effects
from branches.dossier import dossier_of
from branches.filters import Queue
from branches.models import Attachment, Conflict
from branches.preview import Preview, Turn, when
from opco_portal.corrections.admin.base import WithHistory
from opco_portal.corrections.admin.forms import reason_field
from opco_portal.corrections.history import version_of
from opco_portal.french import day, percent, plural, typeset
from opco_portal.staff.site import ReadOnly
from opco_portal.sync.models import DataVersion

Kind, State = Conflict.Kind, Conflict.State
MONTH, HALF_YEAR = timedelta(days=30), timedelta(days=182)


class AcceptForm(forms.Form):
    note = reason_field("Pourquoi accepter la table ?", "Publié si la réponse change, sans votre nom.")


class KeepForm(forms.Form):
    until = day_field("Dernier jour", "Compris. Le lendemain, le conflit revient dans la file.")
    note = reason_field(
        "Pourquoi garder notre réponse ?", "Publié si une décision est prise, sans votre nom."
    )
    source_url = forms.URLField(
        label="Lien vers la source",
        max_length=300,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
        help_text="L’arrêté, l’accord ou la page officielle qui le dit.",
    )

    def clean_until(self) -> date:
        """The first day on which it is no longer kept."""
        return _later(self.cleaned_data["until"]) + timedelta(days=1)


class PostponeForm(forms.Form):
    until = day_field("Revoir le", "Le conflit revient dans la file ce jour-là.")
    note = reason_field("Note pour la suite", "Ce qui manque, à qui vous avez écrit… Réservé à l’équipe.")

    def clean_until(self) -> date:
        return _later(self.cleaned_data["until"])


def _later(until: date) -> date:
    if until.year not in attachments.YEARS:
        raise forms.ValidationError(typeset(attachments.NO_SUCH_YEAR))
    if until <= timezone.localdate():
        raise forms.ValidationError("Choisissez un jour à venir.")
    return until


@dataclass(frozen=True)
class Way:
    """One way to settle a conflict: its form, and what it changes for the public."""

    name: str
    title: str
    explanation: str
    button: str
    form: forms.Form
    url: str
    turns: Sequence[tuple[str, Turn]] = ()


class WaitingFilter(Queue):
    """What waits, or any state."""

    title = "file d’attente"
    parameter_name = "file"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("tous", "tous"),
            *((value, str(label)) for value, label in State.choices if value != State.OPEN),
        ]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Conflict]") -> "QuerySet[Conflict]":
        if self.value() is None:
            return queryset.filter(Conflict.waiting(timezone.localdate()))
        return queryset if self.value() == "tous" else queryset.filter(state=self.value())


@admin.register(Conflict)
class ConflictAdmin(ReadOnly, WithHistory):
    list_display = ["agreement", "kind", "ours", "table", "fate"]
    list_filter = [WaitingFilter, "kind", "ours", "theirs"]
    list_select_related = ["agreement", "ours", "theirs"]
    list_per_page = 50
    search_fields = ["agreement__idcc", "agreement__short_title", "note"]
    search_help_text = "IDCC, titre ou mots de la note"
    actions = None

    @admin.display(description="la table dit", ordering="share")
    def table(self, row: Conflict) -> str:
        counted = plural(row.establishments, "établissement")
        return format_html(
            "<span>{}<br><small>{} de {}, {}</small></span>",
            row.theirs,
            percent(row.share),
            counted,
            row.vintage,
        )

    @admin.display(description="état", ordering="state")
    def fate(self, row: Conflict) -> str:
        if row.waits(timezone.localdate()) and row.until:
            return typeset(f"à revoir depuis le {day(row.until)}")
        if row.until and row.state == State.KEPT:
            return typeset(f"notre réponse gardée jusqu’au {day(row.until - timedelta(days=1))} compris")
        if row.until and row.state == State.POSTPONED:
            return typeset(f"remis au {day(row.until)}")
        return row.get_state_display()

    # ----------------------------------------------------------------------------------------------------------- page
    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/{word}/",
                self.admin_site.admin_view(self.settle),
                {"name": name},
                name=f"branches_conflict_{name}",
            )
            for name, word in (("accept", "accepter"), ("keep", "garder"), ("postpone", "reporter"))
        ]
        return [*own, *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []  # the page shows them by a template of its own

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return self._page(request, row)

    def _page(self, request: HttpRequest, row: Conflict, **bound: forms.Form) -> HttpResponse:
        """`bound`: the form that was filled in wrongly, by the name of its way."""
        may = request.user.has_perm("branches.change_conflict")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": typeset(str(row.agreement)),
            "crumbs": [
                ("Conflits", reverse("admin:branches_conflict_changelist")),
                (typeset(f"IDCC {row.agreement_id} : {row.get_kind_display()}"), ""),
            ],
            "conflict": row,
            "fate": self.fate(row),
            "dossier": dossier_of(row.agreement_id),
            "ways": ways(row, bound) if may and row.state != State.GONE else [],
            "version": _version(row),
            "agreement_url": reverse("admin:branches_agreement_change", args=[row.agreement_id]),
        }
        return TemplateResponse(request, "admin/branches/conflict/settle.html", context)

    def settle(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Settle a conflict in one of the three ways."""
        row = get_object_or_404(Conflict.objects.select_related("agreement", "ours", "theirs"), pk=pk)
        if not request.user.has_perm("branches.change_conflict"):
            raise PermissionDenied
        page = reverse("admin:branches_conflict_change", args=[pk])
        if request.method != "POST":
            return redirect(page)
        form = FORMS[name](request.POST)
        with transaction.atomic():
            DataVersion.hold()  # a second press of the button reads what the first one did
            row.refresh_from_db()
            if request.POST.get("version") != _version(row) or row.state == State.GONE:
                self.message_user(
                    request,
                    typeset("Ce conflit, ou une décision qui le concerne, vient de changer : relisez."),
                    "warning",
                )
            elif form.is_valid():
                try:
                    SETTLE[name](row, author=request.user, **form.cleaned_data)
                except ValidationError as error:
                    form.add_error(None, error)
                else:
                    self.message_user(request, told(name, row, form))
                    return redirect("admin:branches_conflict_changelist")
        return self._page(request, row, **{name: form})


FORMS: dict[str, type[forms.Form]] = {"accept": AcceptForm, "keep": KeepForm, "postpone": PostponeForm}
SETTLE: dict[str, Callable[..., None]] = {
    "accept": conflicts.accept,
    "keep": conflicts.keep,
    "postpone": conflicts.postpone,
}


def told(name: str, row: Conflict, form: forms.Form) -> str:
    """What was just decided."""
    subject = f"IDCC {row.agreement_id}"
    if name == "accept":
        return typeset(f"{subject} : la table est acceptée.")
    until = day(form.cleaned_data["until"])
    if name == "keep":
        return typeset(f"{subject} : notre réponse est gardée ; le conflit revient dans la file le {until}.")
    return typeset(f"{subject} : remis au {until}.")


def ways(row: Conflict, bound: dict[str, forms.Form]) -> list[Way]:
    """The three ways to settle a conflict, each with what it changes for the public."""
    today = timezone.localdate()
    initial: dict[str, dict[str, Any]] = {
        "keep": {"until": today + HALF_YEAR - timedelta(days=1), "source_url": _source_of(row)},
        "postpone": {"until": today + MONTH},
    }
    accepted, kept = _accepted(row), _kept(row, today + HALF_YEAR)
    about: dict[str, tuple[str, str, Preview | None]] = {
        "accept": ("Accepter la table", _accepting(row), accepted),
        "keep": (f"Garder notre réponse : {row.ours}", _keeping(row), kept),
        "postpone": ("Remettre à plus tard", "Rien ne change pour le public.", None),
    }
    return [
        Way(
            name,
            typeset(title),
            typeset(explanation),
            BUTTONS[name],
            bound.get(name) or FORMS[name](initial=initial.get(name), auto_id=f"{name}_%s"),
            reverse(f"admin:branches_conflict_{name}", args=[row.pk]),
            [(when(turn, today), turn) for turn in shown.turns] if shown else [],
        )
        for name, (title, explanation, shown) in about.items()
    ]


BUTTONS = {
    "accept": "Accepter la table",
    "keep": "Garder notre réponse",
    "postpone": "Remettre à plus tard",
}


def _accepting(row: Conflict) -> str:
    if _decisions(row):
        return "Nos décisions pour cet OPCO prennent fin aujourd’hui, ou ne commencent pas : la table répond seule."
    if row.kind == Kind.APPROVAL:
        return "L’arrêté reste affiché parmi les sources, et la table répond seule, comme aujourd’hui."
    return "La table répond seule, comme aujourd’hui."


def _keeping(row: Conflict) -> str:
    current = attachments.unfinished(row.agreement_id, row.ours_id)
    decision = current.filter(validity__contains=timezone.localdate()).first()
    if decision is None:
        return f"Une décision rattache la convention à {row.ours} jusqu’au jour choisi ; ensuite, la table répond."
    end = decision.validity.upper
    if end is None:
        return "Notre décision reste en vigueur, même après ce jour, qui ne fixe que le prochain examen."
    return (
        f"Notre décision vaut jusqu’au {day(end - timedelta(days=1))} compris : elle est prolongée si le dernier jour "
        "ci-dessous est plus tard."
    )


def _decisions(row: Conflict) -> list[Attachment]:
    """What accepting the table would end."""
    return list(attachments.unfinished(row.agreement_id, row.ours_id))


def _accepted(row: Conflict) -> Preview:
    return effects(row.agreement_id, _decisions(row), None)


def _kept(row: Conflict, until: date) -> Preview:
    decision = conflicts.kept_by(row, until, "…", "", None)
    return effects(row.agreement_id, [decision] if decision and decision.pk else [], decision)


def _version(row: Conflict) -> str:
    """What was read: the conflict as it was, and the decisions that it is about."""
    return "-".join(str(version_of(each)) for each in (row, *_decisions(row)))


def _source_of(row: Conflict) -> str:
    """The order or the decision that says ours, to start from."""
    said = Attachment.objects.filter(agreement=row.agreement_id, opco=row.ours_id).exclude(source_url="")
    return said.order_by("-document_date").values_list("source_url", flat=True).first() or ""

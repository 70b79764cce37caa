"""Attachments: those of the sources, to look at, and the portal's own decisions, to make, correct and end."""

import copy
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from branches.admin.decisions import DecisionForm, EndForm, effects, initial_of, mark_of
from branches.filters import AttachmentAttention
from branches.models import Agreement, Attachment
from branches.preview import Preview, when
from branches.resources import Attachments, Decisions
from opco_portal.corrections.admin.base import WithHistory, tell
from opco_portal.corrections.admin.forms import changed_meanwhile
from opco_portal.corrections.admin.imports import Importable
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import version_of
from opco_portal.french import percent, period, typeset

OTHERWISE = typeset(
    "Voici ce que la décision changerait maintenant : ce n’est plus ce que vous aviez lu. Relisez avant de confirmer."
)


@admin.register(Attachment)
class AttachmentAdmin(Importable, WithHistory):
    sheet, listing = Decisions, Attachments
    list_display = ["agreement", "opco", "source", "counted", "part", "when", "document_date", "to_confirm"]
    list_filter = [AttachmentAttention, "source", "opco", "to_confirm"]
    list_select_related = ["agreement", "opco"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["agreement__idcc", "agreement__short_title", "opco__name", "reason"]
    search_help_text = "IDCC, titre, OPCO ou mots du motif"
    actions = None

    @admin.display(description="établissements", ordering="establishments")
    def counted(self, row: Attachment) -> int | str:
        return row.establishments if row.establishments is not None else "–"

    @admin.display(description="part", ordering="share")
    def part(self, row: Attachment) -> str:
        return percent(row.share) if row.share is not None else "–"

    @admin.display(description="période", ordering="validity")
    def when(self, row: Attachment) -> str:
        return period(row.validity.lower, row.validity.upper) if row.validity else "–"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only the portal's own decisions are corrected; what a source says is what it says."""
        own = obj is None or obj.source == Attachment.Source.MANUAL
        return own and super().has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Attachment]":
        return super().get_queryset(request).order_by("agreement", "opco", "source")

    # ------------------------------------------------------------------------------------------------------ decisions
    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/terminer/", self.admin_site.admin_view(self.end), name="branches_attachment_end")
        return [own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new decision, on the agreement that the address names."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"first": timezone.localdate(), "idcc": request.GET.get("idcc", "")}
        initial |= {name: request.GET[name] for name in ("opco",) if name in request.GET}
        return self._decide(request, DecisionForm(request.POST or None, initial=initial))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A decision of the portal is corrected; another attachment is looked at on the page of its agreement."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        if not self.has_change_permission(request, row):
            return redirect("admin:branches_agreement_change", row.agreement_id)
        form = DecisionForm(request.POST or None, initial=initial_of(row), row=copy.copy(row))
        return self._decide(request, form, row)

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ending a decision is as easy as making one."""
        row = Attachment.objects.filter(pk=pk).first()
        if row is None or row.source != Attachment.Source.MANUAL:
            raise Http404(str(pk))
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        form = EndForm(request.POST or None, initial={"end": timezone.localdate()}, row=copy.copy(row))
        return self._decide(request, form, row)

    def _decide(
        self, request: HttpRequest, form: DecisionForm | EndForm, row: Attachment | None = None
    ) -> HttpResponse:
        """Check, preview, and save once what was previewed is confirmed and still true."""
        shown, problems = None, []
        if request.method == "POST":
            with correcting(request.user) as draft:  # the turn is taken before anything is read
                problems = changed_meanwhile(row, request.POST.get("version", ""))
                if form.is_valid():
                    before, after = [row] if row else [], form.decision()
                    idcc = (after or row).agreement_id  # type: ignore[union-attr]
                    shown = effects(idcc, before, after)
                    confirmed = request.POST.get("confirm", "")
                    if confirmed and not problems and confirmed != mark_of(shown):
                        problems = [OTHERWISE]
                    if confirmed and not problems:
                        draft.reason = form.cleaned_data["reason"]
                        draft.source_url = form.cleaned_data.get("source_url", "")
                        self._save(request, row, after)
            if shown and confirmed and not problems:
                tell(request, draft.made)
                return redirect("admin:branches_agreement_change", idcc)
        return self._page(request, form, row, shown, problems)

    def _save(self, request: HttpRequest, before: Attachment | None, after: Attachment | None) -> None:
        if after is None:
            if before:
                before.delete()
            return
        if before is None or before.author_id is None:
            after.author = request.user  # type: ignore[assignment]
        after.full_clean()
        after.save()

    def _page(
        self,
        request: HttpRequest,
        form: DecisionForm | EndForm,
        row: Attachment | None,
        shown: Preview | None,
        problems: Sequence[str],
    ) -> HttpResponse:
        today = timezone.localdate()
        ending = isinstance(form, EndForm)
        agreement = row.agreement if row else _chosen(request, form)
        back_url = (
            reverse("admin:branches_agreement_change", args=[agreement.pk])
            if agreement
            else reverse("admin:branches_attachment_changelist")
        )
        titles = {
            True: "Terminer une décision",
            False: "Corriger une décision" if row else "Rattacher une convention",
        }
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": titles[ending],
            "crumbs": [
                (typeset(f"IDCC {agreement.pk}") if agreement else "Rattachements", back_url),
                (titles[ending], ""),
            ],
            "form": form,
            "agreement": agreement,
            "decision": row,
            "period": period(row.validity.lower, row.validity.upper) if row else "",
            "ending": ending,
            "preview": shown,
            "turns": [(when(turn, today), turn) for turn in shown.turns] if shown else [],
            "mark": mark_of(shown) if shown else "",
            "version": version_of(row) if row else "",
            "problems": problems,
            "end_url": reverse("admin:branches_attachment_end", args=[row.pk]) if row and not ending else "",
            "back_url": back_url,
        }
        return TemplateResponse(request, "admin/branches/attachment/decide.html", context)


def _chosen(request: HttpRequest, form: DecisionForm | EndForm) -> Agreement | None:
    """The agreement that a new decision is about, as it was typed, else as the address names it."""
    typed: Agreement | None = form.cleaned_data.get("idcc") if form.is_bound else None
    return typed or Agreement.objects.filter(pk=request.GET.get("idcc", "")).first()

"""Changes in two steps: what they would change is read, then confirmed. What is previewed is done, and then undone."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from hashlib import sha256

from django import forms
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from opco_portal.corrections import history
from opco_portal.corrections.admin.base import tell
from opco_portal.corrections.admin.corrections import Line, subject
from opco_portal.corrections.admin.forms import changed_meanwhile
from opco_portal.corrections.edition import Draft, correcting
from opco_portal.corrections.history import Change, Values, forecast, version_of
from opco_portal.corrections.words import AUTHORS, Names, differences
from opco_portal.french import typeset
from opco_portal.staff.site import ModelAdmin

UNTOLD = (*AUTHORS, "origin")  # what staff write is theirs: that goes without saying here
OTHERWISE = typeset(
    "Voici ce qui changerait maintenant : ce n’est plus ce que vous aviez lu. Relisez avant de confirmer."
)


@dataclass(frozen=True)
class Step:
    """What staff do with an object in two steps.

    `act` does it once `form` is valid, and may raise ValidationError; the form holds a reason, and a source where
    there is one. `row` is the object that the form starts from; a new object is shown by what tells it from `row`.
    """

    title: str
    button: str
    form: forms.BaseForm
    act: Callable[[], object]
    row: Model
    back_url: str
    crumbs: Sequence[tuple[str, str]]
    about: str = ""  # a sentence on what it is for
    fieldsets: AdminForm | None = None  # the form in parts, where it is long
    danger: bool = False


@dataclass(frozen=True)
class Preview:
    """What a step would change, and what the public would read then; None where nobody can tell."""

    lines: Sequence[Line]
    forecast: Sequence[str] | None
    mark: str


def take(request: HttpRequest, admin: ModelAdmin, step: Step) -> HttpResponse:
    """Check, preview, and do once what was previewed is confirmed and still true."""
    shown, problems, confirmed, read = None, [], request.POST.get("confirm", ""), version_of(step.row)
    if request.method == "POST":
        with correcting(request.user) as draft:  # the turn is taken before anything is read
            problems = changed_meanwhile(step.row, request.POST.get("version", ""))
            if step.form.is_valid():
                draft.reason = step.form.cleaned_data["reason"]
                draft.source_url = step.form.cleaned_data.get("source_url", "")
                shown = _done_or_foretold(step, draft, "" if problems else confirmed)
        if shown and confirmed == shown.mark and not problems:
            tell(request, draft.made)
            return redirect(step.back_url)
        if shown and confirmed and not problems:
            problems = [OTHERWISE]
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": step.title,
        "crumbs": [*step.crumbs, (step.title, "")],
        "step": step,
        "form": step.form,
        "adminform": step.fieldsets,
        "preview": shown,
        "problems": problems,
        "version": read,
    }
    return TemplateResponse(request, "admin/corrections/step.html", context)


def _done_or_foretold(step: Step, draft: Draft, confirmed: str) -> Preview | None:
    """Do it, and undo it at once unless it is what was confirmed; None where it cannot be done."""
    row = copy(step.row)  # what `act` makes of it is no longer what it was
    try:
        with transaction.atomic():
            step.act()
            shown = _preview(history.net(history.changes_of(draft.context)), row)
            if shown.mark != confirmed:
                transaction.set_rollback(True)
    except ValidationError as error:
        step.form.add_error(None, ValidationError(error.messages))  # of fields that the form need not have
        return None
    return shown


def _preview(changes: Sequence[Change], row: Model) -> Preview:
    names = Names(changes)
    lines = [
        Line(subject(change), "", change.nature, differences(_beside(change, row), names, UNTOLD))
        for change in changes
    ]
    return Preview(lines, forecast(changes), _mark(changes))


def _beside(change: Change, row: Model) -> Change:
    """A new object by what tells it from the one that it was made from."""
    is_like_it = change.before is None and change.model is type(row)
    return replace(change, before=history.values_of(row)) if is_like_it else change


def _mark(changes: Sequence[Change]) -> str:
    """What a confirmation must carry: what was read is what is done, on what was read. New objects have no number."""
    told = [
        (change.model._meta.label, change.pk if change.before else "", change.before, _unnumbered(change))
        for change in changes
    ]
    return sha256(repr(told).encode()).hexdigest()


def _unnumbered(change: Change) -> Values | None:
    if change.before is not None or change.after is None:
        return change.after
    return {name: value for name, value in change.after.items() if name != change.model._meta.pk.attname}

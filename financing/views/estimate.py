"""What the OPCO would pay: the form, and under the same address its result."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import replace_url, reswap, retarget

from branches.directory import chosen
from branches.evidence import reference
from branches.lookup import Reference
from branches.views.paging import is_fragment
from financing.calculator import Estimate, estimate
from financing.forms import NAMES, CompanyForm, ProjectForm, corrections, is_asked
from financing.lengths import other_lengths
from financing.rulebook import rulebook
from financing.shown import costs, headline, rejections, shown_options, verified
from financing.views.addresses import address_of, has_blanks, told

# What the pages of the lookup say of a company, kept from one address to the next.
CARRIED = ("entreprise", "effectif", "naf", "nom", "liste")
# What is tried again beside the result.
TRIED = ("heures", "salaries", "cout", "type")
# The fields of the form, by the names that the calculator gives to what is missing.
FIELDS = {project: name for name, project in NAMES.items()} | {"training_kind": "type"}


@require_safe
@vary_on_headers("HX-Request")
def estimate_page(request: HttpRequest) -> HttpResponse:
    """/financements/: the form; the result once a training is told. The address is the state, without blanks."""
    fragment = is_fragment(request)
    if not fragment and has_blanks(request.GET):
        return redirect(address_of("financing", request.GET))
    context = _context(request)
    form = context["form"]
    if fragment:
        return _tried(request, form, context)
    return render(request, "financing/estimate.html", context)


def _context(request: HttpRequest) -> dict[str, Any]:
    asked, current = request.GET, reference()
    context: dict[str, Any] = {
        "chosen": chosen(asked),
        "carried": {name: asked[name] for name in CARRIED if asked.get(name)},
    }
    if not is_asked(asked):
        form = ProjectForm(initial=told(asked), current=current)
        return context | {"form": form, "known": known(current)}
    form = ProjectForm(asked, current=current)
    context |= {"form": form, "errors": corrections(form)}
    return context | (_result(form, current, asked) if form.is_valid() else {})


def _tried(request: HttpRequest, form: ProjectForm, context: dict[str, Any]) -> HttpResponse:
    """The parts of the result that other values change; a value that cannot be is said beside its field."""
    if not form.is_valid():
        return reswap(
            retarget(render(request, "financing/_tried_errors.html", context), "#essai-erreurs"), "innerHTML"
        )
    response = render(request, "financing/_tried.html", context | {"fragment": True})
    return replace_url(response, address_of("financing", request.GET))


def _result(form: ProjectForm, current: Reference, asked: QueryDict) -> dict[str, Any]:
    project, on = form.project(), form.day
    book = rulebook(project.opco, current.version)
    found = estimate(project, book, on)
    return {
        "found": found,
        "is_past": on < timezone.localdate(),
        "asker": form.asker,
        "opco": current.opcos[project.opco],
        "criteria": book.own,
        "title": headline(project),
        "costs": costs(project),
        "options": shown_options(found),
        "verified": verified([rule for option in found.options for rule in option.rules]),
        "missing": [(FIELDS[each.field], each.sentence) for each in found.missing],
        "rejections": rejections(found),
        "lengths": other_lengths(found, book),
        "comparison": _comparison(asked),
        "tried": [form[name] for name in TRIED if name != "type" or _depends_on_kind(found)],
        "kept": {name: value for name, value in told(asked).items() if name not in TRIED},
    }


def _comparison(asked: QueryDict) -> str:
    """The address where this company becomes the first of several."""
    numbered = {
        f"{name}_1" if name in CompanyForm.base_fields else name: value for name, value in told(asked).items()
    }
    return address_of(
        "financing_compare", {name: value for name, value in numbered.items() if name not in CARRIED}
    )


def _depends_on_kind(found: Estimate) -> bool:
    return bool(found.project.kind) or any(each.field == "training_kind" for each in found.missing)


@dataclass(frozen=True)
class Known:
    """How much the portal knows: the rules of so many OPCOs, verified between two days."""

    rules: int
    opcos: int
    first: date
    last: date


def known(current: Reference) -> Known | None:
    """None while no rule is loaded."""
    books = [rulebook(slug, current.version) for slug in current.opcos]
    own = [[rule for rule in book.rules if rule.opco] for book in books]
    days = [rule.verified_on for rules in own for rule in rules if rule.verified_on]
    if not days:
        return None
    return Known(sum(map(len, own)), len([rules for rules in own if rules]), min(days), max(days))

"""The same course for several companies side by side: those of a group, or the choices of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from branches.evidence import reference
from branches.lookup import Reference
from financing.askers import Asker
from financing.calculator import Option, Project, estimate
from financing.forms import CompanyForm, CourseForm, corrections, is_asked, project_of
from financing.outlook import Outlook, outlook
from financing.rulebook import rulebook
from financing.shown import costs, headline, verified
from financing.views.addresses import address_of, has_blanks, told

FEWEST, MOST = 2, 4


@dataclass(frozen=True)
class Row:
    """A company with what it can count on, what has no funds left, and the address of its whole result."""

    asker: Asker
    project: Project
    outlook: Outlook | None
    exhausted: tuple[Option, ...]
    address: str


@require_safe
def comparison_page(request: HttpRequest) -> HttpResponse:
    """/financements/comparer/: companies in numbered fields (opco_1, idcc_1…), one course for all of them."""
    asked = request.GET
    if has_blanks(asked):
        return redirect(address_of("financing_compare", asked))
    current = reference()
    if asked.get("entreprises"):
        return render(request, "financing/comparison.html", _with_room(asked, current))
    companies = [CompanyForm(asked, number=number, current=current) for number in _numbers(asked)]
    context: dict[str, Any] = {"companies": companies, "more": _more(companies)}
    if not is_asked(asked):
        return render(request, "financing/comparison.html", context | {"course": CourseForm()})
    course = CourseForm(asked)
    filled = [company for company in companies if company.told]
    course.is_valid()
    for company in filled:
        company.find_asker(course.day)
    context |= {
        "course": course,
        "errors": corrections(*filled, course),
        "too_few": len(filled) < FEWEST,
    }
    if not context["errors"] and not context["too_few"]:
        context |= _result(filled, course, current)
    return render(request, "financing/comparison.html", context)


def _with_room(asked: Mapping[str, str], current: Reference) -> dict[str, Any]:
    """The form with what was typed and room for one more company: nothing is judged before it is filled in."""
    companies = [
        CompanyForm(
            number=number,
            current=current,
            initial={name: asked.get(f"{name}_{number}", "") for name in CompanyForm.base_fields},
        )
        for number in _numbers(asked)
    ]
    return {"companies": companies, "more": _more(companies), "course": CourseForm(initial=told(asked))}


def _more(companies: list[CompanyForm]) -> int:
    """How many companies there would be with one more; 0 where there is no room."""
    return len(companies) + 1 if len(companies) < MOST else 0


def _numbers(asked: Mapping[str, str]) -> range:
    """The companies that there is room for: those that are told, and one more where one was asked for."""
    numbers = [
        number
        for number in range(1, MOST + 1)
        if any(asked.get(f"{name}_{number}") for name in CompanyForm.base_fields)
    ]
    wished = asked.get("entreprises", "")
    room = int(wished) if wished.isascii() and wished.isdecimal() and len(wished) < 3 else 0
    return range(1, min(MOST, max(FEWEST, *numbers, room)) + 1)


def _result(companies: list[CompanyForm], course: CourseForm, current: Reference) -> dict[str, Any]:
    rows = [_row(company, course, current) for company in companies]
    project = rows[0].project
    return {
        "rows": rows,
        "title": headline(project),
        "project": project,
        "costs": costs(project),
        "verified": verified([rule for row in rows if row.outlook for rule in row.outlook.option.rules]),
        "on": course.day,
    }


def _row(company: CompanyForm, course: CourseForm, current: Reference) -> Row:
    project = project_of(company, course)
    found = estimate(project, rulebook(project.opco, current.version), course.day)
    asked = {**company.told, **told(course.data)}
    exhausted = tuple(each for each in found.options if each.funds and each.funds.status == "exhausted")
    return Row(company.asker, project, outlook(found), exhausted, address_of("financing", asked))

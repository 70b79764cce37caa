"""Where the data comes from, how fresh it is, and what each publication changed."""

from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from branches.changes import (
    NATURES,
    NOT_A_NUMBER,
    WITHOUT,
    Kind,
    as_csv,
    establishments,
    file_name,
    numbered,
    publications,
    tally,
    undone_by,
    with_force,
)
from branches.evidence import reference
from branches.freshness import freshness
from branches.lookup import OpcoFact, Reference
from branches.models import EstablishmentChange
from branches.news import CORRECTIONS, items, news, told
from branches.opinions import ENGINES
from branches.views.paging import page_of
from opco_portal.corrections.models import Correction
from opco_portal.french import plain
from opco_portal.sync.models import SyncRun

LATEST = 3  # publications on the page of the sources


@require_safe
def data_page(request: HttpRequest) -> HttpResponse:
    """/donnees/: every source, and the latest publications."""
    sources = freshness(timezone.localdate())
    context = {
        "sources": sources,
        "followed": [fresh for fresh in sources if not fresh.by_hand],
        "by_hand": [fresh for fresh in sources if fresh.by_hand],
        "services": _services(),
        "latest": items(news()[:LATEST]),
    }
    return render(request, "branches/data.html", context)


class Service(NamedTuple):
    """A server that is asked when somebody needs it."""

    name: str
    page: str
    gives: str
    asked: bool


def _services() -> list[Service]:
    directory = Service(
        "Annuaire des entreprises",
        "https://annuaire-entreprises.data.gouv.fr/",
        "Le nom, l’adresse, l’activité, l’effectif et les conventions d’une entreprise.",
        bool(settings.COMPANIES_API),
    )
    engines = (Service(one.name, one.home, one.gives, one.is_configured()) for one in ENGINES)
    return [directory, *engines]


@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    """/donnees/changements/: every publication, of one source or of all."""
    code = request.GET.get("source", "")
    sources = [
        (*source, count)
        for *source, count in publications()
        .order_by("source__name")
        .values_list("source", "source__name")
        .annotate(Count("pk"))
    ]
    made = Correction.objects.count()
    if made:
        sources.append((CORRECTIONS, "Corrections", made))
    chosen = next((name for each, name, _ in sources if each == code), "")
    total = sum(count for each, _, count in sources if not chosen or each == code)
    page = page_of(request, news(code if chosen else ""), size=20, count=total)
    context = {
        "page": page,
        "entries": items(page),
        "sources": sources,
        "source": code if chosen else "",
        "chosen": chosen,
        "total": sum(count for *_, count in sources),
    }
    return render(request, "branches/changes.html", context)


@require_safe
def correction_page(request: HttpRequest, pk: int) -> HttpResponse:
    """/donnees/changements/corrections/<id>/: what a correction changed, and why; not who made it."""
    correction = get_object_or_404(Correction.objects.prefetch_related("reverted_by"), pk=pk)
    lines, more = told(correction)
    context = {"correction": correction, "lines": lines, "more": more}
    return render(request, "branches/correction.html", context)


@require_safe
def change_page(request: HttpRequest, pk: int) -> HttpResponse:
    """/donnees/changements/<id>/: what one publication changed, table by table."""
    runs = publications().select_related("replaces").defer("replaces__report", "replaces__set_aside")
    run = get_object_or_404(with_force(runs), pk=pk)
    report = run.report or {}
    context = {
        "run": run,
        "sentences": report.get("headline", []),
        "is_served": run.source.run_id == run.pk,
        "undone": undone_by(run) if run.kind == SyncRun.Kind.ROLLBACK else (),
        "lists_establishments": EstablishmentChange.objects.filter(run=run).exists(),
    }
    return render(request, "branches/change.html", context)


# ------------------------------------------------------------------------------------------------- establishments
@dataclass(frozen=True)
class Side:
    """What the table said of an establishment before a publication, or says after it."""

    opco: OpcoFact | None
    idcc: str | None
    manager: OpcoFact | None


@dataclass(frozen=True)
class Row:
    """An establishment that changed; without `before` it is new, without `after` it is gone."""

    siret: str
    nature: str
    before: Side | None
    after: Side | None


@require_safe
def change_establishments(request: HttpRequest, pk: int) -> HttpResponse:
    """/donnees/changements/<id>/etablissements/: the establishments that changed, by kind, OPCO and number."""
    run = get_object_or_404(_with_establishments(), pk=pk)
    current, (kind, opco), (typed, number) = reference(), _filters(request), _number(request)
    counts = tally(run, number)
    kinds, opcos = counts.kinds(opco), counts.opcos(kind)
    found = kinds[kind] if kind else kinds.total()
    page = page_of(request, establishments(run, kind, opco, number), count=found)
    names = {each.slug: each.name for each in current.opcos.values()}
    context = {
        "run": run,
        "q": typed,
        "problem": NOT_A_NUMBER if typed and number is None else "",
        "page": page,
        "rows": [_row(row, current) for row in page],
        "kind": kind,
        "kinds": [(each.value, capfirst(each.label), kinds[each]) for each in Kind],
        "every_kind": kinds.total(),
        "opco": opco,
        "chosen": "Sans OPCO" if opco == WITHOUT else names.get(opco, ""),
        "opcos": [
            *(
                (slug, name, opcos[slug])
                for slug, name in sorted(names.items(), key=lambda item: plain(item[1]))
            ),
            (WITHOUT, "Sans OPCO", opcos[WITHOUT]),
        ],
        "every_opco": counts.kinds()[kind] if kind else counts.kinds().total(),
    }
    return render(request, "branches/change_establishments.html", context)


@require_safe
def change_establishments_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same list whole, as a file; a number that is none has no list, rather than the list of everyone."""
    run = get_object_or_404(_with_establishments().select_related("replaces"), pk=pk)
    typed, number = _number(request)
    if typed and number is None:
        return HttpResponseBadRequest(NOT_A_NUMBER, content_type="text/plain; charset=utf-8")
    return StreamingHttpResponse(
        as_csv(establishments(run, *_filters(request), number), reference()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name(run)}"'},
    )


def _with_establishments() -> QuerySet[SyncRun]:
    """Only the SIRET-OPCO table is told down to its establishments."""
    return (
        publications()
        .filter(source="siro")
        .defer("report", "set_aside", "replaces__report", "replaces__set_aside")
    )


def _number(request: HttpRequest) -> tuple[str, Q | None]:
    """What was typed into the field, and the changes that it designates, None when it designates none."""
    typed = request.GET.get("q", "").strip()
    return typed, numbered(typed)


def _filters(request: HttpRequest) -> tuple[str, str]:
    """The kind and the OPCO of the address; a word that means nothing filters nothing."""
    kind, opco = request.GET.get("nature", ""), request.GET.get("opco", "")
    return (
        kind if kind in Kind.values else "",
        opco if opco == WITHOUT or opco in reference().opcos else "",
    )


def _row(row: EstablishmentChange, current: Reference) -> Row:
    def side(idcc: str | None, owner: str | None, manager: str | None) -> Side:
        return Side(current.opcos.get(owner or ""), idcc, current.opcos.get(manager or ""))

    return Row(
        f"{row.siret:014d}",
        NATURES[Kind(row.kind)],
        None if row.kind == Kind.APPEARED else side(row.old_idcc, row.old_owner, row.old_manager),
        None if row.kind == Kind.VANISHED else side(row.idcc, row.owner, row.manager),
    )

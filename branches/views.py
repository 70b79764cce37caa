"""The public pages: the field, the answer and its reasons, the OPCOs, the branches."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from branches import search
from branches.evidence import evidence_for, look_up, reference, siblings
from branches.lookup import (
    AgreementFact,
    Answer,
    AttachmentFact,
    Candidate,
    Evidence,
    Hit,
    OpcoFact,
    Query,
    Reference,
    answer,
    candidates_of,
    parse,
)
from branches.lookup.messages import document_name, document_vintage
from branches.models import (
    Agreement,
    AgreementName,
    Attachment,
    Branch,
    DeclaredOpco,
    Establishment,
    Opco,
    SortKey,
)
from opco_portal import typography
from opco_portal.french import typeset
from opco_portal.identifiers import siren_of

PAGE_SIZE = 50
MINISTRY_COUNT = 329  # the ministry's own count of branches, March 2019
STRAY = Decimal("0.1")  # an OPCO with a smaller share of an agreement's establishments is told as a stray one


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    sources = reference().sources
    context = {"siro": sources.get("siro"), "approvals": sources.get("approvals")}
    return render(request, "branches/home.html", context)


# ---------------------------------------------------------------------------------------------------- search
@dataclass(frozen=True)
class AgreementResult:
    """An agreement found by words, with its OPCOs in the order of belief."""

    agreement: AgreementFact
    candidates: list[Candidate]
    via: str


@require_safe
@vary_on_headers("HX-Request")
def search_page(request: HttpRequest) -> HttpResponse:
    """Go straight to the answer when there is one; else show what the words may mean, or what went wrong."""
    text = request.GET.get("q", "").strip()
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "branches/_suggestions.html", _suggestions(text))
    if not text:
        return redirect("home")
    found = look_up(text)
    target = _page_of(found)
    if target:
        return redirect(target)
    return render(request, "branches/search.html", {"q": text, "answer": found, **_results(found)})


def _page_of(found: Answer) -> str:
    """The page that answers a query, "" when it takes a choice or a correction first."""
    query, current = found.query, reference()
    if query.kind in ("siret", "siren"):
        return reverse("company", args=[query.normalized])
    if query.kind == "idcc" and query.normalized in current.agreements:
        return reverse("agreement", args=[query.normalized])
    if query.kind == "naf" and query.normalized in current.activities:
        return reverse("activity", args=[query.normalized])
    if query.kind == "text" and found.status == "found" and found.best and found.best.idcc:
        return reverse("agreement", args=[found.best.idcc])
    opcos = _named_opcos(query.normalized, current) if query.kind == "text" else []
    return reverse("opco", args=[opcos[0].slug]) if opcos else ""


def _results(found: Answer) -> dict[str, Any]:
    """Agreements and activities that words, or a number taken for another, may mean."""
    query, current = found.query, reference()
    if query.kind == "idcc":
        naf = current.activities.get(f"{query.normalized[:2]}.{query.normalized[2:]}")
        return {"activities": [naf] if naf else []}
    hits = search.find(query.normalized) if query.kind == "text" else []
    return {
        "agreements": _agreement_results(hits, current),
        "activities": [current.activities[hit.naf] for hit in hits if hit.naf],
    }


def _agreement_results(hits: list[Hit], current: Reference) -> list[AgreementResult]:
    today = timezone.localdate()
    found = [(current.agreements[hit.idcc], hit.via) for hit in hits if hit.idcc]
    return [AgreementResult(fact, candidates_of(fact, current, today)[1], via) for fact, via in found]


def _named_opcos(text: str, current: Reference, *, typing: bool = False) -> list[OpcoFact]:
    """The OPCOs whose very name was typed, or begins so while someone types."""
    typed = " ".join(search.words_of(text))

    def is_named(opco: OpcoFact) -> bool:
        name = " ".join(search.words_of(opco.name))
        return typed in (name, " ".join(search.words_of(opco.slug))) or (
            typing and len(typed) > 2 and name.startswith(typed)
        )

    return [opco for opco in current.opcos.values() if is_named(opco)]


def _suggestions(text: str) -> dict[str, Any]:
    """What the field proposes while someone types: the number, or an OPCO, five agreements, two activities."""
    query, current = parse(text), reference()
    if query.kind in ("siret", "siren"):
        return {"number": query.normalized}
    if query.kind == "naf" and query.normalized in current.activities:
        return {"activities": [current.activities[query.normalized]]}
    hits = search.find(text, agreements=5, activities=2, typing=True) if len(text) > 1 else []
    return {
        "opcos": _named_opcos(text, current, typing=True) if text else [],
        "agreements": _agreement_results(hits, current),
        "activities": [current.activities[hit.naf] for hit in hits if hit.naf],
    }


# --------------------------------------------------------------------------------------------------- answers
@require_safe
def company_page(request: HttpRequest, number: str) -> HttpResponse:
    """/entreprise/<siret>/ or /entreprise/<siren>/."""
    query = parse(number)
    if query.kind == "siret":
        return _establishment_page(request, look_up(number))
    if query.kind == "siren":
        return _siren_page(request, query)
    return _unanswered(request, number, look_up(number))


def _unanswered(request: HttpRequest, typed: str, found: Answer) -> HttpResponse:
    """The field again with what was typed in it, and what is wrong with that."""
    context = {"q": typed, "answer": found, **_results(found)}
    return render(request, "branches/search.html", context, status=404)


def _establishment_page(request: HttpRequest, found: Answer) -> HttpResponse:
    siret = found.query.normalized
    siren, company, current = siren_of(siret), siblings(siret), reference()
    family = answer(parse(siren), Evidence(current, company=company), on=timezone.localdate())
    known = found.status in ("found", "not_attached")
    context = {
        **_answer_context(found, current, but=("manager", "not_attached")),
        "siret": siret,
        "siren": siren,
        "company": company,
        "family": family.candidates,
        "proof_url": reverse("proof", args=[siret]) if found.status == "found" else "",
    }
    template = "branches/establishment.html" if known else "branches/not_found.html"
    return render(request, template, context, status=200 if known else 404)


@dataclass(frozen=True)
class EstablishmentRow:
    """An establishment in the list of its company."""

    siret: int
    idcc: str | None
    title: str
    opco: OpcoFact | None
    manager: OpcoFact | None


def _siren_page(request: HttpRequest, query: Query) -> HttpResponse:
    siren, evidence = query.normalized, evidence_for(query)
    found = answer(query, evidence, on=timezone.localdate())
    context = {
        **_answer_context(found, evidence.reference, but=("several_opcos", "not_attached")),
        "siren": siren,
        "company": evidence.company,
    }
    if found.status == "not_found":
        return render(request, "branches/not_found.html", context, status=404)
    first = int(siren) * 100_000
    establishments = Establishment.objects.filter(siret__range=(first, first + 99_999))
    page = _page(request, establishments.order_by("owner", "siret"))
    context |= {
        "page": page,
        "rows": [_establishment_row(row, evidence.reference) for row in page],
        "proof_url": reverse("proof", args=[siren]) if found.candidates else "",
    }
    return render(request, "branches/company.html", context)


def _establishment_row(row: Establishment, current: Reference) -> EstablishmentRow:
    agreement = current.agreements.get(row.idcc or "")
    return EstablishmentRow(
        row.siret,
        row.idcc,
        agreement.title if agreement else "",
        current.opcos.get(row.owner or ""),
        current.opcos.get(row.manager or ""),
    )


def _answer_context(found: Answer, current: Reference, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """What every answer page shows; `but`: the codes of messages that the page says in its own place."""
    best = found.best
    return {
        "answer": found,
        "best": best,
        "handler": (best.manager or best.opco) if best else None,
        "notes": sorted(
            (message for message in found.messages if message.code not in but),
            key=lambda message: message.code != "disagreement",  # what must be checked first
        ),
        "agreement": current.agreements.get(best.idcc or "") if best else None,
        "siro": current.sources.get("siro"),
    }


@require_safe
def proof(request: HttpRequest, number: str) -> HttpResponse:
    """One printable page: the answer, its source, its vintage and the date of the question."""
    found = look_up(number)
    kind, normalized = found.query.kind, found.query.normalized
    if kind not in ("siret", "siren", "idcc") or found.status not in ("found", "ambiguous"):
        raise Http404("Il n’y a rien à prouver pour ce numéro.")
    subjects = {
        "siret": f"Établissement {typography.siret(normalized)}",
        "siren": f"Entreprise {typography.siren(normalized)}",
        "idcc": typeset(f"Convention IDCC {normalized}"),
    }
    context = {
        **_answer_context(found, reference()),
        kind: normalized,
        "subject": subjects[kind],
        "page_url": reverse("agreement" if kind == "idcc" else "company", args=[normalized]),
        "now": timezone.localtime(),
    }
    return render(request, "branches/proof.html", context)


@dataclass(frozen=True)
class Claim:
    """One source's word on an agreement, for the table of evidence."""

    opco: OpcoFact
    fact: AttachmentFact
    source: str
    when: str

    @property
    def stray(self) -> bool:
        return self.fact.share is not None and self.fact.share < STRAY


@dataclass(frozen=True)
class Declared:
    """Establishments that declared an escape code, by the OPCO that they chose."""

    opco: Opco
    establishments: int
    share: Decimal


@require_safe
def agreement_page(request: HttpRequest, idcc: str) -> HttpResponse:
    current = reference()
    found = look_up(f"IDCC {idcc}")
    if idcc not in current.agreements:
        return _unanswered(request, idcc, found)
    row = get_object_or_404(Agreement.objects.prefetch_related("names", "predecessors"), pk=idcc)
    fact = current.agreements[idcc]
    names = list(row.names.all())
    declared = _declared(idcc) if fact.status == "escape" else []
    context = {
        **_answer_context(found, current, but=("escape_code", "title_unpublished")),
        "agreement": fact,
        "row": row,
        "names": [name.name for name in names if name.kind != AgreementName.Kind.TRADE],
        "trades": [name.name for name in names if name.kind == AgreementName.Kind.TRADE],
        "successor": current.final(idcc) if fact.successor else None,
        "claims": [_claim(item, current) for item in fact.attachments],
        "declared": declared,
        "declared_total": sum(item.establishments for item in declared),
        "titles": current.sources.get("titles"),
        "proof_url": reverse("proof", args=[idcc]) if found.candidates else "",
    }
    return render(request, "branches/agreement.html", context)


def _claim(fact: AttachmentFact, current: Reference) -> Claim:
    siro = current.sources["siro"]
    source, when = (
        (siro.name, siro.vintage) if fact.source == "siro" else (document_name(fact), document_vintage(fact))
    )
    return Claim(current.opcos[fact.opco], fact, source, when)


def _declared(idcc: str) -> list[Declared]:
    rows = list(DeclaredOpco.objects.filter(agreement=idcc).select_related("opco"))
    total = sum(row.establishments for row in rows)
    return [Declared(row.opco, row.establishments, Decimal(row.establishments) / total) for row in rows]


@require_safe
def activity_page(request: HttpRequest, naf: str) -> HttpResponse:
    current = reference()
    found = look_up(f"NAF {naf}")
    code = found.query.normalized
    if code not in current.activities:
        return _unanswered(request, naf, found)
    if code != naf:
        return redirect("activity", code)
    activity = current.activities[code]
    context = {
        **_answer_context(found, current),
        "activity": activity,
        "sample_source": current.sources.get("naf_sample"),
        "naf_source": current.sources.get("naf"),
        "related": _agreement_results(search.find(activity.label, agreements=5, activities=0), current),
    }
    return render(request, "branches/activity.html", context)


# ----------------------------------------------------------------------------------------- OPCOs and branches
@require_safe
def opco_list(request: HttpRequest) -> HttpResponse:
    opcos = Opco.objects.annotate(
        branch_count=Count("branches", distinct=True),
        agreement_count=Count(
            "attachments__agreement", filter=Q(attachments__source=Attachment.Source.SIRO), distinct=True
        ),
    ).order_by(SortKey("name"))
    return render(
        request, "branches/opco_list.html", {"opcos": opcos, "siro": reference().sources.get("siro")}
    )


@require_safe
@vary_on_headers("HX-Request")
def opco_page(request: HttpRequest, slug: str) -> HttpResponse:
    """An OPCO with its approved branches and its agreements, filterable."""
    opco = get_object_or_404(Opco, slug=slug)
    text = request.GET.get("q", "").strip()
    agreements = (
        Attachment.objects.filter(opco=opco, source=Attachment.Source.SIRO)
        .select_related("agreement")
        .order_by("-establishments", "agreement")
    )
    if text:
        words = search.words_of(text)
        for word in words:
            agreements = agreements.filter(
                Q(agreement__idcc__contains=word) | Q(agreement__in=_agreements_named(word))
            )
    fragment = _fragment(request)
    context = {
        "opco": opco,
        "q": text,
        "fragment": fragment,
        "page": _page(request, agreements, size=25),
        "total": Attachment.objects.filter(opco=opco, source=Attachment.Source.SIRO).count(),
        "branches": opco.branches.select_related("agreement").order_by(SortKey("title")),
        "siro": reference().sources.get("siro"),
    }
    template = "branches/_opco_agreements.html" if fragment else "branches/opco.html"
    return render(request, template, context)


def _agreements_named(word: str) -> QuerySet[Agreement]:
    return Agreement.objects.annotate(key=SortKey("title"), short_key=SortKey("short_title")).filter(
        Q(key__contains=word) | Q(short_key__contains=word)
    )


SORTS = {
    "titre": (SortKey("title"),),
    "idcc": ("agreement_id", SortKey("title")),
    "opco": (SortKey("opco__name"), SortKey("title")),
    "date": ("-order_date", SortKey("title")),
}


@require_safe
@vary_on_headers("HX-Request")
def branch_list(request: HttpRequest) -> HttpResponse:
    """Every line of the approval orders: searched, filtered by OPCO, sorted, paginated."""
    text, slug, sort = (request.GET.get(name, "").strip() for name in ("q", "opco", "tri"))
    branches = Branch.objects.select_related("opco", "agreement").annotate(key=SortKey("title"))
    for word in search.words_of(text) if text else []:
        branches = branches.filter(Q(key__contains=word) | Q(agreement__idcc__contains=word))
    counts = dict(branches.order_by().values_list("opco").annotate(Count("line")))
    if slug:
        branches = branches.filter(opco_id=slug)
    opcos = list(Opco.objects.all())
    fragment = _fragment(request)
    context = {
        "q": text,
        "fragment": fragment,
        "chosen": slug,
        "chosen_name": next((opco.name for opco in opcos if opco.slug == slug), ""),
        "sort": sort if sort in SORTS else "titre",
        "page": _page(request, branches.order_by(*SORTS.get(sort, SORTS["titre"]))),
        "opcos": [(opco, counts.get(opco.slug, 0)) for opco in opcos],
        "found": sum(counts.values()),
        "total": Branch.objects.count(),
        "ministry_count": MINISTRY_COUNT,
        "without_idcc": Branch.objects.filter(agreement=None).count(),
    }
    template = "branches/_branch_results.html" if fragment else "branches/branch_list.html"
    return render(request, template, context)


def _fragment(request: HttpRequest) -> bool:
    """HTMX asks for the part of the page that changes, except when it restores the whole from history."""
    return bool(request.htmx and not request.htmx.history_restore_request)  # type: ignore[attr-defined]


def _page(request: HttpRequest, rows: QuerySet[Any], size: int = PAGE_SIZE) -> Page:
    return Paginator(rows, size).get_page(request.GET.get("page"))

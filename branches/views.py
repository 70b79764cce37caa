"""The public pages: the field, the answer and its reasons, the OPCOs, the branches."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from branches import search
from branches.evidence import evidence_for, look_up, reference, siblings
from branches.lookup import (
    AgreementFact,
    Answer,
    AttachmentFact,
    Candidate,
    CompanyFact,
    OpcoFact,
    Reference,
    candidates_of,
)
from branches.models import Agreement, Attachment, Branch, DeclaredOpco, Opco, SortKey
from opco_portal.identifiers import siren_of

PAGE_SIZE = 50
MINISTRY_COUNT = 329  # the ministry's own count of branches, March 2019


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "branches/home.html", {"siro": reference().sources.get("siro")})


# ---------------------------------------------------------------------------------------------------- search
@dataclass(frozen=True)
class AgreementResult:
    """An agreement found by words, with its OPCOs in the order of belief."""

    agreement: AgreementFact
    candidates: list[Candidate]
    matched: str
    via: str


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Go straight to the answer when there is one; else show what the words may mean, or what went wrong."""
    text = request.GET.get("q", "").strip()
    if request.htmx:  # type: ignore[attr-defined]
        return _suggestions(request, text)
    if not text:
        return redirect("home")
    answer = look_up(text)
    target = _page_of(answer)
    if target:
        return redirect(target)
    context = {"q": text, "answer": answer, **_results(text, answer)}
    return render(request, "branches/search.html", context)


def _page_of(answer: Answer) -> str:
    """The page that answers a query, "" when it takes a choice or a correction first."""
    query = answer.query
    if query.kind in ("siret", "siren"):
        return reverse("company", args=[query.normalized])
    current = reference()
    if query.kind == "idcc" and query.normalized in current.agreements:
        return reverse("agreement", args=[query.normalized])
    if query.kind == "naf" and query.normalized in current.activities:
        return reverse("activity", args=[query.normalized])
    if query.kind == "text" and answer.status == "found" and answer.best and answer.best.idcc:
        return f"{reverse('agreement', args=[answer.best.idcc])}"
    return ""


def _results(text: str, answer: Answer) -> dict[str, Any]:
    """Agreements, activities and OPCOs that words may mean."""
    if answer.query.kind != "text":
        return {}
    current, today = reference(), timezone.localdate()
    hits = search.find(text)
    return {
        "agreements": [
            AgreementResult(
                current.agreements[hit.idcc],
                candidates_of(current.agreements[hit.idcc], current, today)[1],
                hit.matched,
                hit.via,
            )
            for hit in hits
            if hit.idcc
        ],
        "activities": [current.activities[hit.naf] for hit in hits if hit.naf],
        "opcos": _named_opcos(text, current),
    }


def _named_opcos(text: str, current: Reference) -> list[OpcoFact]:
    """The OPCOs whose very name was typed."""
    words = set(search.words_of(text))
    return [opco for opco in current.opcos.values() if words == set(search.words_of(opco.name))]


def _suggestions(request: HttpRequest, text: str) -> HttpResponse:
    """What the field proposes while someone types: at most seven, agreements before activities."""
    current = reference()
    hits = search.find(text, agreements=5, activities=2, typing=True) if len(text) > 1 else []
    context = {
        "q": text,
        "agreements": [(current.agreements[hit.idcc], hit.matched) for hit in hits if hit.idcc],
        "activities": [current.activities[hit.naf] for hit in hits if hit.naf],
        "opcos": _named_opcos(text, current) if text else [],
    }
    return render(request, "branches/_suggestions.html", context)


# --------------------------------------------------------------------------------------------------- answers
@require_safe
def company_page(request: HttpRequest, number: str) -> HttpResponse:
    """/entreprise/<siret>/ or /entreprise/<siren>/."""
    answer = look_up(number)
    if answer.query.kind == "siret":
        return _establishment_page(request, answer)
    if answer.query.kind == "siren":
        return _siren_page(request, answer)
    return render(request, "branches/search.html", {"q": number, "answer": answer}, status=404)


def _establishment_page(request: HttpRequest, answer: Answer) -> HttpResponse:
    siret = answer.query.normalized
    known = answer.status in ("found", "not_attached")
    template = "branches/establishment.html" if known else "branches/not_found.html"
    context = {
        **_answer_context(answer),
        "siret": siret,
        "siren": siren_of(siret),
        "company": siblings(siret),
        "proof_url": reverse("proof", args=[siret]),
    }
    return render(request, template, context, status=200 if known else 404)


def _siren_page(request: HttpRequest, answer: Answer) -> HttpResponse:
    company: CompanyFact | None = evidence_for(answer.query).company
    context = {**_answer_context(answer), "siren": answer.query.normalized, "company": company}
    if answer.status == "not_found":
        return render(request, "branches/not_found.html", context, status=404)
    return render(request, "branches/company.html", context)


def _answer_context(answer: Answer) -> dict[str, Any]:
    current = reference()
    best = answer.best
    return {
        "answer": answer,
        "best": best,
        "agreement": current.agreements.get(best.idcc or "") if best else None,
        "siro": current.sources.get("siro"),
        "today": timezone.now(),
    }


@require_safe
def proof(request: HttpRequest, number: str) -> HttpResponse:
    """One printable page: the answer, its source, its vintage and the date of the question."""
    answer = look_up(number)
    if answer.query.kind not in ("siret", "siren", "idcc") or not answer.candidates:
        raise Http404("Il n’y a rien à prouver pour ce numéro.")
    return render(request, "branches/proof.html", _answer_context(answer))


@dataclass(frozen=True)
class Claim:
    """One source's word on an agreement, for the table of evidence."""

    opco: OpcoFact
    fact: AttachmentFact


@require_safe
def agreement_page(request: HttpRequest, idcc: str) -> HttpResponse:
    current = reference()
    if idcc not in current.agreements:
        answer = look_up(f"IDCC {idcc}")
        return render(request, "branches/search.html", {"q": idcc, "answer": answer}, status=404)
    answer = look_up(f"IDCC {idcc}")
    row = get_object_or_404(Agreement.objects.prefetch_related("names", "branches", "predecessors"), pk=idcc)
    fact = current.agreements[idcc]
    context = {
        **_answer_context(answer),
        "agreement": fact,
        "row": row,
        "successor": current.final(idcc) if fact.successor else None,
        "claims": [Claim(current.opcos[item.opco], item) for item in fact.attachments],
        "declared": DeclaredOpco.objects.filter(agreement=idcc).select_related("opco")
        if fact.status == "escape"
        else [],
        "proof_url": reverse("proof", args=[idcc]) if answer.candidates else "",
    }
    return render(request, "branches/agreement.html", context)


@require_safe
def activity_page(request: HttpRequest, naf: str) -> HttpResponse:
    current = reference()
    answer = look_up(f"NAF {naf}")
    if answer.query.normalized not in current.activities:
        return render(request, "branches/search.html", {"q": naf, "answer": answer}, status=404)
    if answer.query.normalized != naf:
        return redirect("activity", answer.query.normalized)
    activity = current.activities[naf]
    hits = search.find(activity.label, agreements=5, activities=0)
    context = {
        **_answer_context(answer),
        "activity": activity,
        "sample_source": current.sources.get("naf_sample"),
        "related": [
            AgreementResult(
                current.agreements[hit.idcc],
                candidates_of(current.agreements[hit.idcc], current, timezone.localdate())[1],
                hit.matched,
                hit.via,
            )
            for hit in hits
        ],
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
    )
    return render(
        request, "branches/opco_list.html", {"opcos": opcos, "siro": reference().sources.get("siro")}
    )


@require_safe
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
    context = {
        "opco": opco,
        "q": text,
        "page": _page(request, agreements),
        "total": Attachment.objects.filter(opco=opco, source=Attachment.Source.SIRO).count(),
        "branches": opco.branches.select_related("agreement").order_by(SortKey("title")),
        "siro": reference().sources.get("siro"),
    }
    template = "branches/_opco_agreements.html" if _fragment(request) else "branches/opco.html"
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
def branch_list(request: HttpRequest) -> HttpResponse:
    """Every line of the approval orders: searched, filtered by OPCO, sorted, paginated."""
    text, slug, sort = (request.GET.get(name, "").strip() for name in ("q", "opco", "tri"))
    branches = Branch.objects.select_related("opco", "agreement").annotate(key=SortKey("title"))
    for word in search.words_of(text) if text else []:
        branches = branches.filter(Q(key__contains=word) | Q(agreement_id__contains=word))
    counts = dict(branches.order_by().values_list("opco").annotate(Count("line")))
    if slug:
        branches = branches.filter(opco_id=slug)
    context = {
        "q": text,
        "chosen": slug,
        "sort": sort if sort in SORTS else "titre",
        "page": _page(request, branches.order_by(*SORTS.get(sort, SORTS["titre"]))),
        "opcos": [(opco, counts.get(opco.slug, 0)) for opco in Opco.objects.all()],
        "total": Branch.objects.count(),
        "ministry_count": MINISTRY_COUNT,
        "without_idcc": Branch.objects.filter(agreement=None).count(),
    }
    template = "branches/_branch_results.html" if _fragment(request) else "branches/branch_list.html"
    return render(request, template, context)


def _fragment(request: HttpRequest) -> bool:
    """HTMX asks for the part of the page that changes, except when it restores the whole from history."""
    return bool(request.htmx and not request.htmx.history_restore_request)  # type: ignore[attr-defined]


def _page(request: HttpRequest, rows: QuerySet[Any]) -> Any:
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))

"""The field: home, where a query leads, what the words may mean, what is proposed while someone types."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from branches import search
from branches.clients import companies
from branches.evidence import consult, reference
from branches.lookup import (
    AgreementFact,
    Answer,
    Candidate,
    Evidence,
    Hit,
    OpcoFact,
    Reference,
    candidates_of,
    parse,
)
from branches.lookup.messages import HIDDEN_COMPANIES
from branches.lookup.query import MAX_LENGTH
from branches.views.companies import company_results
from branches.views.paging import is_fragment
from branches.words import words_of
from opco_portal.upstream import visitor_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    sources = reference().sources
    context = {"siro": sources.get("siro"), "approvals": sources.get("approvals")}
    return render(request, "branches/home.html", context)


@require_safe
@vary_on_headers("HX-Request")
def search_page(request: HttpRequest) -> HttpResponse:
    """Go straight to the answer when there is one; else show what the words may mean, or what went wrong.

    Companies of that name join from the directory. `tout=1` shows every meaning even so: the page that answers words
    links back to it.
    """
    text = request.GET.get("q", "").strip()
    if is_fragment(request):
        return render(request, "branches/_suggestions.html", _suggestions(text[:MAX_LENGTH]))
    if not text:
        return redirect("home")
    found, evidence = consult(text)
    target = _page_of(found, evidence.reference)
    if target and not ("tout" in request.GET and evidence.hits):
        return redirect(target)
    context = {"q": text, "answer": found, **_meanings(found, evidence)}
    named = found.query.normalized if found.query.kind == "text" else ""
    companies_found = company_results(named, 1, visitor_of(request), current=evidence.reference)
    unmatched = found.status in ("invalid", "not_found")
    context |= {
        "found": companies_found,
        "hidden": HIDDEN_COMPANIES,
        "exact": any(hit.exact for hit in evidence.hits),
        "nothing": unmatched and not (companies_found and companies_found.promising),
    }
    return render(request, "branches/search.html", context)


def _page_of(found: Answer, current: Reference) -> str:
    """The page that answers a query, "" when it takes a choice or a correction first."""
    query = found.query
    if query.kind in ("siret", "siren"):
        return reverse("company", args=[query.normalized])
    if query.kind == "idcc" and query.normalized in current.agreements:
        return reverse("agreement", args=[query.normalized])
    if query.kind == "naf" and query.normalized in current.activities:
        return reverse("activity", args=[query.normalized])
    if query.kind != "text":
        return ""
    # A trade only makes its agreement probable: the person checks before the page of the agreement speaks.
    if found.status == "found" and found.best and found.best.idcc and found.best.confidence != "probable":
        words = urlencode({"q": query.normalized})
        return f"{reverse('agreement', args=[found.best.idcc])}?{words}"
    opcos = _named_opcos(query.normalized, current)
    return reverse("opco", args=[opcos[0].slug]) if opcos else ""


def unanswered(request: HttpRequest, typed: str, found: Answer, evidence: Evidence) -> HttpResponse:
    """The field again with what was typed in it, and what is wrong with that."""
    context = {"q": typed, "answer": found, "nothing": True, **_meanings(found, evidence)}
    return render(request, "branches/search.html", context, status=404)


@dataclass(frozen=True)
class AgreementResult:
    """An agreement found by words, with its OPCOs in the order of belief."""

    agreement: AgreementFact
    candidates: list[Candidate]
    via: str


def agreement_results(hits: Iterable[Hit], current: Reference) -> list[AgreementResult]:
    today = timezone.localdate()
    found = [(current.agreements[hit.idcc], hit.via) for hit in hits if hit.idcc]
    return [AgreementResult(fact, candidates_of(fact, current, today)[1], via) for fact, via in found]


def _meanings(found: Answer, evidence: Evidence) -> dict[str, Any]:
    """Agreements and activities that words, or a number taken for another, may mean."""
    query, current = found.query, evidence.reference
    if query.kind == "idcc":
        naf = current.activities.get(f"{query.normalized[:2]}.{query.normalized[2:]}")
        return {"activities": [naf] if naf else []}
    return {
        "agreements": agreement_results(evidence.hits, current),
        "activities": [current.activities[hit.naf] for hit in evidence.hits if hit.naf],
    }


def _suggestions(text: str) -> dict[str, Any]:
    """What the field proposes while someone types: the number, or an OPCO, five agreements, two activities."""
    query, current = parse(text), reference()
    if query.kind in ("siret", "siren"):
        return {"number": query.normalized}
    if query.kind == "naf" and query.normalized in current.activities:
        return {"activities": [current.activities[query.normalized]]}
    hits = search.find(text, agreements=5, activities=2, typing=True) if len(text) > 1 else []
    return {
        "words": text if query.kind == "text" and companies.is_searchable(text) else "",
        "opcos": _named_opcos(text, current, typing=True),
        "agreements": agreement_results(hits, current),
        "activities": [current.activities[hit.naf] for hit in hits if hit.naf],
    }


def _named_opcos(text: str, current: Reference, *, typing: bool = False) -> list[OpcoFact]:
    """The OPCOs whose very name was typed, or begins so while someone types."""
    typed = " ".join(words_of(text))

    def is_named(opco: OpcoFact) -> bool:
        name = " ".join(words_of(opco.name))
        begun = typing and len(typed) > 2 and name.startswith(typed)
        return begun or typed in (name, " ".join(words_of(opco.slug)))

    return [opco for opco in current.opcos.values() if is_named(opco)]

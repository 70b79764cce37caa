"""A second opinion on an establishment, as a page or as the part of the page that it joins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from branches.directory import completed
from branches.evidence import consult
from branches.opinions import keep_disagreements, second_opinions
from branches.views.paging import is_fragment
from branches.views.search import unanswered
from opco_portal.upstream import pace_of


@require_safe
@vary_on_headers("HX-Request")
def opinions_page(request: HttpRequest, siret: str) -> HttpResponse:
    """/entreprise/<siret>/autres-moteurs/: the portal's answer beside those of other engines."""
    found, evidence = consult(siret)
    if found.query.kind != "siret":
        return unanswered(request, siret, found, evidence)
    visitor = pace_of(request)
    answer = completed(found, evidence, visitor=visitor).answer
    heard = second_opinions(siret, answer, evidence.reference, visitor)
    keep_disagreements(siret, heard, answer)
    verdicts = {one.verdict for one in heard}
    context = {
        "siret": siret,
        "answer": answer,
        "best": answer.best,
        "siro": evidence.reference.sources.get("siro"),
        "heard": heard,
        "pending": "pending" in verdicts,
        "disagreement": "disagrees" in verdicts,
    }
    template = "branches/_opinions.html" if is_fragment(request) else "branches/opinions.html"
    return render(request, template, context)

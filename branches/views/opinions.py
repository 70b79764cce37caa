"""A second opinion on an establishment, as a page or as the part of the page that it joins."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from branches.clients.companies import Companies
from branches.directory import Chosen, chosen, chosen_as, completed, identified
from branches.evidence import consult
from branches.opinions import disagree, headline, keep_disagreements, own_word, second_opinions
from branches.views.paging import is_fragment
from branches.views.search import unanswered
from opco_portal.upstream import Deadline, Look, visitor_of


@require_safe
@vary_on_headers("HX-Request")
def opinions_page(request: HttpRequest, siret: str) -> HttpResponse:
    """/entreprise/<siret>/autres-moteurs/: the portal's answer beside those of other engines."""
    found, evidence = consult(siret)
    if found.query.kind != "siret":
        return unanswered(request, siret, found, evidence)
    current, visitor = evidence.reference, visitor_of(request)
    glance = Deadline(settings.UPSTREAM_GLANCE)  # one for all that is asked
    picked = chosen(request.GET, siret)
    done = completed(found, evidence, picked, visitor=visitor, glance=glance)
    own = own_word(done.answer, current.sources["siro"], done.at)
    heard = second_opinions(siret, own, current, visitor, glance=glance)
    identity = None if picked or done.company else identified(siret, glance)
    waiting = [look for look in (done.look, identity) if look and look.pending]
    pending = bool(waiting) or any(one.verdict == "pending" for one in heard)
    if not pending and request.method == "GET":
        keep_disagreements(siret, heard, own)
    fragment = is_fragment(request)
    context = {
        "siret": siret,
        "own": own,
        "heard": heard,
        "pending": pending,
        "disagreement": disagree(heard),
        "fragment": fragment,
        "headline": headline(heard),
        "chosen": picked,
        "card": _card(siret, identity) if identity else None,
    }
    template = "branches/_opinions.html" if fragment else "branches/opinions.html"
    return render(request, template, context)


def _card(siret: str, identity: Look[Companies]) -> Chosen | None:
    """Whose establishment this is, when the directory tells."""
    company = identity.answer.value.of(siret) if identity.answer else None
    return chosen_as(company, siret, identity.answer.at) if company and identity.answer else None

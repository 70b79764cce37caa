"""Companies found by their name: beside the words' other meanings, and page after page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from branches.clients import companies
from branches.clients.companies import Companies, Company, Place
from branches.directory import origin_of, page_number
from branches.evidence import establishments, reference
from branches.lookup import OpcoFact, Reference, SourceFact, candidates_of
from branches.lookup.headcounts import headcount_in_words
from branches.lookup.messages import HIDDEN_COMPANIES
from branches.views.paging import is_fragment
from opco_portal.upstream import Deadline, Look, visitor_of

OTHERS = 3  # establishments of a company that are told beside the first


@dataclass(frozen=True)
class PlaceResult:
    """An establishment with the OPCO that the table gives it."""

    place: Place
    opco: OpcoFact | None


@dataclass(frozen=True)
class CompanyResult:
    """A company found by its name; `first` is the establishment that the search most likely means.

    `deduced`: what its agreements lead to, where the table gives it no OPCO.
    """

    company: Company
    activity: str
    headcount: str
    first: PlaceResult | None
    deduced: tuple[OpcoFact, ...]
    others: list[PlaceResult]


@dataclass(frozen=True)
class CompanyResults:
    """A page of companies, on its way, or the reason why there is none; shown by branches/_companies.html."""

    words: str
    look: Look[Companies]
    results: Sequence[CompanyResult] = ()
    page: Page[int] | None = None
    siro: SourceFact | None = None

    @property
    def capped(self) -> bool:
        """The API counts no further."""
        return self.total == companies.REACHED

    @property
    def promising(self) -> bool:
        """There are companies, or there may yet be."""
        return bool(self.results) or self.look.pending

    @property
    def origin(self) -> str:
        return origin_of(self.words, self.page.number if self.page else 1)

    @property
    def total(self) -> int:
        return self.look.answer.value.total if self.look.answer else 0


@require_safe
@vary_on_headers("HX-Request")
def companies_page(request: HttpRequest) -> HttpResponse:
    """/recherche/entreprises/?q=: the companies of a name; the fragment that joins the search page, too."""
    words = request.GET.get("q", "").strip()[: companies.LONGEST]
    if not words:
        return redirect("home")
    if not settings.COMPANIES_API:
        return redirect(f"{reverse('search')}?{urlencode({'q': words})}")
    number = page_number(request.GET.get("page", ""))
    fragment = is_fragment(request)
    # What joins a page comes back by itself: only whole pages glance.
    glance = Deadline(0) if fragment else None
    found = company_results(words, number, visitor_of(request), glance=glance)
    last = found.page.number if found and found.page else companies.REACHED
    if number > last:
        return redirect(f"{reverse('companies')}?{urlencode({'q': words, 'page': last})}")
    context = {"q": words, "found": found, "hidden": HIDDEN_COMPANIES, "fragment": fragment}
    template = "branches/_companies.html" if fragment else "branches/companies.html"
    return render(request, template, context)


def company_results(
    words: str, page: int, visitor: str, *, current: Reference | None = None, glance: Deadline | None = None
) -> CompanyResults | None:
    """The companies of a name, as far as they are known at a glance; None when such words are not looked for."""
    if not companies.is_searchable(words):
        return None
    look = companies.search(words, page).look(visitor, glance=glance)
    if look.answer is None:
        return CompanyResults(words, look)
    told = look.answer.value
    reached = min(told.total, told.pages * companies.PER_PAGE)
    pages = Paginator(range(reached), companies.PER_PAGE)
    current = current or reference()
    return CompanyResults(
        words, look, _results(told, current), pages.get_page(told.page), current.sources.get("siro")
    )


def _results(told: Companies, current: Reference) -> list[CompanyResult]:
    rows = establishments(place.siret for company in told.companies for place in company.places)
    opcos = {siret: current.opcos[row.owner] for siret, row in rows.items() if row.owner}
    return [_result(company, opcos, current) for company in told.companies]


def _result(company: Company, opcos: Mapping[str, OpcoFact], current: Reference) -> CompanyResult:
    main = company.main
    known = main and main.siret in opcos
    others = [place for place in company.places if place.is_open and main and place.siret != main.siret]
    activity = current.activities.get((main.naf if main else "") or company.naf)
    return CompanyResult(
        company,
        activity.label if activity else "",
        headcount_in_words(company.headcount),
        PlaceResult(main, opcos.get(main.siret)) if main else None,
        () if known else _deduced((main.idccs if main else ()) or company.idccs, current),
        [PlaceResult(place, opcos.get(place.siret)) for place in others[:OTHERS]],
    )


def _deduced(idccs: Sequence[str], current: Reference) -> tuple[OpcoFact, ...]:
    """The OPCOs that agreements lead to, each once."""
    today = timezone.localdate()
    agreements = [current.agreements[idcc] for idcc in idccs if idcc in current.agreements]
    return tuple(
        dict.fromkeys(
            candidate.opco
            for agreement in agreements
            for candidate in candidates_of(agreement, current, today)[1]
        )
    )

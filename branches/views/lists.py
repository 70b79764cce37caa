"""The lists: the eleven OPCOs, one OPCO with its agreements and branches, every approved branch."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from branches.evidence import reference
from branches.models import Agreement, Attachment, Branch, Opco, SortKey
from branches.views.paging import is_fragment, page_of

MINISTRY_COUNT = 329  # the ministry's own count of branches, March 2019
SORTS = {
    "titre": (SortKey("title"),),
    "idcc": ("agreement_id", SortKey("title")),
    "opco": (SortKey("opco__name"), SortKey("title")),
    "date": ("-order_date", SortKey("title")),
}


@require_safe
def opco_list(request: HttpRequest) -> HttpResponse:
    opcos = Opco.objects.with_counts().order_by(SortKey("name"))
    context = {"opcos": opcos, "siro": reference().sources.get("siro")}
    return render(request, "branches/opco_list.html", context)


@require_safe
@vary_on_headers("HX-Request")
def opco_page(request: HttpRequest, slug: str) -> HttpResponse:
    """An OPCO with its agreements and its approved branches; one filter for both."""
    opco = get_object_or_404(Opco, slug=slug)
    text = request.GET.get("q", "").strip()
    agreements = Attachment.objects.filter(opco=opco, source=Attachment.Source.SIRO).select_related(
        "agreement"
    )
    branches = Branch.objects.named(text).filter(opco=opco)
    total = agreements.count()
    if text:
        agreements = agreements.filter(agreement__in=Agreement.objects.named(text))
    fragment = is_fragment(request)
    context = {
        "opco": opco,
        "q": text,
        "fragment": fragment,
        "page": page_of(
            request,
            agreements.order_by("-establishments", "agreement"),
            size=25,
            count=None if text else total,
        ),
        "total": total,
        "branches": branches.order_by(SortKey("title")),
        "branch_total": opco.branches.count(),
        "siro": reference().sources.get("siro"),
    }
    template = "branches/_opco_results.html" if fragment else "branches/opco.html"
    return render(request, template, context)


@require_safe
@vary_on_headers("HX-Request")
def branch_list(request: HttpRequest) -> HttpResponse:
    """Every line of the approval orders: searched, filtered by OPCO, sorted, paginated."""
    text, slug, sort = (request.GET.get(name, "").strip() for name in ("q", "opco", "tri"))
    branches = Branch.objects.named(text).select_related("opco", "agreement")
    counts = dict(branches.order_by().values_list("opco").annotate(Count("line")))
    opcos = list(Opco.objects.all())
    chosen = next((opco for opco in opcos if opco.slug == slug), None)
    if chosen:
        branches = branches.filter(opco=chosen)
    sort = sort if sort in SORTS else "titre"
    found, fragment = sum(counts.values()), is_fragment(request)
    context = {
        "q": text,
        "fragment": fragment,
        "chosen": chosen,
        "sort": sort,
        "page": page_of(
            request, branches.order_by(*SORTS[sort]), count=counts.get(slug, 0) if chosen else found
        ),
        "opcos": [(opco, counts.get(opco.slug, 0)) for opco in opcos],
        "found": found,
        "total": Branch.objects.count(),
        "ministry_count": MINISTRY_COUNT,
        "without_idcc": Branch.objects.filter(agreement=None).count(),
    }
    template = "branches/_branch_results.html" if fragment else "branches/branch_list.html"
    return render(request, template, context)

"""What the search of the administration finds in the reference."""

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from branches import search
from branches.evidence import consult, reference
from branches.lookup import AgreementFact, Answer, Reference, candidates_of, parse
from branches.models import Agreement, Branch, Opco
from branches.words import words_of
from opco_portal.french import listed, plain, typeset
from opco_portal.identifiers import format_siren, format_siret
from opco_portal.staff.lists import list_url, may_view, page_url
from opco_portal.staff.search import LIMIT, Group, Result, provider

NUMBERS = ("siret", "siren")


@provider(order=10)
def companies(request: HttpRequest, text: str) -> Iterator[Group]:
    """An establishment or a company by its number, then the agreements that it applies."""
    if parse(text).kind not in NUMBERS:
        return
    answer, evidence = consult(text)
    yield Group("Entreprise", "storefront", [_company(answer)])
    if may_view(request, Agreement):
        codes = dict.fromkeys(each.idcc for each in answer.candidates if each.idcc)
        yield Group("Conventions", "gavel", _agreements(codes, evidence.reference))


def _company(answer: Answer) -> Result:
    number, kind = answer.query.normalized, answer.query.kind
    opcos = listed(list(dict.fromkeys(each.opco.name for each in answer.candidates)))
    what, shown = (
        ("Établissement", format_siret(number)) if kind == "siret" else ("Entreprise", format_siren(number))
    )
    told = f"OPCO : {opcos}" if opcos else "la table ne lui donne pas d’OPCO"
    return Result(f"{what} {shown}", reverse("company", args=[number]), typeset(f"{told} (page publique)"))


@provider(order=15)
def opcos(request: HttpRequest, text: str) -> Iterator[Group]:
    """OPCOs by the beginning of the words of their name."""
    if not may_view(request, Opco):
        return
    typed = plain(text).split()
    found = [
        Result(
            opco.name,
            reverse("admin:branches_opco_change", args=[opco.slug]),
            opco.sector,
            [("page publique", reverse("opco", args=[opco.slug]))],
        )
        for opco in reference().opcos.values()
        if _begins(opco.name, typed) or _begins(opco.slug, typed)
    ]
    yield Group("OPCO", "domain", found)


def _begins(name: str, typed: Sequence[str]) -> bool:
    words = plain(name).replace("-", " ").replace("’", " ").split()
    return all(any(word.startswith(each) for word in words) for each in typed)


@provider(order=20)
def agreements(request: HttpRequest, text: str) -> Iterator[Group]:
    """Agreements by their IDCC or by words; words that are in none may be misspelt."""
    query = parse(text)
    if query.kind in NUMBERS or not may_view(request, Agreement):
        return
    meant = ExpressionWrapper(Q(pk=query.normalized if query.kind == "idcc" else ""), BooleanField())
    named = Agreement.objects.named(text).order_by(meant.desc(), "pk")
    codes = list(named.values_list("pk", flat=True)[: LIMIT + 1])
    more = list_url(Agreement, q=text) if len(codes) > LIMIT else ""
    if not codes and query.kind == "text":
        codes = [hit.idcc for hit in search.find(text, agreements=LIMIT, activities=0) if hit.idcc]
    yield Group("Conventions", "gavel", _agreements(codes[:LIMIT], reference()), more)


def _agreements(codes: Iterable[str], current: Reference) -> Sequence[Result]:
    facts = [current.agreements[code] for code in codes if code in current.agreements]
    return [
        Result(
            f"{fact.idcc} {fact.title or 'titre non publié'}",
            reverse("admin:branches_agreement_change", args=[fact.idcc]),
            _opcos_of(fact, current),
            [("page publique", reverse("agreement", args=[fact.idcc]))],
        )
        for fact in facts
    ]


def _opcos_of(fact: AgreementFact, current: Reference) -> str:
    candidates = candidates_of(fact, current, timezone.localdate())[1]
    return listed([each.opco.name for each in candidates]) or "aucun OPCO"


@provider(order=40)
def branches(request: HttpRequest, text: str) -> Iterator[Group]:
    """Approved branches by words of their title, or by the IDCC of their agreement."""
    if parse(text).kind in NUMBERS or not words_of(text) or not may_view(request, Branch):
        return
    rows = list(Branch.objects.named(text).select_related("opco")[: LIMIT + 1])
    results = [Result(row.title, page_url(row), row.opco.name) for row in rows[:LIMIT]]
    yield Group(
        "Branches agréées", "account_tree", results, list_url(Branch, q=text) if len(rows) > LIMIT else ""
    )

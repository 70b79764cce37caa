"""The answers: an establishment, a company, an agreement, an activity, and their printable proof."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from branches import search
from branches.changes import last_changes_of
from branches.directory import Chosen, Completed, chosen, chosen_as, completed, record_of
from branches.evidence import company as company_of
from branches.evidence import consult
from branches.lookup import (
    ActivityFact,
    AgreementFact,
    Answer,
    AttachmentFact,
    Candidate,
    CompanyFact,
    Evidence,
    OpcoFact,
    Reference,
    answer,
    parse,
)
from branches.lookup.messages import HIDDEN_NUMBER, document_name, document_vintage
from branches.models import Agreement, AgreementName, DeclaredOpco, Establishment, Opco
from branches.reports import ShownTable, shown_table
from branches.views.paging import is_fragment, page_of
from branches.views.search import AgreementResult, agreement_results, unanswered
from opco_portal import typography
from opco_portal.identifiers import siren_of
from opco_portal.sync.models import SyncRun
from opco_portal.upstream import visitor_of

# Published shares are rounded to a tenth of a percent, so those of an activity seldom add up to exactly one.
ROUNDINGS = Decimal("0.01")
STRAY = Decimal("0.1")  # an OPCO with a smaller share of an agreement's establishments is told as a stray one
STRAYS_TOLD = 2  # one by one; more of them are folded into one row
# The source that a title is cited from, where it is one that the portal follows or dates.
TITLE_SOURCES: dict[str, str] = {
    Agreement.TitleSource.KALI: "titles",
    Agreement.TitleSource.DARES: "agreements",
}


def _answer_context(found: Answer, current: Reference, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """What every answer page shows; `but`: the codes of messages that the page says in its own place."""
    best = found.best
    return {
        "answer": found,
        "best": best,
        "handler": (best.manager or best.opco) if best else None,
        "notes": sorted(
            (message for message in found.messages if message.code not in but),
            key=lambda message: message.code != "disagreement",  # what must be checked comes first
        ),
        "agreement": current.agreements.get(best.idcc or "") if best else None,
        "siro": current.sources.get("siro"),
    }


# ------------------------------------------------------------------------------- establishments and companies
@require_safe
@vary_on_headers("HX-Request")
def company_page(request: HttpRequest, number: str) -> HttpResponse:
    """/entreprise/<siret>/ or /entreprise/<siren>/."""
    found, evidence = consult(number)
    if found.query.kind == "siret":
        return _establishment_page(request, found, evidence)
    if found.query.kind == "siren":
        return _siren_page(request, found, evidence)
    return unanswered(request, number, found, evidence)


def _establishment_page(request: HttpRequest, found: Answer, evidence: Evidence) -> HttpResponse:
    siret, current = found.query.normalized, evidence.reference
    if evidence.establishment is None:
        return _absent_page(request, found, evidence)
    siren = siren_of(siret)
    company = company_of(siren)
    row = evidence.establishment
    context = {
        **_answer_context(found, current, but=("manager", "not_attached")),
        "siret": siret,
        "siren": siren,
        "idcc": row.idcc,
        "agreement": current.agreements.get(row.idcc or ""),
        "company": company,
        # An only child needs no family: most establishments are the only one of their company.
        "family": () if company.establishments < 2 else _family(siren, company, current),
        "chosen": chosen(request.GET, siret, visitor=visitor_of(request)),
        "proof_url": reverse("proof", args=[siret]) if found.status == "found" else "",
    }
    return render(request, "branches/establishment.html", context)


def _absent_page(request: HttpRequest, found: Answer, evidence: Evidence) -> HttpResponse:
    """A SIRET or SIREN that the table lacks: what the directory lets deduce, else why it may be absent."""
    number, current = found.query.normalized, evidence.reference
    picked = chosen(request.GET, number)
    done = completed(found, evidence, picked, visitor=visitor_of(request))
    siren = number[:9]
    company = evidence.company or company_of(siren)
    context = {
        **_answer_context(
            done.answer, current, but=("several_agreements", "activity_is_indicative", "closed")
        ),
        "siret": number if found.query.kind == "siret" else "",
        "siren": siren,
        "directory": done,
        "hidden": HIDDEN_NUMBER,
        "company": company,
        "family": _family(siren, company, current),
        "chosen": _chosen_by(picked, done, number),
    }
    if not done.answer.candidates:
        # While the directory is asked nothing is lost yet; and HTMX leaves aside what comes with an error.
        waiting = is_fragment(request) or bool(done.look and done.look.pending)
        return render(request, "branches/not_found.html", context, status=200 if waiting else 404)
    context["agreements"] = _declared_agreements(done, number, current)
    return render(request, "branches/deduced.html", context)


def _chosen_by(picked: Chosen | None, done: Completed, number: str) -> Chosen | None:
    """What is known of the company by now: the directory may just have told it."""
    if done.company is None:
        return picked
    words, page = (picked.words, picked.page) if picked else ("", 1)
    return chosen_as(done.company, number, done.at, words=words, page=page)


def _declared_agreements(done: Completed, number: str, current: Reference) -> list[AgreementResult]:
    """The agreements that the directory names, each with the OPCOs that it leads to, if any."""
    by_idcc: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in done.answer.candidates:
        if candidate.basis != "activity":
            by_idcc[candidate.idcc or ""].append(candidate)
    idccs = record_of(done.company, number).idccs if done.company and by_idcc else ()
    known = [current.agreements[idcc] for idcc in idccs if idcc in current.agreements]
    return [AgreementResult(fact, by_idcc[fact.idcc], "") for fact in known if fact.status != "escape"]


def _family(siren: str, company: CompanyFact, current: Reference) -> tuple[Candidate, ...]:
    """The OPCOs of the company's establishments."""
    return answer(parse(siren), Evidence(current, company=company), on=timezone.localdate()).candidates


@dataclass(frozen=True)
class EstablishmentRow:
    """An establishment in the list of its company."""

    siret: str
    idcc: str | None
    title: str
    opco: OpcoFact | None
    manager: OpcoFact | None


def _siren_page(request: HttpRequest, found: Answer, evidence: Evidence) -> HttpResponse:
    siren, company, current = found.query.normalized, evidence.company, evidence.reference
    if found.status == "not_found" or company is None:
        return _absent_page(request, found, evidence)
    context = {
        **_answer_context(found, current, but=("several_opcos", "not_attached")),
        "siren": siren,
        "company": company,
        "chosen": chosen(request.GET, siren, visitor=visitor_of(request)),
    }
    first = int(siren) * 100_000
    establishments = Establishment.objects.filter(siret__range=(first, first + 99_999))
    page = page_of(request, establishments.order_by("owner", "siret"), count=company.establishments)
    context |= {
        "page": page,
        "rows": [_establishment_row(row, current) for row in page],
        "proof_url": reverse("proof", args=[siren]) if found.candidates else "",
    }
    return render(request, "branches/company.html", context)


def _establishment_row(row: Establishment, current: Reference) -> EstablishmentRow:
    agreement = current.agreements.get(row.idcc or "")
    return EstablishmentRow(
        f"{row.siret:014d}",
        row.idcc,
        agreement.title if agreement else "",
        current.opcos.get(row.owner or ""),
        current.opcos.get(row.manager or ""),
    )


# ------------------------------------------------------------------------------------------------- agreements
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
class Strays:
    """The OPCOs of one table that have too small a share to be told one by one."""

    claims: list[Claim]

    @property
    def establishments(self) -> int:
        return sum(claim.fact.establishments or 0 for claim in self.claims)

    @property
    def share(self) -> Decimal:
        return sum((claim.fact.share or Decimal(0) for claim in self.claims), Decimal(0))


@dataclass(frozen=True)
class Declared:
    """Establishments that declared an escape code, by the OPCO that they chose."""

    opco: Opco
    establishments: int
    share: Decimal


@require_safe
def agreement_page(request: HttpRequest, idcc: str) -> HttpResponse:
    """/convention/<idcc>/; `q` keeps the words that led here, for the way back to their other meanings."""
    found, evidence = consult(f"IDCC {idcc}")
    current = evidence.reference
    if idcc not in current.agreements:
        return unanswered(request, idcc, found, evidence)
    names_in_use = Prefetch("names", AgreementName.objects.in_use())
    row = get_object_or_404(Agreement.objects.prefetch_related(names_in_use, "predecessors"), pk=idcc)
    fact = current.agreements[idcc]
    names = list(row.names.all())
    declared = _declared(idcc) if fact.status == "escape" else []
    claims, strays = _claims(fact, current)
    changed_by, changes = _last_changes(idcc, current)
    context = {
        **_answer_context(found, current, but=("escape_code",)),
        "agreement": fact,
        "row": row,
        "words": request.GET.get("q", "").strip(),
        "chosen": chosen(request.GET, visitor=visitor_of(request)),
        "names": [name.name for name in names if name.kind != AgreementName.Kind.TRADE],
        "trades": [name.name for name in names if name.kind == AgreementName.Kind.TRADE],
        "successor": current.final(idcc) if fact.successor else None,
        "claims": claims,
        "strays": strays,
        "changed_by": changed_by,
        "changes": changes,
        "declared": declared,
        "declared_total": sum(item.establishments for item in declared),
        "title_source": current.sources.get(TITLE_SOURCES.get(row.title_source, "")),
        "proof_url": reverse("proof", args=[idcc]) if found.candidates else "",
    }
    return render(request, "branches/agreement.html", context)


def _claims(fact: AgreementFact, current: Reference) -> tuple[list[Claim], Strays | None]:
    """What each source says; stray rows apart when they are many, and beside an OPCO that is none of them."""
    today = timezone.localdate()
    claims = [
        _claim(item, current) for item in fact.attachments if item.valid_to is None or item.valid_to > today
    ]
    stray, others = [claim for claim in claims if claim.stray], [claim for claim in claims if not claim.stray]
    if len(stray) <= STRAYS_TOLD or not any(claim.fact.share for claim in others):
        return claims, None
    return others, Strays(stray)


def _last_changes(idcc: str, current: Reference) -> tuple[SyncRun | None, ShownTable | None]:
    found = last_changes_of(idcc)
    return (found[0], shown_table(found[1], current)) if found else (None, None)


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


# ------------------------------------------------------------------------------------- activities and proofs
@dataclass(frozen=True)
class Coverage:
    """An agreement of an activity: the share of employees that it covers, and where it leads."""

    agreement: AgreementFact
    share: Decimal
    opcos: list[OpcoFact]


def _coverages(activity: ActivityFact, found: Answer, current: Reference) -> list[Coverage]:
    """The agreements of an activity when the answer rests on them, largest share first."""
    opcos: dict[str, list[OpcoFact]] = {}
    for candidate in found.candidates:
        if candidate.basis == "activity" and candidate.idcc:
            opcos.setdefault(candidate.idcc, []).append(candidate.opco)
    if not opcos:
        return []
    known = [(current.agreements.get(fact.idcc or ""), fact.share) for fact in activity.covered]
    return [
        Coverage(agreement, share, opcos.get(agreement.idcc, [])) for agreement, share in known if agreement
    ]


@require_safe
def activity_page(request: HttpRequest, naf: str) -> HttpResponse:
    found, evidence = consult(f"NAF {naf}")
    code, current = found.query.normalized, evidence.reference
    if code not in current.activities:
        return unanswered(request, naf, found, evidence)
    if code != naf:
        return redirect("activity", code)
    activity = current.activities[code]
    coverages = _coverages(activity, found, current)
    hits = evidence.hits
    if not (hits or coverages):
        hits = search.find(activity.label, agreements=5, activities=0)
    context = {
        **_answer_context(found, current, but=("activity_opco",)),
        "lead": next((message.text for message in found.messages if message.code == "activity_opco"), ""),
        "activity": activity,
        "coverages": coverages,
        "missing": activity.missing if activity.missing > ROUNDINGS else None,
        "shares_source": current.sources.get("activities"),
        "sample_source": current.sources.get("naf_sample"),
        "naf_source": current.sources.get("naf"),
        "related": agreement_results(hits, current),
    }
    return render(request, "branches/activity.html", context)


@require_safe
def proof(request: HttpRequest, number: str) -> HttpResponse:
    """One printable page: the answer, its source, its vintage and the date of the question."""
    found, evidence = consult(number)
    kind, normalized = found.query.kind, found.query.normalized
    if kind not in ("siret", "siren", "idcc") or found.status not in ("found", "ambiguous"):
        raise Http404("Il n’y a rien à prouver pour ce numéro.")
    subjects = {
        "siret": f"Établissement {typography.siret(normalized)}",
        "siren": f"Entreprise {typography.siren(normalized)}",
        "idcc": f"Convention IDCC {normalized}",
    }
    context = {
        **_answer_context(found, evidence.reference),
        kind: normalized,
        "subject": subjects[kind],
        "chosen": chosen(request.GET, "" if kind == "idcc" else normalized),
        "page_url": reverse("agreement" if kind == "idcc" else "company", args=[normalized]),
        "now": timezone.localtime(),
    }
    return render(request, "branches/proof.html", context)

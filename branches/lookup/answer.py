"""Weigh the evidence for a query: candidates, best first, each with its reason; and what must be said beside.

Order of belief for an agreement: a manual attachment in force; else the SIRET-OPCO table when one OPCO holds
at least 90% of the establishments; else every OPCO that it names, ranked; else what orders and lists say.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from branches.lookup import messages as say
from branches.lookup.evidence import (
    ActivityFact,
    AgreementFact,
    AttachmentFact,
    CompanyGroup,
    Evidence,
    Hit,
    OpcoFact,
    Reference,
)
from branches.lookup.query import Query

Status = Literal["found", "ambiguous", "not_attached", "not_found", "invalid"]
Basis = Literal["establishment", "manual", "agreement", "activity", "text"]
Confidence = Literal["certain", "deduced", "probable", "indicative"]
CONFIDENCES: tuple[Confidence, ...] = ("certain", "deduced", "probable", "indicative")

MAJORITY = Decimal("0.9")
MAX_TEXT_AGREEMENTS = 10


@dataclass(frozen=True, slots=True)
class Message:
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceNote:
    """The source of one candidate, as it is cited."""

    name: str
    vintage: str
    url: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An OPCO that may be the right one. `share` is a fraction of 1; None where nothing is published."""

    opco: OpcoFact
    manager: OpcoFact | None
    idcc: str | None
    title: str
    basis: Basis
    confidence: Confidence
    share: Decimal | None
    establishments: int | None
    source: SourceNote
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    query: Query
    status: Status
    candidates: tuple[Candidate, ...] = ()
    messages: tuple[Message, ...] = ()

    @property
    def best(self) -> Candidate | None:
        return self.candidates[0] if self.candidates else None


def answer(query: Query, evidence: Evidence, *, on: date) -> Answer:
    """Answer a parsed query from the evidence gathered for it, as the law and the data stood `on` that day."""
    if query.kind == "siret":
        return _for_establishment(query, evidence, on)
    if query.kind == "siren":
        return _for_company(query, evidence)
    if query.kind == "idcc":
        return _for_agreement(query, evidence, on)
    if query.kind == "naf":
        return _for_activity(query, evidence, on)
    if query.kind == "text":
        return _for_words(query, evidence, on)
    return Answer(query, "invalid", messages=(_message(query.problem, say.invalid(query)),))


def candidates_of(agreement: AgreementFact, reference: Reference, on: date) -> tuple[Status, list[Candidate]]:
    """The OPCOs of an agreement in the order of belief, with "found", "ambiguous" or "not_attached"."""
    status, candidates = _once(
        reference, ("candidates", agreement.idcc, on), lambda: _weigh(agreement, reference, on)
    )
    return status, list(candidates)


def _once(reference: Reference, question: tuple[Any, ...], conclude: Callable[[], Any]) -> Any:
    """What follows from the reference alone is worked out once and kept with it."""
    if question not in reference.concluded:
        reference.concluded[question] = conclude()
    return reference.concluded[question]


def _weigh(agreement: AgreementFact, reference: Reference, on: date) -> tuple[Status, list[Candidate]]:
    manual = [fact for fact in agreement.attachments if fact.source == "manual" and fact.in_force(on)]
    if manual:
        return "found", [
            _attached(agreement, manual[0], reference, "manual", "certain", say.manual(manual[0]))
        ]
    siro = _ranked(agreement, "siro")
    if siro:
        return _by_majority(agreement, siro, reference)
    documented = _documented(agreement)
    if documented:
        found = len({fact.opco for fact in documented}) == 1
        return ("found" if found else "ambiguous"), [
            _attached(
                agreement,
                fact,
                reference,
                "agreement",
                "deduced" if found and fact.source == "approval" and not fact.to_confirm else "probable",
                say.documented(fact, reference.opcos[fact.opco].name, agreement.idcc),
            )
            for fact in documented
        ]
    successor = reference.final(agreement.idcc)
    if successor and successor is not agreement:
        return candidates_of(successor, reference, on)
    return "not_attached", []


def _ranked(agreement: AgreementFact, source: str) -> list[AttachmentFact]:
    facts = [fact for fact in agreement.attachments if fact.source == source]
    return sorted(facts, key=lambda fact: (-(fact.establishments or 0), fact.opco))


def _by_majority(
    agreement: AgreementFact, siro: list[AttachmentFact], reference: Reference
) -> tuple[Status, list[Candidate]]:
    total = agreement.establishments
    if (siro[0].share or 0) >= MAJORITY:
        reason = say.majority(agreement, siro[0], reference.opcos[siro[0].opco].name, total)
        return "found", [_attached(agreement, siro[0], reference, "agreement", "deduced", reason)]
    return "ambiguous", [
        _attached(
            agreement,
            fact,
            reference,
            "agreement",
            "probable",
            say.one_of_several(agreement, fact, reference.opcos[fact.opco].name, total),
        )
        for fact in siro
    ]


def _documented(agreement: AgreementFact) -> list[AttachmentFact]:
    """Orders before lists, the latest first, one per OPCO."""
    facts = sorted(
        (fact for fact in agreement.attachments if fact.source in ("approval", "list")),
        key=lambda fact: (fact.source != "approval", -(fact.document_date or date.min).toordinal()),
    )
    by_opco: dict[str, AttachmentFact] = {}
    for fact in facts:
        by_opco.setdefault(fact.opco, fact)
    return list(by_opco.values())


def _attached(
    agreement: AgreementFact,
    fact: AttachmentFact,
    reference: Reference,
    basis: Basis,
    confidence: Confidence,
    reason: str,
) -> Candidate:
    counted = next((f for f in agreement.attachments if f.source == "siro" and f.opco == fact.opco), None)
    return Candidate(
        opco=reference.opcos[fact.opco],
        manager=None,
        idcc=agreement.idcc,
        title=agreement.title,
        basis=basis,
        confidence=confidence,
        share=counted.share if counted else None,
        establishments=counted.establishments if counted else None,
        source=_source_of(fact, reference),
        reason=reason,
    )


def _source_of(fact: AttachmentFact, reference: Reference) -> SourceNote:
    if fact.source == "siro":
        return _source("siro", reference)
    return SourceNote(say.document_name(fact), say.document_vintage(fact), fact.url)


def _source(code: str, reference: Reference) -> SourceNote:
    source = reference.sources[code]
    return SourceNote(source.name, source.vintage, source.url)


def _message(code: str, text: str) -> Message:
    return Message(code, text)


# --------------------------------------------------------------------------------------------- establishment
def _for_establishment(query: Query, evidence: Evidence, on: date) -> Answer:
    row, reference = evidence.establishment, evidence.reference
    if row is None:
        return Answer(query, "not_found", messages=tuple(_absence(query, reference)))
    agreement = reference.agreements.get(row.idcc) if row.idcc else None
    notes = list(_agreement_notes(agreement, reference, on)) if agreement else []
    if row.idcc and not agreement:
        notes.append(_message("agreement_unknown", say.agreement_unknown(row.idcc)))
    if row.owner is None:
        deduced = candidates_of(agreement, reference, on)[1] if agreement else []
        return Answer(
            query, "not_attached", tuple(deduced), (_message("not_attached", say.NOT_ATTACHED), *notes)
        )
    candidate = _certain(CompanyGroup(row.idcc, row.owner, row.manager, 1), reference)
    if agreement and agreement.status != "escape":
        status, usual = candidates_of(agreement, reference, on)
        by_majority = status == "found" and usual[0].basis == "agreement" and usual[0].share is not None
        if by_majority and usual[0].opco != candidate.opco:
            notes.append(_message("exception", say.exception(candidate.opco.name, usual[0].opco.name)))
    if candidate.manager:
        notes.append(_message("manager", say.manager(candidate.opco.name, candidate.manager.name)))
    return Answer(query, "found", (candidate,), tuple(notes))


def _certain(group: CompanyGroup, reference: Reference) -> Candidate:
    """The candidate of establishments whose own row names their OPCO."""
    question = ("establishment", group.idcc, group.owner, group.manager)
    candidate: Candidate = _once(reference, question, lambda: _own(group, reference))
    return candidate


def _own(group: CompanyGroup, reference: Reference) -> Candidate:
    agreement = reference.agreements.get(group.idcc) if group.idcc else None
    owner = reference.opcos[group.owner or ""]
    siro = agreement.attachments if agreement else ()
    counted = next((fact for fact in siro if fact.source == "siro" and fact.opco == owner.slug), None)
    return Candidate(
        opco=owner,
        manager=reference.opcos.get(group.manager or ""),
        idcc=group.idcc,
        title=agreement.title if agreement else "",
        basis="establishment",
        confidence="certain",
        share=counted.share if counted else None,
        establishments=counted.establishments if counted else None,
        source=_source("siro", reference),
        reason=say.own_row(owner.name, agreement, counted),
    )


def _absence(query: Query, reference: Reference) -> Iterable[Message]:
    """Never just "not found": the likely causes, most likely first, and where to look next."""
    if reference.sources["siro"].sample:
        yield _message("sample", say.sample(reference.sources["siro"].loaded_rows))
    for code, text in say.CAUSES_OF_ABSENCE:
        yield _message(code, text)
    if query.kind == "siret":
        yield _message("official_engine", say.official_engine(query.normalized))


# --------------------------------------------------------------------------------------------------- company
def _for_company(query: Query, evidence: Evidence) -> Answer:
    company, reference = evidence.company, evidence.reference
    if company is None or not company.groups:
        return Answer(query, "not_found", messages=tuple(_absence(query, reference)))
    by_owner: dict[str, list[CompanyGroup]] = defaultdict(list)
    for group in company.groups:
        by_owner[group.owner or ""].append(group)
    unattached = sum(group.count for group in by_owner.pop("", []))
    candidates = [_of_company(groups, company.establishments, reference) for groups in by_owner.values()]
    candidates.sort(key=lambda candidate: (-(candidate.establishments or 0), candidate.opco.slug))
    notes = [_message("unattached_siblings", say.unattached_siblings(unattached))] if unattached else []
    sample = reference.sources["siro"]
    if sample.sample:  # siblings outside the extract may belong elsewhere
        notes.append(_message("sample_company", say.sample_company(sample.loaded_rows)))
        candidates = [replace(candidate, confidence="probable") for candidate in candidates]
    if not candidates:
        return Answer(query, "not_attached", messages=(_message("not_attached", say.NOT_ATTACHED),))
    if len(candidates) == 1:
        return Answer(query, "found", (candidates[0],), tuple(notes))
    several = _message("several_opcos", say.several_opcos(len(candidates)))
    return Answer(query, "ambiguous", tuple(candidates), (several, *notes))


def _of_company(groups: list[CompanyGroup], total: int, reference: Reference) -> Candidate:
    """One OPCO of a company; here `share` and `establishments` count the company's own establishments."""
    groups = sorted(groups, key=lambda group: -group.count)
    count = sum(group.count for group in groups)
    return replace(
        _certain(groups[0], reference),
        share=(Decimal(count) / total).quantize(Decimal("0.000001")),
        establishments=count,
        reason=say.company_share(count, total, reference.opcos[groups[0].owner or ""].name),
    )


# ------------------------------------------------------------------------------------------------- agreement
def _for_agreement(query: Query, evidence: Evidence, on: date) -> Answer:
    reference = evidence.reference
    agreement = reference.agreements.get(query.normalized)
    if agreement is None:
        notes = [_message("unknown_idcc", say.unknown_idcc(query.normalized))]
        naf = f"{query.normalized[:2]}.{query.normalized[2:]}"
        if naf in reference.activities:
            notes.append(_message("looks_like_naf", say.looks_like_naf(query.normalized, naf)))
        return Answer(query, "not_found", messages=tuple(notes))
    notes = list(_agreement_notes(agreement, reference, on))
    if agreement.status == "escape":
        return Answer(query, "not_attached", messages=tuple(notes))
    status, candidates = candidates_of(agreement, reference, on)
    if status == "ambiguous":
        notes.insert(0, _message("several_opcos", say.several_for_agreement(agreement, len(candidates))))
    if status == "not_attached":
        notes.insert(0, _message("agreement_without_opco", say.AGREEMENT_WITHOUT_OPCO))
    return Answer(query, status, tuple(candidates), tuple(notes))


def _agreement_notes(agreement: AgreementFact, reference: Reference, on: date) -> tuple[Message, ...]:
    """What must be said of an agreement whatever was asked about it."""
    question = ("notes", agreement.idcc, on)
    notes: tuple[Message, ...] = _once(reference, question, lambda: tuple(_notes(agreement, reference, on)))
    return notes


def _notes(agreement: AgreementFact, reference: Reference, on: date) -> Iterable[Message]:
    if agreement.status == "escape":
        yield _message("escape_code", say.ESCAPE_CODES[agreement.idcc])
        return
    if not agreement.title:
        yield _message("title_unpublished", say.title_unpublished(agreement.idcc))
    successor = reference.final(agreement.idcc)
    if successor and successor is not agreement:
        yield _message("merged", say.merged(agreement, successor))
    disagreement = _disagreement(agreement, reference, on)
    if disagreement:
        yield _message("disagreement", disagreement)


def _disagreement(agreement: AgreementFact, reference: Reference, on: date) -> str:
    """What orders and lists say, when they name another OPCO than the one answered."""
    candidates = candidates_of(agreement, reference, on)[1]
    documented = _documented(agreement)
    if not candidates or {fact.opco for fact in documented} == {c.opco.slug for c in candidates}:
        return ""  # an order that shares an agreement between two OPCOs agrees with a table that finds both
    best = candidates[0]
    counted = _ranked(agreement, "siro")[:1] if best.basis == "manual" else []
    others = [fact for fact in (*counted, *documented) if fact.opco != best.opco.slug]
    if not others:
        return ""
    belief = say.belief(best.opco.name, best.basis, counted=best.share is not None)
    return say.disagreement(belief, [(reference.opcos[fact.opco].name, fact) for fact in others])


# ---------------------------------------------------------------------------------------- activity and words
def _for_activity(query: Query, evidence: Evidence, on: date) -> Answer:
    reference = evidence.reference
    notes = [_message("naf_as_idcc", say.NAF_AS_IDCC)] if query.note == "naf_as_idcc" else []
    activity = reference.activities.get(query.normalized)
    if activity is None:
        return Answer(
            query, "not_found", messages=(_message("unknown_naf", say.unknown_naf(query.normalized)),)
        )
    notes.append(_message("activity_is_indicative", say.ACTIVITY_IS_INDICATIVE))
    if activity.covered:
        status, candidates = _by_agreements(activity, reference, on)
        if candidates:
            notes[:0] = _leading(candidates, reference)
            return Answer(query, status, tuple(candidates), tuple(notes))
    candidate = _of_activity(query.normalized, reference)
    if candidate:
        return Answer(query, "found", (candidate,), tuple(notes))
    related = _of_hits(evidence.hits, reference, on)
    notes.insert(0, _message("activity_without_sample", say.activity_without_sample(bool(related))))
    return Answer(query, "ambiguous" if related else "not_found", tuple(related), tuple(notes))


def _by_agreements(activity: ActivityFact, reference: Reference, on: date) -> tuple[Status, list[Candidate]]:
    """The OPCOs that the agreements of the employees lead to, the one of most employees first.

    An agreement that leads to several OPCOs counts for each by its share of the establishments, or equally where
    none is published.
    """
    weights: dict[str, Decimal] = defaultdict(Decimal)
    candidates = []
    for fact in activity.covered:
        agreement = reference.agreements.get(fact.idcc or "")
        if agreement is None:  # it was added while the reference was being read: the next request knows it
            continue
        opcos = candidates_of(agreement, reference, on)[1]
        for candidate in opcos:
            part = Decimal(1) if len(opcos) == 1 else candidate.share or Decimal(1) / len(opcos)
            weights[candidate.opco.slug] += fact.share * part
            candidates.append(_of_share(candidate, agreement, fact.share, len(opcos), reference))
    candidates.sort(
        key=lambda one: (-weights[one.opco.slug], one.opco.slug, -(one.share or 0), one.idcc or "")
    )
    found = bool(weights) and max(weights.values()) >= MAJORITY * sum(weights.values())
    return ("found" if found else "ambiguous"), candidates


def _leading(candidates: Sequence[Candidate], reference: Reference) -> Iterable[Message]:
    """How many employees have an agreement that leads to the first OPCO and to no other."""
    opcos = Counter(candidate.idcc for candidate in candidates)
    first = candidates[0].opco
    settled = (one.share or Decimal(0) for one in candidates if one.opco == first and opcos[one.idcc] == 1)
    share = sum(settled, Decimal(0))
    if share:
        vintage = reference.sources["activities"].vintage
        yield _message("activity_opco", say.activity_opco(vintage, share, first.name))


def _of_share(
    candidate: Candidate, agreement: AgreementFact, share: Decimal, opcos: int, reference: Reference
) -> Candidate:
    """An OPCO of an agreement, as the activity suggests it; here `share` counts the activity's employees."""
    source = _source("activities", reference)
    return replace(
        candidate,
        idcc=agreement.idcc,
        title=agreement.title,
        basis="activity",
        confidence="indicative",
        share=share,
        establishments=None,
        source=source,
        reason=say.activity_share(source.vintage, share, agreement, candidate.opco.name, opcos),
    )


def _of_activity(code: str, reference: Reference) -> Candidate | None:
    activity = reference.activities[code]
    if not activity.opco:
        return None
    opco = reference.opcos[activity.opco]
    return Candidate(
        opco=opco,
        manager=None,
        idcc=None,
        title=activity.label,
        basis="activity",
        confidence="indicative",
        share=activity.share,
        establishments=activity.establishments,
        source=_source("naf_sample", reference),
        reason=say.activity_sample(activity, opco.name),
    )


def _for_words(query: Query, evidence: Evidence, on: date) -> Answer:
    hits = evidence.hits
    if not hits:
        return Answer(query, "not_found", messages=(_message("no_match", say.NO_MATCH),))
    candidates = _of_hits(hits, evidence.reference, on)
    of_first = [candidate for candidate in candidates if candidate.idcc and candidate.idcc == hits[0].idcc]
    found = _means_one_agreement(hits) and len(of_first) == 1
    notes = []
    if not found:
        several = sum(1 for hit in hits if hit.idcc) > 1
        notes.append(_message("choose", say.CHOOSE if several else say.CHECK))
    elif hits[0].kind == "trade":
        notes.append(_message("check", say.CHECK))
    if hits[0].via:
        notes.append(_message("merged", say.found_through_merged(hits[0].via)))
    return Answer(query, "found" if found else "ambiguous", tuple(candidates), tuple(notes))


def _means_one_agreement(hits: Sequence[Hit]) -> bool:
    """The words are the very name of one agreement and of one only, or a trade that no other agreement covers."""
    first = hits[0]
    if not first.idcc or not first.exact:
        return False
    if first.kind == "trade":
        return all(hit.idcc in ("", first.idcc) for hit in hits)
    return {hit.idcc for hit in hits if hit.exact and hit.kind != "trade" and hit.idcc} == {first.idcc}


def _of_hits(hits: Iterable[Hit], reference: Reference, on: date) -> list[Candidate]:
    """Agreements first, then activities, in the order in which the search ranked them."""
    candidates: list[Candidate] = []
    # a search a moment after a load may name what the reference in hand does not know yet
    hits = [hit for hit in hits if hit.idcc in reference.agreements or hit.naf in reference.activities]
    for hit in [hit for hit in hits if hit.idcc][:MAX_TEXT_AGREEMENTS]:
        candidates.extend(_of_agreement_hit(hit, reference, on))
    for hit in [hit for hit in hits if hit.naf]:
        candidates.extend(_of_activity_hit(hit.naf, reference, on))
    return candidates


def _of_activity_hit(code: str, reference: Reference, on: date) -> list[Candidate]:
    """What speaks best for an activity among other meanings of the words: one candidate, or none."""
    by_agreements = _by_agreements(reference.activities[code], reference, on)[1]
    sampled = _of_activity(code, reference)
    return by_agreements[:1] or ([sampled] if sampled else [])


def _of_agreement_hit(hit: Hit, reference: Reference, on: date) -> list[Candidate]:
    floor: Confidence = "indicative"
    if hit.exact:
        floor = "probable" if hit.kind == "trade" else "deduced"
    return [
        replace(
            candidate,
            basis="text",
            confidence=max(candidate.confidence, floor, key=CONFIDENCES.index),
            reason=f"{say.matched(hit)} {candidate.reason}",
        )
        for candidate in candidates_of(reference.agreements[hit.idcc], reference, on)[1]
    ]

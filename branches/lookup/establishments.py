"""Establishments and companies: what their own rows say, and what is left when they have none."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from branches.lookup import messages as say
from branches.lookup.activities import by_naf
from branches.lookup.belief import agreement_notes, candidates_of, once
from branches.lookup.evidence import AgreementFact, CompanyGroup, Evidence, RecordFact, Reference
from branches.lookup.query import Query
from branches.lookup.values import (
    CONFIDENCES,
    Answer,
    Candidate,
    Confidence,
    Message,
    Status,
    message,
    source_note,
)


# --------------------------------------------------------------------------------------------- establishment
def for_establishment(query: Query, evidence: Evidence, on: date) -> Answer:
    row, reference = evidence.establishment, evidence.reference
    if row is None:
        return _for_absent(query, evidence, on)
    agreement = reference.agreements.get(row.idcc) if row.idcc else None
    notes = list(agreement_notes(agreement, reference, on)) if agreement else []
    if row.idcc and not agreement:
        notes.append(message("agreement_unknown", say.agreement_unknown(row.idcc)))
    if row.owner is None:
        deduced = candidates_of(agreement, reference, on)[1] if agreement else []
        return Answer(
            query, "not_attached", tuple(deduced), (message("not_attached", say.NOT_ATTACHED), *notes)
        )
    candidate = _certain(CompanyGroup(row.idcc, row.owner, row.manager, 1), reference)
    if agreement and agreement.status != "escape":
        status, usual = candidates_of(agreement, reference, on)
        by_majority = status == "found" and usual[0].basis == "agreement" and usual[0].share is not None
        if by_majority and usual[0].opco != candidate.opco:
            notes.append(message("exception", say.exception(candidate.opco.name, usual[0].opco.name)))
    if candidate.manager:
        notes.append(message("manager", say.manager(candidate.opco.name, candidate.manager.name)))
    return Answer(query, "found", (candidate,), tuple(notes))


def _certain(group: CompanyGroup, reference: Reference) -> Candidate:
    """The candidate of establishments whose own row names their OPCO."""
    question = ("establishment", group.idcc, group.owner, group.manager)
    candidate: Candidate = once(reference, question, lambda: _own(group, reference))
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
        source=source_note("siro", reference),
        reason=say.own_row(owner.name, agreement, counted),
    )


# ------------------------------------------------------------------------------------- absent from the table
def _for_absent(query: Query, evidence: Evidence, on: date) -> Answer:
    """What the directory's agreements lead to; without any, what the activity suggests; else why it is absent."""
    record, reference = evidence.record, evidence.reference
    if record is None:
        return Answer(query, "not_found", messages=tuple(_absence(query, reference)))
    notes = [] if record.is_open else [message("closed", say.closed(query.kind))]
    agreements = [reference.agreements[idcc] for idcc in record.idccs if idcc in reference.agreements]
    for idcc in record.idccs:
        if idcc not in reference.agreements:
            notes.append(message("agreement_unknown", say.agreement_unknown(idcc)))
    for agreement in agreements:
        notes.extend(agreement_notes(agreement, reference, on))
    declared = [agreement for agreement in agreements if agreement.status != "escape"]
    status, candidates = _by_declared(declared, record, reference, on)
    if len(declared) > 1:
        notes.insert(0, message("several_agreements", say.several_agreements(len(declared))))
    if not candidates and record.naf in reference.activities:
        status, candidates = by_naf(record.naf, reference, on)
        if candidates:
            notes.insert(0, message("activity_is_indicative", say.activity_of_record(record.naf)))
    if not candidates:
        return Answer(query, "not_found", messages=(*notes, *_absence(query, reference)))
    return Answer(query, status, tuple(candidates), tuple(notes))


def _by_declared(
    agreements: Sequence[AgreementFact], record: RecordFact, reference: Reference, on: date
) -> tuple[Status, list[Candidate]]:
    """The OPCOs of agreements that the directory names; never more certain than deduced.

    An agreement that leads to no OPCO leaves the question open, whatever the others lead to.
    """
    floor: Confidence = "probable" if record.company_wide else "deduced"
    each = [(agreement, candidates_of(agreement, reference, on)[1]) for agreement in agreements]
    candidates = [
        replace(
            candidate,
            confidence=max(candidate.confidence, floor, key=CONFIDENCES.index),
            reason=f"{say.declared(agreement, record.company_wide)} {candidate.reason}",
        )
        for agreement, found in each
        for candidate in found
    ]
    one = len({candidate.opco.slug for candidate in candidates}) == 1
    return ("found" if one and all(found for _, found in each) else "ambiguous"), candidates


def _absence(query: Query, reference: Reference) -> Iterable[Message]:
    """Never just "not found": the likely causes, most likely first, and where to look next."""
    if reference.sources["siro"].sample:
        yield message("sample", say.sample(reference.sources["siro"].loaded_rows))
    for code, text in say.CAUSES_OF_ABSENCE:
        yield message(code, text)
    if query.kind == "siret":
        yield message("official_engine", say.official_engine(query.normalized))


# --------------------------------------------------------------------------------------------------- company
def for_company(query: Query, evidence: Evidence, on: date) -> Answer:
    company, reference = evidence.company, evidence.reference
    if company is None or not company.groups:
        return _for_absent(query, evidence, on)
    by_owner: dict[str, list[CompanyGroup]] = defaultdict(list)
    for group in company.groups:
        by_owner[group.owner or ""].append(group)
    unattached = sum(group.count for group in by_owner.pop("", []))
    candidates = [_of_company(groups, company.establishments, reference) for groups in by_owner.values()]
    candidates.sort(key=lambda candidate: (-(candidate.establishments or 0), candidate.opco.slug))
    notes = [message("unattached_siblings", say.unattached_siblings(unattached))] if unattached else []
    sample = reference.sources["siro"]
    if sample.sample:  # siblings outside the extract may belong elsewhere
        notes.append(message("sample_company", say.sample_company(sample.loaded_rows)))
        candidates = [replace(candidate, confidence="probable") for candidate in candidates]
    if not candidates:
        return Answer(query, "not_attached", messages=(message("not_attached", say.NOT_ATTACHED),))
    if len(candidates) == 1:
        return Answer(query, "found", (candidates[0],), tuple(notes))
    several = message("several_opcos", say.several_opcos(len(candidates)))
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

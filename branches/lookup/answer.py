"""Weigh the evidence for a query: candidates, best first, each with its reason; and what must be said beside."""

from datetime import date

from branches.lookup import messages as say
from branches.lookup.activities import by_agreements, leading, of_activity
from branches.lookup.belief import agreement_notes, candidates_of
from branches.lookup.establishments import for_company, for_establishment
from branches.lookup.evidence import Evidence
from branches.lookup.query import Query
from branches.lookup.values import Answer, message
from branches.lookup.words import for_words, of_hits


def answer(query: Query, evidence: Evidence, *, on: date) -> Answer:
    """Answer a parsed query from the evidence gathered for it, as the law and the data stood `on` that day."""
    if query.kind == "siret":
        return for_establishment(query, evidence, on)
    if query.kind == "siren":
        return for_company(query, evidence, on)
    if query.kind == "idcc":
        return _for_agreement(query, evidence, on)
    if query.kind == "naf":
        return _for_activity(query, evidence, on)
    if query.kind == "text":
        return for_words(query, evidence, on)
    return Answer(query, "invalid", messages=(message(query.problem, say.invalid(query)),))


def _for_agreement(query: Query, evidence: Evidence, on: date) -> Answer:
    reference = evidence.reference
    agreement = reference.agreements.get(query.normalized)
    if agreement is None:
        notes = [message("unknown_idcc", say.unknown_idcc(query.normalized))]
        naf = f"{query.normalized[:2]}.{query.normalized[2:]}"
        if naf in reference.activities:
            notes.append(message("looks_like_naf", say.looks_like_naf(query.normalized, naf)))
        return Answer(query, "not_found", messages=tuple(notes))
    notes = list(agreement_notes(agreement, reference, on))
    if agreement.status == "escape":
        return Answer(query, "not_attached", messages=tuple(notes))
    status, candidates = candidates_of(agreement, reference, on)
    if status == "ambiguous":
        notes.insert(0, message("several_opcos", say.several_for_agreement(agreement, len(candidates))))
    if status == "not_attached":
        notes.insert(0, message("agreement_without_opco", say.AGREEMENT_WITHOUT_OPCO))
    return Answer(query, status, tuple(candidates), tuple(notes))


def _for_activity(query: Query, evidence: Evidence, on: date) -> Answer:
    reference = evidence.reference
    notes = [message("naf_as_idcc", say.NAF_AS_IDCC)] if query.note == "naf_as_idcc" else []
    activity = reference.activities.get(query.normalized)
    if activity is None:
        return Answer(
            query, "not_found", messages=(message("unknown_naf", say.unknown_naf(query.normalized)),)
        )
    notes.append(message("activity_is_indicative", say.ACTIVITY_IS_INDICATIVE))
    if activity.covered:
        status, candidates = by_agreements(activity, reference, on)
        if candidates:
            notes[:0] = leading(candidates, reference)
            return Answer(query, status, tuple(candidates), tuple(notes))
    candidate = of_activity(query.normalized, reference)
    if candidate:
        return Answer(query, "found", (candidate,), tuple(notes))
    related = of_hits(evidence.hits, reference, on)
    notes.insert(0, message("activity_without_sample", say.activity_without_sample(bool(related))))
    return Answer(query, "ambiguous" if related else "not_found", tuple(related), tuple(notes))

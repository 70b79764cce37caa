"""Words: the agreements and activities that the search found for them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from branches.lookup import messages as say
from branches.lookup.activities import by_agreements, of_activity
from branches.lookup.belief import candidates_of
from branches.lookup.evidence import Evidence, Hit, Reference
from branches.lookup.query import Query
from branches.lookup.values import CONFIDENCES, Answer, Candidate, Confidence, message

MAX_TEXT_AGREEMENTS = 10


def for_words(query: Query, evidence: Evidence, on: date) -> Answer:
    hits = evidence.hits
    if not hits:
        return Answer(query, "not_found", messages=(message("no_match", say.NO_MATCH),))
    candidates = of_hits(hits, evidence.reference, on)
    of_first = [candidate for candidate in candidates if candidate.idcc and candidate.idcc == hits[0].idcc]
    found = _means_one_agreement(hits) and len(of_first) == 1
    notes = []
    if not found:
        several = sum(1 for hit in hits if hit.idcc) > 1
        notes.append(message("choose", say.CHOOSE if several else say.CHECK))
    elif hits[0].kind == "trade":
        notes.append(message("check", say.CHECK))
    if hits[0].via:
        notes.append(message("merged", say.found_through_merged(hits[0].via)))
    return Answer(query, "found" if found else "ambiguous", tuple(candidates), tuple(notes))


def _means_one_agreement(hits: Sequence[Hit]) -> bool:
    """The words are the very name of one agreement and of one only, or a trade that no other agreement covers."""
    first = hits[0]
    if not first.idcc or not first.exact:
        return False
    if first.kind == "trade":
        return all(hit.idcc in ("", first.idcc) for hit in hits)
    return {hit.idcc for hit in hits if hit.exact and hit.kind != "trade" and hit.idcc} == {first.idcc}


def of_hits(hits: Iterable[Hit], reference: Reference, on: date) -> list[Candidate]:
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
    suggested = by_agreements(reference.activities[code], reference, on)[1]
    sampled = of_activity(code, reference)
    return suggested[:1] or ([sampled] if sampled else [])


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

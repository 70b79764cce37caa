"""What an agreement leads to, and what must be said of it.

Order of belief for an agreement: a manual attachment in force; else the SIRET-OPCO table when one OPCO holds
at least 90% of the establishments; else every OPCO that it names, ranked; else what orders and lists say.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from branches.lookup import messages as say
from branches.lookup.evidence import AgreementFact, AttachmentFact, Reference
from branches.lookup.values import (
    Basis,
    Candidate,
    Confidence,
    Message,
    SourceNote,
    Status,
    message,
    source_note,
)

MAJORITY = Decimal("0.9")


def candidates_of(agreement: AgreementFact, reference: Reference, on: date) -> tuple[Status, list[Candidate]]:
    """The OPCOs of an agreement in the order of belief, with "found", "ambiguous" or "not_attached"."""
    status, candidates = once(
        reference, ("candidates", agreement.idcc, on), lambda: _weigh(agreement, reference, on)
    )
    return status, list(candidates)


def once(reference: Reference, question: tuple[Any, ...], conclude: Callable[[], Any]) -> Any:
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
        return source_note("siro", reference)
    return SourceNote(say.document_name(fact), say.document_vintage(fact), fact.url)


def agreement_notes(agreement: AgreementFact, reference: Reference, on: date) -> tuple[Message, ...]:
    """What must be said of an agreement whatever was asked about it."""
    question = ("notes", agreement.idcc, on)
    notes: tuple[Message, ...] = once(reference, question, lambda: tuple(_notes(agreement, reference, on)))
    return notes


def _notes(agreement: AgreementFact, reference: Reference, on: date) -> Iterable[Message]:
    if agreement.status == "escape":
        yield message("escape_code", say.ESCAPE_CODES[agreement.idcc])
        return
    if not agreement.title:
        yield message("title_unpublished", say.title_unpublished(agreement.idcc))
    successor = reference.final(agreement.idcc)
    if successor and successor is not agreement:
        yield message("merged", say.merged(agreement, successor))
    for fact in agreement.attachments:
        if fact.valid_from and fact.valid_from > on:
            yield message("decision_to_come", say.decision_to_come(fact, reference.opcos[fact.opco].name))
        elif fact.valid_to and fact.in_force(on):
            yield message("decision_ends", say.decision_ends(fact, reference.opcos[fact.opco].name))
    disagreement = _disagreement(agreement, reference, on)
    if disagreement:
        yield message("disagreement", disagreement)


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

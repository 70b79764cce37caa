"""What an activity leads to: through the agreements of its employees, else through a sample."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from branches.lookup import messages as say
from branches.lookup.belief import MAJORITY, candidates_of
from branches.lookup.evidence import ActivityFact, AgreementFact, Reference
from branches.lookup.values import Candidate, Message, Status, message, source_note


def by_naf(code: str, reference: Reference, on: date) -> tuple[Status, list[Candidate]]:
    """What an activity suggests, one candidate for each OPCO, the likeliest first."""
    status, candidates = by_agreements(reference.activities[code], reference, on)
    if not candidates:
        sampled = of_activity(code, reference)
        return "found", [sampled] if sampled else []
    return status, list({candidate.opco.slug: candidate for candidate in reversed(candidates)}.values())[::-1]


def by_agreements(activity: ActivityFact, reference: Reference, on: date) -> tuple[Status, list[Candidate]]:
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


def leading(candidates: Sequence[Candidate], reference: Reference) -> Iterable[Message]:
    """How many employees have an agreement that leads to the first OPCO and to no other."""
    opcos = Counter(candidate.idcc for candidate in candidates)
    first = candidates[0].opco
    settled = (one.share or Decimal(0) for one in candidates if one.opco == first and opcos[one.idcc] == 1)
    share = sum(settled, Decimal(0))
    if share:
        vintage = reference.sources["activities"].vintage
        yield message("activity_opco", say.activity_opco(vintage, share, first.name))


def _of_share(
    candidate: Candidate, agreement: AgreementFact, share: Decimal, opcos: int, reference: Reference
) -> Candidate:
    """An OPCO of an agreement, as the activity suggests it; here `share` counts the activity's employees."""
    source = source_note("activities", reference)
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


def of_activity(code: str, reference: Reference) -> Candidate | None:
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
        source=source_note("naf_sample", reference),
        reason=say.activity_sample(activity, opco.name),
    )

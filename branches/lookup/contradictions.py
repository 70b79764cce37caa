"""Where the SIRET-OPCO table contradicts a decision or an order, or no longer decides. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from branches.lookup.belief import MAJORITY
from branches.lookup.evidence import AgreementFact, AttachmentFact


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`ours` is the OPCO decided, ordered or formerly counted, `theirs` the one most counted now, with its share of
    the agreement's `establishments`."""

    idcc: str
    kind: str  # "manual", "approval" or "majority"
    ours: str
    theirs: str
    share: Decimal
    establishments: int
    decision: AttachmentFact | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.idcc, self.ours, self.theirs


def contradictions(
    agreements: Iterable[AgreementFact], lost: Mapping[str, str], on: date
) -> Iterator[Contradiction]:
    """What staff should look at that day, once for each pair of OPCOs; `lost`: IDCC -> the OPCO that had the majority
    in an earlier vintage, which the present one may still give it."""
    for agreement in agreements:
        counted = [fact for fact in agreement.attachments if fact.source == "siro"]
        if not counted:
            continue
        top = max(counted, key=lambda fact: (fact.establishments or 0, fact.opco))
        told: set[str] = set()
        for kind, ours, decision in _claims(agreement, top, lost, on):
            if ours in told:
                continue
            told.add(ours)
            yield Contradiction(
                agreement.idcc,
                kind,
                ours,
                top.opco,
                top.share or Decimal(0),
                agreement.establishments,
                decision,
            )


Claim = tuple[str, str, AttachmentFact | None]


def _claims(
    agreement: AgreementFact, top: AttachmentFact, lost: Mapping[str, str], on: date
) -> Iterator[Claim]:
    """What the OPCO that is counted most contradicts. A decision settles what an order or a lost majority leaves open,
    and is looked at in their place."""
    held = lost.get(agreement.idcc)
    split = (top.share or 0) < MAJORITY
    decisions = [fact for fact in agreement.attachments if fact.source == "manual" and not _is_over(fact, on)]
    if decisions:
        for decision in decisions:
            if decision.opco != top.opco or (held and split):
                yield "manual", decision.opco, decision
        return
    ordered = [fact for fact in agreement.attachments if fact.source == "approval"]
    if ordered and top.opco not in {fact.opco for fact in ordered}:
        latest = max(ordered, key=lambda fact: (fact.document_date or date.min, fact.opco))
        yield "approval", latest.opco, latest
    if held and (split or held != top.opco):
        yield "majority", held, None


def _is_over(fact: AttachmentFact, on: date) -> bool:
    return fact.valid_to is not None and fact.valid_to <= on

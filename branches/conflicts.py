"""The queue of contradictions between sources: found again after each publication, settled by staff.

Nothing is overwritten silently: a contradiction waits here until somebody accepts the table, keeps what the portal
said until a day, or puts it off; each is a correction with its reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from branches import attachments
from branches.evidence import agreements_now
from branches.lookup.belief import MAJORITY
from branches.lookup.contradictions import Contradiction, contradictions
from branches.lookup.evidence import AgreementFact
from branches.models import Attachment, Conflict, VintagePair
from branches.sources.siro.shares import share_of, totals_by_idcc
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.models import Correction
from opco_portal.sync.models import Source

State, Kind = Conflict.State, Conflict.Kind
REVIEW = timedelta(days=365)  # when a decision without an end is looked at again


# ---------------------------------------------------------------------------------------------------------- the queue
def refresh(by: Any = None) -> None:
    """Bring the queue to what the sources contradict now, in the transaction that changes them.

    `by`: who just decided, in full sight, what contradicts the table; it then need not be looked at before the
    decision ends, or a year has passed.
    """
    source, agreements = Source.objects.get(pk="siro"), agreements_now()
    rows = {(row.agreement_id, row.ours_id, row.theirs_id): row for row in Conflict.objects.all()}
    lost = _majorities_lost(agreements, source)
    for found in contradictions(agreements, lost, timezone.localdate()):
        row = rows.pop(found.key, None) or Conflict(
            agreement_id=found.idcc, ours_id=found.ours, theirs_id=found.theirs
        )
        if _follow(row, found, source.vintage, by):
            row.save()
    for row in rows.values():
        if row.state not in (State.GONE, State.ACCEPTED):
            row.state = State.GONE
            row.save()


def _majorities_lost(agreements: Iterable[AgreementFact], source: Source) -> Mapping[str, str]:
    """IDCC -> the OPCO that held the majority in the latest earlier vintage that had one, of those without any now."""
    split = [fact.idcc for fact in agreements if not _has_majority(fact)]
    earlier = VintagePair.objects.filter(
        idcc__in=split, run__lt=source.run_id or 0, run__withdrawn_at=None
    ).order_by("run")
    vintages: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    for pair in earlier:
        vintages[pair.run_id][pair.idcc, pair.opco] = pair.establishments
    lost = {}
    for pairs in vintages.values():
        totals = totals_by_idcc(pairs)
        lost.update(
            {idcc: opco for (idcc, opco), count in pairs.items() if share_of(count, totals[idcc]) >= MAJORITY}
        )
    return lost


def _has_majority(agreement: AgreementFact) -> bool:
    return any((fact.share or 0) >= MAJORITY for fact in agreement.attachments)


def _follow(row: Conflict, found: Contradiction, vintage: str, by: Any) -> bool:
    """Write a contradiction into its row; whether that changes it. What staff said of it stands, unless the table was
    accepted and somebody decides against it again."""
    before = row.pk and _facts(row)
    is_decided = found.kind == Kind.MANUAL and (
        row.kind != Kind.MANUAL or row.state in (State.ACCEPTED, State.GONE)
    )
    row.kind, row.vintage = found.kind, vintage
    row.share, row.establishments = found.share, found.establishments
    if by and is_decided and found.decision:
        until = found.decision.valid_to or timezone.localdate() + REVIEW
        _mark(row, State.KEPT, found.decision.reason, by, until)
    elif row.state == State.GONE or (is_decided and row.state == State.ACCEPTED):
        row.state = State.OPEN
    return _facts(row) != before


def _facts(row: Conflict) -> tuple[Any, ...]:
    return row.kind, row.vintage, row.share, row.establishments, row.state, row.until


# ------------------------------------------------------------------------------------------------------ settling one
def accept(conflict: Conflict, author: Any, note: str) -> None:
    """The table is right: a decision that contradicts it ends today; an order or a former majority gives way."""
    with correcting(author, Correction.Kind.CONFLICT, reason=note):
        row = _held(conflict)
        if row.kind == Kind.MANUAL:
            for decision in attachments.unfinished(row.agreement_id, row.ours_id):
                attachments.finish(decision, timezone.localdate())
        _settle(row, State.ACCEPTED, note, author)


def keep(conflict: Conflict, author: Any, note: str, until: date, source_url: str) -> None:
    """The portal is right until a day: a decision stands, or is made for that time out of an order or a former
    majority. On that day the conflict is looked at again."""
    with correcting(author, Correction.Kind.CONFLICT, reason=note, source_url=source_url):
        row = _held(conflict)
        if row.kind != Kind.MANUAL:
            attachments.decide(
                row.agreement_id, row.ours_id, timezone.localdate(), until, note, source_url, author
            )
        _settle(row, State.KEPT, note, author, until)


def postpone(conflict: Conflict, author: Any, note: str, until: date) -> None:
    """Look at it again another day."""
    with correcting(author, Correction.Kind.CONFLICT, reason=note):
        _settle(_held(conflict), State.POSTPONED, note, author, until)


def _held(conflict: Conflict) -> Conflict:
    return Conflict.objects.select_for_update().get(pk=conflict.pk)


def _settle(row: Conflict, state: Conflict.State, note: str, author: Any, until: date | None = None) -> None:
    _mark(row, state, note, author, until)
    row.save()


def _mark(row: Conflict, state: Conflict.State, note: str, author: Any, until: date | None) -> None:
    row.state, row.note, row.until = state, note, until
    row.settled_by, row.settled_at = author, timezone.now()


def decisions_of(conflict: Conflict) -> "list[Attachment]":
    """The decisions of the portal that a conflict is about."""
    if conflict.kind != Kind.MANUAL:
        return []
    return list(attachments.unfinished(conflict.agreement_id, conflict.ours_id))

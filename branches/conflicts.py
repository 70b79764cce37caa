"""The queue of contradictions between sources: found again after each publication, settled by staff.

Nothing is overwritten silently: a contradiction waits here until somebody accepts the table, keeps what the portal
said until a day, or puts it off; each is a correction with its reason.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from branches import attachments
from branches.evidence import agreements_now
from branches.lookup.belief import MAJORITY
from branches.lookup.contradictions import Contradiction, contradictions
from branches.models import Attachment, Conflict, VintagePair
from branches.sources.siro.shares import share_of, totals_by_idcc
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.models import Correction
from opco_portal.sync.models import Source

State, Kind = Conflict.State, Conflict.Kind
REVIEW = timedelta(days=365)  # when a decision without an end is looked at again


# ---------------------------------------------------------------------------------------------------------- the queue
def refresh(by: Any = None, decided: Collection[str] = ()) -> None:
    """Bring the queue to what the sources contradict now, in the transaction that changes them.

    `by` is whoever just corrected something; of the IDCCs that they `decided`, in full sight of what the table says,
    the contradiction need not be looked at before the decision ends, or a year has passed.
    """
    source, agreements = Source.objects.get(pk="siro"), agreements_now()
    rows = {(row.agreement_id, row.ours_id, row.theirs_id): row for row in Conflict.objects.all()}
    lost = _majorities_before(source) | _majorities_waiting(rows.values())
    for found in contradictions(agreements, lost, timezone.localdate()):
        row = rows.pop(found.key, None) or Conflict(
            agreement_id=found.idcc, ours_id=found.ours, theirs_id=found.theirs
        )
        before = row.pk and _facts(row)
        _follow(row, found, source.vintage, by if found.idcc in decided else None)
        if _facts(row) != before:
            row.save()
    # What was accepted stays told as such until a publication no longer contradicts either.
    over = {State.GONE, State.ACCEPTED} if by else {State.GONE}
    for row in rows.values():
        if row.state not in over:
            row.state = State.GONE
            row.save()


def _majorities_before(source: Source) -> dict[str, str]:
    """IDCC -> the OPCO that held the majority in the latest earlier vintage that had one."""
    earlier = VintagePair.objects.filter(run__lt=source.run_id or 0, run__withdrawn_at=None).order_by("run")
    vintages: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    for run, idcc, opco, count in earlier.values_list("run", "idcc", "opco", "establishments"):
        vintages[run][idcc, opco] = count
    held: dict[str, str] = {}
    for pairs in vintages.values():
        totals = totals_by_idcc(pairs)
        held |= {
            idcc: opco for (idcc, opco), count in pairs.items() if share_of(count, totals[idcc]) >= MAJORITY
        }
    return held


def _majorities_waiting(rows: Iterable[Conflict]) -> dict[str, str]:
    """IDCC -> the OPCO of a lost majority that nobody has settled yet, whatever vintages came since."""
    settled = (State.GONE, State.ACCEPTED)
    return {
        row.agreement_id: row.ours_id
        for row in rows
        if row.kind == Kind.MAJORITY and row.state not in settled
    }


def _follow(row: Conflict, found: Contradiction, vintage: str, by: Any) -> None:
    """Write a contradiction into its row. What staff said of it stands, except where it is another matter since: it
    had gone, the decision that kept our answer is no more, or somebody decides against the table that was accepted."""
    was, row.kind, row.vintage = row.kind, found.kind, vintage
    row.share, row.establishments = found.share, found.establishments
    is_decided = found.kind == Kind.MANUAL and (
        was != Kind.MANUAL or row.state in (State.ACCEPTED, State.GONE)
    )
    is_let_go = was == Kind.MANUAL != found.kind and row.state == State.KEPT
    if by and is_decided and found.decision:
        _mark(row, State.KEPT, found.decision.reason, by, found.decision.valid_to or _in_a_year())
    elif row.state == State.GONE or is_let_go or (is_decided and row.state == State.ACCEPTED):
        row.state, row.note, row.until, row.settled_by, row.settled_at = State.OPEN, "", None, None, None


def _in_a_year() -> date:
    return timezone.localdate() + REVIEW


def _facts(row: Conflict) -> tuple[Any, ...]:
    return row.kind, row.vintage, row.share, row.establishments, row.state, row.until


# ------------------------------------------------------------------------------------------------------ settling one
def accept(conflict: Conflict, author: Any, note: str) -> None:
    """The table is right: decisions that contradict it end today; an order or a former majority gives way."""
    with correcting(author, Correction.Kind.CONFLICT, reason=note):
        row = _held(conflict)
        for decision in attachments.unfinished(row.agreement_id, row.ours_id):
            attachments.finish(decision, timezone.localdate())
        _settle(row, State.ACCEPTED, note, author)


def keep(conflict: Conflict, author: Any, note: str, until: date, source_url: str) -> None:
    """The portal is right until a day, on which the conflict is looked at again: a decision covers all that time, be it
    one that is there, one that is prolonged, or a new one.

    Raises:
        ValidationError: another decision is in the way.
    """
    with correcting(author, Correction.Kind.CONFLICT, reason=note, source_url=source_url):
        row = _held(conflict)
        decision = kept_by(row, until, note, source_url, author)
        if decision:
            attachments.save(decision)
        _settle(row, State.KEPT, note, author, until)


def kept_by(row: Conflict, until: date, note: str, source_url: str, author: Any) -> Attachment | None:
    """The decision to write for ours to be answered until a day, not saved; None where one covers that time already."""
    today = timezone.localdate()
    current = attachments.unfinished(row.agreement_id, row.ours_id).filter(validity__contains=today).first()
    if current is None:
        return attachments.made(row.agreement_id, row.ours_id, today, until, note, source_url, author)
    end = current.validity.upper
    if end is None or end >= until:
        return None
    current.validity = DateRange(current.validity.lower, until)
    return current


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

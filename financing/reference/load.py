"""Bring the tables to what the reference files say, in one transaction, and leave what staff wrote."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Model, Q

from branches.models import Opco
from branches.reference.reader import InvalidReference
from financing.calculator import rules as values
from financing.models import Criteria, Envelope, FundsStatus, Origin, Rule
from financing.models.conversion import criteria_row, envelope_row, funds_rows, rule_row
from opco_portal.corrections.history import because, values_of
from opco_portal.french import listed, typeset
from opco_portal.sync.models import DataVersion
from opco_portal.tables import Difference, compare


@dataclass
class Load:
    """What was written, what the files say otherwise than staff, and the envelopes that staff still need."""

    differences: list[Difference[Any]] = field(default_factory=list)
    conflicts: list[Difference[Any]] = field(default_factory=list)
    kept: list[Envelope] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(self.differences)


class Table(NamedTuple):
    """How rows are matched, and the column that says what is left whole once staff wrote a part of it."""

    model: type[Model]
    key: tuple[str, ...]
    whole: str


# Rules come first: an envelope leaves only when none of them is paid from it any more.
RULES = Table(Rule, ("code", "since"), "code")
FUNDS = Table(FundsStatus, ("envelope_id", "since"), "envelope_id")
ENVELOPES = Table(Envelope, ("code",), "code")


def load(files: Sequence[values.Criteria], *, dry_run: bool = False) -> Load:
    """Apply the files and return what changed. Loading twice changes nothing the second time.

    Raises:
        InvalidReference: an OPCO of the files is not in the database.
    """
    loaded = Load()
    with transaction.atomic():
        DataVersion.hold()
        _require_opcos(files)
        with because(load="financing"):
            _apply(files, loaded)
        if loaded:
            DataVersion.bump()
        if dry_run:
            transaction.set_rollback(True)
    return loaded


def _require_opcos(files: Iterable[values.Criteria]) -> None:
    missing = {each.opco for each in files if each.opco} - set(Opco.objects.values_list("slug", flat=True))
    if missing:
        told = f"La base n’a pas {listed(sorted(missing))} : chargez d’abord « manage.py load_reference »."
        raise InvalidReference([typeset(told)])


def _apply(files: Sequence[values.Criteria], loaded: Load) -> None:
    _write(compare(Criteria.objects.all(), ("opco_id",), map(criteria_row, files)), loaded)
    _bring(RULES, [rule_row(rule) for each in files for rule in each.rules], loaded)
    envelopes = [(envelope, each.opco) for each in files for envelope in each.envelopes]
    _bring(FUNDS, [row for envelope, _ in envelopes for row in funds_rows(envelope)], loaded)
    loaded.kept += _still_needed(envelope.code for envelope, _ in envelopes)
    _bring(ENVELOPES, [*(envelope_row(*each) for each in envelopes), *loaded.kept], loaded)


def _bring(table: Table, wanted: Sequence[Any], loaded: Load) -> None:
    """Write what differs, but of what staff wrote."""
    rows = table.model._default_manager
    theirs = set(rows.filter(origin=Origin.MANUAL).values_list(table.whole, flat=True))
    ours = [row for row in wanted if getattr(row, table.whole) not in theirs]
    _write(_news(compare(rows.exclude(**{f"{table.whole}__in": theirs}), table.key, ours)), loaded)
    contested = [row for row in wanted if getattr(row, table.whole) in theirs]
    names = {getattr(row, table.whole) for row in contested}
    conflict = compare(rows.filter(**{f"{table.whole}__in": names}), table.key, contested, ignored=["origin"])
    loaded.conflicts.append(_news(conflict))


def _news(difference: Difference[Any]) -> Difference[Any]:
    """Without what staff read again since the files did, and found the same: it stays verified on the later day."""
    updated = [(before, after) for before, after in difference.updated if not _read_again(before, after)]
    return replace(difference, updated=updated)


def _read_again(before: Model, after: Model) -> bool:
    if not (isinstance(before, Rule) and isinstance(after, Rule)) or before.verified_on <= after.verified_on:
        return False
    was, becomes = values_of(before), values_of(after)
    return {name for name in was if was[name] != becomes[name]} <= {"verified_on", "origin"}


def _write(difference: Difference[Any], loaded: Load) -> None:
    difference.apply()
    loaded.differences.append(difference)


def _still_needed(codes: Iterable[str]) -> list[Envelope]:
    """Envelopes that have left the files, from which rules of staff are paid or of which staff said something."""
    gone = Envelope.objects.filter(origin=Origin.REFERENCE).exclude(pk__in=list(codes))
    return list(gone.filter(Q(rules__isnull=False) | Q(funds__isnull=False)).distinct())

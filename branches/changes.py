"""What was published when, and which establishments it changed."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Count, F, Q, QuerySet

from branches.lookup import Reference
from branches.models import EstablishmentChange
from opco_portal.sync.models import SyncRun

Kind = EstablishmentChange.Kind
WITHOUT = "sans"  # the filter's word for establishments that leave or reach the state of having no OPCO
NATURES = {
    Kind.MOVED: "change d’OPCO",
    Kind.APPEARED: "nouveau",
    Kind.VANISHED: "disparu",
    Kind.DETAIL: "change de convention ou de gestionnaire",
}


def publications() -> QuerySet[SyncRun]:
    """What the portal published, newest first: synchronisations and returns to an earlier vintage."""
    return SyncRun.objects.filter(state=SyncRun.State.PUBLISHED).select_related("source")


def summaries() -> QuerySet[SyncRun]:
    """The same for lists and feeds: `sentences` of the report, without its tables, which may be long."""
    return publications().defer("report", "set_aside").annotate(sentences=F("report__headline"))


# ------------------------------------------------------------------------------------------------- establishments
def establishments(run: SyncRun, kind: str = "", opco: str = "") -> QuerySet[EstablishmentChange]:
    """The establishments that a run changed, of one kind, and leaving or reaching one OPCO, if these are given."""
    rows = EstablishmentChange.objects.filter(run=run).order_by("siret")
    if kind:
        rows = rows.filter(kind=kind)
    if opco:
        slug = None if opco == WITHOUT else opco
        rows = rows.filter(
            Q(old_owner=slug) & ~Q(kind=Kind.APPEARED) | Q(owner=slug) & ~Q(kind=Kind.VANISHED)
        )
    return rows


@dataclass(frozen=True)
class Tally:
    """How many establishments a run changed, by kind and by OPCO left or reached."""

    groups: Iterable[tuple[str, str | None, str | None, int]]

    def kinds(self, opco: str = "") -> Counter[str]:
        """By kind, for one OPCO or for all."""
        counts: Counter[str] = Counter()
        for kind, old, new, count in self.groups:
            if not opco or opco in _concerned(kind, old, new):
                counts[kind] += count
        return counts

    def opcos(self, kind: str = "") -> Counter[str]:
        """By OPCO, for one kind or for all; an establishment that moves counts for both of its OPCOs."""
        counts: Counter[str] = Counter()
        for each, old, new, count in self.groups:
            if not kind or kind == each:
                counts.update(dict.fromkeys(_concerned(each, old, new), count))
        return counts


def _concerned(kind: str, old: str | None, new: str | None) -> set[str]:
    left = {old or WITHOUT} if kind != Kind.APPEARED else set()
    reached = {new or WITHOUT} if kind != Kind.VANISHED else set()
    return left | reached


def tally(run: SyncRun) -> Tally:
    """One query for every count of the page."""
    rows = EstablishmentChange.objects.filter(run=run).order_by()
    return Tally(list(rows.values_list("kind", "old_owner", "owner").annotate(Count("siret"))))


# ------------------------------------------------------------------------------------------------------------ CSV
HEADER = (
    "SIRET",
    "Nature du changement",
    "IDCC avant",
    "OPCO avant",
    "Gestion avant",
    "IDCC après",
    "OPCO après",
    "Gestion après",
)
LINES = 1000  # sent at a time
BOM = "\ufeff"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """What csv writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def as_csv(rows: QuerySet[EstablishmentChange], current: Reference) -> Iterator[str]:
    """The rows as a file for French spreadsheets: semicolons, and a mark that it is UTF-8. Opened without care, they
    take long numbers for figures; the page says how to import them as text.

    The database holds the result and hands it over in pieces, so that a whole vintage takes no memory here.
    """
    writer = csv.writer(_Line(), delimiter=";", lineterminator="\r\n")
    yield BOM + writer.writerow(HEADER)
    lines = (writer.writerow(map(_harmless, _fields(row, current))) for row in rows.iterator(LINES))
    while piece := "".join(islice(lines, LINES)):
        yield piece


def _fields(row: EstablishmentChange, current: Reference) -> Iterator[str]:
    yield f"{row.siret:014d}"
    yield NATURES[Kind(row.kind)]
    for idcc, *opcos in ((row.old_idcc, row.old_owner, row.old_manager), (row.idcc, row.owner, row.manager)):
        yield idcc or ""
        for slug in opcos:
            opco = current.opcos.get(slug or "")
            yield opco.name if opco else slug or ""


def _harmless(text: str) -> str:
    """A spreadsheet computes what begins like a formula; an apostrophe makes it text."""
    return f"'{text}" if text.startswith(_FORMULAS) else text

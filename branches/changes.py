"""What was published when, and which establishments it changed."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Window,
)
from django.db.models.functions import TruncDate
from django.utils.text import slugify

from branches.lookup import Reference
from branches.models import EstablishmentChange, VintagePair
from opco_portal.formulas import harmless
from opco_portal.french import of
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.report import Column, Table

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
    """The same for lists and feeds: `sentences` of the report, without its tables, which may be long.

    `of_its_day` counts the publications of the list that share the day of each.
    """
    same_day = Window(Count("pk"), partition_by=[TruncDate("finished_at")])
    return (
        with_force(publications())
        .defer("report", "set_aside")
        .annotate(sentences=F("report__headline"), of_its_day=same_day)
    )


def with_force(runs: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
    """`in_force`: the publication, new vintage or way back, that made what its source serves now."""
    latest = SyncRun.objects.filter(source=OuterRef("source"), state=SyncRun.State.PUBLISHED).order_by("-pk")
    is_latest = Q(pk=Subquery(latest.values("pk")[:1])) & Q(source__run__isnull=False)
    return runs.annotate(in_force=ExpressionWrapper(is_latest, output_field=BooleanField()))


def undone_by(run: SyncRun) -> QuerySet[SyncRun]:
    """The publications that a way back withdrew, newest first."""
    withdrawn = Q(withdrawn_at__range=(run.started_at, run.finished_at))
    return (
        publications()
        .defer("report", "set_aside")
        .filter(Q(pk=run.replaces_id) | withdrawn, kind=SyncRun.Kind.SYNC, source=run.source_id)
    )


# ------------------------------------------------------------------------------------------------- one agreement
def last_changes_of(idcc: str) -> tuple[SyncRun, Table] | None:
    """What the vintage being served changed for an agreement, with its publication; None for no change."""
    run = _served()
    if run is None or run.replaces is None:
        return None
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    pairs = VintagePair.objects.filter(run__in=[run, run.replaces], idcc=idcc)
    for vintage, opco, count in pairs.values_list("run", "opco", "establishments"):
        counts[opco][vintage] = count
    sides = [(opco, each.get(run.replaces.pk), each.get(run.pk)) for opco, each in counts.items()]
    rows = sorted((row for row in sides if row[1] != row[2]), key=_largest_first)
    columns = [Column("OPCO", "opco"), Column("Avant", "count"), Column("Après", "count")]
    title = f"Les changements {of(run.vintage)}"
    intro = (
        f"Les établissements qui déclarent l’IDCC {idcc}, en {run.replaces.vintage} puis en {run.vintage}."
    )
    return (run, Table("last_changes", title, columns, rows, intro)) if rows else None


def _served() -> SyncRun | None:
    """The vintage of the SIRET-OPCO table being served, if it replaced another one and told what it changed."""
    return (
        publications()
        .filter(pk__in=Source.objects.filter(pk="siro").values("run"), replaces__isnull=False)
        .exclude(report=None)
        .select_related("replaces")
        .defer("report", "set_aside", "replaces__report", "replaces__set_aside")
        .first()
    )


def _largest_first(row: tuple[str, int | None, int | None]) -> tuple[int, str]:
    opco, before, after = row
    return -abs((after or 0) - (before or 0)), opco


# ------------------------------------------------------------------------------------------------- establishments
NOT_A_NUMBER = (
    "Écrivez un IDCC (4 chiffres, par exemple 1486), un SIRET (14) ou un SIREN (9), et rien d’autre."
)


def numbered(typed: str) -> Q | None:
    """The changes of an agreement (before or after), of an establishment or of a company; None for no such number."""
    digits = re.sub(r"(?i)idcc|siret|siren|[\s.:]", "", typed)
    if not re.fullmatch("[0-9]{4}|[0-9]{9}|[0-9]{14}", digits):
        return None
    if len(digits) == 4:
        return Q(idcc=digits) | Q(old_idcc=digits)
    first = int(digits.ljust(14, "0"))
    return Q(siret__range=(first, first + 10 ** (14 - len(digits)) - 1))


def establishments(
    run: SyncRun, kind: str = "", opco: str = "", number: Q | None = None
) -> QuerySet[EstablishmentChange]:
    """The establishments that a run changed, of one kind, leaving or reaching one OPCO, and `numbered`, if these
    are given."""
    rows = EstablishmentChange.objects.filter(number or Q(), run=run).order_by("siret")
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


def tally(run: SyncRun, number: Q | None = None) -> Tally:
    """One query for every count of the page."""
    rows = establishments(run, number=number).order_by()
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


def file_name(run: SyncRun) -> str:
    """Both vintages, so that a folder of such files can be read: table-siret-opco-juin-2026-vers-juillet-2026.csv."""
    vintages = [run.replaces.vintage, "vers", run.vintage] if run.replaces else [run.vintage]
    return f"{slugify(' '.join([run.source.name, *vintages]))}.csv"


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
    lines = (writer.writerow(map(harmless, _fields(row, current))) for row in rows.iterator(LINES))
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

"""What changed for everybody, newest first: publications of sources, and corrections without their authors."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from branches.changes import publications, summaries
from branches.told import NOT_PUBLIC
from opco_portal.corrections import history
from opco_portal.corrections.models import Correction
from opco_portal.corrections.words import Difference, Names, differences
from opco_portal.sync.models import SyncRun

CORRECTIONS = "corrections"  # beside the codes of the sources, where a list is filtered

Item = SyncRun | Correction
Row = tuple[str, int, Any]  # which of the two, its key, when


def news(of: str = "") -> QuerySet[Any, Row]:
    """Everything, or what one source or the corrections changed; `items` makes objects of a slice of it."""
    published: QuerySet[Any, Row] = (
        publications()
        .annotate(what=Value("run"), at=Coalesce("finished_at", "created_at"))
        .values_list("what", "pk", "at")
    )
    made: QuerySet[Any, Row] = Correction.objects.annotate(
        what=Value("correction"), at=F("created_at")
    ).values_list("what", "pk", "at")
    if of:
        return (made if of == CORRECTIONS else published.filter(source=of)).order_by("-pk")
    return published.union(made, all=True).order_by("-at", "-pk")


def corrections() -> QuerySet[Correction]:
    """The corrections, with the one that undid each."""
    return Correction.objects.prefetch_related("reverted_by").order_by("-pk")


def items(rows: Iterable[Row]) -> list[Item]:
    """The publications and the corrections of some rows, in their order; three queries at most."""
    rows = list(rows)
    found: dict[tuple[str, int], Item] = {}
    for what, objects in (("run", summaries()), ("correction", corrections())):
        keys = [pk for each, pk, _ in rows if each == what]
        if keys:
            found |= {(what, row.pk): row for row in objects.filter(pk__in=keys)}
    return [found[what, pk] for what, pk, _ in rows if (what, pk) in found]


def told(correction: Correction) -> tuple[list[tuple[str, Sequence[Difference]]], int]:
    """Each change of a correction as a sentence with what it changed, and how many more there are."""
    changes = history.net(history.changes_of(correction.context, most=history.SHOWN))
    names = Names(changes)
    lines: list[tuple[str, Sequence[Difference]]] = [
        (
            history.told(each, names),
            differences(each, names, NOT_PUBLIC) if each.before and each.after else (),
        )
        for each in changes
    ]
    return lines, correction.size - len(lines)

"""Usual names: which of them the reference files wrote, and which agreements bear the same one."""

from collections.abc import Iterable

from branches.models import AgreementName, SortKey
from opco_portal.corrections.history import events_of
from opco_portal.french import plain


def of_the_files(pks: Iterable[int]) -> set[int]:
    """Those that the reference files wrote once: written otherwise, they would come back; they are retired instead."""
    events = events_of(AgreementName).filter(pgh_obj_id__in=list(pks), origin=AgreementName.Origin.REFERENCE)
    return set(events.values_list("pgh_obj_id", flat=True))


def namesakes(row: AgreementName) -> list[str]:
    """The other agreements that bear the same name."""
    same = AgreementName.objects.in_use().alias(key=SortKey("name")).filter(key=plain(row.name))
    return list(same.exclude(agreement=row.agreement_id).values_list("agreement", flat=True))

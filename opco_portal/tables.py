"""Bring a table to the rows that it should hold, writing only what differs."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.text import capfirst

from opco_portal.french import plural, typeset

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Change:
    """What was done to one table."""

    table: str
    created: int
    updated: int
    deleted: int

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)

    def __str__(self) -> str:
        """« Règles : 1 ajout, 2 retraits »."""
        counts = {"ajout": self.created, "modification": self.updated, "retrait": self.deleted}
        told = [plural(count, word) for word, count in counts.items() if count]
        return typeset(f"{self.table} : {', '.join(told) or 'rien de changé'}")


@dataclass(frozen=True)
class Difference(Generic[M]):
    """What tells the rows of a table from those that it should hold: `updated` are pairs, before and after."""

    model: type[M]
    columns: tuple[str, ...]  # the names of the fields that may differ
    created: list[M]
    updated: list[tuple[M, M]]
    deleted: list[M]

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)

    @property
    def change(self) -> Change:
        """How many rows of each."""
        name = capfirst(str(self.model._meta.verbose_name_plural))
        return Change(name, len(self.created), len(self.updated), len(self.deleted))

    def apply(self) -> None:
        """Write it; what ends goes before what takes its place."""
        rows = self.model._default_manager
        if self.deleted:
            rows.filter(pk__in=[row.pk for row in self.deleted]).delete()
        if self.updated:
            # bulk_update would write one CASE per column and row, which takes PostgreSQL a second for a thousand rows
            rows.bulk_create(
                [row for _, row in self.updated],
                batch_size=1000,
                update_conflicts=True,
                unique_fields=["pk"],
                update_fields=self.columns,
            )
        rows.bulk_create(self.created, batch_size=1000)


def compare(
    existing: QuerySet[M], key: tuple[str, ...], wanted: Iterable[M], ignored: Iterable[str] = ()
) -> Difference[M]:
    """How `existing` differs from `wanted`, rows being matched by `key`; fields that are `ignored` may differ."""
    model = existing.model
    compared = [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key
        and not getattr(field, "auto_now", False)
        and field.attname not in key
        and field.name not in set(ignored)
    ]

    def identity(row: M) -> tuple[Hashable, ...]:
        return tuple(getattr(row, name) for name in key)

    present = {identity(row): row for row in existing}
    created, updated = [], []
    for row in wanted:
        current = present.pop(identity(row), None)
        if current is None:
            created.append(row)
        elif any(getattr(current, field.attname) != getattr(row, field.attname) for field in compared):
            row.pk = current.pk
            updated.append((current, row))
    names = tuple(field.name for field in compared)
    return Difference(model, names, created, updated, list(present.values()))


def bring_to(existing: QuerySet[M], key: tuple[str, ...], wanted: list[M]) -> Change:
    """Create, update and delete so that `existing` becomes `wanted`, rows being matched by `key`."""
    difference = compare(existing, key, wanted)
    difference.apply()
    return difference.change

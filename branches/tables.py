"""Bring a table to the rows that it should hold, writing only what differs."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.utils.text import capfirst

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
        return f"{self.table} : {self.created} ajoutés, {self.updated} modifiés, {self.deleted} retirés"


def bring_to(existing: QuerySet[M], key: tuple[str, ...], wanted: list[M]) -> Change:
    """Create, update and delete so that `existing` becomes `wanted`, rows being matched by `key`."""
    model = existing.model
    compared = [
        field.attname
        for field in model._meta.concrete_fields
        if not field.primary_key and not getattr(field, "auto_now", False) and field.attname not in key
    ]

    def identity(row: M) -> tuple[Hashable, ...]:
        return tuple(getattr(row, name) for name in key)

    present = {identity(row): row for row in existing}
    created, updated = [], []
    for row in wanted:
        current = present.pop(identity(row), None)
        if current is None:
            created.append(row)
        elif any(getattr(current, name) != getattr(row, name) for name in compared):
            row.pk = current.pk
            updated.append(row)
    model._default_manager.filter(pk__in=[row.pk for row in present.values()]).delete()
    model._default_manager.bulk_create(created, batch_size=1000)
    if updated:
        # bulk_update would write one CASE per column and row, which takes PostgreSQL a second for a thousand rows
        model._default_manager.bulk_create(
            updated,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=[_field(model, name) for name in compared],
        )
    return Change(capfirst(str(model._meta.verbose_name_plural)), len(created), len(updated), len(present))


def _field(model: type[Model], attname: str) -> str:
    return next(field.name for field in model._meta.concrete_fields if field.attname == attname)

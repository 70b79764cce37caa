"""Bring the tables to what the reference files say, in one transaction, writing only what differs."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.text import capfirst

from branches import search
from branches.models import (
    Activity,
    ActivityOpco,
    Agreement,
    AgreementName,
    Attachment,
    Branch,
    DeclaredOpco,
    Establishment,
    Opco,
)
from branches.reference.files import ReferenceData
from branches.reference.reader import InvalidReference
from opco_portal.french import plain
from opco_portal.sync.models import DataVersion, Source


@dataclass(frozen=True)
class Change:
    """What loading did to one table."""

    table: str
    created: int
    updated: int
    deleted: int

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)

    def __str__(self) -> str:
        return f"{self.table} : {self.created} ajoutés, {self.updated} modifiés, {self.deleted} retirés"


M = TypeVar("M", bound=Model)


class _DryRun(Exception):
    """Raised to roll everything back once the changes are known."""


def load(data: ReferenceData, *, dry_run: bool = False) -> list[Change]:
    """Apply the files and return what changed, table by table. Loading twice changes nothing the second time."""
    changes: list[Change] = []
    try:
        with transaction.atomic():
            changes = list(_apply(data))
            if any(changes):
                search.rebuild()
                DataVersion.bump()
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return changes


def _apply(data: ReferenceData) -> Iterable[Change]:
    _refuse_to_lose_staff_work(data)
    pairs_are_current = not _synced(data)
    yield _sync(Opco.objects.all(), ("slug",), [Opco(**row.values) for row in data.opcos])
    yield _sync(Agreement.objects.all(), ("idcc",), [_agreement(row.values) for row in data.agreements])
    names = AgreementName.objects.filter(origin=AgreementName.Origin.REFERENCE)
    typed = {(name.agreement_id, plain(name.name)) for name in AgreementName.objects.filter(origin="manual")}
    wanted = [_name(row.values) for row in data.names]
    wanted = [name for name in wanted if (name.agreement_id, plain(name.name)) not in typed]
    yield _sync(names, ("agreement_id", "name"), wanted)
    yield _sync(Branch.objects.all(), ("line",), [_branch(row.values) for row in data.branches])
    documented = Attachment.objects.filter(source__in=["approval", "list"])
    key = ("agreement_id", "opco_id", "source")
    yield _sync(documented, key, [_documented(row.values) for row in data.documented_attachments])
    yield _sync(Activity.objects.all(), ("code",), [Activity(**row.values) for row in data.naf])
    yield _sync(
        ActivityOpco.objects.all(), ("prefix",), [_shares(row.values) for row in data.naf_opco_sample]
    )
    if pairs_are_current:
        yield from _apply_siro(data)
    yield _sync(_sources(pairs_are_current), ("code",), list(_source_rows(data, pairs_are_current)))


def _refuse_to_lose_staff_work(data: ReferenceData) -> None:
    """An agreement that leaves the files would take along what staff decided or typed about it."""
    gone = Q(agreement__in=Agreement.objects.exclude(pk__in=[row.values["idcc"] for row in data.agreements]))
    decided = Attachment.objects.filter(gone, source=Attachment.Source.MANUAL).values_list(
        "agreement", flat=True
    )
    typed = AgreementName.objects.filter(gone, origin=AgreementName.Origin.MANUAL)
    idccs = sorted({*decided, *typed.values_list("agreement", flat=True)})
    if idccs:
        raise InvalidReference(
            [
                f"agreements.csv : l’IDCC {idcc} a disparu du fichier, mais porte une décision ou un nom saisi."
                for idcc in idccs
            ]
        )


def _synced(data: ReferenceData) -> bool:
    """A sync has brought the real table, or a later one: the files' pairs and sample stay out of its way."""
    shipped = next(row.values for row in data.sources if row.values["code"] == "siro")
    current = Source.objects.filter(code="siro").first()
    return current is not None and (not current.is_sample or current.as_of > shipped["as_of"])


def _apply_siro(data: ReferenceData) -> Iterable[Change]:
    escape = {row.values["idcc"] for row in data.agreements if row.values["status"] == "escape"}
    totals: dict[str, int] = defaultdict(int)
    for row in data.siro_pairs:
        totals[row.values["idcc"]] += row.values["establishments"]
    vintage = next(row.values["vintage"] for row in data.sources if row.values["code"] == "siro")
    attachments, declared = [], []
    for values in (row.values for row in data.siro_pairs):
        ids = {"agreement_id": values["idcc"], "opco_id": values["opco"]}
        if values["idcc"] in escape:
            declared.append(DeclaredOpco(**ids, establishments=values["establishments"]))
            continue
        share = (Decimal(values["establishments"]) / totals[values["idcc"]]).quantize(
            Decimal("0.000001"), ROUND_DOWN
        )
        attachments.append(
            Attachment(
                **ids, source="siro", establishments=values["establishments"], share=share, vintage=vintage
            )
        )
    key = ("agreement_id", "opco_id")
    yield _sync(Attachment.objects.filter(source="siro"), key, attachments)
    yield _sync(DeclaredOpco.objects.all(), key, declared)
    rows = [Establishment(**row.values) for row in data.establishments_sample]
    yield _sync(Establishment.objects.all(), ("siret",), rows)


def _agreement(values: dict[str, Any]) -> Agreement:
    return Agreement(
        **{name: value for name, value in values.items() if name != "successor"},
        successor_id=values["successor"],
    )


def _name(values: dict[str, Any]) -> AgreementName:
    return AgreementName(
        agreement_id=values["idcc"],
        name=values["name"],
        kind=values["kind"],
        origin=AgreementName.Origin.REFERENCE,
    )


def _branch(values: dict[str, Any]) -> Branch:
    return Branch(
        line=values["line"],
        title=values["title"],
        opco_id=values["opco"],
        agreement_id=values["idcc"],
        order_date=values["order_date"],
        order_url=values["order_url"],
    )


def _documented(values: dict[str, Any]) -> Attachment:
    return Attachment(
        agreement_id=values["idcc"],
        opco_id=values["opco"],
        source=values["source"],
        document_date=values["document_date"],
        source_url=values["source_url"],
        to_confirm=values["to_confirm"],
    )


def _shares(values: dict[str, Any]) -> ActivityOpco:
    return ActivityOpco(
        prefix=values["prefix"],
        opco_id=values["opco"],
        share=values["share"],
        establishments=values["establishments"],
    )


def _sources(with_siro: bool) -> QuerySet[Source]:
    return Source.objects.all() if with_siro else Source.objects.exclude(code="siro")


def _source_rows(data: ReferenceData, with_siro: bool) -> Iterable[Source]:
    loaded = {
        "siro": len(data.establishments_sample),
        "approvals": len(data.branches),
        "titles": sum(bool(row.values["title"]) for row in data.agreements),
        "naf": len(data.naf),
        "naf_sample": len(data.naf_opco_sample),
    }
    for row in data.sources:
        if with_siro or row.values["code"] != "siro":
            yield Source(**row.values, loaded_rows=loaded.get(row.values["code"], 0))


def _sync(existing: QuerySet[M], key: tuple[str, ...], wanted: list[M]) -> Change:
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
        model._default_manager.bulk_update(
            updated, [_field(model, name) for name in compared], batch_size=500
        )
    return Change(capfirst(str(model._meta.verbose_name_plural)), len(created), len(updated), len(present))


def _field(model: type[Model], attname: str) -> str:
    return next(field.name for field in model._meta.concrete_fields if field.attname == attname)

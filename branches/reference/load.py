"""Bring the tables to what the reference files say, in one transaction, writing only what differs."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q

from branches import conflicts, search
from branches.models import (
    Activity,
    ActivityOpco,
    ActivityShare,
    Agreement,
    AgreementName,
    Attachment,
    Branch,
    Establishment,
    Opco,
)
from branches.reference.files import ReferenceData
from branches.reference.reader import InvalidReference
from branches.sources.siro.pairs import attach
from opco_portal.corrections.history import because
from opco_portal.french import plain
from opco_portal.sync.models import DataVersion, Source
from opco_portal.tables import Change, bring_to


def load(data: ReferenceData, *, dry_run: bool = False) -> list[Change]:
    """Apply the files and return what changed, table by table. Loading twice changes nothing the second time."""
    with transaction.atomic():
        DataVersion.hold()  # what a synchronisation publishes meanwhile is waited for, and then seen
        with because(load="reference"):
            changes = list(_apply(data))
            conflicts.refresh()  # which writes nothing where nothing has changed
        if any(changes):
            search.rebuild()
            DataVersion.bump()
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _apply(data: ReferenceData) -> Iterable[Change]:
    _refuse_to_lose_staff_work(data)
    pairs_are_current = not _synced(data)
    yield bring_to(Opco.objects.all(), ("slug",), [Opco(**row.values) for row in data.opcos])
    yield bring_to(Agreement.objects.all(), ("idcc",), list(_agreements(data, pairs_are_current)))
    names = AgreementName.objects.filter(origin=AgreementName.Origin.REFERENCE)
    typed = {(name.agreement_id, plain(name.name)) for name in AgreementName.objects.filter(origin="manual")}
    wanted = [_name(row.values) for row in data.names]
    wanted = [name for name in wanted if (name.agreement_id, plain(name.name)) not in typed]
    yield bring_to(names, ("agreement_id", "name"), wanted)
    corrected = set(Branch.objects.exclude(origin=Branch.Origin.REFERENCE).values_list("line", flat=True))
    lines = [_branch(row.values) for row in data.branches if row.values["line"] not in corrected]
    yield bring_to(Branch.objects.filter(origin=Branch.Origin.REFERENCE), ("line",), lines)
    documented = Attachment.objects.filter(source__in=["approval", "list"])
    key = ("agreement_id", "opco_id", "source")
    yield bring_to(documented, key, [_documented(row.values) for row in data.documented_attachments])
    yield bring_to(Activity.objects.all(), ("code",), [Activity(**row.values) for row in data.naf])
    yield bring_to(
        ActivityOpco.objects.all(), ("prefix",), [_shares(row.values) for row in data.naf_opco_sample]
    )
    if pairs_are_current:
        yield from _apply_siro(data)
    yield bring_to(Source.objects.all(), ("code",), list(_sources(data, pairs_are_current)))


def _refuse_to_lose_staff_work(data: ReferenceData) -> None:
    """An agreement that leaves the files would take along what staff decided or typed about it."""
    listed = [row.values["idcc"] for row in data.agreements]
    gone = Q(agreement__in=Agreement.objects.filter(origin=Agreement.Origin.REFERENCE).exclude(pk__in=listed))
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
    if current is None or current.as_of is None:
        return False
    return not current.is_sample or current.as_of > shipped["as_of"]


def _apply_siro(data: ReferenceData) -> Iterable[Change]:
    vintage = next(row.values["vintage"] for row in data.sources if row.values["code"] == "siro")
    pairs = {
        (row.values["idcc"], row.values["opco"]): row.values["establishments"] for row in data.siro_pairs
    }
    yield from attach(pairs, vintage)
    rows = [Establishment(**row.values) for row in data.establishments_sample]
    yield bring_to(Establishment.objects.all(), ("siret",), rows)


# What a synchronised list may have written since: the files no longer speak for it then, nor for anything of an
# agreement that staff wrote.
WRITTEN = ("title", "short_title", "scope", "status", "successor_id", "title_source", "source_url", "origin")


def _agreements(data: ReferenceData, pairs_are_current: bool) -> Iterable[Agreement]:
    """The agreements of the files, and those that came from elsewhere."""
    elsewhere = Agreement.objects.exclude(origin=Agreement.Origin.REFERENCE)
    if not pairs_are_current:  # an agreement that the synchronised table names stays, whatever the files say
        elsewhere = elsewhere | Agreement.objects.filter(attachments__source=Attachment.Source.SIRO)
    # nor do those leave that synchronised lists lead to
    elsewhere = elsewhere | Agreement.objects.filter(
        Q(predecessors__in=elsewhere) | Q(pk__in=ActivityShare.objects.values("agreement"))
    )
    kept = {row.pk: row for row in elsewhere.distinct()}
    for row in data.agreements:
        agreement, current = _agreement(row.values), kept.pop(row.values["idcc"], None)
        if current and current.origin == Agreement.Origin.MANUAL:
            agreement = current
        elif current and current.origin == Agreement.Origin.SYNC:
            for name in WRITTEN:
                setattr(agreement, name, getattr(current, name))
        yield agreement
    yield from kept.values()


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


# What a synchronisation says of a source; the files keep its name, publisher, page and licence.
SERVED = ("vintage", "as_of", "published_rows", "loaded_rows", "run_id")


def _sources(data: ReferenceData, pairs_are_current: bool) -> Iterable[Source]:
    loaded = {
        "siro": len(data.establishments_sample),
        "approvals": len(data.branches),
        "titles": sum(bool(row.values["title"]) for row in data.agreements),
        "naf": len(data.naf),
        "naf_sample": len(data.naf_opco_sample),
    }
    present = {source.code: source for source in Source.objects.all()}
    for row in data.sources:
        code = row.values["code"]
        source, current = Source(**row.values, loaded_rows=loaded.get(code, 0)), present.get(code)
        if current and (current.run_id or (code == "siro" and not pairs_are_current)):
            for name in SERVED:
                setattr(source, name, getattr(current, name))
        yield source

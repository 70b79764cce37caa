"""Gather the evidence for a query from PostgreSQL; `look_up` is what views, API and commands call.

The reference (OPCOs, agreements, attachments, activities: a few thousand rows) is kept in the memory of each
process under the data version it was read at. The version is read together with the establishment, so a SIRET
costs one primary-key read and no process ever answers from an outdated reference.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date

from django.db import connection
from django.utils import timezone

from branches import search
from branches.lookup import (
    ActivityFact,
    AgreementFact,
    Answer,
    AttachmentFact,
    CompanyFact,
    CompanyGroup,
    EstablishmentFact,
    Evidence,
    OpcoFact,
    Query,
    Reference,
    ShareFact,
    SourceFact,
    answer,
    parse,
)
from branches.models import Activity, ActivityOpco, ActivityShare, Agreement, Attachment, Opco
from opco_portal.sync.memory import Kept
from opco_portal.sync.models import Source

ESTABLISHMENT = """
SELECT version.number, row.siret, row.idcc, row.owner, row.manager
FROM sync_dataversion AS version LEFT JOIN branches_establishment AS row ON row.siret = %s
"""
ESTABLISHMENTS = "SELECT siret, idcc, owner, manager FROM branches_establishment WHERE siret = ANY(%s)"
# Every SIRET of a company lies in one range of the primary key.
COMPANY = """
SELECT idcc, owner, manager, count(*) FROM branches_establishment
WHERE siret BETWEEN %s AND %s GROUP BY idcc, owner, manager ORDER BY count(*) DESC
"""


def look_up(raw: str, *, on: date | None = None) -> Answer:
    """Answer what someone typed, today or as the sources stood `on` another day."""
    return consult(raw, on=on)[0]


def consult(raw: str, *, on: date | None = None) -> tuple[Answer, Evidence]:
    """The answer with the evidence that it rests on, for pages that show both."""
    query = parse(raw)
    evidence = evidence_for(query)
    return answer(query, evidence, on=on or timezone.localdate()), evidence


def evidence_for(query: Query) -> Evidence:
    """What the database says about a parsed query."""
    if query.kind == "siret":
        version, row = _establishment(int(query.normalized))
        return Evidence(reference(version), establishment=row)
    current = reference()
    if query.kind == "siren":
        return Evidence(current, company=company(query.normalized))
    if query.kind == "text":
        return Evidence(current, hits=search.find(query.normalized))
    if query.kind == "naf":
        activity = current.activities.get(query.normalized)
        if activity and not activity.opco and not activity.covered:
            return Evidence(current, hits=search.find(activity.label, agreements=5, activities=0))
    return Evidence(current)


def _establishment(siret: int) -> tuple[int, EstablishmentFact | None]:
    with connection.cursor() as cursor:
        cursor.execute(ESTABLISHMENT, [siret])
        found = cursor.fetchone()
    if found is None:
        return 0, None
    version, key, idcc, owner, manager = found
    return version, None if key is None else EstablishmentFact(f"{key:014d}", idcc, owner, manager)


def establishments(sirets: Iterable[str]) -> dict[str, EstablishmentFact]:
    """The rows of several establishments, by SIRET; those that the table does not have are absent."""
    with connection.cursor() as cursor:
        cursor.execute(ESTABLISHMENTS, [[int(siret) for siret in sirets]])
        rows = [EstablishmentFact(f"{key:014d}", *rest) for key, *rest in cursor.fetchall()]
    return {row.siret: row for row in rows}


def company(siren: str) -> CompanyFact:
    """The establishments of a company, grouped by agreement and OPCO."""
    first = int(siren) * 100_000
    with connection.cursor() as cursor:
        cursor.execute(COMPANY, [first, first + 99_999])
        return CompanyFact(siren, tuple(CompanyGroup(*row) for row in cursor.fetchall()))


# ------------------------------------------------------------------------------------------------- reference
def reference(version: int | None = None) -> Reference:
    """The reference at the current data version (pass the version when it has just been read)."""
    return _kept(version)


def forget_reference() -> None:
    """Drop what is in memory; only tests, which roll versions back, need it."""
    _kept.forget()


def _read_reference(version: int) -> Reference:
    indications = _Indications(
        {sample.prefix: sample for sample in ActivityOpco.objects.all()}, _shares_by_activity()
    )
    return Reference(
        version=version,
        opcos={row.slug: _opco(row) for row in Opco.objects.all()},
        agreements={fact.idcc: fact for fact in agreements_now()},
        activities={row.code: indications.of(row) for row in Activity.objects.all()},
        sources={source.code: _source(source) for source in Source.objects.all()},
    )


_kept = Kept(_read_reference)


def agreements_now() -> list[AgreementFact]:
    """Every agreement as this transaction sees it, which may not have committed yet."""
    attachments: dict[str, list[AttachmentFact]] = defaultdict(list)
    for row in Attachment.objects.all():
        attachments[row.agreement_id].append(attachment_fact(row))
    return [_agreement(row, tuple(attachments[row.idcc])) for row in Agreement.objects.all()]


def _opco(row: Opco) -> OpcoFact:
    return OpcoFact(**{field.name: getattr(row, field.name) for field in fields(OpcoFact)})


def _agreement(row: Agreement, attachments: tuple[AttachmentFact, ...]) -> AgreementFact:
    return AgreementFact(
        row.idcc,
        row.short_title,
        row.status,
        row.successor_id,
        attachments,
        row.title,
        row.legifrance_id,
    )


def attachment_fact(row: Attachment) -> AttachmentFact:
    return AttachmentFact(
        opco=row.opco_id,
        source=row.source,  # type: ignore[arg-type]  # the choices are the literals
        establishments=row.establishments,
        share=row.share,
        url=row.source_url,
        document_date=row.document_date,
        to_confirm=row.to_confirm,
        valid_from=row.validity.lower if row.validity else None,
        valid_to=row.validity.upper if row.validity else None,
        reason=row.reason,
    )


def _shares_by_activity() -> dict[str, list[ActivityShare]]:
    shares: dict[str, list[ActivityShare]] = defaultdict(list)
    for row in ActivityShare.objects.order_by("activity", "-share", "agreement"):
        shares[row.activity_id].append(row)
    return shares


@dataclass(frozen=True)
class _Indications:
    """What suggests the OPCO of activities: samples by NAF prefix, shares of agreements by NAF code."""

    samples: dict[str, ActivityOpco]
    shares: dict[str, list[ActivityShare]]

    def of(self, row: Activity) -> ActivityFact:
        shares = self.shares.get(row.code, [])
        fact = ActivityFact(
            row.code,
            row.label,
            shares=tuple(ShareFact(share.agreement_id, share.share) for share in shares),
            employees=shares[0].employees if shares else None,
        )
        sample = self._sample(row.code)
        if sample is None:
            return fact
        return replace(
            fact,
            opco=sample.opco_id,
            share=sample.share,
            establishments=sample.establishments,
            sampled_prefix=sample.prefix,
        )

    def _sample(self, code: str) -> ActivityOpco | None:
        """The sample of the longest prefix of the code that was drawn speaks for it."""
        prefixes = (code[:length] for length in range(len(code), 1, -1))
        return next((self.samples[prefix] for prefix in prefixes if prefix in self.samples), None)


def _source(source: Source) -> SourceFact:
    return SourceFact(
        source.code,
        source.name,
        source.vintage,
        source.url,
        source.as_of,
        source.is_sample,
        source.loaded_rows,
    )

"""What each reference file holds: its columns, its key, and the checks across files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Model

from branches.models import Activity, Agreement, AgreementName, Branch, Opco
from branches.reference import reader as r
from branches.reference.reader import Problems, Row
from opco_portal.sync.models import Source

FOLDER = Path(__file__).parent
OPCOS = 11


@dataclass(frozen=True)
class ReferenceData:
    """The rows of every file, checked one by one and against each other."""

    sources: list[Row]
    opcos: list[Row]
    agreements: list[Row]
    names: list[Row]
    branches: list[Row]
    documented_attachments: list[Row]
    siro_pairs: list[Row]
    naf: list[Row]
    naf_opco_sample: list[Row]
    establishments_sample: list[Row]


COLUMNS: dict[str, dict[str, r.Parser]] = {
    "sources": {
        "code": r.matching(r"[a-z_]+", "code en minuscules"),
        "name": r.required,
        "publisher": r.required,
        "vintage": r.text,
        "as_of": r.optional(r.day),
        "url": r.url,
        "licence": r.text,
        "published_rows": r.optional(r.count),
    },
    "opcos": {
        "slug": r.slug,
        "name": r.required,
        "siro_label": r.required,
        "sector": r.required,
        "order_title": r.required,
        "order_date": r.day,
        "order_url": r.url,
        "website": r.url,
        "criteria_url": r.url,
        "portal_name": r.text,
        "portal_url": r.url,
        "contact_email": r.text,
        "verified_on": r.day,
    },
    "agreements": {
        "idcc": r.idcc,
        "title": r.text,
        "short_title": r.text,
        "scope": r.text,
        "status": r.one_of(*Agreement.Status.values),
        "successor": r.optional(r.idcc),
        "legifrance_id": r.matching(r"(KALICONT\d{12})?", "identifiant Légifrance"),
        "legal_state": r.one_of("", *Agreement.LegalState.values),
        "title_source": r.one_of("", *Agreement.TitleSource.values),
        "source_url": r.url,
    },
    "names": {"idcc": r.idcc, "name": r.required, "kind": r.one_of(*AgreementName.Kind.values)},
    "branches": {
        "line": r.count,
        "idcc": r.optional(r.idcc),
        "opco": r.slug,
        "title": r.required,
        "order_date": r.day,
        "order_url": r.url,
    },
    "documented_attachments": {
        "idcc": r.idcc,
        "opco": r.slug,
        "source": r.one_of("approval", "list"),
        "document_date": r.optional(r.day),
        "source_url": r.url,
        "to_confirm": r.yes_no,
    },
    "siro_pairs": {"idcc": r.idcc, "opco": r.slug, "establishments": r.count},
    "naf": {"code": r.naf, "label": r.required},
    "naf_opco_sample": {"prefix": r.naf, "opco": r.slug, "share": r.share, "establishments": r.count},
    "establishments_sample": {
        "siret": r.siret,
        "idcc": r.optional(r.idcc),
        "owner": r.optional(r.slug),
        "manager": r.optional(r.slug),
    },
}
KEYS: dict[str, tuple[str, ...]] = {
    "sources": ("code",),
    "opcos": ("slug",),
    "agreements": ("idcc",),
    "names": ("idcc", "name"),
    "branches": ("line",),
    "documented_attachments": ("idcc", "opco", "source"),
    "siro_pairs": ("idcc", "opco"),
    "naf": ("code",),
    "naf_opco_sample": ("prefix",),
    "establishments_sample": ("siret",),
}


def read_all(folder: Path = FOLDER) -> ReferenceData:
    """Read and check every file.

    Raises:
        InvalidReference: with one line per problem; nothing else of the portal has been touched.
    """
    problems = Problems()
    data = ReferenceData(
        **{
            name: r.read(folder / f"{name}.csv", columns, KEYS[name], problems)
            for name, columns in COLUMNS.items()
        }
    )
    if not problems.found:
        _check_references(data, folder, problems)
        _check_lengths(data, folder, problems)
    problems.raise_if_any()
    return data


def _check_references(data: ReferenceData, folder: Path, problems: Problems) -> None:
    """What one file says must exist in the other: an IDCC, an OPCO, a successor that is not oneself."""
    slugs = {row.values["slug"] for row in data.opcos}
    idccs = {row.values["idcc"] for row in data.agreements}
    if len(slugs) != OPCOS:
        problems.add(folder / "opcos.csv", 1, f"{OPCOS} OPCO attendus, {len(slugs)} trouvés.")
    for name in ("branches", "documented_attachments", "siro_pairs", "naf_opco_sample"):
        _check_known(getattr(data, name), ("opco",), slugs, folder / f"{name}.csv", problems)
    for name in ("names", "branches", "documented_attachments", "siro_pairs", "establishments_sample"):
        _check_known(getattr(data, name), ("idcc",), idccs, folder / f"{name}.csv", problems)
    path = folder / "establishments_sample.csv"
    _check_known(data.establishments_sample, ("owner", "manager"), slugs, path, problems)
    _check_known(data.agreements, ("successor",), idccs, folder / "agreements.csv", problems)
    if "siro" not in {row.values["code"] for row in data.sources}:
        problems.add(folder / "sources.csv", 1, "la source « siro » manque.")
    _check_successors(data, folder / "agreements.csv", problems)


def _check_successors(data: ReferenceData, path: Path, problems: Problems) -> None:
    successors = {row.values["idcc"]: row.values["successor"] for row in data.agreements}
    for row in data.agreements:
        seen, current = {row.values["idcc"]}, row.values["successor"]
        while current and current not in seen:
            seen.add(current)
            current = successors.get(current)
        if current == row.values["idcc"]:
            problems.add(path, row.line, "une convention ne se succède pas à elle-même.")


MODELS: dict[str, type[Model]] = {
    "sources": Source,
    "opcos": Opco,
    "agreements": Agreement,
    "names": AgreementName,
    "branches": Branch,
    "naf": Activity,
}


def _check_lengths(data: ReferenceData, folder: Path, problems: Problems) -> None:
    """A text longer than its column would be cut without a word."""
    for name, model in MODELS.items():
        lengths = {field.name: field.max_length for field in model._meta.concrete_fields if field.max_length}
        for row in getattr(data, name):
            for column, value in row.values.items():
                limit = lengths.get(column)
                if limit and isinstance(value, str) and len(value) > limit:
                    problems.add(folder / f"{name}.csv", row.line, f"{column} : {limit} caractères au plus.")


def _check_known(
    rows: Iterable[Row], columns: tuple[str, ...], known: set[str], path: Path, problems: Problems
) -> None:
    for row in rows:
        for column in columns:
            value = row.values[column]
            if value is not None and value not in known:
                problems.add(path, row.line, f"{column} « {value} » inconnu du référentiel.")

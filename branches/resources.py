"""The tables of the reference as files: what staff take away, and what of it they may bring back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from import_export.widgets import Widget

from branches import attachments
from branches.models import Agreement, AgreementName, Attachment, Disagreement, Opco
from branches.naming import of_the_files
from branches.successions import ESCAPE_STAYS, NO_NEW_ESCAPE, refusal
from opco_portal.corrections.columns import Choice, Column, Day, Link, Moment, Text, YesNo
from opco_portal.corrections.imports import Listing, Sheet
from opco_portal.corrections.models import LONGEST_REASON
from opco_portal.corrections.previews import Line
from opco_portal.french import listed, period, plain
from opco_portal.identifiers import normalize_idcc
from opco_portal.sync.text import readable


class Idcc(Widget):  # type: ignore[misc]
    """The code of an agreement that exists, even without the zeros that spreadsheets take off."""

    def __init__(self, refuse_escapes: str = "") -> None:
        super().__init__()
        self._refuse_escapes = refuse_escapes

    @cached_property
    def _statuses(self) -> Mapping[str, str]:
        return dict(Agreement.objects.values_list("pk", "status"))

    def clean(self, value: str, row: Any = None, **options: Any) -> str | None:
        text = value.upper().replace("IDCC", "").strip()
        if not text:
            return None
        idcc = normalize_idcc(text)
        if idcc is None:
            raise ValueError(
                f"« {readable(value)} » n’est pas un IDCC : écrivez ses quatre chiffres, par exemple 1486."
            )
        if idcc not in self._statuses:
            raise ValueError(attachments.NO_SUCH_IDCC)
        if self._refuse_escapes and self._statuses[idcc] == Agreement.Status.ESCAPE:
            raise ValueError(self._refuse_escapes)
        return idcc


def idcc_column(attribute: str = "agreement_id", refuse_escapes: str = "") -> Column:
    takes = "Les quatre chiffres de la convention."
    return Column(attribute, "IDCC", Idcc(refuse_escapes), takes=takes, example="1486", required=True)


class Status(Choice):
    """That of an agreement, which no escape code becomes, and which becomes none."""

    def __init__(self) -> None:
        super().__init__(lambda: Agreement.Status.choices)

    @property
    def labels(self) -> Sequence[str]:
        return [label for label in super().labels if label != Agreement.Status.ESCAPE.label]


def opcos() -> Sequence[tuple[str, str]]:
    return list(Opco.objects.values_list("slug", "name"))


# --------------------------------------------------------------------------------------------------- usual names
class Names(Sheet):
    """Usual names: known by their agreement and by how they sound, whatever their accents and case."""

    title = "Noms usuels"
    rule = "Un nom que la convention a déjà est modifié, un autre lui est ajouté."
    written = ("name", "kind", "retired", "origin")
    cannot_add = "Ce nom serait nouveau, et votre compte ne peut que modifier ceux qui existent."

    idcc = idcc_column()
    name = Column(
        "name",
        "Nom",
        takes="Le nom usuel, le sigle ou le métier, en 100 caractères au plus.",
        example="Syntec",
        required=True,
    )
    kind = Column(
        "kind",
        "Nature",
        Choice(lambda: AgreementName.Kind.choices),
        takes="Un nom usuel ou un sigle mène droit à la convention ; un métier la propose parmi d’autres.",
        example="nom usuel",
        required=True,
    )
    retired = Column(
        "retired", "Retiré", YesNo(), takes="« oui » pour ne plus proposer ce nom. Vide : non.", example="non"
    )

    class Meta:
        model = AgreementName
        import_id_fields = ("idcc", "name")

    def comparable(self, name: str, value: Any) -> Any:
        return plain(" ".join(value.split())) if name == "name" else value

    def together(self, lines: Sequence[Line]) -> Iterator[tuple[Line, str, str]]:
        """Names of the reference files are retired, not written otherwise."""
        rewritten = {
            line.instance.pk: line
            for line in lines
            if line.is_changed and line.instance.pk and any(each.label == "Nom" for each in line.differences)
        }
        for pk in of_the_files(rewritten) if rewritten else ():
            written = next(each.before for each in rewritten[pk].differences if each.label == "Nom")
            yield (
                rewritten[pk],
                "name",
                f"Ce nom vient du référentiel, où il s’écrit « {written} » : écrivez-le ainsi, ou retirez-le.",
            )

    def remarks(self, lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
        """As on the page of a name: who looks for a name of two agreements will have to choose."""
        if not lines:
            return
        bearers: dict[str, set[str]] = defaultdict(set)
        rows = AgreementName.objects.in_use().values_list("name", "agreement")
        for name, idcc in (*rows, *((each.instance.name, each.instance.agreement_id) for each in lines)):
            bearers[plain(name)].add(idcc)
        for line in lines:
            row = line.instance
            others = sorted(bearers[plain(row.name)] - {row.agreement_id})
            if others and not row.retired and row.kind != AgreementName.Kind.TRADE:
                yield line, f"Ce nom désigne aussi l’IDCC {listed(others)} : qui le cherche devra choisir."


# --------------------------------------------------------------------------------------------------------- titles
class Titles(Sheet):
    """What is written of agreements; which ones exist is said by the official lists."""

    title = "Conventions"
    rule = "Chaque ligne remplace ce que dit la fiche de la convention ; une cellule vide l’efface."
    written = (
        "title",
        "short_title",
        "scope",
        "status",
        "successor",
        "legal_state",
        "legifrance_id",
        "title_source",
        "source_url",
        "origin",
    )

    idcc = idcc_column("idcc")
    long_title = Column(
        "title",
        "Titre",
        takes="Le titre officiel, en 500 caractères au plus.",
        example="Convention collective nationale des bureaux d’études techniques",
    )
    short_title = Column(
        "short_title",
        "Titre court",
        takes="En 250 caractères au plus.",
        example="Bureaux d’études techniques",
    )
    scope = Column("scope", "Champ", takes="Qui elle couvre, en 500 caractères au plus.", example="")
    status = Column(
        "status",
        "Situation",
        Status(),
        takes="La situation de la convention.",
        example="en vigueur",
        required=True,
    )
    successor = Column(
        "successor_id",
        "Remplacée par",
        Idcc(),
        takes="L’IDCC de la convention qui l’a remplacée, s’il y en a une.",
        example="",
    )
    legal_state = Column(
        "legal_state",
        "État juridique",
        Choice(lambda: Agreement.LegalState.choices),
        takes="Ce qu’en dit Légifrance. Vide : non publié.",
        example="en vigueur, étendue",
    )
    legifrance_id = Column(
        "legifrance_id",
        "Identifiant Légifrance",
        takes="Il commence par KALICONT.",
        example="KALICONT000005635173",
    )
    title_source = Column(
        "title_source",
        "Source du titre",
        Choice(lambda: Agreement.TitleSource.choices),
        takes="D’où vient le titre.",
        example="Légifrance",
    )
    source_url = Column(
        "source_url",
        "Source",
        Link(),
        takes="L’adresse de la page qui le dit.",
        example="https://www.legifrance.gouv.fr/conv_coll/id/KALICONT000005635173",
    )

    class Meta:
        model = Agreement
        import_id_fields = ("idcc",)

    def together(self, lines: Sequence[Line]) -> Iterator[tuple[Line, str, str]]:
        """Escape codes stay what they are; chains of replacements as they would be once every line is written."""
        rows = {row.pk: (row.successor_id or "", row.status) for row in self.existing()}
        for line in lines:
            _, status = rows.get(line.instance.pk, ("", line.instance.status))
            if status != line.instance.status and Agreement.Status.ESCAPE in (status, line.instance.status):
                yield line, "status", ESCAPE_STAYS if status == Agreement.Status.ESCAPE else NO_NEW_ESCAPE
        rows |= {
            line.instance.pk: (line.instance.successor_id or "", line.instance.status)
            for line in lines
            if line.instance.pk in rows
        }
        successors = {idcc: successor for idcc, (successor, _) in rows.items()}
        escapes = {idcc for idcc, (_, status) in rows.items() if status == Agreement.Status.ESCAPE}
        for line in lines:
            row = line.instance
            told = line.is_changed or line.failed
            if told and row.successor_id and "successor_id" not in line.failed:
                refused = refusal(row.pk, row.successor_id, successors, escapes)
                if refused:
                    yield line, "successor_id", refused


# ------------------------------------------------------------------------------------------------------ decisions
class Decisions(Sheet):
    """The portal's own attachments: known by their agreement and their first day."""

    title = "Décisions"
    rule = "Une décision de même IDCC et de même premier jour est modifiée, une autre est ajoutée."
    written = ("opco", "validity", "reason", "source_url", "author")
    cannot_add = "Cette décision serait nouvelle, et votre compte ne peut que modifier celles qui existent."

    idcc = idcc_column(refuse_escapes=attachments.ESCAPE_CODE)
    opco = Column("opco_id", "OPCO", Choice(opcos), takes="Le nom de l’OPCO.", example="Atlas", required=True)
    first = Column(
        "first",
        "Premier jour",
        Day(),
        takes="Le rattachement s’applique à partir de ce jour, compris.",
        example="01/01/2027",
        required=True,
    )
    last = Column(
        "last",
        "Dernier jour",
        Day(),
        takes="Compris. Vide tant que la fin n’est pas connue.",
        example="31/12/2027",
    )
    reason = Column(
        "reason",
        "Motif",
        Text(lines=True, most=LONGEST_REASON),
        takes="Publié sur la page de la convention.",
        example="Avenant du 3 mars 2026, étendu le 12 juin 2026",
        required=True,
    )
    source_url = Column(
        "source_url",
        "Source",
        Link(),
        takes="L’adresse de l’arrêté, de l’accord ou de la page officielle qui le dit.",
        example="https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000000000000",
        required=True,
    )

    class Meta:
        model = Attachment
        import_id_fields = ("idcc", "first")

    def existing(self) -> Iterable[Attachment]:
        return [_with_days(row) for row in attachments.decisions()]

    def init_instance(self, row: Any = None) -> Attachment:
        return _with_days(Attachment(source=Attachment.Source.MANUAL))

    def complete(self, instance: Any, failed: set[str]) -> Iterator[tuple[str, str]]:
        if failed & {"first", "last"}:
            return
        wrong = list(attachments.refusals(instance.first, instance.last))
        if wrong:
            yield from wrong
            return
        instance.validity = DateRange(
            instance.first, instance.last + timedelta(days=1) if instance.last else None
        )

    def together(self, lines: Sequence[Line]) -> Iterator[tuple[Line, str, str]]:
        """Periods of one agreement beside one another, those of the file and those that it says nothing of."""
        taken: dict[str, list[tuple[Attachment, Line | None]]] = defaultdict(list)
        for line in lines:
            if line.failed.isdisjoint({"agreement_id", "first", "last"}):
                taken[line.instance.agreement_id].append((line.instance, line))
        said = {line.instance.pk for line in lines}
        for row in self.existing():
            if row.pk not in said:
                taken[row.agreement_id].append((row, None))
        for periods in taken.values():
            yield from _overlaps(periods)

    def claim(self, instance: Any) -> None:
        if instance.author_id is None:
            instance.author = self.author


def _with_days(row: Attachment) -> Attachment:
    """A decision with the days that the file writes: its end there is the last day, not the one after."""
    days: Any = row
    validity = row.validity or DateRange(None, None)
    days.first = validity.lower
    days.last = validity.upper - timedelta(days=1) if validity.upper else None
    return row


def _overlaps(periods: list[tuple[Any, Line | None]]) -> Iterator[tuple[Line, str, str]]:
    """Each period that begins before an earlier one has ended; the line of whichever of them the file holds."""
    periods.sort(key=lambda each: each[0].validity.lower)
    longest: tuple[Any, Line | None] | None = None
    for row, line in periods:
        if longest and (longest[0].last is None or longest[0].last >= row.first):
            other, at = longest
            if line:
                yield line, "first", _covered(other, at)
            elif at:
                yield at, "last", _covered(row, None)
        if longest is None or (longest[0].last and (row.last is None or row.last > longest[0].last)):
            longest = (row, line)


def _covered(other: Any, at: Line | None) -> str:
    when = period(other.validity.lower, other.validity.upper)
    where = f"de la ligne {at.number}" if at else "déjà enregistrée"
    return (
        f"La décision {where} ({dict(opcos()).get(other.opco_id, other.opco_id)} {when}) couvre une partie de cette "
        "période : changez les jours de l’une ou de l’autre."
    )


# -------------------------------------------------------------------------------------------------- to take away
class Attachments(Listing):
    """Every attachment, whatever says it."""

    title = "Rattachements"

    idcc = Column("agreement_id", "IDCC")
    agreement = Column("agreement__short_title", "Convention")
    opco = Column("opco__name", "OPCO")
    source = Column("get_source_display", "Dit par")
    establishments = Column("establishments", "Établissements")
    share = Column("share", "Part")
    first = Column("validity__lower", "Premier jour", Day())
    end = Column("validity__upper", "Ne s’applique plus à partir du", Day())
    reason = Column("reason", "Motif")
    source_url = Column("source_url", "Document")
    document_date = Column("document_date", "Date du document", Day())
    vintage = Column("vintage", "Millésime")
    to_confirm = Column("to_confirm", "À confirmer", YesNo())

    class Meta:
        model = Attachment


class Disagreements(Listing):
    """Where an engine names another OPCO than the portal."""

    title = "Désaccords"

    siret = Column("siret", "SIRET")
    idcc = Column("idcc", "IDCC")
    opco = Column("opco__name", "OPCO du portail")
    source = Column("source", "Source du portail")
    vintage = Column("vintage", "Millésime")
    engine = Column("get_engine_display", "Moteur")
    other = Column("other__name", "OPCO du moteur")
    said_at = Column("said_at", "Réponse du moteur", Moment())
    first_seen_at = Column("first_seen_at", "Vu la première fois", Moment())
    seen_at = Column("seen_at", "Vu la dernière fois", Moment())
    settled_at = Column("settled_at", "Traité le", Moment())
    settled_by = Column("settled_by__username", "Traité par")
    note = Column("note", "Note")

    class Meta:
        model = Disagreement

    def dehydrate_siret(self, row: Disagreement) -> str:
        return f"{row.siret:014d}"

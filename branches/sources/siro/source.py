"""The SIRET-OPCO table: found on data.gouv.fr, staged by COPY, lined up with what is served, then served.

The first vintage replaces the demonstration sample whole. Every later one is staged in an unlogged table without
an index, joined with the table being served, and only the rows that differ are written: readers are never locked
out, the journal of the database stays small, and the same list of differences is what people read and what leads
back to the vintage before.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from branches import search
from branches.models import Agreement, Attachment, EstablishmentChange, Opco, VintagePair
from branches.sources.siro import pairs, sql
from branches.sources.siro.changes import Claims, Moves, report
from branches.sources.siro.reader import SiroReader
from branches.sources.siro.shares import Pairs
from opco_portal.french import number, percent, plural
from opco_portal.sync.errors import Refusal
from opco_portal.sync.journal import Journal
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.publication import (
    Publication,
    dataset_resources,
    month_vintage,
    resource_checksum,
    resource_size,
)
from opco_portal.sync.report import Report
from opco_portal.sync.source import KEPT_EXAMPLES, Schedule, SetAside, Staged, SyncSource, register

FILE_NAME = re.compile(r"siro-(\d{4})(0[1-9]|1[0-2])\.csv$", re.IGNORECASE)
MOST_MOVED = 0.2  # of the establishments: more in one vintage is a mistake of the publisher
KEPT = 12  # publications whose changes are kept one by one: as far back as establishments can be taken


@dataclass
class SiroStaged(Staged):
    """A vintage in the staging table; `moves` is None where there is nothing to compare it with."""

    whole: bool = False  # the staging table becomes the table
    pairs: dict[tuple[str, str], int] = field(default_factory=dict)  # (IDCC, OPCO) -> establishments
    labels: dict[str, int] = field(default_factory=dict)  # what OPCO columns hold -> establishments
    moves: Moves | None = None


@register
class SiroSource(SyncSource[SiroStaged]):
    code = "siro"
    schedule = Schedule(minute="10", hour="5", day_of_month="20")
    base_url = settings.SIRO_DATASET
    max_bytes = 1_000_000_000
    rows_name = "établissements"
    reversible = True

    # ------------------------------------------------------------------------------------------- where it is found
    def find(self, http: httpx.Client) -> Publication:
        found = []
        for resource in dataset_resources(http, self.base_url):
            match = FILE_NAME.fullmatch(str(resource.get("title", "")).strip())
            if match and str(resource.get("format", "")).lower() == "csv" and resource.get("url"):
                found.append((_vintage(match), resource))
        if not found:
            raise Refusal(
                f"Le jeu de données ne contient aucun fichier « siro-AAAAMM.csv » ({self.base_url}). L’éditeur a sans "
                "doute changé ses noms : prévenez l’équipe technique, qui peut charger le fichier à la main."
            )
        (vintage, as_of), resource = max(
            found, key=lambda item: (item[0][1], str(item[1].get("last_modified")))
        )
        return Publication(
            vintage, as_of, str(resource["url"]), resource_size(resource), resource_checksum(resource)
        )

    def describe(self, path: Path) -> Publication:
        match = FILE_NAME.fullmatch(path.name)
        if not match:
            raise Refusal(
                f"Le nom « {path.name} » ne dit pas de quel mois est la table : renommez le fichier en "
                "« siro-AAAAMM.csv », par exemple siro-202607.csv."
            )
        return Publication(*_vintage(match))

    # ---------------------------------------------------------------------------------------------- how it is read
    def stage(self, path: Path, run: SyncRun, journal: Journal) -> SiroStaged:
        staged = SiroStaged(whole=not Source.objects.filter(pk=self.code, run__isnull=False).exists())
        slugs = dict(Opco.objects.values_list("siro_label", "slug"))
        size = path.stat().st_size
        reader = SiroReader(path, slugs, staged, lambda read, lines: journal.progress(read, size, lines))
        with connection.cursor() as cursor:
            cursor.execute(sql.TUNING)
            cursor.execute(sql.CREATE_LOGGED if staged.whole else sql.CREATE_UNLOGGED)
            # Small blocks keep both sides busy: the database works off the socket while the next one is read.
            with cursor.copy(sql.COPY) as copy:
                for block in reader.blocks():
                    copy.write(block)
            copied = cursor.rowcount
        staged.rows = copied
        self._line_up(staged)
        self._count(staged, recount=staged.whole or run.force)
        return staged

    def _line_up(self, staged: SiroStaged) -> None:
        """Give the table its key, or compare it with the one that is served; either finds SIRETs that repeat."""
        if staged.whole:
            try:
                with transaction.atomic():
                    _execute(sql.ADD_KEY)
            except IntegrityError:
                _drop_repeated(staged)
                _execute(sql.ADD_KEY)
            _execute(sql.ANALYZE)
            return
        _execute(sql.COMPARE)
        if self._repeats(staged.rows):
            _drop_repeated(staged)
            _execute(sql.DROP_CHANGES)
            _execute(sql.COMPARE)
        staged.moves = _moves()

    def _repeats(self, copied: int) -> bool:
        """Some SIRET appears twice: one that is new comes twice, or the served rows found more than themselves."""
        served = Source.objects.get(pk=self.code).loaded_rows
        new, once, appeared, vanished = _rows(sql.LINED_UP)[0]
        return bool(new != once or copied - appeared != served - vanished)

    def _count(self, staged: SiroStaged, *, recount: bool) -> None:
        """The pairs of the vintage: those that are served and what changes, or all of them counted anew."""
        pairs_now = Counter[tuple[str, str]]() if recount else Counter(pairs.served())
        labels = Counter[str]()
        for idcc, owner, manager, count in _rows(sql.GROUPS if recount else sql.CHANGED_GROUPS):
            if idcc and owner:
                pairs_now[idcc, owner] += count
            for label in {owner, manager} - {None}:
                labels[label] += abs(count)
        staged.pairs, staged.labels = {pair: count for pair, count in pairs_now.items() if count}, labels

    # --------------------------------------------------------------------------------------------- what is checked
    def check(self, staged: SiroStaged, current: Source, run: SyncRun) -> None:
        self._check_labels(staged)
        super().check(staged, current, run)
        moved = staged.moves.moved_total if staged.moves else 0
        if moved > MOST_MOVED * staged.rows and not run.force:
            raise Refusal(
                f"{number(moved)} établissements changeraient d’OPCO d’un coup, plus de {percent(MOST_MOVED)} : des "
                "colonnes ont sans doute été interverties. Vérifiez le fichier ; s’il est juste, relancez en forçant.",
                forcible=True,
            )

    def _check_labels(self, staged: SiroStaged) -> None:
        known = set(Opco.objects.values_list("pk", flat=True))
        unknown = sorted((label, count) for label, count in staged.labels.items() if label not in known)
        if unknown:
            named = ", ".join(
                f"« {label[:60]} » ({plural(count, 'établissement')})" for label, count in unknown[:5]
            )
            raise Refusal(
                f"La table nomme un OPCO que le portail ne connaît pas : {named}. Rien n’a été chargé. Si un "
                "OPCO a changé de nom, l’équipe technique corrige son libellé (branches/reference/opcos.csv) ; sinon, "
                "signalez-le à l’éditeur."
            )

    # -------------------------------------------------------------------------------------------- what it changes
    def compare(self, staged: SiroStaged, run: SyncRun) -> Report:
        return _report(staged.pairs, staged.moves, staged.rows)

    def names(self) -> Mapping[str, str]:
        return dict(Opco.objects.values_list("slug", "name"))

    # ----------------------------------------------------------------------------------------------- where it lands
    def publish(self, staged: SiroStaged, run: SyncRun) -> None:
        self._serve_pairs(staged.pairs, run)
        if staged.whole:
            _execute(sql.REPLACE)
            return
        _keep_changes(run)
        _execute(sql.APPLY)
        _execute(sql.DROP_STAGE)

    def _serve_pairs(self, counted: Pairs, run: SyncRun) -> None:
        idccs = {idcc for idcc, _ in counted}
        missing = idccs - set(Agreement.objects.values_list("pk", flat=True))
        Agreement.objects.bulk_create(
            Agreement(idcc=idcc, status=Agreement.Status.UNKNOWN, origin=Agreement.Origin.SYNC)
            for idcc in sorted(missing)
        )
        if missing:
            search.rebuild()
        list(pairs.attach(counted, run.vintage))
        VintagePair.objects.bulk_create(
            (VintagePair(run=run, idcc=i, opco=o, establishments=n) for (i, o), n in counted.items()),
            batch_size=1000,
        )

    # ------------------------------------------------------------------------------------------------ the way back
    def restore(self, target: SyncRun, run: SyncRun) -> Report:
        counted = {
            (pair.idcc, pair.opco): pair.establishments for pair in VintagePair.objects.filter(run=target)
        }
        if not counted:
            raise Refusal(
                f"Les rattachements de {target.vintage} n’ont pas été gardés : impossible d’y revenir."
            )
        undone = SyncRun.objects.filter(
            source=self.code, state=SyncRun.State.PUBLISHED, pk__gt=target.pk
        ).count()
        if undone > KEPT:
            raise Refusal(
                f"{target.vintage} est trop ancien : seuls les {KEPT} derniers millésimes peuvent être servis de "
                "nouveau."
            )
        _execute(sql.UNDO, {"source": self.code, "target": target.pk})
        made = _report(counted, _moves(), target.rows)
        self._serve_pairs(counted, run)
        _keep_changes(run)
        _execute(sql.APPLY)
        return made


def _vintage(match: re.Match[str]) -> tuple[str, Any]:
    return month_vintage(int(match[1]), int(match[2]))


def _execute(statements: str, parameters: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        for statement in filter(str.strip, statements.split(";\n")):
            cursor.execute(statement, parameters if parameters and "%(" in statement else None)


def _rows(query: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _drop_repeated(staged: SiroStaged) -> None:
    """Keep one of identical rows; set aside the rows of a SIRET that do not say the same."""
    _execute(sql.REPEATED)
    for siret, said in _rows(sql.CONTRADICTORY, {"most": KEPT_EXAMPLES}):
        staged.put_aside(SetAside(f"{siret:014d}", f"lignes qui se contredisent : {said}"), rows=0)
    contradictory, superfluous = _rows(sql.TOO_MANY)[0]
    staged.set_aside_count += contradictory
    staged.rows -= contradictory + superfluous
    _execute(sql.DROP_REPEATED)


def _moves() -> Moves:
    kinds = dict(_rows(sql.KINDS))
    moved = {(was, now): count for was, now, count in _rows(sql.MOVED)}
    return Moves(kinds.get("appeared", 0), kinds.get("vanished", 0), kinds.get("detail", 0), moved)


def _report(after: Pairs, moves: Moves | None, rows: int) -> Report:
    titles = dict(Agreement.objects.values_list("pk", "short_title"))
    return report(pairs.served(), after, moves, _claims(), titles, rows)


def _claims() -> Claims:
    """What decisions in force and approval orders say."""
    said: dict[str, dict[str, frozenset[str]]] = {"manual": {}, "approval": {}}
    facts = Attachment.objects.filter(source="approval") | Attachment.objects.filter(
        source="manual", validity__contains=timezone.localdate()
    )
    for source, idcc, opco in facts.values_list("source", "agreement_id", "opco_id"):
        said[source][idcc] = said[source].get(idcc, frozenset()) | {opco}
    return Claims(said["manual"], said["approval"])


def _keep_changes(run: SyncRun) -> None:
    _execute(sql.KEEP, {"run": run.pk})
    recent = SyncRun.objects.filter(source=run.source_id, state=SyncRun.State.PUBLISHED).values("pk")[
        : KEPT - 1
    ]
    EstablishmentChange.objects.exclude(run__in=list(recent.values_list("pk", flat=True))).exclude(
        run=run
    ).delete()

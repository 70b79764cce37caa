"""The steps that every synchronisation goes through, and the way back to an earlier publication.

find -> fetch -> [ stage -> check -> compare -> publish ], the part in brackets being one transaction: readers see
the old data or the new, and a process that dies at any moment leaves nothing behind but its run, which the next
one marks as interrupted.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.crypto import salted_hmac

from opco_portal.corrections.history import because
from opco_portal.french import day, megabytes, number, plural, typeset
from opco_portal.http import client
from opco_portal.sync.download import digest, disk_words, download, refuse_web_page
from opco_portal.sync.errors import Failure, Refusal, Taken, Unchanged
from opco_portal.sync.journal import Journal, Watcher, journal
from opco_portal.sync.models import DataVersion, Source, SyncRun
from opco_portal.sync.outcome import finish, mark_interrupted, recorded
from opco_portal.sync.publication import Publication
from opco_portal.sync.source import Staged, SyncSource

State, Step = SyncRun.State, SyncRun.Step
# Sent inside the transaction, with `run`, once its source serves something else: what is derived from it follows.
served_anew = Signal()


@dataclass(frozen=True)
class Order:
    """Who asks for a run, and how it is to go."""

    trigger: SyncRun.Trigger = SyncRun.Trigger.COMMAND
    user: AbstractBaseUser | None = None
    dry_run: bool = False
    force: bool = False


def prepare(
    source: SyncSource[Any],
    order: Order,
    kind: SyncRun.Kind = SyncRun.Kind.SYNC,
    replaces: SyncRun | None = None,
) -> SyncRun:
    """A run that waits for its turn; a way back may say which publication it is to withdraw, and no other."""
    return SyncRun.objects.create(source_id=source.code, kind=kind, replaces=replaces, **vars(order))


def synchronise(
    source: SyncSource[Any], run: SyncRun, *, file: Path | None = None, watcher: Watcher | None = None
) -> SyncRun:
    """Carry a run out and return it as it ended; `file` replaces what the publisher offers.

    Whatever the publisher, the network or the file do is told by the run's state and message. Only what nobody
    foresaw is raised, after it was recorded.
    """
    with recorded(run), journal(run, watcher) as log:
        _start(run)
        _synchronise(source, run, log, file)
    return run


def roll_back(
    source: SyncSource[Any], run: SyncRun, target: SyncRun | None = None, watcher: Watcher | None = None
) -> SyncRun:
    """Serve an earlier publication again, by default the one before; what is left is not taken up again by itself."""
    with recorded(run), journal(run, watcher) as log:
        _start(run)
        _roll_back(source, run, log, target)
    return run


def _start(run: SyncRun) -> None:
    """Take the run up, under the lock of its source.

    Raises:
        Taken: it does not wait any more: another process has carried it out, or somebody cancelled it.
    """
    mark_interrupted(run.source_id, but=run)
    waiting = SyncRun.objects.filter(pk=run.pk, state=State.QUEUED)
    if not waiting.update(state=State.RUNNING, started_at=timezone.now()):
        raise Taken("Cette exécution n’attend plus.")
    run.refresh_from_db(fields=["state", "started_at"])


# -------------------------------------------------------------------------------------------------- a synchronisation
def _synchronise(source: SyncSource[Any], run: SyncRun, log: Journal, file: Path | None) -> None:
    current = Source.objects.select_related("run").get(pk=source.code)
    with _working_folder(run) as folder:
        with client(base_url=source.base_url, timeout=source.timeout) as http:
            log.step(Step.FIND)
            published = source.describe(file) if file else source.find(http)
            _describe(run, published)
            _refuse_older(published, current, run)
            path = file or folder / "published"
            log.step(Step.FETCH)
            run.checksum = (
                _checked(file, source.max_bytes)
                if file
                else download(http, published, path, limit=source.max_bytes, journal=log)
            )
            run.size = path.stat().st_size
            run.save(update_fields=["checksum", "size"])
        _stop_if_known(run, current)
        with transaction.atomic(durable=True), because(run=run.pk):
            _publish(source, run, log, path)


def _publish(source: SyncSource[Any], run: SyncRun, log: Journal, path: Path) -> None:
    log.step(Step.STAGE)
    staged = source.stage(path, run, log)
    _tell_set_aside(run, staged)
    log.step(Step.CHECK)
    current = Source.objects.select_related("run").get(pk=source.code)
    source.check(staged, current, run)
    log.step(Step.COMPARE)
    DataVersion.hold()
    run.report = source.compare(staged, run).as_json()
    _tell_set_aside(run, staged)
    run.rows = staged.rows
    log.step(Step.PUBLISH)
    aside = (
        f" {plural(staged.set_aside_count, 'ligne écartée', 'lignes écartées')}."
        if staged.set_aside_count
        else ""
    )
    if run.dry_run:
        transaction.set_rollback(True)
        run.message = typeset(
            f"Essai sur {number(staged.rows)} {source.rows_name} : rien n’a été écrit.{aside}"
        )
        return
    source.publish(staged, run)
    run.message = typeset(f"Publication de {number(staged.rows)} {source.rows_name}.{aside}")
    run.replaces = current.run
    _serve(run, run, loaded=staged.rows, published=staged.rows + staged.set_aside_count)


def _tell_set_aside(run: SyncRun, staged: Staged) -> None:
    run.set_aside = [asdict(row) for row in staged.set_aside]
    run.set_aside_count = staged.set_aside_count


def _serve(run: SyncRun, served: SyncRun, *, loaded: int, published: int) -> None:
    """Say what is served from now on, in the transaction that makes it so: no crash can part the two."""
    Source.objects.filter(pk=run.source_id).update(
        run=served,
        vintage=served.vintage,
        as_of=served.as_of,
        loaded_rows=loaded,
        published_rows=published,
        loaded_at=timezone.now(),
    )
    served_anew.send(SyncRun, run=run)
    DataVersion.bump()
    finish(run, State.PUBLISHED)


def _describe(run: SyncRun, published: Publication) -> None:
    run.vintage, run.as_of, run.url = published.vintage, published.as_of, published.url
    run.save(update_fields=["vintage", "as_of", "url"])


def _refuse_older(published: Publication, current: Source, run: SyncRun) -> None:
    if current.as_of and published.as_of < current.as_of and not run.force:
        raise Refusal(
            f"Le fichier proposé est de {published.vintage}, plus ancien que celui que le portail sert déjà "
            f"({current.vintage}). Rien n’a été chargé.",
            forcible=True,
        )


def _stop_if_known(run: SyncRun, current: Source) -> None:
    """The same file again is not loaded again, nor one that staff withdrew."""
    if run.force:
        return
    if current.run and current.run.checksum == run.checksum:
        raise Unchanged(f"Le fichier de l’éditeur est celui que le portail sert déjà ({current.vintage}).")
    withdrawn = (
        SyncRun.objects.filter(source=current, checksum=run.checksum, withdrawn_at__isnull=False)
        .order_by("-withdrawn_at")
        .first()
    )
    if withdrawn and withdrawn.withdrawn_at:
        raise Refusal(
            f"Ce fichier ({withdrawn.vintage}) a été retiré par l’équipe le {day(withdrawn.withdrawn_at.date())}. Il "
            "n’est pas repris de lui-même : pour le publier quand même, relancez en forçant.",
            forcible=True,
        )


def _checked(file: Path, limit: int) -> str:
    """The SHA-256 of a file given by hand, which is held to the same limits as one that was fetched."""
    try:
        if file.stat().st_size > limit:
            raise Refusal(f"Le fichier dépasse les {megabytes(limit)} admis pour cette source.")
        with file.open("rb") as opened:
            refuse_web_page(opened.read(512))
        return digest(file)
    except OSError as error:
        why = "n’existe pas" if isinstance(error, FileNotFoundError) else "ne peut pas être lu"
        raise Failure(f"Le fichier {file} {why}. Vérifiez son nom et vos droits.") from error


@contextmanager
def _working_folder(run: SyncRun) -> Iterator[Path]:
    """A folder for what this run downloads; what killed runs of its source left goes first.

    Its name is this installation's own: the lock keeps runs on one database apart, not those of two portals.
    """
    own = salted_hmac("sync", str(connection.settings_dict["NAME"])).hexdigest()[:12]
    parent = Path(settings.SYNC_FOLDER or tempfile.gettempdir(), f"portail-opco-{own}", run.source_id)
    folder = parent / str(run.pk)
    try:
        shutil.rmtree(parent, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise Failure(disk_words(error)) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# -------------------------------------------------------------------------------------------------------- the way back
def _roll_back(source: SyncSource[Any], run: SyncRun, log: Journal, target: SyncRun | None) -> None:
    current = Source.objects.select_related("run__replaces").get(pk=source.code)
    if not source.reversible:
        raise Refusal("Cette source ne garde pas ses millésimes précédents.")
    if run.replaces_id and run.replaces_id != current.run_id:
        raise Refusal(
            f"Le portail sert maintenant {current.vintage} : le millésime à retirer n’est plus celui qui était servi. "
            "Rien n’a changé ; relisez ce qui est servi, puis redemandez."
        )
    target = target or (current.run.replaces if current.run else None)
    if current.run is None or target is None:
        raise Refusal("Il n’y a pas de millésime précédent auquel revenir.")
    if target == current.run:
        raise Refusal(f"Le portail sert déjà {target.vintage}.")
    run.vintage, run.as_of, run.checksum, run.replaces = (
        target.vintage,
        target.as_of,
        target.checksum,
        current.run,
    )
    with transaction.atomic(durable=True), because(run=run.pk):
        log.step(Step.COMPARE)
        DataVersion.hold()
        run.report = source.restore(target, run).as_json()
        log.step(Step.PUBLISH)
        run.rows = target.rows
        run.message = typeset(f"{current.vintage} retiré : le portail sert de nouveau {target.vintage}.")
        left = SyncRun.objects.filter(
            source=current, kind=SyncRun.Kind.SYNC, state=State.PUBLISHED, pk__gt=target.pk, withdrawn_at=None
        )
        left.update(withdrawn_at=timezone.now())
        SyncRun.objects.filter(pk=target.pk).update(withdrawn_at=None)
        _serve(run, target, loaded=target.rows, published=target.rows + target.set_aside_count)

"""How each way of ending is recorded with the run, whatever happens to the process, the network or the database."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import stamina
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from opco_portal.french import typeset
from opco_portal.sync.errors import Failure, SyncError, Taken
from opco_portal.sync.journal import LOST, idle
from opco_portal.sync.models import LONG_WAIT, SyncRun
from opco_portal.sync.source import registered

logger = logging.getLogger(__name__)
State = SyncRun.State


@contextmanager
def recorded(run: SyncRun) -> Iterator[None]:
    """Whatever way the block ends, the run says so."""
    try:
        yield
    except Taken:
        run.refresh_from_db()
    except SyncError as error:
        run.message, run.forcible = error.message, error.forcible
        _record(run, error.state)
    except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
        run.message = typeset(_accident(error))
        _record(run, State.FAILED)
    except SoftTimeLimitExceeded:
        run.message = typeset("Arrêtée : elle durait trop longtemps. Rien n’a changé ; relancez plus tard.")
        _record(run, State.FAILED)
    except KeyboardInterrupt:
        run.message = typeset("Arrêtée au clavier. Rien n’a changé.")
        _record(run, State.CANCELLED)
        raise
    except Exception as error:
        logger.exception("sync run %s of %s failed", run.pk, run.source_id)
        run.message = typeset(
            f"Erreur inattendue ({type(error).__name__}). Rien n’a changé ; le détail est dans le journal du serveur."
        )
        _record(run, State.FAILED)
        raise
    else:
        if not run.is_finished:
            _record(run, State.TRIED)


# By class of SQLSTATE: a deadlock, resources ran out, a lock did not come; any other one is a lost connection.
_ACCIDENTS = {
    "40": "Une autre opération modifiait les mêmes données. Rien n’a changé ; relancez.",
    "53": "La base de données manque de place ou de mémoire. Rien n’a changé ; prévenez l’équipe technique.",
    "55": "Une longue opération occupe la base de données. Rien n’a changé ; relancez plus tard.",
}


def _accident(error: Exception) -> str:
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None) or ""
    return _ACCIDENTS.get(state[:2], LOST)


def _record(run: SyncRun, state: SyncRun.State) -> None:
    """Save how the run ended; the database may be coming back from a restart."""
    if state != State.TRIED:
        run.report = run.replaces = None
    for attempt in stamina.retry_context(
        on=DatabaseError, attempts=20, timeout=60, wait_initial=0.2, wait_max=5
    ):
        with attempt:
            connection.close()
            finish(run, state)


CONCLUDED = (
    "set_aside_count",
    "report",
    "finished_at",
    "state",
    "message",
    "forcible",
    "vintage",
    "as_of",
    "checksum",
    "size",
    "replaces",
    "rows",
    "set_aside",
)


def finish(run: SyncRun, state: SyncRun.State) -> None:
    """Save how the run ended, unless it has its end already.

    A published one lost only the answer to its commit; one that finds itself at work elsewhere, its message having
    come twice, goes on there.
    """
    run.state, run.finished_at = state, timezone.now()
    values = {name: getattr(run, name) for name in CONCLUDED}
    is_open = Q(state=State.QUEUED) if state == State.BUSY else ~Q(state=State.PUBLISHED)
    if not SyncRun.objects.filter(is_open, pk=run.pk).update(**values):
        run.refresh_from_db()


def mark_interrupted(code: str, but: SyncRun | None = None) -> int:
    """Whoever holds the lock knows that no other run of the source is alive."""
    dead = SyncRun.objects.filter(~Q(pk=but.pk if but else None), source=code, state=State.RUNNING)
    return dead.update(**_interruption())


def _interruption() -> dict[str, Any]:
    message = (
        "Le processus s’est arrêté en cours de route. Rien n’a changé : les données servies sont intactes."
    )
    return {"state": State.INTERRUPTED, "finished_at": timezone.now(), "message": typeset(message)}


def recover(code: str | None = None) -> int:
    """Mark the runs whose process died, of one source or of all; return how many."""
    abandoned = Q(state=State.QUEUED, created_at__lt=timezone.now() - LONG_WAIT) & ~Q(
        trigger=SyncRun.Trigger.ADMIN
    )
    count = SyncRun.objects.filter(abandoned).update(**_interruption())
    running = SyncRun.objects.filter(state=State.RUNNING)
    codes = set(running.values_list("source", flat=True)) & (
        {code} if code else {each.code for each in registered()}
    )
    for each in codes:
        try:
            with idle(each) as nobody_works:
                count += mark_interrupted(each) if nobody_works else 0
        except Failure:
            logger.exception("whether a run of %s is alive could not be told", each)
    return count

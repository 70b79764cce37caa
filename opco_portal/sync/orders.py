"""What staff ask for in the administration: one run of a source at a time, handed to a worker."""

import logging
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from opco_portal.french import typeset
from opco_portal.sync.engine import Order, prepare
from opco_portal.sync.journal import LOCKS, number_of
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.outcome import recover
from opco_portal.sync.overview import light_runs
from opco_portal.sync.source import SyncSource
from opco_portal.sync.tasks import enqueue

logger = logging.getLogger(__name__)
State, Kind = SyncRun.State, SyncRun.Kind
CLICKS = LOCKS + 1  # a class of advisory locks beside those of the runs at work
PERMISSIONS = {Kind.SYNC: "sync.synchronise_source", Kind.ROLLBACK: "sync.roll_back_source"}


def may(user: AbstractBaseUser | AnonymousUser, kind: str) -> bool:
    """Whether an account may ask for runs of this kind, and cancel them."""
    return user.has_perm(PERMISSIONS[Kind(kind)])  # type: ignore[union-attr]


def ask(
    source: SyncSource[Any], order: Order, kind: SyncRun.Kind = Kind.SYNC, replaces: SyncRun | None = None
) -> tuple[SyncRun, bool]:
    """A new run and True; or the one of this source that is under way already, and False."""
    recover(source.code)  # a run whose process died is not under way
    try:
        with transaction.atomic():
            _take_turns(source.code)
            under_way = unfinished(source.code).first()
            run = under_way or prepare(source, order, kind, replaces)
            if under_way is None or under_way.waits_in_vain:
                enqueue(run)
    except BrokerError:
        logger.exception("sync run %s could not be handed to a worker", run.pk)
        _end(
            run,
            State.FAILED,
            "La file d’attente ne répond pas : rien n’a été lancé. Prévenez l’équipe technique.",
        )
    return run, under_way is None


def _take_turns(code: str) -> None:
    """Two clicks meet here, so that the second finds the run of the first; a run at work is not waited for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [CLICKS, number_of(code)])


def way_back(source: SyncSource[Any]) -> tuple[SyncRun, SyncRun] | None:
    """What going back would withdraw, and what it would serve again; None when there is no way back."""
    served = (
        SyncRun.objects.filter(pk__in=Source.objects.filter(pk=source.code).values("run"))
        .select_related("replaces")
        .defer("report", "set_aside", "replaces__report", "replaces__set_aside")
        .first()
    )
    if served is None or served.replaces is None or not source.reversible:
        return None
    return served, served.replaces


def cancel(run: SyncRun) -> None:
    """A run that waits ends at once; one at work stops at its next report; one whose process died is marked so."""
    if not _end(run, State.CANCELLED, "Annulée avant de commencer.", cancel_requested=True):
        SyncRun.objects.filter(pk=run.pk, state=State.RUNNING).update(cancel_requested=True)
        recover(run.source_id)


def unfinished(code: str) -> "QuerySet[SyncRun]":
    """The runs of a source that wait or work, the one at work first."""
    return light_runs().filter(source=code, state__in=SyncRun.UNFINISHED).order_by("-state", "pk")


def _end(run: SyncRun, state: SyncRun.State, message: str, **values: Any) -> bool:
    """End a run that no worker has taken up yet."""
    waiting = SyncRun.objects.filter(pk=run.pk, state=State.QUEUED)
    return bool(waiting.update(state=state, message=typeset(message), finished_at=timezone.now(), **values))

"""One Celery task per source, and the recovery of runs whose process died."""

import logging
from functools import partial
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_ready
from django.db import DatabaseError, transaction

from opco_portal.sync.engine import Order, prepare, roll_back, synchronise
from opco_portal.sync.models import SyncRun
from opco_portal.sync.outcome import recover
from opco_portal.sync.source import SyncSource, registered

logger = logging.getLogger(__name__)
GRACE = 60  # seconds between being told to stop and being stopped
RETRY_AFTER = 1800  # seconds
RETRIES = 3
AGAIN = (SyncRun.State.FAILED, SyncRun.State.BUSY)


def task_name(code: str) -> str:
    return f"sync.{code}"


def enqueue(run: SyncRun) -> None:
    """Hand a prepared run to a worker, once the transaction that prepared it is committed."""
    transaction.on_commit(partial(_tasks[run.source_id].delay, run_id=run.pk))


def _carry_out(task: Task, source: SyncSource[Any], run_id: int | None) -> None:
    """Carry a run out; what fails and nobody waits for is tried again, as a run of its own."""
    try:
        run = _run(source, run_id)
        if run is None:
            return
        (roll_back if run.kind == SyncRun.Kind.ROLLBACK else synchronise)(source, run)
    except Exception as error:  # the run has told it, or the database is away and cannot
        raise task.retry(exc=error) from error
    logger.info("sync run %s of %s: %s", run.pk, source.code, run.state)
    if run.trigger == SyncRun.Trigger.SCHEDULE and run.state in AGAIN:
        raise task.retry(exc=RuntimeError(f"{source.code}: {run.message}"))


def _run(source: SyncSource[Any], run_id: int | None) -> SyncRun | None:
    """The run that the message is about; None when it does not wait any more, as when a message comes twice."""
    if run_id is None:
        return prepare(source, Order(trigger=SyncRun.Trigger.SCHEDULE))
    run = SyncRun.objects.get(pk=run_id)
    if run.state == SyncRun.State.QUEUED:
        return run
    logger.info("sync run %s is not waiting any more (%s)", run.pk, run.state)
    return None


def _task_for(source: SyncSource[Any]) -> Any:
    def carry_out(task: Task, run_id: int | None = None) -> None:
        _carry_out(task, source, run_id)

    return shared_task(
        carry_out,
        bind=True,
        name=task_name(source.code),
        soft_time_limit=source.time_limit,
        time_limit=source.time_limit + GRACE,
        default_retry_delay=RETRY_AFTER,
        max_retries=RETRIES,
    )


_tasks = {source.code: _task_for(source) for source in registered()}


def take_up(**kwargs: Any) -> None:
    """A worker that starts finds out which runs died with the last one, and which messages were lost."""
    try:
        count = recover()
        # a command carries its own runs out, with what was typed for them
        asked = SyncRun.objects.filter(state=SyncRun.State.QUEUED, trigger=SyncRun.Trigger.ADMIN)
        for run in asked.filter(source__in=_tasks):
            enqueue(run)
    except DatabaseError:
        logger.exception("runs could not be taken up")
    else:
        if count:
            logger.warning("%s interrupted sync run(s) marked", count)


worker_ready.connect(take_up)

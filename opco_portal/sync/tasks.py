"""One Celery task per source, and the recovery of runs whose process died."""

import logging
from functools import partial
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_ready
from django.db import DatabaseError, transaction

from opco_portal.sync.engine import Order, prepare, recover, roll_back, synchronise
from opco_portal.sync.models import SyncRun
from opco_portal.sync.source import SyncSource, registered

logger = logging.getLogger(__name__)
GRACE = 60  # seconds between being told to stop and being stopped
RETRY_AFTER = 1800  # seconds: less than Redis waits before it hands a task out a second time
RETRIES = 3


def task_name(code: str) -> str:
    return f"sync.{code}"


def enqueue(run: SyncRun) -> None:
    """Hand a prepared run to a worker, once the transaction that prepared it is committed."""
    transaction.on_commit(partial(_tasks[run.source_id].delay, run_id=run.pk))


def _carry_out(task: Task, source: SyncSource[Any], run_id: int | None) -> None:
    if run_id is None:
        run = prepare(source, Order(trigger=SyncRun.Trigger.SCHEDULE))
    else:
        run = SyncRun.objects.get(pk=run_id)
        if run.state != SyncRun.State.QUEUED:
            logger.info("sync run %s is not waiting any more (%s)", run.pk, run.state)
            return
    carry_out = roll_back if run.kind == SyncRun.Kind.ROLLBACK else synchronise
    carry_out(source, run)
    logger.info("sync run %s of %s: %s", run.pk, source.code, run.state)
    if run.state == SyncRun.State.FAILED and run.trigger == SyncRun.Trigger.SCHEDULE:
        raise task.retry(countdown=RETRY_AFTER, max_retries=RETRIES)


def _task_for(source: SyncSource[Any]) -> Any:
    def carry_out(task: Task, run_id: int | None = None) -> None:
        _carry_out(task, source, run_id)

    limits = {"soft_time_limit": source.time_limit, "time_limit": source.time_limit + GRACE}
    return shared_task(carry_out, bind=True, name=task_name(source.code), **limits)


_tasks = {source.code: _task_for(source) for source in registered()}


def mark_interrupted(**kwargs: Any) -> None:
    """A worker that starts finds out which runs died with the last one."""
    try:
        count = recover()
    except DatabaseError:
        logger.exception("interrupted runs could not be looked for")
    else:
        if count:
            logger.warning("%s interrupted sync run(s) marked", count)


worker_ready.connect(mark_interrupted)

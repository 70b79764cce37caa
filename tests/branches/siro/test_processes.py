"""Processes: killed at any step, two at once, cancelled, a database that restarts, and readers all along."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction
from werkzeug import Request, Response

from branches.evidence import look_up
from branches.models import Establishment
from branches.reference.files import read_all
from branches.reference.load import load
from opco_portal.local.servers import ROOT
from opco_portal.sync.engine import Order, prepare, synchronise
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.orders import ask
from opco_portal.sync.outcome import recover
from tests.branches.siro.test_faults import unharmed
from tests.browser.conftest import wait_until
from tests.databases import server_to_restart
from tests.publications import forget_published_rows
from tests.publisher import Publisher

Step = SyncRun.Step
# Runs the synchronisation and kills itself without notice at a step, or within the transaction just before it ends.
DIES = """
import os, signal, sys
import django
django.setup()
from opco_portal.sync.engine import Order, prepare, synchronise
from opco_portal.sync.models import DataVersion
from opco_portal.sync.source import source_named

class Killer:
    def step(self, step):
        if step == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGKILL)
    def progress(self, done, total):
        pass

if sys.argv[1] == "commit":
    DataVersion.bump = lambda: os.kill(os.getpid(), signal.SIGKILL)
source = source_named("siro")
synchronise(source, prepare(source, Order()), watcher=Killer())
"""


@pytest.mark.parametrize("step", [*Step.values, "commit"])
def test_a_process_killed_at_any_step(portal_on_june, sync, july, own_database, step):
    with unharmed(sync, portal_on_june, july):
        portal_on_june.offer("202607", july)
        environment = os.environ | {
            "DATABASE_URL": own_database,
            "SIRO_DATASET": portal_on_june.dataset,
            "DJANGO_SETTINGS_MODULE": "opco_portal.settings",
        }
        done = subprocess.run([sys.executable, "-c", DIES, step], env=environment, cwd=ROOT, check=False)
        assert done.returncode == -9
        dead = SyncRun.objects.latest("pk")
        assert dead.state == "running"
    dead.refresh_from_db()  # the next run has found it
    assert dead.state == "interrupted"
    assert "s’est arrêté en cours de route" in dead.message


def test_a_celery_worker_that_is_killed_leaves_a_run_that_the_next_one_takes_for_interrupted(
    portal_on_june, siro, july, own_database, tmp_path
):
    """The publisher holds the file back until the worker is dead; a new worker then finds its run."""
    asked, dead = threading.Event(), threading.Event()

    def hold_back(request: Request) -> Response:
        asked.set()
        dead.wait(60)
        return Response(july)

    portal_on_june.offer_through("202607", hold_back)
    with celery_worker(own_database, portal_on_june, tmp_path) as worker:
        run, _ = ask(siro, Order(trigger=SyncRun.Trigger.ADMIN))
        assert asked.wait(60)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(30)
    dead.set()
    assert SyncRun.objects.get(pk=run.pk).state == "running"
    with celery_worker(own_database, portal_on_june, tmp_path):
        wait_until(lambda: SyncRun.objects.get(pk=run.pk).state == "interrupted")
        again, new = ask(siro, Order(trigger=SyncRun.Trigger.ADMIN))
        wait_until(lambda: SyncRun.objects.get(pk=again.pk).is_finished)
    assert (new, SyncRun.objects.get(pk=again.pk).state) == (True, "published")


@contextmanager
def celery_worker(database: str, publisher: Publisher, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"DATABASE_URL": database, "SIRO_DATASET": publisher.dataset}
    command = ["celery", "-A", "opco_portal", "worker", "--concurrency", "1", "--loglevel", "error"]
    with (folder / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=environment,
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield worker
    finally:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(30)


def test_a_worker_that_starts_finds_the_runs_of_one_that_died(portal_on_june, siro):
    run = prepare(siro, Order())
    SyncRun.objects.filter(pk=run.pk).update(state="running")
    assert recover() == 1
    run.refresh_from_db()
    assert (run.state, run.finished_at is not None) == ("interrupted", True)


class Watcher:
    """Does something once, when a step begins."""

    def __init__(self, at: SyncRun.Step, act: Callable[[], None]) -> None:
        self.at, self.act = at, act

    def step(self, step: SyncRun.Step) -> None:
        if step == self.at:
            self.act()

    def progress(self, done: int, total: int | None) -> None:
        pass


@pytest.mark.parametrize("step", [Step.FETCH, Step.STAGE, Step.COMPARE, Step.PUBLISH])
def test_a_cancelled_run(portal_on_june, sync, siro, july, own_database, step):
    run = prepare(siro, Order())

    def cancel() -> None:  # from a connection of its own, as the admin's
        with psycopg.connect(own_database, autocommit=True) as session:
            session.execute("UPDATE sync_syncrun SET cancel_requested = true WHERE id = %s", [run.pk])

    with unharmed(sync, portal_on_june, july):
        portal_on_june.offer("202607", july)
        synchronise(siro, run, watcher=Watcher(step, cancel))
        assert (run.state, run.report) == ("cancelled", None)
        assert "Annulée" in run.message


def test_two_runs_of_one_source_do_not_overlap(portal_on_june, sync, siro, july):
    """The second one, which could be on another machine, is told so; the first goes on undisturbed."""
    second: list[SyncRun] = []
    portal_on_june.offer("202607", july)
    first = prepare(siro, Order())
    synchronise(siro, first, watcher=Watcher(Step.COMPARE, lambda: second.append(in_thread(sync))))
    assert (first.state, second[0].state) == ("published", "busy")
    assert "en cours" in second[0].message


def test_a_run_that_two_workers_take_up_is_carried_out_once(portal_on_june, siro, july):
    """Its message came twice: the second worker leaves it to the first, and to its state."""
    portal_on_june.offer("202607", july)
    run = prepare(siro, Order())
    twin, states = SyncRun.objects.get(pk=run.pk), []

    def take_up_again() -> None:
        in_thread(lambda: synchronise(siro, twin))
        states.append(in_thread(lambda: SyncRun.objects.get(pk=run.pk).state))

    synchronise(siro, run, watcher=Watcher(Step.STAGE, take_up_again))
    assert (states, run.state) == (["running"], "published")


def test_a_late_message_does_not_touch_a_run_that_is_over(portal_on_june, siro, july):
    portal_on_june.offer("202607", july)
    run = prepare(siro, Order())
    late = SyncRun.objects.get(pk=run.pk)
    synchronise(siro, run)
    assert synchronise(siro, late).state == "published"
    assert SyncRun.objects.get(pk=run.pk).report["counts"] == run.report["counts"]


def in_thread(work: Callable[[], Any]) -> Any:
    """The result of work done on other database connections than ours."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: closing_connections(lambda: results.append(work())))
    thread.start()
    thread.join(60)
    return results[0]


def closing_connections(work: Callable[[], Any]) -> None:
    """For a thread: PostgreSQL drops no database that somebody is connected to."""
    try:
        work()
    finally:
        connection.close()


def test_the_reference_files_wait_for_a_publication_and_then_see_it(sync, siro, publisher, june):
    """Loaded during the first publication, they must not put the sample back in the place of the table."""
    loading = threading.Thread(target=lambda: closing_connections(lambda: load(read_all())))

    publisher.offer("202606", june)
    run = synchronise(siro, prepare(siro, Order()), watcher=Watcher(Step.COMPARE, loading.start))
    loading.join(60)
    assert run.state == "published"
    assert Establishment.objects.count() == run.rows


def test_readers_are_answered_all_along(sync, publisher, june, july):
    """From the sample to June, then between June and July and back: no lookup fails, none comes back empty."""
    both = {line[:14] for line in june.decode().splitlines()} & {
        line[:14] for line in july.decode().splitlines()
    }
    always = sorted(both)[:50]
    publisher.offer("202606", june)
    assert sync().state == "published"
    answers = [0]
    wrong: list[tuple[str, str]] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            for siret in always:
                try:
                    found = str(look_up(siret).status)
                except Exception as error:
                    found = repr(error)
                answers[0] += 1
                if found not in ("found", "not_attached"):
                    wrong.append((siret, found))

    reader = threading.Thread(target=lambda: closing_connections(read))
    reader.start()
    during = []
    try:
        for month, body in (("202607", july), ("202608", june), ("202609", july), ("202610", june)):
            publisher.offer(month, body)
            before = answers[0]
            assert sync().state == "published"
            during.append(answers[0] - before)
        Source.objects.update(run=None)  # and once more as if it were the first: the table is replaced whole
        SyncRun.objects.update(state="cancelled")
        Source.objects.update(loaded_rows=0)
        publisher.offer("202611", july)
        assert sync().state == "published"
    finally:
        stop.set()
        reader.join(60)
    assert wrong == []
    assert min(during) > 0


def test_a_click_while_a_run_is_at_work_is_answered_at_once(portal_on_june, siro, july):
    """Nothing that the run holds is waited for, at any of its steps."""
    portal_on_june.offer("202607", july)
    for step in (Step.STAGE, Step.COMPARE, Step.PUBLISH):
        answers: list[tuple[SyncRun, bool]] = []
        run = prepare(siro, Order(force=True))
        watcher = Watcher(step, lambda found=answers: found.append(in_thread(lambda: ask(siro, Order()))))
        synchronise(siro, run, watcher=watcher)
        assert (run.state, answers) == ("published", [(run, False)])


def test_a_run_that_takes_too_long_says_so(portal_on_june, sync, siro, july):
    def soft_limit() -> None:
        raise SoftTimeLimitExceeded

    with unharmed(sync, portal_on_june, july):
        portal_on_june.offer("202607", july)
        run = prepare(siro, Order())
        synchronise(siro, run, watcher=Watcher(Step.COMPARE, soft_limit))
        assert (run.state, "durait trop longtemps" in run.message) == ("failed", True)


def test_what_nobody_foresaw_is_recorded_and_raised(portal_on_june, sync, siro, july):
    def mistake() -> None:
        raise ZeroDivisionError

    with unharmed(sync, portal_on_june, july):
        run = prepare(siro, Order())
        portal_on_june.offer("202607", july)
        with pytest.raises(ZeroDivisionError):
            synchronise(siro, run, watcher=Watcher(Step.CHECK, mistake))
        assert (run.state, "ZeroDivisionError" in run.message) == ("failed", True)


def test_a_commit_whose_answer_was_lost_is_not_told_as_a_failure(portal_on_june, sync, july, monkeypatch):
    """The connection breaks just after PostgreSQL has committed."""
    portal_on_june.offer("202607", july)
    leave = transaction.Atomic.__exit__

    def lose_the_answer(self, *error):
        leave(self, *error)
        if self.durable and error == (None, None, None):
            raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(transaction.Atomic, "__exit__", lose_the_answer)
        run = sync()
    assert (run.state, run.report is not None) == ("published", True)
    assert Source.objects.get(pk="siro").run == run


def test_a_first_table_does_not_make_readers_wait_behind_a_backup(sync, publisher, own_database, june):
    publisher.offer("202606", june)
    with psycopg.connect(own_database) as backup:
        backup.execute("LOCK TABLE branches_establishment IN ACCESS SHARE MODE")
        run = sync()
        assert (run.state, "longue opération" in run.message) == ("failed", True), run.message
    assert sync().state == "published"


def leave_connections() -> None:
    """The next ones begin with the settings that the database has then."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def test_a_database_without_room(portal_on_june, sync, own_database, july):
    """The comparison may not spill more than nothing to disk."""
    name = connection.settings_dict["NAME"]
    with unharmed(sync, portal_on_june, july):
        portal_on_june.offer("202607", july)
        with psycopg.connect(own_database, autocommit=True) as session:
            for limit in ("work_mem = '64kB'", "temp_file_limit = 1"):
                session.execute(f'ALTER DATABASE "{name}" SET {limit}')
            leave_connections()
            run = sync()
            for limit in ("work_mem", "temp_file_limit"):
                session.execute(f'ALTER DATABASE "{name}" RESET {limit}')
            leave_connections()
    assert (run.state, "manque de place" in run.message) == ("failed", True), run.message


def test_a_database_that_restarts_in_the_middle(
    django_db_setup, django_db_blocker, siro, publisher, june, july, tmp_path
):
    def sync(watcher: Watcher | None = None) -> SyncRun:
        return synchronise(siro, prepare(siro, Order()), watcher=watcher)

    with django_db_blocker.unblock(), server_to_restart(tmp_path / "home") as restart:
        load(read_all())
        forget_published_rows()
        publisher.offer("202606", june)
        assert sync().state == "published"
        with unharmed(sync, publisher, july):
            publisher.offer("202607", july)
            run = sync(Watcher(Step.COMPARE, restart))
            assert (run.state, "base de données s’est interrompue" in run.message) == ("failed", True), (
                run.message
            )
        assert SyncRun.objects.get(pk=run.pk).state == "failed"

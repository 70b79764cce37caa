"""What is asked for in the administration, where transactions commit and people press at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from opco_portal.sync.engine import Order, prepare, roll_back
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.orders import ask
from opco_portal.sync.source import source_named

pytestmark = pytest.mark.usefixtures("own_database")
State, Kind = SyncRun.State, SyncRun.Kind
ORDER = Order(trigger=SyncRun.Trigger.ADMIN)


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The runs that were handed to a worker, of which there is none here."""
    runs = []
    monkeypatch.setattr("opco_portal.sync.orders.enqueue", runs.append)
    return runs


def made(state=State.PUBLISHED, **values) -> SyncRun:
    return SyncRun.objects.create(source_id="siro", trigger="admin", state=state, **values)


def test_presses_at_the_same_moment_make_one_run(sent):
    def press(_):
        try:
            return ask(source_named("siro"), ORDER)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))
    assert sorted(is_new for _, is_new in answers) == [False, False, False, True]
    assert {run for run, _ in answers} == set(sent) == set(SyncRun.objects.all())


def test_a_run_whose_process_died_does_not_stand_in_the_way(sent):
    dead = made(State.RUNNING)
    run, is_new = ask(source_named("siro"), ORDER)
    dead.refresh_from_db()
    assert dead.state == State.INTERRUPTED
    assert (is_new, sent) == (True, [run])


def test_a_queue_that_is_down_is_told(monkeypatch):
    def enqueue(run):
        def fail():
            raise OperationalError("connection refused")

        transaction.on_commit(fail)

    monkeypatch.setattr("opco_portal.sync.orders.enqueue", enqueue)
    run, _ = ask(source_named("siro"), ORDER)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "La file d’attente ne répond pas" in run.message


def test_what_was_to_be_withdrawn_must_still_be_served_when_the_worker_comes_to_it():
    source = source_named("siro")
    june = made(vintage="juin 2026")
    july = made(vintage="juillet 2026", replaces=june)
    run = prepare(source, ORDER, Kind.ROLLBACK, replaces=july)
    august = made(vintage="août 2026", replaces=july)
    Source.objects.filter(pk="siro").update(run=august, vintage="août 2026")
    assert roll_back(source, run).state == State.REFUSED
    assert "sert maintenant août 2026" in run.message
    assert Source.objects.get(pk="siro").run == august


def test_a_run_that_waits_in_vain_is_sent_again_rather_than_waited_for(sent):
    lost = made(State.QUEUED)
    SyncRun.objects.filter(pk=lost.pk).update(created_at=timezone.now() - timedelta(minutes=6))
    assert ask(source_named("siro"), ORDER) == (lost, False)
    assert sent == [lost]


def test_a_run_that_has_just_been_asked_for_is_not_sent_twice(sent):
    waiting = made(State.QUEUED)
    assert ask(source_named("siro"), ORDER) == (waiting, False)
    assert sent == []


def test_a_queue_that_is_still_down_is_told_when_one_presses_again(monkeypatch):
    def down(run):
        def fail():
            raise OperationalError("connection refused")

        transaction.on_commit(fail)

    monkeypatch.setattr("opco_portal.sync.orders.enqueue", down)
    lost = made(State.QUEUED)
    SyncRun.objects.filter(pk=lost.pk).update(created_at=timezone.now() - timedelta(minutes=6))
    assert ask(source_named("siro"), ORDER) == (lost, False)
    lost.refresh_from_db()
    assert (lost.state, "file d’attente" in lost.message) == (State.FAILED, True)


def test_a_command_that_died_before_it_began_does_not_stand_in_the_way(sent):
    dead = SyncRun.objects.create(source_id="siro", trigger="command")
    SyncRun.objects.filter(pk=dead.pk).update(created_at=timezone.now() - timedelta(minutes=6))
    run, is_new = ask(source_named("siro"), ORDER)
    dead.refresh_from_db()
    assert (dead.state, is_new, sent) == (State.INTERRUPTED, True, [run])

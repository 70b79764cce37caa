"""What the scheduler and the admin hand to a worker, and when."""

import pytest
from celery.exceptions import Retry
from django.db import OperationalError, transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from opco_portal.celery import app
from opco_portal.sync import tasks
from opco_portal.sync.engine import Order, prepare
from opco_portal.sync.journal import idle
from opco_portal.sync.models import SyncRun
from opco_portal.sync.schedule import schedule_missing
from opco_portal.sync.source import registered, source_named


def test_every_source_has_a_task_and_limits():
    for source in registered():
        task = app.tasks[f"sync.{source.code}"]
        assert source.time_limit == task.soft_time_limit < task.time_limit


@pytest.mark.django_db
class TestSchedule:
    def test_every_source_is_scheduled(self):
        scheduled = set(PeriodicTask.objects.values_list("task", flat=True))
        assert {f"sync.{source.code}" for source in registered()} <= scheduled
        siro = PeriodicTask.objects.get(task="sync.siro")
        assert (siro.crontab.day_of_month, str(siro.crontab.timezone)) == ("20", "Europe/Paris")

    def test_timetables_that_are_twice_there_do_not_stop_a_migration(self):
        siro = PeriodicTask.objects.get(task="sync.siro").crontab
        CrontabSchedule.objects.create(
            minute=siro.minute, hour=siro.hour, day_of_month="20", timezone="Europe/Paris"
        )
        schedule_missing()
        PeriodicTask.objects.filter(task="sync.siro").delete()
        schedule_missing()
        assert PeriodicTask.objects.filter(task="sync.siro").count() == 1

    def test_the_hours_that_staff_chose_are_left_alone(self):
        chosen = CrontabSchedule.objects.create(minute="30", hour="22", timezone="Europe/Paris")
        PeriodicTask.objects.filter(task="sync.siro").update(crontab=chosen, enabled=False)
        schedule_missing()
        siro = PeriodicTask.objects.get(task="sync.siro")
        assert (siro.crontab, siro.enabled) == (chosen, False)


@pytest.fixture
def handed_over(monkeypatch):
    """The run ids that a worker would get."""
    ids = []
    monkeypatch.setattr(tasks._tasks["siro"], "delay", lambda run_id: ids.append(run_id))
    return ids


@pytest.mark.usefixtures("own_database")
class TestHandingOver:
    def test_a_run_is_handed_over_once_it_is_committed(self, handed_over):
        with transaction.atomic():
            run = prepare(source_named("siro"), Order())
            tasks.enqueue(run)
            assert handed_over == []
        assert handed_over == [run.pk]

    def test_a_run_that_is_rolled_back_is_not(self, handed_over):
        with transaction.atomic():
            tasks.enqueue(prepare(source_named("siro"), Order()))
            transaction.set_rollback(True)
        assert handed_over == []


@pytest.mark.usefixtures("own_database")
class TestCarryingOut:
    @pytest.fixture(autouse=True)
    def nobody_answers(self, monkeypatch):
        monkeypatch.setattr(type(source_named("siro")), "base_url", "http://127.0.0.1:9/dataset/")

    def test_a_scheduled_run_that_fails_is_tried_again_later(self):
        with pytest.raises(Retry):
            app.tasks["sync.siro"].apply(throw=True)
        run = SyncRun.objects.get()
        assert (run.trigger, run.state) == ("schedule", "failed")

    def test_a_scheduled_run_that_found_another_at_work_is_tried_again_later(self):
        with idle("siro"), pytest.raises(Retry):
            app.tasks["sync.siro"].apply(throw=True)
        assert SyncRun.objects.get().state == "busy"

    def test_a_database_that_is_away_is_no_reason_to_wait_for_next_month(self, monkeypatch):
        def away(*_):
            raise OperationalError("connection refused")

        monkeypatch.setattr(tasks, "prepare", away)
        with pytest.raises(Retry):
            app.tasks["sync.siro"].apply(throw=True)

    def test_a_run_that_staff_asked_for_is_not(self):
        run = prepare(source_named("siro"), Order(trigger=SyncRun.Trigger.ADMIN))
        app.tasks["sync.siro"].apply(kwargs={"run_id": run.pk}, throw=True)
        assert SyncRun.objects.get().state == "failed"

    def test_a_run_that_was_cancelled_while_it_waited_is_left_alone(self):
        run = prepare(source_named("siro"), Order())
        SyncRun.objects.update(state="cancelled")
        app.tasks["sync.siro"].apply(kwargs={"run_id": run.pk}, throw=True)
        assert SyncRun.objects.get().state == "cancelled"

    def test_a_message_that_was_lost_is_sent_again_when_a_worker_starts(self, handed_over):
        asked = Order(trigger=SyncRun.Trigger.ADMIN)
        waiting, done = (prepare(source_named("siro"), asked) for _ in range(2))
        prepare(
            source_named("siro"), Order()
        )  # a command's own, which no worker could carry out as it was typed
        SyncRun.objects.filter(pk=done.pk).update(state="published")
        tasks.take_up()
        assert handed_over == [waiting.pk]

    def test_a_message_that_comes_twice_is_carried_out_once(self):
        run = prepare(source_named("siro"), Order(trigger=SyncRun.Trigger.ADMIN))
        for _ in range(2):
            app.tasks["sync.siro"].apply(kwargs={"run_id": run.pk}, throw=True)
        assert SyncRun.objects.count() == 1

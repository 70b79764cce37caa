from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from opco_portal.french import NBSP, moment, number
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.overview import latest_runs
from opco_portal.sync.schedule import next_times
from opco_portal.sync.source import registered
from opco_portal.sync.text import NONE, aligned

HEADINGS = ["Source", "Millésime", "Lignes", "Prochaine vérification", "Dernière synchronisation"]


class Command(BaseCommand):
    help = "Montre le millésime servi de chaque source, sa dernière synchronisation et la prochaine."

    def handle(self, *args: Any, **options: Any) -> None:
        latest, upcoming = {run.source_id: run for run in latest_runs()}, next_times()
        rows = []
        for source in Source.objects.filter(pk__in=[each.code for each in registered()]):
            due = upcoming.get(source.code)
            rows.append(
                [
                    source.code,
                    source.vintage or NONE,
                    number(source.loaded_rows),
                    moment(timezone.localtime(due)) if due else NONE,
                    told(latest.get(source.code)),
                ]
            )
        for line in aligned(HEADINGS, rows, frozenset({2})):
            self.stdout.write(line)


def told(run: SyncRun | None) -> str:
    """When a run was, how far it is or how it ended, in one line."""
    if run is None:
        return NONE
    when = moment(timezone.localtime(run.started_at or run.created_at))
    state = run.outcome
    if not run.is_finished:
        percentage = "" if run.progress is None else f" {run.progress}{NBSP}%"
        step = f", {run.get_step_display()}{percentage}" if run.step else ""
        return f"{when}, {state}{step}"
    first, _, _ = run.message.partition(". ")
    return f"{when}, {state}{NBSP}: {first.rstrip('.')}" if first else f"{when}, {state}"

from typing import Any

from django.core.management.base import CommandError, CommandParser

from opco_portal.french import typeset
from opco_portal.sync.engine import Order, prepare, roll_back
from opco_portal.sync.management.runs import RunCommand
from opco_portal.sync.models import SyncRun


class Command(RunCommand):
    help = "Sert de nouveau un millésime précédent ; celui qui est retiré n’est pas repris de lui-même."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="la source")
        parser.add_argument(
            "--to", type=int, metavar="NUMÉRO", help="la publication à servir (par défaut, la précédente)"
        )

    def handle(
        self, *args: Any, source: str, to: int | None = None, verbosity: int = 1, **options: Any
    ) -> None:
        target = self.source(source)
        publication = published(source, to) if to is not None else None
        run = prepare(target, Order(), SyncRun.Kind.ROLLBACK)
        self.follow(lambda watcher: roll_back(target, run, publication, watcher), run, verbosity)


def published(code: str, number: int) -> SyncRun:
    """The publication with this number; CommandError with those that there are."""
    publications = SyncRun.objects.filter(
        source=code, kind=SyncRun.Kind.SYNC, state=SyncRun.State.PUBLISHED
    ).defer("report")
    for publication in publications:
        if publication.pk == number:
            return publication
    known = ", ".join(f"{each.pk} ({each.vintage})" for each in publications[:12]) or "aucune"
    raise CommandError(
        typeset(f"La source n’a pas de publication numéro {number}. Publications connues : {known}.")
    )

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from opco_portal.french import typeset
from opco_portal.sync.engine import Order, prepare, roll_back
from opco_portal.sync.management.runs import RunCommand
from opco_portal.sync.models import Source, SyncRun


class Command(RunCommand):
    help = "Sert de nouveau un millésime précédent ; celui qui est retiré n’est pas repris de lui-même."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--to", type=int, metavar="NUMÉRO", help="la publication à servir (par défaut, la précédente)"
        )
        parser.add_argument("--yes", action="store_true", help="ne demande pas de confirmation")

    def handle(
        self,
        *args: Any,
        source: str | None = None,
        to: int | None = None,
        yes: bool = False,
        verbosity: int = 1,
        **options: Any,
    ) -> None:
        target = self.source(source)
        publication = published(target.code, to) if to is not None else None
        leaves = Source.objects.select_related("run__replaces").get(pk=target.code).run
        returns = publication or (leaves and leaves.replaces)
        if not yes and target.reversible and leaves and returns and leaves != returns:
            confirm(f"Retirer {leaves.vintage} et revenir à {returns.vintage} ?")
        run = prepare(target, Order(), SyncRun.Kind.ROLLBACK, leaves)
        self.follow(target, run, verbosity, lambda watcher: roll_back(target, run, publication, watcher))


def confirm(question: str) -> None:
    """Ask whoever sits at the terminal; CommandError unless the answer is yes."""
    if not sys.stdin.isatty():
        raise CommandError(
            typeset(f"{question} Personne ne peut répondre ici : pour confirmer, ajoutez --yes.")
        )
    try:
        answer = input(typeset(f"{question} [o/N] "))
    except (EOFError, KeyboardInterrupt):
        answer = ""
    if answer.strip().lower() not in ("o", "oui"):
        raise CommandError("Rien n’a changé.")


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

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from branches.reference.files import read_all
from branches.reference.load import load
from branches.reference.reader import InvalidReference


class Command(BaseCommand):
    help = "Charge les fichiers de référence (OPCO, conventions, rattachements, NAF) ; sans effet si rien n’a changé."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="montre ce qui changerait, sans rien écrire"
        )

    def handle(self, *args: Any, dry_run: bool = False, verbosity: int = 1, **options: Any) -> None:
        try:
            changes = load(read_all(), dry_run=dry_run)
        except InvalidReference as error:
            raise CommandError(f"Référentiel refusé, rien n’a été modifié.\n{error}") from error
        if verbosity < 1:
            return
        for change in changes:
            self.stdout.write(f"  {change}")
        if dry_run:
            self.stdout.write("Essai : rien n’a été écrit.")
        elif any(changes):
            self.stdout.write(self.style.SUCCESS("Référentiel à jour."))
        else:
            self.stdout.write("Référentiel déjà à jour.")

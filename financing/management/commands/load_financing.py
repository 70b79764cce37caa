from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from branches.reference.reader import InvalidReference
from financing.reference.files import read_all
from financing.reference.load import load
from financing.reference.telling import told


class Command(BaseCommand):
    help = "Charge les règles de financement des fichiers de référence ; sans effet si rien n’a changé."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="montre ce qui changerait, sans rien écrire"
        )

    def handle(self, *args: Any, dry_run: bool = False, verbosity: int = 1, **options: Any) -> None:
        try:
            files = read_all(today=timezone.localdate() if dry_run else None)
            loaded = load(files, dry_run=dry_run)
        except InvalidReference as error:
            raise CommandError(f"Règles de financement refusées, rien n’a été modifié.\n{error}") from error
        if verbosity < 1:
            return
        for line in told(loaded):
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("Essai : rien n’a été écrit.")
        elif loaded:
            self.stdout.write(self.style.SUCCESS("Règles de financement à jour."))
        else:
            self.stdout.write("Règles de financement déjà à jour.")

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from opco_portal.sync.engine import Order, prepare, synchronise
from opco_portal.sync.management.runs import RunCommand


class Command(RunCommand):
    help = "Met une source à jour : trouve le fichier de l’éditeur, le contrôle, le compare, le publie."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--file", type=Path, metavar="FICHIER", help="lit ce fichier au lieu de celui de l’éditeur"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="montre ce qui changerait, sans rien publier"
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="publie même un fichier plus ancien, déjà servi, retiré par l’équipe ou bien plus court",
        )

    def handle(
        self,
        *args: Any,
        source: str | None = None,
        file: Path | None = None,
        dry_run: bool = False,
        force: bool = False,
        verbosity: int = 1,
        **options: Any,
    ) -> None:
        target = self.source(source)
        run = prepare(target, Order(dry_run=dry_run, force=force))
        self.follow(
            target, run, verbosity, lambda watcher: synchronise(target, run, file=file, watcher=watcher)
        )

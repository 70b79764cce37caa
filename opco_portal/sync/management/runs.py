"""What the commands that carry out a run have in common: finding the source, following the run, telling its end."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opco_portal.french import plural, typeset
from opco_portal.sync.journal import Watcher
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.source import SyncSource, registered, source_named
from opco_portal.sync.terminal import Terminal
from opco_portal.sync.text import TextTable, aligned, printable, report_tables, set_aside_table

SUCCEEDED = (SyncRun.State.PUBLISHED, SyncRun.State.UNCHANGED, SyncRun.State.TRIED)
SHOWN = 20  # rows of a table, unless more words are asked for
WIDEST = 48  # characters of a cell, likewise
INTERRUPTED = 130  # what shells expect of a command that Ctrl-C ended


class RunCommand(BaseCommand):
    """A command that carries out one run; its exit status says whether it went well."""

    def add_arguments(self, parser: CommandParser) -> None:
        known = ", ".join(source.code for source in registered())
        parser.add_argument("source", nargs="?", metavar="SOURCE", help=f"la source : {known}")

    def source(self, code: str | None) -> SyncSource[Any]:
        """The source with this code; CommandError with those that there are."""
        names = dict(Source.objects.values_list("code", "name"))
        try:
            source = source_named(code or "")
        except KeyError:
            wrong = f"Source inconnue : « {code} »." if code else "Indiquez la source."
            rows = [[each.code, names.get(each.code, "")] for each in registered()]
            known = "".join(f"\n  {line}" for line in aligned(["Source", "Nom"], rows))
            raise CommandError(typeset(f"{wrong} Sources connues :") + known) from None
        if source.code not in names:
            raise CommandError(typeset("Chargez d’abord le référentiel : « manage.py load_reference »."))
        return source

    def follow(
        self,
        source: SyncSource[Any],
        run: SyncRun,
        verbosity: int,
        carry_out: Callable[[Watcher | None], SyncRun],
    ) -> None:
        """Carry the run out before whoever sits at the terminal."""
        try:
            with self._watcher(verbosity) as watcher:
                carry_out(watcher)
        except KeyboardInterrupt:
            message = run.message or typeset("Arrêtée au clavier. Rien n’a changé.")
            raise CommandError(message, returncode=INTERRUPTED) from None
        if verbosity:
            self._tell(run, source.names(), verbosity)
        if run.state not in SUCCEEDED:
            how = typeset("\nPour forcer : ajoutez --force.") if run.forcible else ""
            raise CommandError(printable(run.message) + how)

    @contextmanager
    def _watcher(self, verbosity: int) -> Iterator[Watcher | None]:
        if verbosity and self.stdout.isatty():
            with Terminal(sys.stdout) as terminal:
                yield terminal
        else:
            yield None

    def _tell(self, run: SyncRun, names: Mapping[str, str], verbosity: int) -> None:
        most = None if verbosity > 1 else SHOWN
        if run.state in SUCCEEDED:
            self.stdout.write(self.style.SUCCESS(printable(run.message)))
        for sentence in (run.report or {}).get("headline", []):
            self.stdout.write(f"  {printable(sentence)}")
        if run.dry_run or verbosity > 1:
            for table in report_tables(run.report, names, most):
                self._write(table, WIDEST if most else None)
        if run.set_aside:
            self._write(set_aside_table(run.set_aside, most), None)

    def _write(self, table: TextTable, widest: int | None) -> None:
        self.stdout.write("")
        self.stdout.write(self.style.MIGRATE_HEADING(table.title))
        for line in aligned(table.headings, table.rows, table.figures, widest):
            self.stdout.write(f"  {line}")
        if table.left_out:
            rest = plural(table.left_out, "autre ligne", "autres lignes")
            self.stdout.write(f"  … et {rest} (tout voir : -v 2)")

"""What a synchronised source is: where it is found, how it is read, what is checked, where it lands.

To add one: subclass `SyncSource` in the `sources` package of an app, with `@register`, and a line in
`branches/reference/sources.csv` that names its publisher and licence. The engine does the rest.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import httpx

from opco_portal.french import number, percent, plural
from opco_portal.sync.errors import Refusal
from opco_portal.sync.journal import Journal
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.publication import Publication
from opco_portal.sync.report import Report

FLOOR = 0.8  # of the rows being served: fewer is more likely a truncated file than a change of the world
TOLERATED = 0.001  # of the rows may be set aside
KEPT_EXAMPLES = 5_000


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that was not loaded: its line in the file when known, what it says, and why."""

    text: str
    why: str
    line: int | None = None


@dataclass
class Staged:
    """What was read: how many rows, and which were set aside. Sources add what they need to go on."""

    rows: int = 0
    set_aside: list[SetAside] = field(default_factory=list)
    set_aside_count: int = 0

    def put_aside(self, row: SetAside, rows: int = 1) -> None:
        """Count a row that is not loaded, and keep it to be shown while they are not too many."""
        self.set_aside_count += rows
        if len(self.set_aside) < KEPT_EXAMPLES:
            self.set_aside.append(row)


@dataclass(frozen=True)
class Schedule:
    """When a source is looked at unless staff choose other hours (Paris time, as in cron)."""

    minute: str = "0"
    hour: str = "5"
    day_of_month: str = "*"
    day_of_week: str = "*"


S = TypeVar("S", bound=Staged)


class SyncSource(ABC, Generic[S]):
    """One official source. Steps run in the order of the methods; all but `find` in one transaction."""

    code: ClassVar[str]
    schedule: ClassVar[Schedule]
    base_url: ClassVar[str]  # from the settings; the only server that need not be https
    max_bytes: ClassVar[int]
    time_limit: ClassVar[int] = 1800  # seconds
    timeout: ClassVar[float] = 30  # seconds that the publisher may stay silent
    rows_name: ClassVar[str] = "lignes"
    # An earlier publication can be served again.
    reversible: ClassVar[bool] = False

    @abstractmethod
    def find(self, http: httpx.Client) -> Publication:
        """The newest publication; Failure or Refusal when there is none to be had."""

    @abstractmethod
    def describe(self, path: Path) -> Publication:
        """The publication that a file given by hand is, from its name; Refusal when the name does not tell."""

    @abstractmethod
    def stage(self, path: Path, run: SyncRun, journal: Journal) -> S:
        """Read the file into what only this transaction sees; Refusal when it is not what it should be."""

    def check(self, staged: S, current: Source, run: SyncRun) -> None:
        """Refuse what is doubtful. A forced run may lose rows, but never reads what it does not understand."""
        read = staged.rows + staged.set_aside_count
        if staged.set_aside_count > TOLERATED * read:
            raise Refusal(
                f"{plural(staged.set_aside_count, 'ligne')} sur {number(read)} ne peuvent pas être chargées, plus de 1 "
                f"pour 1 000 : {examples(staged.set_aside)}. Signalez-le à l’éditeur."
            )
        if not staged.rows:
            raise Refusal("Le fichier ne contient aucune ligne lisible. Rien n’a été chargé.")
        # What is known of a sample's vintage is how many rows it should have had.
        expected = (current.published_rows if current.is_sample else None) or current.loaded_rows
        if staged.rows < FLOOR * expected and not run.force:
            raise Refusal(
                f"Le fichier n’a que {number(staged.rows)} {self.rows_name}, contre {number(expected)} "
                f"aujourd’hui : moins de {percent(FLOOR)}. Vérifiez-le chez l’éditeur ; s’il est juste, relancez en "
                "forçant.",
                forcible=True,
            )

    @abstractmethod
    def compare(self, staged: S, run: SyncRun) -> Report:
        """What publishing would change, for whom."""

    @abstractmethod
    def publish(self, staged: S, run: SyncRun) -> None:
        """Serve what was staged from the end of this transaction on."""

    def names(self) -> Mapping[str, str]:
        """What people call the things that the report cites by slug, such as OPCOs."""
        return {}

    def restore(self, target: SyncRun, run: SyncRun) -> Report:
        """Serve an earlier publication again and tell what that changes (`reversible` sources only)."""
        raise Refusal("Cette source ne garde pas ses millésimes précédents.")


def examples(rows: Sequence[SetAside], most: int = 3) -> str:
    """A few of the rows that were set aside, for a sentence."""
    shown = [
        f"{f'ligne {number(row.line)} ' if row.line else ''}« {row.text[:60]} » ({row.why})"
        for row in rows[:most]
    ]
    return " ; ".join(shown)


_registered: dict[str, SyncSource[Any]] = {}

C = TypeVar("C", bound=type[SyncSource[Any]])


def register(source: C) -> C:
    """Class decorator: the engine, the schedule, the admin and the commands know the source from now on."""
    _registered[source.code] = source()
    return source


def registered() -> Iterable[SyncSource[Any]]:
    """Every synchronised source, by code."""
    return [_registered[code] for code in sorted(_registered)]


def source_named(code: str) -> SyncSource[Any]:
    """The source with this code; KeyError when nothing synchronises it."""
    return _registered[code]

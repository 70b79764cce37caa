"""What the lists that the Dares publishes as workbooks have in common: how they are named, how forgiving we are."""

import re
from dataclasses import replace
from datetime import date
from typing import ClassVar, TypeVar

from opco_portal.french import number
from opco_portal.sync.errors import Refusal
from opco_portal.sync.models import Source, SyncRun
from opco_portal.sync.publication import month_vintage
from opco_portal.sync.source import Staged, SyncSource, examples
from opco_portal.sync.spreadsheets import Row

HANDFUL = 20  # rows that may always be set aside: a list is edited by hand, and its slips are ordinary
MONTH = re.compile(r"(?<![0-9])(20[0-9]{2})[-_]?(0[1-9]|1[0-2])(?:[-_]?[0-3][0-9])?(?![0-9])")
YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})(?![0-9])")

S = TypeVar("S", bound=Staged)


class ListSource(SyncSource[S]):
    """A list of a few thousand rows, of which some may be set aside without the rest being doubtful."""

    max_bytes = 30_000_000
    tolerated: ClassVar[float] = 0.01  # of the rows

    def check(self, staged: S, current: Source, run: SyncRun) -> None:
        aside, read = staged.set_aside_count, staged.rows + staged.set_aside_count
        if aside > max(HANDFUL, self.tolerated * read) or aside > staged.rows:
            raise Refusal(
                f"{number(aside)} {self.rows_name} sur {number(read)} ne sont pas utilisables, c’est trop pour se fier "
                f"aux autres : {examples(staged.set_aside)}. Signalez-le à l’éditeur."
            )
        # What may be set aside has been told: the common checks judge the rest.
        super().check(replace(staged, set_aside=[], set_aside_count=0), current, run)


def month_named(text: str) -> tuple[str, date] | None:
    """The vintage that "2026-10" or "202610" in a name stands for: « octobre 2026 », its first day."""
    match = MONTH.search(text)
    return month_vintage(int(match[1]), int(match[2])) if match else None


def year_named(text: str) -> int | None:
    """A year that stands alone in a name."""
    match = YEAR.search(text)
    return int(match[1]) if match else None


def shown(row: Row) -> str:
    """What a row of a workbook says, for the list of those that were set aside."""
    return " · ".join(value for value in row.values.values() if value)[:200]

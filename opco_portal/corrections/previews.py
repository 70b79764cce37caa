"""What a file would change, told line by line before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from django.utils import timezone
from import_export.results import RowResult

from opco_portal.corrections.history import Change, values_of
from opco_portal.corrections.words import Difference
from opco_portal.french import listed, plural

SHOWN = 2000  # changes told one by one on a page
MOST_NAMED = 12  # lines


class Problem(NamedTuple):
    """What is to be corrected; `place` is the cell as spreadsheets call it, nothing for a whole line."""

    heading: str
    place: str
    written: str
    sentence: str


@dataclass
class Line:
    """A line of a file once examined; `instance` is the object as the line makes it, saved or not."""

    number: int
    subject: str
    instance: Any
    cells: Mapping[str, str]
    nature: str  # "new", "update", "skip" as django-import-export says, "invalid"
    differences: Sequence[Difference] = ()
    failed: frozenset[str] = frozenset()  # the attributes that the line does not fill
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        return self.nature in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE)


@dataclass
class Preview:
    """What a file would change. `problems` are those of the file itself, each line has its own."""

    problems: list[str]
    lines: list[Line]

    @cached_property
    def wrong(self) -> list[Line]:
        return [line for line in self.lines if line.problems]

    @cached_property
    def changed(self) -> list[Line]:
        return [line for line in self.lines if line.is_changed and not line.problems]

    @property
    def as_changes(self) -> list[Change]:
        """What would be written, as a forecast reads it; what does not exist yet has a number that nothing has."""
        return [
            Change(
                type(line.instance),
                before=None,
                after=values_of(line.instance),
                pk=line.instance.pk or -line.number,
                number=0,
                at=timezone.now(),
                context=None,
            )
            for line in self.changed
        ]

    @cached_property
    def same(self) -> list[Line]:
        return [line for line in self.lines if not line.is_changed and not line.problems]

    @property
    def shown(self) -> list[Line]:
        """The changes that a page has room for."""
        return self.changed[:SHOWN]

    @property
    def left_out(self) -> int:
        return len(self.changed) - len(self.shown)

    @property
    def added(self) -> int:
        return sum(line.nature == RowResult.IMPORT_TYPE_NEW for line in self.changed)

    @property
    def modified(self) -> int:
        return len(self.changed) - self.added

    @property
    def is_refused(self) -> bool:
        return bool(self.problems or self.wrong)

    @property
    def is_ready(self) -> bool:
        """Whether there is something to confirm."""
        return bool(self.changed) and not self.is_refused

    @property
    def where(self) -> str:
        """« lignes 12, 57 et 143 »."""
        return f"{'lignes' if len(self.wrong) > 1 else 'ligne'} {_enumerated([line.number for line in self.wrong])}"

    @property
    def blanks(self) -> str:
        """The empty lines that were passed over: « 6 et 9 »."""
        numbers = {line.number for line in self.lines}
        passed = sorted(set(range(min(numbers), max(numbers))) - numbers) if numbers else []
        return _enumerated(passed)

    @property
    def mark(self) -> str:
        """What a confirmation must carry: what was read is what is written, on what was read."""
        told = [(line.nature, line.subject, line.differences) for line in self.changed]
        return sha256(repr(told).encode()).hexdigest()


def _enumerated(numbers: Sequence[int]) -> str:
    """The first ones, and how many others."""
    more = [plural(len(numbers) - MOST_NAMED, "autre")] if len(numbers) > MOST_NAMED else []
    return listed([*map(str, numbers[:MOST_NAMED]), *more])

"""What changed for whom, as plain values: stored with the run, shown in the terminal, admin, pages and feed alike."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

# How a cell is shown: `idcc` and `opco` (a slug) are links, `count` and `share` (a fraction of 1) are figures.
Kind = Literal["text", "idcc", "naf", "opco", "count", "share"]
Cell = str | int | float | None


@dataclass(frozen=True)
class Column:
    label: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """Rows that changed in the same way; `code` is stable, `title` is what people read."""

    code: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    intro: str = ""


@dataclass(frozen=True)
class Report:
    """A diff that people can read: a few sentences, most important first, then what they rest on."""

    headline: Sequence[str] = ()
    tables: Sequence[Table] = ()
    # Figures for programs, by name: {"establishments_moved": 250, …}.
    counts: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `SyncRun.report`; empty tables are left out."""
        report = asdict(self)
        report["tables"] = [table for table in report["tables"] if table["rows"]]
        return report

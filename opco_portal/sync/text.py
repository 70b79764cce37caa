"""Reports and rows set aside as plain cells, and cells as aligned lines. Pure."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opco_portal.french import number, percent
from opco_portal.sync.report import Cell

NONE = "–"
FIGURES = ("count", "share")


@dataclass(frozen=True)
class TextTable:
    """A table of sentences and figures; `figures` are the columns that are read from the right."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    left_out: int = 0
    figures: frozenset[int] = field(default_factory=frozenset)


def report_tables(
    report: Mapping[str, Any] | None, names: Mapping[str, str], most: int | None = None
) -> Iterator[TextTable]:
    """The tables of a stored report with names for slugs, of which no more than `most` rows each are kept."""
    for table in (report or {}).get("tables", []):
        kinds = [column["kind"] for column in table["columns"]]
        yield TextTable(
            title=table["title"],
            headings=[column["label"] for column in table["columns"]],
            rows=[
                [cell_text(cell, kind, names) for cell, kind in zip(row, kinds, strict=True)]
                for row in table["rows"][:most]
            ],
            left_out=len(table["rows"]) - len(table["rows"][:most]),
            figures=frozenset(index for index, kind in enumerate(kinds) if kind in FIGURES),
        )


def set_aside_table(rows: Sequence[Mapping[str, Any]], most: int | None = None) -> TextTable:
    """The rows that a run did not load, as it stored them."""
    shown = [[cell_text(row["line"], "count", {}), row["text"], row["why"]] for row in rows[:most]]
    return TextTable(
        "Lignes écartées",
        ["Ligne", "Contenu", "Raison"],
        shown,
        left_out=len(rows) - len(shown),
        figures=frozenset({0}),
    )


def cell_text(cell: Cell, kind: str, names: Mapping[str, str]) -> str:
    if kind == "opco":
        return "sans OPCO" if cell is None else names.get(str(cell), str(cell))
    if cell is None:
        return NONE
    if kind == "count":
        return number(int(cell))
    return percent(float(cell)) if kind == "share" else str(cell)


def aligned(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    figures: frozenset[int] = frozenset(),
    widest: int | None = None,
) -> Iterator[str]:
    """Lines in which the columns stand under one another; cells are cut when they are wider than `widest`."""
    cells = [[_cut(printable(cell), widest) for cell in row] for row in (headings, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (
            cell.rjust(width) if index in figures else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(padded).rstrip()


def _cut(text: str, widest: int | None) -> str:
    return text if widest is None or len(text) <= widest else text[: widest - 1].rstrip() + "…"


def readable(text: str, most: int = 60) -> str:
    """The start of what a file says, without what would spoil a sentence."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:most]).split())


def printable(text: str) -> str:
    """A line without control characters, by which a file could write elsewhere in somebody's terminal."""
    return "".join(
        "�" if unicodedata.category(character) in ("Cc", "Cf") else character for character in text
    )

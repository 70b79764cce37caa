"""The tables of a report as people read them: names for slugs, links for codes, the difference beside two counts.

A report is stored with its run as plain values (`opco_portal.sync.report`); `components/report_table.html` prints
its tables.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

from django.urls import reverse

from branches.lookup import Reference
from opco_portal.french import number, percent, plural
from opco_portal.sync.report import Cell, Column, Table

SHOWN = 15  # rows that are seen at once; the others unfold
NOTHING = "–"
CODES = {
    "idcc": ("IDCC", "agreement"),
    "naf": ("NAF", "activity"),
}  # the word before them, the page about them


class ShownCell(NamedTuple):
    """`kind` is that of its column, `under` a second line in small."""

    kind: str
    text: str
    url: str = ""
    under: str = ""


class Heading(NamedTuple):
    kind: str
    label: str


# What the rows of a table are called where « lignes » would be taken for what they count.
ROWS = {"moves": ("trajet", "trajets")}
# Columns that name the code of the column before them.
TITLES = (Heading("text", "Convention"), Heading("text", "Activité"))


@dataclass(frozen=True)
class ShownTable:
    """A table ready to be printed; the first cell of each row is its subject."""

    code: str
    title: str
    intro: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[ShownCell]]

    @property
    def size(self) -> str:
        """How many rows, for its title."""
        words = ROWS.get(self.code)
        return plural(len(self.rows), *words) if words else number(len(self.rows))

    @property
    def first(self) -> Sequence[Sequence[ShownCell]]:
        # One more row takes no more room than the line that would unfold it.
        return self.rows if len(self.rows) <= SHOWN + 1 else self.rows[:SHOWN]

    @property
    def rest(self) -> Sequence[Sequence[ShownCell]]:
        return self.rows[len(self.first) :]


def shown_tables(report: Mapping[str, Any] | None, current: Reference) -> list[ShownTable]:
    """The tables of a stored report, in its order."""
    return [_shown(table, current) for table in (report or {}).get("tables", ())]


def shown_table(table: Table, current: Reference) -> ShownTable:
    """A table that was just made, as those of a report."""
    return _shown(asdict(table), current)


def shown_aside(rows: Iterable[Mapping[str, Any]], current: Reference) -> ShownTable:
    """The rows that a run set aside, as a table like the others."""
    columns = [Column("Ce que dit la ligne"), Column("Pourquoi elle est écartée"), Column("Ligne", "count")]
    table = Table(
        "set_aside",
        "Lignes écartées",
        columns,
        [(row["text"], row["why"], row.get("line")) for row in rows],
        "Ce qui, dans le fichier, n’a pas pu être repris tel quel.",
    )
    return shown_table(table, current)


def _shown(table: Mapping[str, Any], current: Reference) -> ShownTable:
    columns = [Heading(column["kind"], column["label"]) for column in table["columns"]]
    fields = list(_fields(columns, table["rows"], current))
    rows = [[make(row) for _, make in fields] for row in table["rows"]]
    return ShownTable(
        table["code"], table["title"], table.get("intro", ""), [heading for heading, _ in fields], rows
    )


Make = Callable[[Sequence[Cell]], ShownCell]


def _fields(
    columns: Sequence[Heading], rows: Sequence[Sequence[Cell]], current: Reference
) -> Iterator[tuple[Heading, Make]]:
    """What is printed for these columns: a code and its title are one, as are an OPCO and its share; two counts
    have a third.

    Counts that no row has, as those before something new, have no column.
    """
    titled = len(columns) > 1 and columns[0].kind in CODES and columns[1] in TITLES
    if titled:
        yield columns[1], partial(_subject, columns[0].kind, current)
    for at in range(2 if titled else 0, len(columns)):
        if _is_share_of_opco(columns, at):
            continue
        if _is_share_of_opco(columns, at + 1):
            yield columns[at], partial(_opco_and_share, at, current)
        elif columns[at].kind != "count" or any(row[at] is not None for row in rows):
            yield columns[at], partial(_at, at, _MAKERS[columns[at].kind], current)
        both = (columns[at - 1], columns[at]) == (("count", "Avant"), ("count", "Après"))
        if both and any(None not in (row[at - 1], row[at]) for row in rows):
            yield Heading("count", "Écart"), partial(_difference, at)


def _at(
    at: int, make: Callable[[Reference, Cell], ShownCell], current: Reference, row: Sequence[Cell]
) -> ShownCell:
    return make(current, row[at])


def _is_share_of_opco(columns: Sequence[Heading], at: int) -> bool:
    return 0 < at < len(columns) and (columns[at - 1].kind, columns[at].kind) == ("opco", "share")


def _opco_and_share(at: int, current: Reference, row: Sequence[Cell]) -> ShownCell:
    share = row[at + 1]
    return _opco(current, row[at])._replace(under="" if share is None else percent(float(share)))


def _subject(kind: str, current: Reference, row: Sequence[Cell]) -> ShownCell:
    return _named(kind, current, row[0], row[1])


def _difference(at: int, row: Sequence[Cell]) -> ShownCell:
    before, after = row[at - 1], row[at]
    if not isinstance(before, int) or not isinstance(after, int):
        return ShownCell("count", NOTHING)
    gap = after - before
    return ShownCell("count", f"{'+' if gap > 0 else '−' if gap < 0 else ''}{number(abs(gap))}")


# ------------------------------------------------------------------------------------------------- one cell, by kind
def _text(current: Reference, value: Cell) -> ShownCell:
    return ShownCell("text", NOTHING if value in (None, "") else str(value))


def _named(kind: str, current: Reference, code: Cell, title: Cell = None) -> ShownCell:
    """An agreement or an activity: its title, else the one that the portal knows, and its code under it."""
    if not code:
        return ShownCell("code", str(title or NOTHING))
    (word, page), known = CODES[kind], _name(kind, current, str(code))
    name, told = str(title or known or ""), f"{word} {code}"
    return ShownCell(
        "code", name or told, "" if known is None else reverse(page, args=[code]), told if name else ""
    )


def _name(kind: str, current: Reference, code: str) -> str | None:
    """The portal's own name for a code, None where it does not know the code."""
    if kind == "idcc":
        agreement = current.agreements.get(code)
        return agreement.title if agreement else None
    activity = current.activities.get(code)
    return activity.label if activity else None


def _opco(current: Reference, value: Cell) -> ShownCell:
    if value is None:
        return ShownCell("none", "sans OPCO")
    opco = current.opcos.get(str(value))
    return (
        ShownCell("opco", opco.name, reverse("opco", args=[opco.slug]))
        if opco
        else ShownCell("opco", str(value))
    )


def _count(current: Reference, value: Cell) -> ShownCell:
    return ShownCell("count", number(value) if isinstance(value, int) else NOTHING)


def _share(current: Reference, value: Cell) -> ShownCell:
    return ShownCell("share", NOTHING if value is None else percent(float(value)))


_MAKERS: dict[str, Callable[[Reference, Cell], ShownCell]] = {
    "text": _text,
    "idcc": partial(_named, "idcc"),
    "naf": partial(_named, "naf"),
    "opco": _opco,
    "count": _count,
    "share": _share,
}

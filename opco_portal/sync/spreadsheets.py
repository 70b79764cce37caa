"""Tables in published workbooks (XLSX): found by the names of sheets and columns, never by position.

A source offers the layouts that it knows; the first one that the workbook has is read, row by row, as text. What is
not such a workbook is refused before calamine opens it: calamine holds a sheet in memory whole, as a rectangle from
its first filled cell to its last, so the bytes of every member and the size of that rectangle are counted first.
"""

import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from opco_portal.french import megabytes, number, plain
from opco_portal.sync.download import ENOUGH_TO_TELL, refuse_web_page
from opco_portal.sync.errors import Refusal
from opco_portal.sync.text import readable

HEADER_WITHIN = 100  # rows: no publisher writes a longer introduction above a table
SHOWN = 12  # sheets or column names in a refusal
CHUNK = 1 << 18

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # how a workbook begins; an old or encrypted one
PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the only ones that the format allows
# XML is read in the only encoding that the format's writers use; another one would be read as something else.
ENCODING = "utf-8"


@dataclass(frozen=True)
class Layout:
    """A table as a publisher lays it out. Case, accents and spaces never count in names.

    `sheets`: names of the sheet, `*` standing for anything ("idcc*"). `columns` and `optional`: the key under which a
    column is read -> the headings that it may have.
    """

    name: str
    sheets: Sequence[str]
    columns: Mapping[str, Sequence[str]]
    optional: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """How much a workbook may hold: bytes once decompressed, members, cells of its largest sheet (32 bytes each)."""

    unpacked: int = 200_000_000
    members: int = 500
    cells: int = 10_000_000


class Row(NamedTuple):
    """A row by column key; None where the cell is empty or the column missing. `line` is its number in the sheet."""

    line: int
    values: dict[str, str | None]


@dataclass(frozen=True)
class Table:
    """A table that was found: its layout, sheet, the column keys that it has, and its rows, to be read once."""

    layout: Layout
    sheet: str
    columns: frozenset[str]
    height: int  # rows of the sheet, empty ones included
    rows: Iterator[Row]


def read_table(path: Path, layouts: Sequence[Layout], limits: Limits | None = None) -> Table:
    """The table of the first layout that the workbook has. Rows without any value in its columns are skipped.

    Whole numbers come without decimals ("1596"), dates in ISO form, text on one line.

    Raises:
        Refusal: not a workbook, too large, or of a layout that nobody described.
    """
    refuse_unless_workbook(path, limits or Limits())
    try:
        workbook = CalamineWorkbook.from_path(path)
        sheets = _Sheets(workbook)
        for layout in layouts:
            for name in sheets.matching(layout):
                table = _table(sheets.read(name), layout)
                if table:
                    return table
        raise Refusal(_unknown(layouts, sheets))
    except CalamineError as error:
        raise Refusal(
            f"Le classeur est abîmé : {readable(str(error))}. Téléchargez-le de nouveau."
        ) from error


# ------------------------------------------------------------------------------------------ before it is opened
def refuse_unless_workbook(path: Path, limits: Limits) -> None:
    """Refuse what is not an XLSX file, or holds more than the limits once decompressed.

    Raises:
        Refusal: with what the file is, as far as its first bytes tell.
    """
    with path.open("rb") as file:
        start = file.read(ENOUGH_TO_TELL)
    refuse_web_page(start)
    if start.startswith(OLE):
        raise Refusal(
            "Le fichier est un ancien classeur (.xls) ou un classeur protégé par un mot de passe : enregistrez-le au "
            "format .xlsx, sans mot de passe."
        )
    if not start.startswith(ZIP):
        seen = f" : il commence par « {readable(start.decode('utf-8', 'replace'))} »" if start else ""
        raise Refusal(f"Le fichier n’est pas un classeur Excel (.xlsx){seen or ' : il est vide'}.")
    try:
        with zipfile.ZipFile(path) as archive:
            _measure(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise Refusal(
            "Le classeur est tronqué ou abîmé : il ne peut pas être décompressé. Téléchargez-le de nouveau."
        ) from error


def _measure(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Decompress every member without keeping it: what headers announce may be a lie."""
    members = archive.infolist()
    if len(members) > limits.members:
        raise Refusal(
            f"Le classeur contient {number(len(members))} fichiers, {number(limits.members)} au plus sont admis."
        )
    left, broken = limits.unpacked, False
    for member in members:
        if member.compress_type not in PLAIN_METHODS:
            raise zipfile.BadZipFile(f"compression method {member.compress_type}")
        extent = _Extent()
        with archive.open(member) as file:
            while chunk := file.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise Refusal(
                        f"Le classeur décompressé dépasse les {megabytes(limits.unpacked)} admis : ce n’est sans doute "
                        "pas le fichier attendu."
                    )
                extent.add(chunk)
        # Excel's own drawings are not always well formed, and no table is in them.
        broken |= extent.is_broken and not member.filename.lower().endswith(".vml")
        if extent.cells > limits.cells:
            raise Refusal(
                f"Une feuille du classeur ({member.filename}) s’étend sur {number(extent.rows)} lignes et "
                f"{number(extent.columns)} colonnes : c’est trop pour être lu. Effacez ce qui est loin du tableau."
            )
    if broken:  # a more lenient reader might find more in it than was counted
        raise zipfile.BadZipFile("not XML")


class _Extent:
    """How far the filled cells of a sheet reach, from its XML as it passes by."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self.is_broken = False
        self._is_xml: bool | None = None  # its first bytes tell; readers do not go by names either
        self._row = self._column = 0
        self._parser = expat.ParserCreate(ENCODING)
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def add(self, chunk: bytes) -> None:
        if self._is_xml is None:
            self._is_xml = chunk.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        if self.is_broken or not self._is_xml:
            return  # its bytes are counted to the end all the same
        try:
            self._parser.Parse(chunk)
        except expat.ExpatError:
            self.is_broken = True

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        """A row and a cell say where they are, or follow the last one; what is in a cell makes it count."""
        tag = name.rpartition(":")[2]
        if tag == "c":
            letters, digits = _place(attributes.get("r", ""))
            self._column = _column_number(letters) if letters else self._column + 1
            self._row = digits or self._row
        elif tag in ("v", "is", "f"):
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)
        elif tag == "row":
            self._column = 0
            self._row = _number(attributes.get("r", "")) or self._row + 1

    def _refuse_doctype(self, *_: object) -> None:
        raise Refusal(
            "Le classeur contient des instructions qu’aucun tableur n’écrit : il n’a pas été ouvert."
        )


def _place(reference: str) -> tuple[str, int]:
    """ "AB12" -> "AB", 12."""
    letters = reference.rstrip("0123456789")
    return letters, _number(reference[len(letters) :])


def _number(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0


@lru_cache(maxsize=20_000)
def _column_number(letters: str) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    total = 0
    for letter in letters[:9]:
        total = total * 26 + ord(letter) - 64
    return total


# ------------------------------------------------------------------------------------------------ finding the table
class _Sheets:
    """The sheets of a workbook, each read when it is asked for, the last one kept."""

    def __init__(self, workbook: CalamineWorkbook) -> None:
        self._workbook = workbook
        self._held: tuple[str, CalamineSheet] | None = None
        self.names = [
            sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet
        ]

    def matching(self, layout: Layout) -> list[str]:
        return [name for name in self.names if any(fnmatchcase(fold(name), fold(p)) for p in layout.sheets)]

    def read(self, name: str) -> CalamineSheet:
        if self._held is None or self._held[0] != name:
            self._held = None  # two large sheets need not be in memory together
            self._held = (name, self._workbook.get_sheet_by_name(name))
        return self._held[1]


def fold(name: str) -> str:
    """A name without case, accents, spaces of any kind, line breaks and invisible characters."""
    text = "".join(plain(name.replace("_x000D_", "")).split())
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def _table(sheet: CalamineSheet, layout: Layout) -> Table | None:
    """The table of a sheet, when one of its first rows has every heading that the layout needs."""
    for line, cells in enumerate(islice(sheet.iter_rows(), HEADER_WITHIN), 1):
        places = _places([fold(_text(cell) or "") for cell in cells], layout)
        if places is not None:
            rows = _rows(sheet, line, places, [*layout.columns, *layout.optional])
            return Table(layout, sheet.name, frozenset(places), sheet.height, rows)
    return None


def _places(headings: Sequence[str], layout: Layout) -> dict[str, int] | None:
    """Column key -> where it is in the row; None when the row is not the header."""
    places = {}
    for key, names in {**layout.columns, **layout.optional}.items():
        name = next((name for name in map(fold, names) if name in headings), None)
        if name is None:
            if key in layout.columns:
                return None
            continue
        if headings.count(name) > 1:
            raise Refusal(
                f"La colonne « {names[0]} » figure deux fois dans le tableau ({layout.name}) : impossible de savoir "
                "laquelle est la bonne."
            )
        places[key] = headings.index(name)
    return places


def _rows(sheet: CalamineSheet, header: int, places: Mapping[str, int], keys: Sequence[str]) -> Iterator[Row]:
    for line, cells in enumerate(islice(sheet.iter_rows(), header, None), header + 1):
        values: dict[str, str | None] = dict.fromkeys(keys)
        for key, place in places.items():
            values[key] = _text(cells[place])
        if any(values.values()):
            yield Row(line, values)


def _text(cell: object) -> str | None:
    """A cell as text on one line; None when there is nothing in it."""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell:.15g}"  # the digits that a sheet holds
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join(str(cell).replace("_x000D_", " ").split()) or None


# ---------------------------------------------------------------------------------------- a layout that is not known
def _unknown(layouts: Iterable[Layout], sheets: _Sheets) -> str:
    wanted = " ; ou ".join(
        f"{layout.name} : feuille {_listed(layout.sheets, ' ou ')}, colonnes "
        f"{_listed([names[0] for names in layout.columns.values()])}"
        for layout in layouts
    )
    return (
        f"Le classeur n’a aucune des présentations connues. Cherché : {wanted}. Trouvé : feuilles "
        f"{_listed(sheets.names)} ; {_likeliest(layouts, sheets)}. Prévenez l’équipe technique : "
        "l’éditeur a sans doute changé sa présentation."
    )


def _likeliest(layouts: Iterable[Layout], sheets: _Sheets) -> str:
    """The row that looks most like a header: it has most of the names looked for, else most texts."""
    wanted = {fold(name) for layout in layouts for names in layout.columns.values() for name in names}
    best, found = (0, 0), "aucune ligne de titres"
    for sheet in map(sheets.read, sheets.names[:SHOWN]):
        for line, cells in enumerate(islice(sheet.iter_rows(), HEADER_WITHIN), 1):
            texts = [text for text in map(_text, cells) if text]
            rank = (len(wanted & set(map(fold, texts))), len(texts))
            if rank > best:
                best = rank
                found = f"ligne la plus proche (« {sheet.name} », ligne {line}) : {_listed(texts)}"
    return found


def _listed(names: Sequence[str], separator: str = ", ") -> str:
    shown = separator.join(f"« {readable(name)} »" for name in names[:SHOWN])
    return f"{shown}…" if len(names) > SHOWN else shown

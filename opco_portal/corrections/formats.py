"""The two kinds of files in which staff take reference data away and bring it back: CSV, and Excel workbooks.

What is written is read back to the letter, and a spreadsheet that opens it computes nothing. A dataset carries beside
its own columns, under `LINE`, the number that each line has in the file as people see it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

import openpyxl
import tablib
from django.http import HttpResponse
from django.utils.text import slugify
from import_export.formats import base_formats
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from opco_portal.formulas import as_written, harmless
from opco_portal.french import megabytes, number, typeset
from opco_portal.sync.errors import Refusal
from opco_portal.sync.spreadsheets import OLE, ZIP, Limits, fold, refuse_unless_workbook
from opco_portal.sync.text import readable

LINE = "\0ligne"  # no heading of a file can be this one: files that hold such a character are refused
HEADER = 1  # the line of the headings, in what is written here
MOST_BYTES = 5_000_000
MOST_ROWS = 10_000
LIMITS = Limits(unpacked=60_000_000, members=200, cells=1_000_000)
MOST_COLUMNS = LIMITS.cells // MOST_ROWS  # every line is made as wide as the widest
GUIDE = "Mode d’emploi"
BOM = "\ufeff"
DELIMITERS = ";,\t"
PREPARED = 1000  # lines of a template that are ready to be typed in


class Unreadable(Exception):
    """Why a file cannot be read, as a sentence that says what to do."""


class Guide(NamedTuple):
    """A column as the instructions tell it: `allowed` are the only texts that it takes, when they are few."""

    heading: str
    takes: str
    example: str
    allowed: Sequence[str] = ()


# ------------------------------------------------------------------------------------------------------------- CSV
class Csv(base_formats.CSV):  # type: ignore[misc]
    """For French spreadsheets: semicolons, and a mark that it is UTF-8; what theirs write is read too."""

    CONTENT_TYPE = "text/csv; charset=utf-8"
    title = "CSV"

    def is_binary(self) -> bool:
        return True  # it decodes and encodes by itself

    def can_import(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes, **options: Any) -> tablib.Dataset:
        """The rows of a file.

        Raises:
            Unreadable: not a CSV file, or too long a one.
        """
        text = _decoded(in_stream)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        rows = ([as_written(cell) for cell in row] for row in reader)
        try:
            return _dataset(enumerate(rows, 1))
        except csv.Error as error:
            raise Unreadable(
                "Une cellule du fichier est trop longue, ou un guillemet n’est pas refermé : corrigez-la, ou envoyez "
                "un classeur .xlsx."
            ) from error

    def export_data(self, dataset: tablib.Dataset, **options: Any) -> bytes:
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        for row in (dataset.headers, *dataset):
            writer.writerow([harmless(_written(cell)) for cell in row])
        return (BOM + file.getvalue()).encode()


def _written(cell: object) -> str:
    """An amount as French spreadsheets read it: 1050,00."""
    return f"{cell:f}".replace(".", ",") if isinstance(cell, Decimal) else str(cell)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls "Unicode text"
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if "\0" in text or data.startswith(b"%PDF"):
        raise Unreadable(
            "Ce fichier n’est ni un CSV ni un classeur Excel : enregistrez le tableau en .xlsx ou .csv."
        )
    if text.lstrip().startswith("<"):
        raise Unreadable(
            "Ce fichier est une page web, pas un tableau : enregistrez le tableau en .xlsx ou .csv."
        )
    return text


def _delimiter(text: str) -> str:
    """The one that the headings are separated by."""
    header = next(filter(str.strip, text.splitlines()), "")
    return max(DELIMITERS, key=header.count)


# ------------------------------------------------------------------------------------------------------------ XLSX
class Xlsx(base_formats.XLSX):  # type: ignore[misc]
    """A workbook of which every cell is text, but for amounts: an IDCC keeps its zeros, and nothing is a formula."""

    title = "Excel"

    def can_import(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes, **options: Any) -> tablib.Dataset:
        """The rows of the first sheet that is not the instructions.

        Raises:
            Unreadable: not a workbook, or too large a one.
        """
        _refuse_unless_small(in_stream)
        try:
            workbook = CalamineWorkbook.from_filelike(io.BytesIO(in_stream))
            sheets = [each.name for each in workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
            name = next((name for name in sheets if fold(name) != fold(GUIDE)), None)
            if name is None:
                raise Unreadable("Le classeur n’a pas de feuille à lire : le tableau va sur la première.")
            sheet = workbook.get_sheet_by_name(name)
            return _dataset((line, list(map(_text, row))) for line, row in enumerate(sheet.iter_rows(), 1))
        except CalamineError as error:
            raise Unreadable(
                f"Le classeur est abîmé ({readable(str(error))}) : ouvrez-le, puis enregistrez-le de nouveau en .xlsx."
            ) from error

    def export_data(self, dataset: tablib.Dataset, guide: Sequence[Guide] = (), **options: Any) -> bytes:
        """The workbook; with a guide, its first sheet is ready to be filled in and a second one says how."""
        workbook = openpyxl.Workbook()
        sheet: Any = workbook.active
        sheet.title = dataset.title or "Tableau"
        _fill(sheet, [dataset.headers, *dataset], MOST_WIDE)
        if guide:
            _prepare(sheet, guide)
            titles = ["Colonne", "Ce qu’on y écrit", "Exemple", "Valeurs admises"]
            lines = [[each.heading, each.takes, each.example, "\n".join(each.allowed)] for each in guide]
            _fill(workbook.create_sheet(GUIDE), [titles, *lines], 60)
        file = io.BytesIO()
        workbook.save(file)
        return file.getvalue()


MOST_WIDE = 50  # characters


def _refuse_unless_small(data: bytes) -> None:
    """Before anything opens it: what a few bytes may become is counted."""
    with NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(data)
        file.flush()
        try:
            refuse_unless_workbook(Path(file.name), LIMITS)
        except Refusal as error:
            raise Unreadable(str(error).replace("Téléchargez-le", "Enregistrez-le")) from error


def _fill(sheet: Worksheet, rows: Iterable[Sequence[Any]], widest: int) -> None:
    """Lines of text under a heading that stays in sight."""
    widths: dict[int, int] = {}
    for line, row in enumerate(rows, 1):
        for place, value in enumerate(row, 1):
            cell: Any = sheet.cell(line, place)
            _put(cell, value)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if line == HEADER:
                cell.font = Font(bold=True)
            widths[place] = max(widths.get(place, 8), *map(len, str(value).split("\n")))
    for place, width in widths.items():
        sheet.column_dimensions[get_column_letter(place)].width = min(width + 3, widest)
    sheet.freeze_panes = "A2"


def _put(cell: Any, value: object) -> None:
    """A Decimal is a number of euros, which can be added up; whatever else is a text."""
    if isinstance(value, Decimal):
        cell.value, cell.number_format = value, "#,##0.00"
    else:
        cell.value = _escaped(str(value))
        cell.data_type, cell.number_format = "s", "@"  # "=1+1" is a text, now and when somebody edits it


def _prepare(sheet: Worksheet, guide: Sequence[Guide]) -> None:
    """Cells that keep what is typed as it is typed, and lists to choose from."""
    for place, each in enumerate(guide, 1):
        letter = get_column_letter(place)
        column: Any = sheet.column_dimensions[letter]
        column.number_format, column.width = "@", max(column.width, len(each.example) + 3)
        choices = ",".join(each.allowed)
        # The format writes the choices between quotes, separated by commas, in 255 characters.
        if (
            each.allowed
            and len(choices) <= 250
            and not any("," in text or '"' in text for text in each.allowed)
        ):
            choice = DataValidation("list", formula1=f'"{choices}"', allow_blank=True, showErrorMessage=False)
            choice.add(f"{letter}{HEADER + 1}:{letter}{HEADER + PREPARED}")
            sheet.add_data_validation(choice)


# An XML file can hold neither control characters nor a carriage return; the format has a notation for them.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f]")
_NOTATION = re.compile(r"_(?=x[0-9A-Fa-f]{4})")


def _escaped(text: str) -> str:
    """A text in the notation of the format, which readers undo; two characters that are none have no notation."""
    text = _NOTATION.sub("_x005F_", text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    text = _UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if text and not text.strip(" \t\n"):  # which readers drop
        return f"_x{ord(text[0]):04X}_{text[1:]}"
    return text


def _text(cell: object) -> str:
    """A cell as somebody would have typed it."""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell:.15g}".replace(".", ",")
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


# ------------------------------------------------------------------------------------------------------- both kinds
FORMATS: dict[str, Any] = {"csv": Csv, "xlsx": Xlsx}


def download(dataset: tablib.Dataset, kind: str, name: str, **options: Any) -> HttpResponse:
    """A table as a file to keep: « noms usuels 2026-11-24 » is noms-usuels-2026-11-24.csv."""
    form = FORMATS[kind]()
    response = HttpResponse(form.export_data(dataset, **options), content_type=form.get_content_type())
    response["Content-Disposition"] = f'attachment; filename="{slugify(name)}.{kind}"'
    return response


def read(data: bytes) -> tablib.Dataset:
    """The table of a file of either kind, told apart by how it begins.

    Raises:
        Unreadable: neither of them, too large, or empty.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable(
            f"Le fichier pèse {megabytes(len(data))} : {megabytes(MOST_BYTES)} au plus. Coupez-le."
        )
    kind = Xlsx if data.startswith((ZIP, OLE)) else Csv
    dataset: tablib.Dataset = kind().create_dataset(data)
    return dataset


def too_heavy(size: int) -> str:
    most = megabytes(MOST_BYTES)
    return typeset(f"Le fichier pèse {megabytes(size)}, {most} au plus sont admis : coupez-le en plusieurs.")


def _dataset(rows: Iterable[tuple[int, list[str]]]) -> tablib.Dataset:
    """The headings, which are the first line that is not empty, and the lines below them that are not."""
    filled = ((line, cells) for line, cells in rows if any(map(str.strip, cells)))
    _, headings = next(filled, (0, []))
    if not headings:
        raise Unreadable("Le fichier est vide : partez du modèle à remplir.")
    lines = list(_bounded(filled))
    width = max(len(_trimmed(cells)) for cells in (headings, *(cells for _, cells in lines)))
    if width > MOST_COLUMNS:
        raise Unreadable(
            typeset(
                f"Le fichier a {number(width)} colonnes, {MOST_COLUMNS} au plus sont admises : effacez ce qui est loin "
                "du tableau."
            )
        )
    dataset = tablib.Dataset(headers=[*_of_width(map(str.strip, headings), width), LINE])
    for line, cells in lines:
        dataset.append([*_of_width(cells, width), line])
    return dataset


def _bounded(lines: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for count, line in enumerate(lines, 1):
        if count > MOST_ROWS:
            raise Unreadable(
                typeset(f"Le fichier a plus de {number(MOST_ROWS)} lignes : coupez-le en plusieurs fichiers.")
            )
        yield line


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    """Without the empty cells at its end."""
    last = max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return cells[:last]


def _of_width(cells: Iterable[str], width: int) -> list[str]:
    kept = list(cells)[:width]
    return [*kept, *[""] * (width - len(kept))]

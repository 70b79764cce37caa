"""Write small workbooks (XLSX) with inline strings, whole or with the faults of real ones."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Rows = Sequence[Sequence[Any]]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(sheets: Mapping[str, Rows], *, dimension: str = "", after: str = "", beside: str = "") -> bytes:
    """The bytes of a workbook.

    `dimension` is what every sheet claims to cover; `after` is XML that follows the rows of each, `beside` what
    follows its data.
    """
    names = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1)
    )
    relations = "".join(
        _relation(i, f"worksheets/sheet{i}.xml", "worksheet") for i in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": _relations(_relation(1, "xl/workbook.xml", "officeDocument")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(relations),
    }
    for i, rows in enumerate(sheets.values(), 1):
        claim = f'<dimension ref="{dimension}"/>' if dimension else ""
        data = "".join(_row(line, cells) for line, cells in enumerate(rows, 1))
        parts[f"xl/worksheets/sheet{i}.xml"] = (
            f'<worksheet xmlns="{MAIN}">{claim}<sheetData>{data}{after}</sheetData>{beside}</worksheet>'
        )
    return archive(parts)


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip of these members."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return body.getvalue()


def _relations(inner: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'


def _relation(number: int, target: str, kind: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'


def _row(line: int, cells: Sequence[Any]) -> str:
    filled = "".join(cell(f"{chr(65 + place)}{line}", value) for place, value in enumerate(cells))
    return f'<row r="{line}">{filled}</row>'


def cell(place: str, value: Any) -> str:
    """The XML of a cell; None is one that is formatted but empty."""
    if value is None:
        return f'<c r="{place}" s="0"/>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'

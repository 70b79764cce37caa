"""An estimate as a PDF: one page that a company joins to its file.

The layout is in `estimate.typ`. What it shows is data, one JSON text in the inputs: nothing that somebody typed is
ever code, no package is imported, and only the fonts of the library are used, so that the same data makes the same page
everywhere.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typst

LAYOUT = Path(__file__).with_name("estimate.typ")
STANDARD: Final = "ua-1"  # tagged: what a screen reader needs is in the file


def estimate_pdf(sheet: Mapping[str, Any], made: datetime) -> bytes:
    """The page of a sheet (`financing.pdf.sheet`), made at that moment."""
    compiler = typst.Compiler(
        LAYOUT,
        root=LAYOUT.parent,
        font_paths=typst.Fonts(include_system_fonts=False),
        sys_inputs={"sheet": json.dumps(sheet, ensure_ascii=False)},
    )
    written = compiler.compile(format="pdf", pdf_standards=STANDARD, timestamp=int(made.timestamp()))
    assert isinstance(written, bytes)
    return written

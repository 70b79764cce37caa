"""What another engine says of an establishment."""

from typing import Literal

import msgspec

# attached; claimed by an OPCO for establishments that are kept secret; known from declarations alone; attached
# without saying to which OPCO; to several, without saying which; not known; an answer that no contract foresees,
# whose code is the label.
Standing = Literal["attached", "claimed", "declared", "unnamed", "several", "unknown", "unclear"]
LONGEST = 80  # characters of a label


class Opinion(msgspec.Struct, frozen=True):
    """`label` and `manager` as the engine writes them, "" where it gives none; the IDCC of four digits, or ""."""

    standing: Standing
    label: str = ""
    manager: str = ""
    idcc: str = ""


def shortened(label: str | None) -> str:
    """A name as an engine writes it, "" for « N/C », « non communiqué »."""
    text = (label or "").strip()[:LONGEST]
    return "" if text.upper() == "N/C" else text

"""What another engine says of an establishment."""

from typing import Literal

import msgspec

# attached; claimed by an OPCO for establishments that are kept secret; known from declarations alone; attached
# without saying to which OPCO; to several, without saying which; not known.
Standing = Literal["attached", "claimed", "declared", "unnamed", "several", "unknown"]


class Opinion(msgspec.Struct, frozen=True):
    """`label` and `manager` as the engine writes them, "" where it gives none; the IDCC of four digits, or ""."""

    standing: Standing
    label: str = ""
    manager: str = ""
    idcc: str = ""

"""The identifiers of French companies, agreements and activities: normalise, validate, format. Pure."""

import re
from collections.abc import Callable

from stdnum.exceptions import ValidationError
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

NARROW_SPACE = "\u202f"


def is_siren(digits: str) -> bool:
    """Nine digits whose Luhn check holds."""
    return (
        len(digits) == 9
        and digits.isascii()
        and digits != "000000000"
        and _valid(stdnum_siren.validate, digits)
    )


def is_siret(digits: str) -> bool:
    """Fourteen digits whose Luhn check holds; La Poste's establishments follow their own rule (sum of 5)."""
    return (
        len(digits) == 14
        and digits.isascii()
        and is_siren(digits[:9])
        and _valid(stdnum_siret.validate, digits)
    )


def _valid(validate: Callable[[str], str], digits: str) -> bool:
    try:
        validate(digits)
    except ValidationError:
        return False
    return True


def siren_of(siret: str | int) -> str:
    """The SIREN of the company that an establishment belongs to."""
    return f"{int(siret):014d}"[:9]


def normalize_idcc(text: str) -> str | None:
    """Four digits from what the files and people write: 1486, 01486, 1486.0, " 16 "; None when it is no IDCC."""
    match = re.fullmatch(r"\s*0*([0-9]{1,4})(?:\.0)?\s*", text)
    return match[1].zfill(4) if match and len(text.strip()) <= 7 else None


def normalize_naf(text: str) -> str | None:
    """The dotted form of a NAF rev. 2 code of any level ("6201z" -> "62.01Z", "62" -> "62")."""
    match = re.fullmatch(r"\s*([0-9]{2})[.\s]?(?:([0-9]{1,2})\s?([A-Za-z])?)?\s*", text)
    if not match:
        return None
    division, rest, letter = match[1], match[2], match[3]
    if rest is None:
        return division
    if letter and len(rest) == 1:
        return None
    return f"{division}.{rest}{(letter or '').upper()}"


def format_siren(siren: str) -> str:
    """501 030 811, with narrow no-break spaces."""
    return NARROW_SPACE.join((siren[:3], siren[3:6], siren[6:]))


def format_siret(siret: str | int) -> str:
    """501 030 811 00092, with narrow no-break spaces."""
    digits = f"{int(siret):014d}"
    return f"{format_siren(digits[:9])}{NARROW_SPACE}{digits[9:]}"

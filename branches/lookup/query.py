"""What did they type? A SIRET, a SIREN, an IDCC, a NAF code, words, or a number that is none of these."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from opco_portal.french import plain
from opco_portal.identifiers import is_siren, is_siret, normalize_idcc, normalize_naf

Kind = Literal["siret", "siren", "idcc", "naf", "text", "invalid"]
MAX_LENGTH = 300

# Separators that people, invoices and spreadsheets put between the digits of one number.
_GROUPS = re.compile(r"[0-9]+(?:[\s.,\-_/]{1,3}[0-9]+)*")
# Three groups of three digits, then a short one: what is written like a SIRET is meant as one.
_GROUPED_SIRET = re.compile(
    r"(?<![0-9])[0-9]{3}[\s.\-]{1,3}[0-9]{3}[\s.\-]{1,3}[0-9]{3}[\s.\-]{1,3}[0-9]{4,6}(?![0-9])"
)
_VAT = re.compile(
    r"\bFR[\s.\-]*([0-9A-HJ-NP-Z]{2})[\s.\-]*([0-9]{3})[\s.\-]*([0-9]{3})[\s.\-]*([0-9]{3})(?![0-9])", re.I
)
_NAF = re.compile(
    r"(?<![0-9.])(?:\b|(?<=naf)|(?<=ape))([0-9]{2})[.\s\-]?([0-9]{2})[\s\-]?([A-Z])(?!\w)", re.I
)
_NAF_CLASS = re.compile(r"[0-9]{2}\.[0-9]{1,2}")
_IDCC_HINT = re.compile(r"\bidcc[\s:°n.=#-]*([0-9][0-9\s]*(?:\.0)?)(?![0-9.])", re.I)
_NAF_HINT = re.compile(r"\b(?:naf|ape)[\s:°n.=#-]*([0-9]{2}(?:[.\s]?[0-9]{1,2})?)(?![0-9.]|\w)", re.I)
_HINT = re.compile(r"\b(siret|siren|idcc|naf|ape|tva|brochure)(?![a-z])", re.I)
_PHONE = re.compile(r"(?:\+33|0033|\b0)[\s.\-]?[1-9](?:[\s.\-]?[0-9]{2}){4}(?![0-9])")
# "CCN 66", "convention 51": these numbers are years of signature, nicknames rather than codes.
_NICKNAME = re.compile(r"\b(?:ccn|cc|convention)\b", re.I)
# Words that may surround a bare number without changing what it is.
_AROUND = re.compile(
    r"\b(?:n|no|num|numero|le|la|mon|ma|notre|code|convention|collective|nationale|ccn|cc|est|c|de|d|"
    r"siret|siren|idcc|naf|ape|tva|opco|pour|du)\b"
)


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed and what it was taken for.

    `problem` says why an invalid query is invalid; `note` what was corrected on the way ("naf_as_idcc").
    """

    raw: str
    kind: Kind
    normalized: str
    problem: str = ""
    note: str = ""


def parse(raw: str) -> Query:
    """Tell what was typed. Never raises: what cannot be understood is of kind "invalid", with its problem."""
    text = _cleaned(raw)
    if not text:
        return Query(raw, "invalid", "", "empty")
    if len(text) > MAX_LENGTH:
        return Query(raw, "invalid", text[:MAX_LENGTH], "too_long")
    for reader in (_company_number, _hinted_code, _bare_number):
        query = reader(raw, text)
        if query:
            return query
    if not any(character.isalpha() for character in text):
        return Query(raw, "invalid", text, "unreadable")
    return Query(raw, "text", text)


def _cleaned(raw: str) -> str:
    """One line of ordinary characters: full-width digits made plain, what is pasted but not seen taken out."""
    # Superscripts and fractions would become digits that nobody typed.
    seen = "".join(
        character
        for character in raw
        if unicodedata.category(character) not in ("Cf", "Cc", "No", "Cs") or character.isspace()
    )
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def _company_number(raw: str, text: str) -> Query | None:
    """A valid SIRET, VAT number or SIREN anywhere in the text wins over everything around it."""
    runs = list(_digit_runs(text))
    for run in runs:
        if len(run) == 14 and is_siret(run):
            return Query(raw, "siret", run)
    vat = _VAT.search(text)
    if vat and is_siren(vat[2] + vat[3] + vat[4]):
        return Query(raw, "siren", vat[2] + vat[3] + vat[4])
    grouped = _GROUPED_SIRET.search(text)
    if grouped:  # its first nine digits may be a valid SIREN, but that is not what was meant
        digits = re.sub(r"[^0-9]", "", grouped[0])
        return Query(raw, "invalid", digits, _problem_of(digits, "siret"))
    if _PHONE.search(text):
        return None
    for run in runs:
        if len(run) == 9 and is_siren(run):
            return Query(raw, "siren", run)
    return None


def _digit_runs(text: str) -> Iterator[str]:
    """Every run of neighbouring digit groups, so that a date or a postcode beside a SIRET does no harm."""
    for match in _GROUPS.finditer(text):
        groups = re.findall(r"[0-9]+", match[0])
        for start in range(len(groups)):
            run = ""
            for group in groups[start : start + 6]:
                run += group
                yield run


def _hinted_code(raw: str, text: str) -> Query | None:
    """A code named by the word before it, or shaped like a NAF code."""
    naf = _NAF.search(text)
    if naf:
        note = "naf_as_idcc" if re.search(r"\bidcc", text, re.I) else ""
        return Query(raw, "naf", f"{naf[1]}.{naf[2]}{naf[3].upper()}", note=note)
    hinted = _IDCC_HINT.search(text)
    if hinted:
        idcc = normalize_idcc(hinted[1].replace(" ", ""))
        return Query(raw, "idcc", idcc) if idcc else Query(raw, "invalid", hinted[1].strip(), "idcc_length")
    hinted = _NAF_HINT.search(text)
    if hinted:
        code = normalize_naf(hinted[1])
        return Query(raw, "naf", code) if code else None
    return None


def _bare_number(raw: str, text: str) -> Query | None:
    """A number with nothing around it that means anything: its length tells what it was meant to be."""
    found = _HINT.search(text)
    hint = found[1].lower() if found else ""
    if hint == "brochure" and re.search(r"[0-9]{4}", text):
        return Query(raw, "invalid", text, "brochure")
    if _NAF_CLASS.fullmatch(text) and not text.endswith(".0"):
        return Query(raw, "naf", text)
    digits = max((re.sub(r"[^0-9]", "", match[0]) for match in _GROUPS.finditer(text)), key=len, default="")
    if not digits:
        return None
    if _says_more_than_a_number(text) and not (len(digits) in (13, 14, 15) or (hint and len(digits) > 5)):
        return None
    if _PHONE.fullmatch(text):
        return Query(raw, "invalid", digits, "phone")
    if hint in ("siret", "siren", "tva"):
        return Query(raw, "invalid", digits, _problem_of(digits, hint))
    if len(digits) < 3 and _NICKNAME.search(text):
        return None
    idcc = normalize_idcc(text) or (normalize_idcc(digits) if len(digits) <= 5 else None)
    if idcc and "," not in text:
        return Query(raw, "idcc", idcc)
    return Query(raw, "invalid", digits, _problem_of(digits, hint))


def _says_more_than_a_number(text: str) -> bool:
    return any(character.isalpha() for character in _AROUND.sub(" ", plain(text)))


def _problem_of(digits: str, hint: str) -> str:
    """Why a number is neither a SIRET nor a SIREN nor an IDCC."""
    if len(digits) == 14:
        return "siret_checksum"
    if len(digits) == 9:
        return "siren_checksum" if hint != "siret" else "siret_length"
    if hint == "siren" or (len(digits) in (8, 10) and hint != "siret"):
        return "siren_length"
    if len(digits) <= 5 and not hint:
        return "idcc_length"
    return "siret_length"

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
_GROUPS = re.compile(r"\d+(?:[\s.\-_/]{1,3}\d+)*")
_VAT = re.compile(r"\bFR[\s.\-]*([0-9A-HJ-NP-Z]{2})[\s.\-]*(\d{3})[\s.\-]*(\d{3})[\s.\-]*(\d{3})(?!\d)", re.I)
_NAF = re.compile(r"(?<![\w.])(\d{2})[.\s]?(\d{2})\s?([A-Z])(?!\w)", re.I)
_NAF_CLASS = re.compile(r"\d{2}\.\d{1,2}")
_IDCC_HINT = re.compile(r"\bidcc\b[\s:°n.=#-]*(\d[\d\s]*(?:\.0)?)(?![\d.])", re.I)
_NAF_HINT = re.compile(r"\b(?:naf|ape)\b[\s:°n.=#-]*(\d{2}[.\s]?\d{0,2})(?!\w)", re.I)
_HINT = re.compile(r"\b(siret|siren|idcc|naf|ape|tva|brochure)\b", re.I)
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
    text = " ".join(unicodedata.normalize("NFKC", raw).replace("\x00", " ").split())
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


def _company_number(raw: str, text: str) -> Query | None:
    """A valid SIRET, VAT number or SIREN anywhere in the text wins over everything around it."""
    runs = list(_digit_runs(text))
    for run in runs:
        if len(run) == 14 and is_siret(run):
            return Query(raw, "siret", run)
    vat = _VAT.search(text)
    if vat and is_siren(vat[2] + vat[3] + vat[4]):
        return Query(raw, "siren", vat[2] + vat[3] + vat[4])
    for run in runs:
        if len(run) == 9 and is_siren(run):
            return Query(raw, "siren", run)
    return None


def _digit_runs(text: str) -> Iterator[str]:
    """Every run of neighbouring digit groups, so that a date or a postcode beside a SIRET does no harm."""
    for match in _GROUPS.finditer(text):
        groups = re.findall(r"\d+", match[0])
        for start in range(len(groups)):
            run = ""
            for group in groups[start : start + 6]:
                run += group
                yield run


def _hinted_code(raw: str, text: str) -> Query | None:
    """A code named by the word before it, or shaped like a NAF code."""
    naf = _NAF.search(text)
    if naf:
        note = "naf_as_idcc" if re.search(r"\bidcc\b", text, re.I) else ""
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
    hint = _HINT.search(text)
    if hint and hint[1].lower() == "brochure" and re.search(r"\d{4}", text):
        return Query(raw, "invalid", text, "brochure")
    if _NAF_CLASS.fullmatch(text) and not text.endswith(".0"):
        return Query(raw, "naf", text)
    digits = max((re.sub(r"\D", "", match[0]) for match in _GROUPS.finditer(text)), key=len, default="")
    if not digits:
        return None
    long_enough = len(digits) in (13, 14, 15)
    if _says_more_than_a_number(text) and not (long_enough or (hint and len(digits) > 5)):
        return None
    if len(digits) < 3 and _NICKNAME.search(text):
        return None
    if normalize_idcc(text) or (len(digits) <= 5 and normalize_idcc(digits)):
        return Query(raw, "idcc", str(normalize_idcc(text) or normalize_idcc(digits)))
    return Query(raw, "invalid", digits, _problem_of(digits, hint[1].lower() if hint else ""))


def _says_more_than_a_number(text: str) -> bool:
    return any(character.isalpha() for character in _AROUND.sub(" ", plain(text)))


def _problem_of(digits: str, hint: str) -> str:
    """Why a number is neither a SIRET nor a SIREN nor an IDCC."""
    if len(digits) == 14:
        return "siret_checksum"
    if len(digits) == 9:
        return "siren_checksum"
    if hint == "siren" or (len(digits) in (8, 10) and hint != "siret"):
        return "siren_length"
    if len(digits) == 5:
        return "idcc_length"
    return "siret_length"

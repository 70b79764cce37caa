"""French as it is printed: no-break spaces, numbers, shares, dates. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

NBSP = "\u00a0"
NARROW = "\u202f"
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]

_BEFORE_HIGH = re.compile(r"(?<=\S) (?=[;!?](?:\s|$|<))")
_BEFORE_WIDE = re.compile(r"(?<=\S) (?=:(?:\s|$)|»|%|€)")


def typeset(text: str) -> str:
    """Put the no-break spaces where French wants them, and typographic apostrophes."""
    text = _BEFORE_HIGH.sub(NARROW, text)
    text = _BEFORE_WIDE.sub(NBSP, text)
    return text.replace("« ", f"«{NBSP}").replace("'", "’")


def plain(text: str) -> str:
    """Lower case without accents, as the database's portal_key does: "Énergie" -> "energie"."""
    text = unicodedata.normalize("NFD", text.lower().replace("œ", "oe").replace("æ", "ae").replace("’", "'"))
    return "".join(character for character in text if not unicodedata.combining(character))


def number(value: int) -> str:
    """253 639, with narrow no-break spaces."""
    return f"{value:,}".replace(",", NARROW)


def capital(text: str) -> str:
    """The text as the beginning of a sentence; the rest of it stays as it is."""
    return text[:1].upper() + text[1:]


def percent(share: Decimal | float) -> str:
    """A share of 1 as a percentage: one decimal, and never "100 %" or "0 %" for what is not quite so."""
    share = Decimal(str(share))
    if share in (0, 1):
        return f"{int(share * 100)}{NBSP}%"
    rounded = min(max(round(share * 100, 1), Decimal("0.1")), Decimal("99.9"))
    digits = f"{rounded:.1f}".removesuffix(".0").replace(".", ",")
    if share * 100 < Decimal("0.1"):
        return f"moins de 0,1{NBSP}%"
    if share * 100 > Decimal("99.9"):
        return f"plus de 99,9{NBSP}%"
    return f"{digits}{NBSP}%"


def day(value: date) -> str:
    """1er octobre 2026."""
    return f"{'1er' if value.day == 1 else value.day}{NBSP}{MONTHS[value.month - 1]} {value.year}"


def period(first: date | None, end: date | None) -> str:
    """A period in words; `end` is the first day that no longer belongs to it."""
    last = date.fromordinal(end.toordinal() - 1) if end else None
    if first and last:
        return f"du {day(first)} au {day(last)}"
    if first:
        return f"depuis le {day(first)}"
    return f"jusqu’au {day(last)}" if last else "sans limite"


def between(least: int | None, end: int | None) -> str:
    """« de 11 à 49 », « 50 et plus », « 10 au plus »; `end` is the first number that no longer belongs to it."""
    if least is not None and end is not None:
        return f"de {number(least)} à {number(end - 1)}" if least < end - 1 else number(least)
    if least is not None:
        return f"{number(least)} et plus"
    return f"{number(end - 1)} au plus" if end is not None else "sans limite"


def moment(value: datetime) -> str:
    """24 novembre 2026 à 5 h 10, in the zone that the value is in."""
    return f"{day(value)} à {value.hour}{NBSP}h{NBSP}{value.minute:02}"


def duration(seconds: float) -> str:
    """« 3 s », « 1 min 12 s », « 2 h 05 min »; under a second, « moins d’une seconde »."""
    if seconds < 1:
        return "moins d’une seconde"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}{NBSP}h{NBSP}{minutes:02}{NBSP}min"
    return f"{minutes}{NBSP}min{NBSP}{rest}{NBSP}s" if minutes else f"{rest}{NBSP}s"


def plural(count: int, singular: str, several: str | None = None) -> str:
    """1 établissement, 2 établissements (0 and 1 are singular in French)."""
    word = singular if abs(count) < 2 else several or f"{singular}s"
    return f"{number(count)}{NBSP}{word}"


def listed(words: Sequence[str]) -> str:
    """« Atlas », « Atlas et AKTO », « Atlas, AKTO et OCAPIAT »."""
    return " et ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def of(name: str) -> str:
    """« d’Atlas », « de Constructys », « de L’Opcommerce »."""
    return f"d’{name}" if name[0].lower() in "aeiouyéèêàâîôûh" else f"de {name}"


def megabytes(size: int) -> str:
    """109 242 949 bytes -> « 109,2 Mo »."""
    if size < 100_000:
        return plural(size, "octet")
    return f"{size / 1_000_000:.1f}".replace(".", ",") + f"{NBSP}Mo"


def decimal(value: Decimal) -> str:
    """1 234,5: a number with its decimals, without zeros at the end."""
    whole, _, rest = f"{value:.4f}".partition(".")
    rest = rest.rstrip("0")
    return number(int(whole)) + (f",{rest}" if rest else "")


def euros(amount: Decimal) -> str:
    """« 1 050 € », « 12,31 € »: cents only where there are some."""
    whole, _, cents = f"{amount:.2f}".partition(".")
    return number(int(whole)) + (f",{cents}" if cents != "00" else "") + f"{NBSP}€"

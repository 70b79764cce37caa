"""The headcount classes of Insee (« tranche d’effectif salarié »), as numbers of employees and in words."""

from opco_portal.french import number, plural, typeset

# Code -> fewest and most employees; None: no upper bound. NN, « unité non employeuse » or none known, is no class.
CLASSES: dict[str, tuple[int, int | None]] = {
    "00": (0, 0),
    "01": (1, 2),
    "02": (3, 5),
    "03": (6, 9),
    "11": (10, 19),
    "12": (20, 49),
    "21": (50, 99),
    "22": (100, 199),
    "31": (200, 249),
    "32": (250, 499),
    "41": (500, 999),
    "42": (1000, 1999),
    "51": (2000, 4999),
    "52": (5000, 9999),
    "53": (10000, None),
}


def headcount_in_words(code: str) -> str:
    """« 10 à 19 salariés », "" for a code that tells nothing."""
    if code not in CLASSES:
        return ""
    least, most = CLASSES[code]
    if most == least:
        return plural(least, "salarié")
    if most is None:
        return typeset(f"{number(least)} salariés ou plus")
    return typeset(f"{number(least)} à {plural(most, 'salarié')}")

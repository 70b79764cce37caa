from datetime import date, datetime
from decimal import Decimal

import pytest

from opco_portal.french import between, day, duration, moment, number, of, percent, plain, plural, typeset


def test_no_break_spaces_are_put_where_french_wants_them():
    assert typeset("Pourquoi ? « Parce que » : 25 % de 10 € ; voilà !") == (
        "Pourquoi\u202f? «\u00a0Parce que\u00a0»\u00a0: 25\u00a0% de 10\u00a0€\u202f; voilà\u202f!"
    )


def test_addresses_and_times_are_left_alone():
    assert typeset("https://exemple.fr/?q=1 12:30") == "https://exemple.fr/?q=1 12:30"


@pytest.mark.parametrize(
    ("share", "printed"),
    [
        ("1", "100\u00a0%"),
        ("0", "0\u00a0%"),
        ("0.999992", "plus de 99,9\u00a0%"),
        ("0.000004", "moins de 0,1\u00a0%"),
        ("0.858586", "85,9\u00a0%"),
        ("0.92", "92\u00a0%"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share, printed):
    assert percent(Decimal(share)) == printed


def test_numbers_dates_and_plurals():
    assert number(3671884) == "3\u202f671\u202f884"
    assert day(date(2026, 10, 1)) == "1er\u00a0octobre 2026"
    assert plural(1, "établissement") == "1\u00a0établissement"
    assert plural(2, "réseau", "réseaux") == "2\u00a0réseaux"


def test_elision_before_a_vowel():
    assert (of("Atlas"), of("Constructys")) == ("d’Atlas", "de Constructys")


def test_plain_text_sorts_and_compares_without_accents():
    assert plain("Énergie, Œufs") == "energie, oeufs"


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [
        (0, "moins d’une seconde"),
        (0.9, "moins d’une seconde"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (72, "1 min 12 s"),
        (7530, "2 h 05 min"),
    ],
)
def test_a_duration_is_told_in_two_units_at_most(seconds, printed):
    assert duration(seconds).replace("\u00a0", " ") == printed


def test_a_moment_is_told_with_its_hour():
    assert moment(datetime(2026, 10, 1, 5, 7)) == "1er\u00a0octobre 2026 à 5\u00a0h\u00a007"


@pytest.mark.parametrize(
    ("least", "end", "printed"),
    [
        (11, 50, "de 11 à 49"),
        (50, None, "50 et plus"),
        (None, 11, "10 au plus"),
        (7, 8, "7"),
        (None, None, "sans limite"),
    ],
)
def test_numbers_from_one_to_another_are_told_by_the_last_that_belongs(least, end, printed):
    assert between(least, end) == printed

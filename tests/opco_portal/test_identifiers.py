import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from opco_portal.identifiers import (
    format_siret,
    is_siren,
    is_siret,
    normalize_idcc,
    normalize_naf,
    siren_of,
)


@given(st.integers(0, 9_999), st.sampled_from(["{:d}", "{:04d}", "{:05d}", " {:04d} ", "{:04d}.0"]))
def test_an_idcc_is_four_digits_however_it_is_written(number, form):
    assert normalize_idcc(form.format(number)) == f"{number:04d}"


@pytest.mark.parametrize("text", ["", "12345", "14A6", "1486.5", "-148", "1 486"])
def test_what_is_no_idcc_is_refused(text):
    assert normalize_idcc(text) is None


@given(st.integers(1, 99_999_999))
def test_a_siren_has_one_right_check_digit(start):
    digits = f"{start:08d}"
    right = luhn.calc_check_digit(digits)
    assert [last for last in "0123456789" if is_siren(digits + last)] == [right]


def test_la_poste_has_its_own_rule():
    assert is_siret("35600000000048")  # head office: Luhn
    assert is_siret("35600000049837")  # a post office: digits that sum to a multiple of five
    assert not is_siret("35600000049838")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("6202A", "62.02A"),
        ("62.02a", "62.02A"),
        ("62 02A", "62.02A"),
        ("62", "62"),
        ("62.0", "62.0"),
        ("62.02", "62.02"),
    ],
)
def test_naf_codes_of_every_level_take_their_dotted_form(text, code):
    assert normalize_naf(text) == code


@pytest.mark.parametrize("text", ["", "6", "62.0A", "620215", "AB.12C"])
def test_what_is_no_naf_code_is_refused(text):
    assert normalize_naf(text) is None


def test_sirets_are_printed_in_groups_and_keep_their_zeros():
    assert format_siret(123456789) == "000\u202f001\u202f234\u202f56789"
    assert siren_of(50103081100092) == "501030811"

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from branches.lookup import parse

SIRET = "50103081100092"


@st.composite
def sirets(draw):
    """Valid SIRETs, drawn digit by digit."""
    start = draw(st.integers(10_000_000, 99_999_999).filter(lambda n: n != 35_600_000))
    siren = f"{start}{luhn.calc_check_digit(str(start))}"
    nic = f"{draw(st.integers(0, 9_999)):04d}"
    return f"{siren}{nic}{luhn.calc_check_digit(siren + nic)}"


@pytest.mark.parametrize(
    ("text", "kind", "normalized"),
    [
        ("501 030 811 00092", "siret", SIRET),
        ("501.030.811-00092", "siret", SIRET),
        ("n° siret 501 030 811 00092", "siret", SIRET),
        ("SIRET:50103081100092 (siège)", "siret", SIRET),
        ("Facture du 01/02/2024, 75001 Paris, siret 501 030 811 00092, merci", "siret", SIRET),
        ("501030811", "siren", "501030811"),
        ("501 030 811", "siren", "501030811"),
        ("RCS Paris B 501 030 811", "siren", "501030811"),
        ("FR 32 501030811", "siren", "501030811"),
        ("fr32501030811", "siren", "501030811"),
        ("1486", "idcc", "1486"),
        ("01486", "idcc", "1486"),
        ("1486.0", "idcc", "1486"),
        ("16", "idcc", "0016"),
        ("IDCC 1486", "idcc", "1486"),
        ("idcc n°1486", "idcc", "1486"),
        ("IDCC : 01486", "idcc", "1486"),
        ("ma convention collective, IDCC 1486, est Syntec", "idcc", "1486"),
        ("convention 1486", "idcc", "1486"),
        ("mon code IDCC c'est 1486", "idcc", "1486"),
        ("\uff11\uff14\uff18\uff16", "idcc", "1486"),
        ("50103\u00ad0811\u200b00092", "siret", SIRET),
        ("IDCC1486", "idcc", "1486"),
        ("NAF6202A", "naf", "62.02A"),
        ("62-02A", "naf", "62.02A"),
        ("62.02A", "naf", "62.02A"),
        ("6202a", "naf", "62.02A"),
        ("code APE 6202A", "naf", "62.02A"),
        ("62.02", "naf", "62.02"),
        ("NAF 6202", "naf", "62.02"),
        ("boulangerie", "text", "boulangerie"),
        ("boulangerie 75011", "text", "boulangerie 75011"),
        ("CCN 66", "text", "CCN 66"),
        ("convention 51", "text", "convention 51"),
        ("3D", "text", "3D"),
        ("  bureau\u00a0d’études\n", "text", "bureau d’études"),
    ],
)
def test_people_write_numbers_and_words_in_many_ways(text, kind, normalized):
    query = parse(text)
    assert (query.kind, query.normalized) == (kind, normalized)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("?!", "unreadable"),
        ("5010308110009", "siret_length"),
        ("501030811000921", "siret_length"),
        ("50103081100093", "siret_checksum"),
        ("siret 50103081100093", "siret_checksum"),
        ("35600000049838", "siret_checksum"),
        ("501030812", "siren_checksum"),
        ("50103081", "siren_length"),
        ("75011", "idcc_length"),
        ("IDCC 123456", "idcc_length"),
        ("brochure 3018", "brochure"),
        ("501 030 811 00093", "siret_checksum"),
        ("n° siret 501.030.811.00093", "siret_checksum"),
        ("501 030 811 0009", "siret_length"),
        ("siret 12345", "siret_length"),
        ("siren 1234", "siren_length"),
        ("06 12 34 56 78", "phone"),
        ("+33 6 12 34 56 78", "phone"),
        ("1,486", "idcc_length"),
        ("000000000", "siren_checksum"),
        ("\u0661\u0664\u0668\u0666", "unreadable"),
        ("\u00b2", "empty"),
        ("a" * 301, "too_long"),
    ],
)
def test_wrong_numbers_are_told_apart(text, problem):
    query = parse(text)
    assert (query.kind, query.problem) == ("invalid", problem)


def test_a_naf_code_given_as_an_idcc_is_recognised():
    query = parse("IDCC 6202A")
    assert (query.kind, query.normalized, query.note) == ("naf", "62.02A", "naf_as_idcc")


@given(st.text(max_size=400))
def test_parsing_never_fails_and_keeps_what_was_typed(text):
    query = parse(text)
    assert query.raw == text
    assert (query.kind == "invalid") == bool(query.problem)


@given(
    sirets(),
    st.sampled_from([" ", ".", "-", "\u00a0", "\u202f", ""]),
    st.sampled_from(["", "Siret : ", "n° "]),
)
def test_a_siret_survives_separators_and_surroundings(siret, separator, before):
    groups = (siret[:3], siret[3:6], siret[6:9], siret[9:])
    query = parse(f"{before}{separator.join(groups)}")
    assert (query.kind, query.normalized) == ("siret", siret)


@given(sirets(), st.integers(0, 13), st.integers(1, 9), st.sampled_from(["", " ", "."]))
def test_one_wrong_digit_is_always_noticed(siret, position, shift, separator):
    wrong = str((int(siret[position]) + shift) % 10)
    digits = siret[:position] + wrong + siret[position + 1 :]
    query = parse(separator.join((digits[:3], digits[3:6], digits[6:9], digits[9:])))
    assert (query.kind, query.problem) == ("invalid", "siret_checksum")


@given(sirets())
def test_what_was_normalised_reads_the_same_again(siret):
    again = parse(parse(siret).normalized)
    assert (again.kind, again.normalized) == ("siret", siret)

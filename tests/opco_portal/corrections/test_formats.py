"""Files that staff take away and bring back: what is written is read to the letter, and never computed."""

import csv
import io
import zipfile
from datetime import date

import openpyxl
import pytest
import tablib
from hypothesis import given, settings
from hypothesis import strategies as st

from opco_portal.corrections import formats
from opco_portal.corrections.formats import LINE, Csv, Guide, Unreadable, Xlsx, read
from opco_portal.formulas import as_written, harmless
from tests.workbooks import archive, cell, workbook

FORMULAS = [
    "=1+1",
    "+33 1",
    "-1",
    "@SOMME(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "'=1",
    "''=1",
    '=HYPERLINK("http://x")',
]
# The format has no way to write these two, which are no characters.
anything = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff\0"))
tricky = st.text(alphabet="'=+-@\t\r\n ;,\"_x0041DFé", max_size=12)


def table(*rows, headings=("Clé", "Texte")):
    dataset = tablib.Dataset(headers=list(headings))
    for row in rows:
        dataset.append(row)
    return dataset


def rows_of(data):
    return [row[:-1] for row in read(data)]


def lines_of(data):
    return read(data)[LINE]


@pytest.mark.parametrize("kind", [Csv, Xlsx])
@settings(deadline=None)  # a workbook is a zip of ten files
@given(texts=st.lists(anything | tricky, min_size=1, max_size=8))
def test_any_text_comes_back_to_the_letter(kind, texts):
    rows = [("clé", text) for text in texts]
    assert rows_of(kind().export_data(table(*rows))) == rows


@given(anything | tricky)
def test_what_is_made_harmless_is_known_again(text):
    assert as_written(harmless(text)) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_a_csv_file_holds_nothing_that_a_spreadsheet_computes(text):
    data = Csv().export_data(table(("clé", text))).decode("utf-8-sig")
    *_, (_, written) = csv.reader(io.StringIO(data, newline=""), delimiter=";")
    assert written == f"'{text}"


@pytest.mark.parametrize("text", FORMULAS)
def test_a_workbook_holds_texts_only(text):
    data = Xlsx().export_data(table(("0087", text)))
    for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(min_row=2):
        assert [each.data_type for each in row] == ["s", "s"]
        assert [each.number_format for each in row] == ["@", "@"]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_a_csv_file_is_for_french_spreadsheets():
    assert Csv().export_data(table(("é", "a;b"))) == '\ufeffClé;Texte\r\né;"a;b"\r\n'.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_what_spreadsheets_write_is_read(encoding, delimiter):
    data = f"Clé{delimiter}Texte\n87{delimiter}l’été\n".encode(encoding)
    assert rows_of(data) == [("87", "l’été")]


def test_the_lines_are_those_that_people_see():
    text = 'Clé;Texte\n1;"sur\ndeux lignes"\n;\n\n2;b\n'
    assert lines_of(text.encode()) == [2, 5]
    assert lines_of(workbook({"A": [["Clé", "Texte"], ["1", "a"], [], ["2", "b"]]})) == [2, 4]


def test_headings_may_stand_below_empty_lines():
    data = workbook({"A": [[], [], ["Clé", "Texte"], ["1", "a"]]})
    assert (rows_of(data), lines_of(data)) == ([("1", "a")], [4])


def test_cells_of_a_workbook_are_what_was_typed():
    rows = [["Clé", "Texte", "Vrai"], [87, 1.5, True], [None, "é", False]]
    assert rows_of(workbook({"A": rows})) == [("87", "1,5", "oui"), ("", "é", "non")]


def test_dates_of_a_workbook_are_dates():
    book = openpyxl.Workbook()
    book.active.append(["Jour"])
    book.active.append([date(2027, 3, 1)])
    file = io.BytesIO()
    book.save(file)
    assert rows_of(file.getvalue()) == [("2027-03-01",)]


def test_the_instructions_are_not_read():
    guide = [Guide("Clé", "Un mot.", "oui", ["oui", "non"]), Guide("Texte", "Ce que vous voulez.", "", [])]
    data = Xlsx().export_data(table(("a", "b")), guide=guide)
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames == ["Tableau", formats.GUIDE]
    assert rows_of(data) == [("a", "b")]
    assert rows_of(workbook({"Mode d'emploi": [["x"]], "A": [["Clé"], ["1"]]})) == [("1",)]


def refusal(data):
    with pytest.raises(Unreadable) as refused:
        read(data)
    return str(refused.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vide"),
        (b"\n;;\n", "vide"),
        (workbook({"A": []}), "vide"),
        (workbook({"Mode d’emploi": [["x"]]}), "pas de feuille"),
        (b"%PDF-1.7", "ni un CSV ni un classeur"),
        (b"\x89PNG\0\0", "ni un CSV ni un classeur"),
        (b"<!doctype html><p>Erreur", "page web"),
        (b"\xd0\xcf\x11\xe0", "enregistrez-le au format .xlsx"),
        (b"PK\x03\x04 tronqu\xe9", "tronqué ou abîmé"),
        (archive({"a.txt": "rien"}), "abîmé"),
        (b"A;B\n1;" + b"x" * 200_000, "trop longue"),
        (b"A;B\n" + b"1;2\n" * 10_001, "coupez-le"),
        (b"A" * 5_000_001, "5,0"),
        (b"A;B\n" + b"1;2\n" * 9_000 + b";" * 4_000_000 + b"x", "000\u202f001 colonnes"),
        (b";".join([b"A"] * 101), "101 colonnes"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(data, words):
    assert words in refusal(data)


def test_ten_thousand_lines_are_read():
    assert len(read(b"A;B\n" + b"1;2\n" * 10_000)) == 10_000


def test_empty_cells_at_the_end_of_lines_are_no_columns():
    assert read(b"A;B" + b";" * 1000 + b"\n1;2" + b";" * 1000)[0][:2] == ("1", "2")


def test_a_bomb_is_not_opened():
    bomb = {"xl/worksheets/sheet1.xml": b"<a>" + b" " * (formats.LIMITS.unpacked + 1)}
    assert "dépasse" in refusal(archive(bomb))


def test_a_cell_at_the_far_end_is_not_read():
    far = workbook({"A": [["A"]]}, after=f'<row r="1048576">{cell("XFD1048576", "x")}</row>')
    assert "trop pour être lu" in refusal(far)

"""Tables are found by name, read as text, and refused in words when they are not what was expected."""

import pytest

from opco_portal.identifiers import normalize_idcc
from opco_portal.sync.errors import Refusal
from opco_portal.sync.spreadsheets import Layout, Limits, read_table
from tests.workbooks import MAIN, archive, cell, workbook

LIST = Layout(
    "liste", ["Liste IDCC*"], {"idcc": ["IDCC"], "title": ["Libellé", "Titre"]}, {"end": ["Date fin"]}
)
ROWS = [["IDCC", "Libellé"], ["1486", "Bureaux d’études"]]


@pytest.fixture
def read(tmp_path):
    """Read the bytes of a workbook with the layouts given."""

    def read_bytes(body, *layouts, **limits):
        path = tmp_path / "published.xlsx"
        path.write_bytes(body)
        return read_table(path, layouts or (LIST,), Limits(**limits))

    return read_bytes


def values(table):
    return [row.values for row in table.rows]


@pytest.mark.parametrize("sheet", ["Liste IDCC", "liste  idcc-Publication", "LISTE\u00a0IDCC 2024"])
def test_a_sheet_is_found_by_its_name_among_others(read, sheet):
    table = read(workbook({"Lisez-moi": [["IDCC", "Libellé"], ["x", "y"]], sheet: ROWS}))
    assert (table.sheet, values(table)) == (
        sheet,
        [{"idcc": "1486", "title": "Bureaux d’études", "end": None}],
    )


@pytest.mark.parametrize(
    "heading", ["LIBELLE", " libellé ", "Li\nbellé", "Libellé\u00a0", "Libel\u200blé", "titre"]
)
def test_a_column_is_found_by_its_name_wherever_it_is(read, heading):
    table = read(workbook({"Liste IDCC": [[heading, None, "autre", "idcc "], ["Études", None, "?", "1486"]]}))
    assert values(table) == [{"idcc": "1486", "title": "Études", "end": None}]
    assert table.columns == {"idcc", "title"}


def test_prose_above_the_header_and_empty_rows_are_skipped(read):
    prose = [["Liste des conventions (IDCC) en vigueur"], [], ["", "IDCC"], []]
    table = read(workbook({"Liste IDCC": [*prose, *ROWS, [], [None, " "], ["3248", "Métallurgie"]]}))
    assert [(row.line, row.values["idcc"]) for row in table.rows] == [(6, "1486"), (9, "3248")]


@pytest.mark.parametrize("written", [1596, 1596.0, "1596", "01596", " 1596 ", "1596.0", "\u00a001596"])
def test_an_idcc_survives_whatever_the_cell_holds(read, written):
    [row] = values(read(workbook({"Liste IDCC": [["IDCC", "Titre"], [written, "Bâtiment"]]})))
    assert normalize_idcc(row["idcc"]) == "1596"


def test_cells_come_as_text_on_one_line(read):
    layout = Layout("valeurs", ["*"], {key: [key] for key in "abcde"})
    rows = [list("abcde"), [0.1 + 0.2, True, 1e15, "deux\r\n lignes_x000D_", ""]]
    [row] = values(read(workbook({"Feuil1": rows}), layout))
    assert row == {"a": "0.3", "b": "1", "c": "1000000000000000", "d": "deux lignes", "e": None}


def test_the_first_layout_that_the_workbook_has_is_read(read):
    other = Layout("autre", ["Feuille"], {"code": ["CODE"]})
    assert read(workbook({"Liste IDCC": ROWS}), other, LIST).layout is LIST
    assert read(workbook({"Liste IDCC": ROWS, "Feuille": [["Code"], ["1"]]}), other, LIST).layout is other


def test_an_unknown_layout_is_refused_with_what_was_sought_and_found(read):
    body = workbook({"Lisez-moi": [["Bonjour"]], "Conventions": [["prose"], ["IDCC", "Intitulé", "CRIS"]]})
    with pytest.raises(Refusal) as refused:
        read(body)
    for said in (
        "Liste IDCC*",
        "« Libellé »",
        "Lisez-moi",
        "« Conventions », ligne 2",
        "« Intitulé », « CRIS »",
    ):
        assert said.replace("« ", "«\u00a0").replace(" »", "\u00a0»") in refused.value.message


def test_a_column_that_comes_twice_is_not_guessed(read):
    with pytest.raises(Refusal, match=r"IDCC.*deux fois"):
        read(workbook({"Liste IDCC": [["IDCC", "Titre", "idcc"], ["1", "x", "2"]]}))


def test_a_broken_filter_and_a_formatted_sheet_do_no_harm(read):
    body = workbook(
        {"Liste IDCC": ROWS}, beside='<autoFilter ref="A1:ZZZZ0"><filterColumn colId="x"/></autoFilter>'
    )
    assert len(values(read(body))) == 1


def test_a_sheet_that_claims_every_row_costs_nothing(read):
    empty = "".join(f'<row r="{line}">{cell(f"F{line}", None)}</row>' for line in range(3, 60_000))
    body = workbook({"Liste IDCC": ROWS}, dimension="A1:XFD1048576", after=empty)
    table = read(body)
    assert (table.height, len(values(table))) == (2, 1)


def test_a_stray_cell_on_the_last_row_is_read_past(read):
    body = workbook({"Liste IDCC": ROWS}, after=f'<row r="1048576">{cell("C1048576", " ")}</row>')
    assert len(values(read(body))) == 1


def test_a_stray_cell_in_the_far_corner_is_refused_before_it_takes_the_memory(read):
    body = workbook({"Liste IDCC": ROWS}, after=f'<row r="1048576">{cell("XFD1048576", "x")}</row>')
    with pytest.raises(Refusal, match=r"sheet1\.xml.*1.048.576 lignes.*16.384 colonnes"):
        read(body)


@pytest.mark.parametrize(
    "hidden",
    [
        "<row r='1048576'><c r='XFD1048576' t='inlineStr'><is><t>x</t></is></c></row>",
        '<row r = "1048576"><c r = "XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
        '<row r="1048576"><c r="XFC1048576"/><c><v>1</v></c></row>',
        '<x:row xmlns:x="' + MAIN + '" r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
    ],
    ids=["single quotes", "spaces", "no reference", "prefixed"],
)
def test_a_far_cell_counts_however_it_is_written(read, hidden):
    with pytest.raises(Refusal, match=r"16.384 colonnes"):
        read(workbook({"Liste IDCC": ROWS}, after=hidden))


@pytest.mark.parametrize("name", ["sheet1.XML", "sheet1.dat"])
def test_a_far_cell_counts_whatever_its_file_is_called(read, name):
    far = f'<row r="1048576">{cell("XFD1048576", "x")}</row>'
    body = workbook({"Liste IDCC": ROWS}, after=far).replace(b"sheet1.xml", name[:10].encode())
    with pytest.raises(Refusal):
        read(body)


def test_a_document_type_is_refused(read):
    sheet = '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    with pytest.raises(Refusal, match="aucun tableur"):
        read(archive({"xl/worksheets/sheet1.xml": sheet}))


# --------------------------------------------------------------------------------------------- not a workbook at all
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><title>Maintenance</title>", "page web"),
        (b"IDCC;Titre\n1486;x", "commence par «\u00a0IDCC;Titre"),
        (b"", "il est vide"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "mot de passe"),
        (workbook({"Liste IDCC": ROWS})[:-40], "tronqué"),
        (workbook({"Liste IDCC": ROWS})[:300], "tronqué"),
        (archive({"lisez-moi.txt": "bonjour"}), "abîmé"),
    ],
)
def test_what_is_not_a_workbook_is_refused_in_plain_words(read, body, said):
    with pytest.raises(Refusal, match=said):
        read(body)


def test_a_workbook_with_damaged_bytes_is_refused(read):
    body = bytearray(workbook({"Liste IDCC": [*ROWS, *([str(i), "x"] for i in range(3000))]}))
    middle = body.index(b"xl/worksheets") + 200
    body[middle : middle + 40] = bytes(40)
    with pytest.raises(Refusal, match="abîmé"):
        read(bytes(body))


def test_a_sheet_that_is_announced_but_missing_is_refused(read):
    body = workbook({"Liste IDCC": ROWS}).replace(b"sheet1.xml", b"sheet9.xlm")
    with pytest.raises(Refusal, match="abîmé"):
        read(body)


def test_a_zip_bomb_is_refused_whatever_its_headers_announce(read):
    body = archive({"xl/workbook.xml": bytes(3_000_000), "xl/worksheets/sheet1.xml": b"<x/>"})
    assert len(body) < 5_000
    with pytest.raises(Refusal, match="décompressé dépasse les 2,0"):
        read(body, unpacked=2_000_000)


def test_the_ceiling_is_for_the_whole_workbook(read):
    with pytest.raises(Refusal, match="décompressé dépasse"):
        read(archive({f"{i}.xml": bytes(300_000) for i in range(4)}), unpacked=1_000_000)


def test_too_many_members_are_refused(read):
    with pytest.raises(Refusal, match="11 fichiers, 10 au plus"):
        read(archive({f"{i}.xml": b"" for i in range(11)}), members=10)

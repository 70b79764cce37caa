"""The reference files are refused when wrong, loaded whole when right, and loaded again for nothing."""

import csv
import shutil
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from branches.models import Agreement, AgreementName, Attachment, Branch, Establishment, Opco
from branches.reference.files import FOLDER, read_all
from branches.reference.load import load
from branches.reference.reader import InvalidReference
from opco_portal.sync.models import DataVersion, Source


@pytest.fixture
def folder(tmp_path):
    """A copy of the reference files to spoil."""
    for path in FOLDER.glob("*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


def rewrite(folder, name, change):
    path = folder / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("opcos", lambda rows: rows[0].__setitem__(0, "id"), "opcos.csv, ligne 1 : en-tête attendu"),
        ("opcos", lambda rows: rows.pop(), "opcos.csv, ligne 1 : 11 OPCO attendus, 10 trouvés."),
        ("agreements", lambda rows: rows[3].__setitem__(0, "14A6"), "agreements.csv, ligne 4 : colonne idcc"),
        (
            "agreements",
            lambda rows: rows[5].append("x"),
            "agreements.csv, ligne 6 : 10 colonnes attendues, 11",
        ),
        ("agreements", lambda rows: rows.append(rows[1]), "doublon de la ligne 2 (idcc)."),
        ("agreements", lambda rows: rows[1].__setitem__(5, "7777"), "successor « 7777 » inconnu"),
        ("agreements", lambda rows: rows[1].__setitem__(5, rows[1][0]), "ne se succède pas à elle-même"),
        ("agreements", lambda rows: rows[1].__setitem__(4, "gone"), "colonne status, « gone »"),
        ("names", lambda rows: rows[1].__setitem__(1, " Syntec"), "espaces au début ou à la fin"),
        ("names", lambda rows: rows[1].__setitem__(1, ""), "valeur obligatoire"),
        ("names", lambda rows: rows[1].__setitem__(1, "x" * 101), "100 caractères au plus"),
        (
            "siro_pairs",
            lambda rows: rows[1].__setitem__(2, "0"),
            "siro_pairs.csv, ligne 2 : colonne establishments",
        ),
        (
            "siro_pairs",
            lambda rows: rows[1].__setitem__(1, "opco-12"),
            "opco « opco-12 » inconnu du référentiel",
        ),
        ("branches", lambda rows: rows[1].__setitem__(4, "29/03/2019"), "date attendue"),
        (
            "documented_attachments",
            lambda rows: rows[1].__setitem__(4, "http://x.fr"),
            "adresse https attendue",
        ),
        ("documented_attachments", lambda rows: rows[1].__setitem__(5, "maybe"), "colonne to_confirm"),
        ("naf_opco_sample", lambda rows: rows[1].__setitem__(2, "1.2"), "part entre 0 et 1 attendue"),
        ("establishments_sample", lambda rows: rows[1].__setitem__(0, "123"), "SIRET de 14 chiffres attendu"),
        ("naf", lambda rows: rows[1].__setitem__(0, "1"), "code NAF attendu"),
        ("names", lambda rows: rows.append(["1486", "SYNTEC", "name"]), "doublon de la ligne"),
        ("agreements", lambda rows: rows[1].__setitem__(1, "x" * 600), "title : 500 caractères au plus"),
        ("siro_pairs", lambda rows: rows[1].__setitem__(2, "9" * 12), "nombre entier positif attendu"),
        ("naf_opco_sample", lambda rows: rows[1].__setitem__(2, "NaN"), "part entre 0 et 1 attendue"),
        ("sources", lambda rows: rows.pop(1), "la source « siro » manque"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(folder, name, change, problem):
    rewrite(folder, name, change)
    with pytest.raises(InvalidReference) as error:
        read_all(folder)
    assert problem in str(error.value)


def test_an_unreadable_file_is_named(folder):
    (folder / "naf.csv").unlink()
    (folder / "names.csv").write_bytes("idcc,name,kind\n1486,Étude,name\n".encode("latin-1"))
    with pytest.raises(InvalidReference) as error:
        read_all(folder)
    assert "naf.csv, ligne 1 : fichier illisible" in str(error.value)
    assert "names.csv, ligne 1 : le fichier n’est pas en UTF-8" in str(error.value)


def test_successors_that_turn_in_a_circle_are_refused(folder):
    def circle(rows):
        first, second = rows[1], rows[2]
        first[5], second[5] = second[0], first[0]

    rewrite(folder, "agreements", circle)
    with pytest.raises(InvalidReference, match="ne se succède pas à elle-même"):
        read_all(folder)


def test_every_problem_is_reported_at_once(folder):
    rewrite(folder, "naf", lambda rows: rows[1].__setitem__(0, "1"))
    rewrite(folder, "names", lambda rows: rows[1].__setitem__(1, ""))
    with pytest.raises(InvalidReference) as error:
        read_all(folder)
    assert len(error.value.problems) == 2


def test_the_command_says_that_nothing_was_changed(monkeypatch):
    def refuse():
        raise InvalidReference(["naf.csv, ligne 2 : code NAF attendu."])

    monkeypatch.setattr("branches.management.commands.load_reference.read_all", refuse)
    with pytest.raises(CommandError, match=r"rien n’a été modifié.*\nnaf\.csv, ligne 2"):
        call_command("load_reference")


@pytest.mark.django_db
class TestLoaded:
    def test_the_counts_are_those_of_the_sources(self):
        siro = Attachment.objects.filter(source="siro")
        assert Opco.objects.count() == 11
        assert (siro.count(), siro.values("agreement").distinct().count()) == (1009, 951)
        assert Branch.objects.count() == 333
        assert Branch.objects.filter(agreement=None).count() == 3
        assert Agreement.objects.filter(status="escape").count() == 4
        assert Establishment.objects.count() == 264

    def test_escape_codes_are_never_attachments(self):
        assert not Attachment.objects.filter(agreement__status="escape").exists()

    def test_the_shares_of_each_agreement_sum_to_one(self):
        totals = Counter()
        for idcc, share in Attachment.objects.filter(source="siro").values_list("agreement", "share"):
            totals[idcc] += share
        assert all(abs(total - 1) < 0.00001 for total in totals.values())

    def test_the_agreements_that_most_employers_apply_have_usual_names(self):
        biggest = {}
        for idcc, count in Attachment.objects.filter(source="siro").values_list(
            "agreement", "establishments"
        ):
            biggest[idcc] = biggest.get(idcc, 0) + count
        first = sorted(biggest, key=biggest.get, reverse=True)[:150]
        named = set(AgreementName.objects.values_list("agreement", flat=True))
        assert [idcc for idcc in first if idcc not in named] == []

    def test_loading_again_changes_nothing(self):
        before = DataVersion.objects.get().number
        assert not any(load(read_all()))
        assert DataVersion.objects.get().number == before

    def test_a_dry_run_tells_and_writes_nothing(self, folder):
        rewrite(folder, "names", lambda rows: rows.append(["1486", "Zorglub", "name"]))
        changes = load(read_all(folder), dry_run=True)
        assert [(change.created, change.updated, change.deleted) for change in changes if change] == [
            (1, 0, 0)
        ]
        assert not AgreementName.objects.filter(name="Zorglub").exists()

    def test_a_change_is_seen_at_the_next_question(self, folder):
        from branches.evidence import look_up

        assert look_up("Zorglub").status == "not_found"
        rewrite(folder, "names", lambda rows: rows.append(["1486", "Zorglub", "name"]))
        load(read_all(folder))
        assert look_up("Zorglub").best.idcc == "1486"

    def test_an_agreement_with_a_decision_of_staff_is_not_dropped(self, folder):
        Attachment.objects.create(
            agreement_id="0455",
            opco_id="akto",
            source="manual",
            validity=("2026-01-01", None),
            reason="arbitrage",
            source_url="https://www.legifrance.gouv.fr/",
        )
        rewrite(folder, "agreements", lambda rows: rows.remove(next(row for row in rows if row[0] == "0455")))
        rewrite(folder, "siro_pairs", lambda rows: rows.remove(next(row for row in rows if row[0] == "0455")))
        with pytest.raises(InvalidReference, match="0455"):
            load(read_all(folder))

    def test_a_name_typed_by_staff_and_then_shipped_stays_theirs(self, folder):
        AgreementName.objects.create(agreement_id="1486", name="ZORGLUB", kind="name")
        rewrite(folder, "names", lambda rows: rows.append(["1486", "Zorglub", "name"]))
        load(read_all(folder))
        assert AgreementName.objects.get(agreement="1486", name__iexact="zorglub").origin == "manual"

    def test_names_typed_by_staff_survive(self):
        AgreementName.objects.create(agreement_id="1486", name="Maison Syntec", kind="name")
        load(read_all())
        assert AgreementName.objects.filter(name="Maison Syntec").exists()

    def test_a_synced_table_is_not_replaced_by_the_shipped_one(self, folder):
        Source.objects.filter(code="siro").update(loaded_rows=3_671_884)
        rewrite(folder, "siro_pairs", lambda rows: rows.pop(1))
        rewrite(folder, "establishments_sample", lambda rows: rows.pop(1))
        load(read_all(folder))
        assert Attachment.objects.filter(source="siro").count() == 1009
        assert Establishment.objects.count() == 264
        assert Source.objects.get(code="siro").loaded_rows == 3_671_884

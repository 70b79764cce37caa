"""The list of agreements: which file is taken, what it changes, and what it never touches."""

import pytest

from branches import search
from branches.evidence import reference
from branches.models import Agreement, AgreementName, SearchTerm
from branches.reference.files import read_all
from branches.reference.load import load
from opco_portal.sync.models import DataVersion, Source
from tests.branches.lists import PAGE, Dares, table
from tests.workbooks import archive, workbook

pytestmark = pytest.mark.usefixtures("own_database")

OCTOBER = "/files/2026-10/Dares_Suivi_Historique_convention_collective_2026.xlsx"
NOVEMBER = "/files/2026-11/Dares_Suivi_Historique_convention_collective_2026_0.xlsx"
HEADER = [
    "IDCC",
    "Libellé",
    "Régime",
    "Champ d'application",
    "IDCCactif",
    "NouvIDCC",
    "CRIS",
    "DateSignature",
    "DateEffet",
    "DateFin",
    "LibelléCourt",
]


@pytest.fixture
def dares(httpserver, monkeypatch):
    return Dares(httpserver, "agreements", monkeypatch)


def row(idcc, title, active=1, successor=None, short=None, scope="national"):
    return [idcc, title, "général", scope, active, successor, "A", 20455, 20455, None, short]


def history(*rows, header=HEADER):
    statutes = [["CODE", "Libellé"], ["5001", "Industries électriques et gazières"]]
    return workbook({"Conventions de branche": [header, *rows], "Accords et statuts": statutes})


def titles(*rows):
    prose = [["IDENTIFIANT DE CONVENTION COLLECTIVE (IDCC) : "], ["", "CODES EN VIGUEUR pour la DSN"], []]
    broken = '<autoFilter ref="A4:ZZZZ0"><filterColumn colId="?"/></autoFilter>'
    return workbook(
        {"Liste IDCC-Publication": [*prose, ["IDCC", "TITRE DE LA CONVENTION"], *rows]}, beside=broken
    )


def agreement(idcc):
    return Agreement.objects.get(pk=idcc)


def published(dares, *rows, **order):
    """Publish and synchronise a list that must go through."""
    dares.publish(OCTOBER, history(*rows))
    run = dares.sync(**order)
    assert run.state == "published", run.message
    return run


class TestWhatIsTaken:
    def test_the_newest_file_that_the_page_links_to(self, dares):
        dares.publish(
            NOVEMBER, history(row("01486", "Bureaux d'études")), but=[OCTOBER, "/files/2026-12/autre.xlsx"]
        )
        run = dares.sync()
        assert (run.state, run.vintage, run.as_of.isoformat()) == ("published", "novembre 2026", "2026-11-01")
        source = Source.objects.get(pk="agreements")
        assert (source.vintage, source.loaded_rows, source.published_rows) == ("novembre 2026", 1, 1)

    def test_the_year_of_the_name_when_the_address_tells_no_month(self, dares):
        dares.publish(
            "/DARES_suivi_historique_CONVENTION_collectives_2026.XLSX", history(row("1486", "Études"))
        )
        run = dares.sync()
        assert (run.state, run.vintage, run.as_of.isoformat()) == ("published", "2026", "2026-01-01")

    def test_a_page_without_the_link_is_refused(self, dares, httpserver):
        httpserver.expect_request(PAGE).respond_with_data("<a href='/rien.xlsx'>Rien</a>")
        run = dares.sync()
        assert run.state == "refused"
        assert "Aucun lien vers la liste des conventions" in run.message

    @pytest.mark.parametrize(
        ("name", "vintage"),
        [
            ("conventions-2026-10.xlsx", "octobre 2026"),
            ("Dares_202610_v2.xlsx", "octobre 2026"),
            ("idcc_20261004.xlsx", "octobre 2026"),
            ("Dares_Suivi_2026.xlsx", "2026"),
        ],
    )
    def test_a_file_given_by_hand_is_dated_by_its_name(self, dares, tmp_path, name, vintage):
        path = tmp_path / name
        path.write_bytes(history(row("1486", "Bureaux d'études")))
        run = dares.sync(file=path)
        assert (run.state, run.vintage) == ("published", vintage)
        assert agreement("1486").source_url == Source.objects.get(pk="agreements").url

    @pytest.mark.parametrize("name", ["conventions.xlsx", "liste-1486.xlsx", "v120261.xlsx"])
    def test_a_file_whose_name_has_no_date_is_refused(self, dares, tmp_path, name):
        path = tmp_path / name
        path.write_bytes(history(row("1486", "Bureaux d'études")))
        run = dares.sync(file=path)
        assert run.state == "refused"
        assert "ajoutez-y l’année et le mois" in run.message


class TestWhatIsRead:
    def test_titles_with_the_apostrophes_of_print(self, dares):
        run = published(dares, row("01486", "Convention des bureaux d'études", short="BUREAUX D'ETUDES"))
        syntec = agreement("1486")
        assert (syntec.title, syntec.short_title) == ("Convention des bureaux d’études", "BUREAUX D’ETUDES")
        assert (syntec.title_source, syntec.origin, syntec.source_url) == ("dares", "sync", run.url)
        assert reference().agreements["1486"].title == "BUREAUX D’ETUDES"

    def test_an_empty_short_title_leaves_ours(self, dares):
        before = agreement("1486").short_title
        published(dares, row("1486", "Convention des bureaux d'études"))
        assert agreement("1486").short_title == before

    @pytest.mark.parametrize("written", [16, 16.0, "0016", "00016", " 16 ", "16.0"])
    def test_an_idcc_however_it_is_written(self, dares, written):
        published(dares, row(written, "Transports"))
        assert agreement("0016").title == "Transports"

    def test_columns_in_another_order_and_spelling(self, dares):
        header = ["LIBELLE COURT", "Libelle\n", "idcc actif", "Nouv IDCC", "IDCC\u00a0"]
        dares.publish(OCTOBER, history(["Études", "Bureaux d'études", 1, None, "1486"], header=header))
        assert dares.sync().state == "published"
        assert agreement("1486").short_title == "Études"

    def test_a_new_agreement_has_a_short_title_and_is_found_by_words(self, dares):
        run = published(dares, row("3999", "Convention nationale des souffleurs d'étoiles"))
        new = agreement("3999")
        assert (new.short_title, new.status, new.origin) == (new.title, "active", "sync")
        assert table(run, "new") == [["3999", new.title, "en vigueur"]]
        assert search.find("souffleurs d'étoiles")[0].idcc == "3999"

    def test_how_far_an_agreement_reaches_is_not_what_it_covers(self, dares):
        before = agreement("0029").scope
        covers = row("1486", "Bureaux d'études", scope="Ingénierie et conseil")
        published(dares, row("0029", "Hospitalisation privée"), covers)
        assert (agreement("0029").scope, agreement("1486").scope) == (before, "Ingénierie et conseil")

    def test_the_older_list_gives_titles_and_nothing_else(self, dares):
        before = agreement("0054")
        dares.publish(OCTOBER, titles(["54", "Métallurgie parisienne"], ["3999", "Nouvelle convention"]))
        assert dares.sync().state == "published"
        after = agreement("0054")
        assert (after.title, after.title_source) == ("Métallurgie parisienne", "dares")
        assert (
            (after.status, after.successor_id) == (before.status, before.successor_id) == ("merged", "3248")
        )
        assert agreement("3999").status == "unknown"


class TestStatusAndSuccessor:
    def test_an_agreement_that_was_replaced(self, dares):
        run = published(dares, row("1486", "Bureaux d'études", 0, "03248"), row("3248", "Métallurgie"))
        assert (agreement("1486").status, agreement("1486").successor_id) == ("merged", "3248")
        assert [item[0] for item in table(run, "inactive")] == ["1486"]
        assert [item[2:] for item in table(run, "successors") if item[0] == "1486"] == [[None, "3248"]]
        assert reference().final("1486").idcc == "3248"

    def test_an_agreement_that_ended_without_successor_is_not_called_merged(self, dares):
        published(dares, row("1486", "Bureaux d'études", 0))
        assert (agreement("1486").status, agreement("1486").successor_id) == ("unknown", None)

    def test_a_successor_that_we_know_and_the_list_omits_is_kept(self, dares):
        published(dares, row("0054", "Métallurgie parisienne", 0))
        assert (agreement("0054").status, agreement("0054").successor_id) == ("merged", "3248")

    def test_an_agreement_in_force_again_has_no_successor(self, dares):
        run = published(dares, row("0054", "Métallurgie parisienne", 1, "0054"))
        assert (agreement("0054").status, agreement("0054").successor_id) == ("active", None)
        assert [item[0] for item in table(run, "active")] == ["0054"]
        assert run.set_aside == []

    def test_a_chain_is_followed_to_its_end(self, dares):
        published(dares, row("3901", "A", 0, "3902"), row("3902", "B", 0, "3903"), row("3903", "C"))
        assert reference().final("3901").idcc == "3903"

    def test_successors_in_a_circle_are_dropped_and_told(self, dares):
        circle = [row("3901", "A", 0, "3902"), row("3902", "B", 0, "3903"), row("3903", "C", 0, "3901")]
        run = published(dares, *circle, row("3904", "D", 0, "3901"))
        assert {row["text"][:9] for row in run.set_aside} == {"IDCC 3901", "IDCC 3902", "IDCC 3903"}
        assert {agreement(idcc).successor_id for idcc in ("3901", "3902", "3903")} == {None}
        assert agreement("3904").successor_id == "3901"
        assert run.rows == 4

    def test_a_circle_closed_by_what_we_knew_is_seen_too(self, dares):
        run = published(dares, row("3248", "Métallurgie", 0, "0054"))  # ours says that 3248 replaces 0054
        assert agreement("3248").successor_id is None
        assert "tournent en rond" in run.set_aside[0]["why"]

    @pytest.mark.parametrize(
        ("successor", "why"), [("3998", "personne ne connaît"), ("9999", "code de repli")]
    )
    def test_a_successor_that_leads_nowhere_is_kept_out_and_told(self, dares, successor, why):
        run = published(dares, row("1486", "Bureaux d'études", 0, successor))
        assert (agreement("1486").status, agreement("1486").successor_id) == ("merged", None)
        assert why in run.set_aside[0]["why"]
        assert not Agreement.objects.filter(pk="3998").exists()


class TestWhatIsNeverTouched:
    def test_what_staff_wrote_is_left_alone_and_told(self, dares):
        Agreement.objects.filter(pk="1486").update(
            title="Saisi par l’équipe", origin="manual", status="unknown"
        )
        before = Agreement.objects.filter(pk="1486").values().get()
        run = published(dares, row("1486", "Bureaux d'études"))
        assert Agreement.objects.filter(pk="1486").values().get() == before
        assert table(run, "left_alone") == [
            ["1486", "titre", "Saisi par l’équipe", "Bureaux d’études"],
            ["1486", "situation", "situation non publiée", "en vigueur"],
        ]
        assert "1\u00a0convention saisie par l’équipe diffère" in run.report["headline"][-1]

    def test_escape_codes_are_not_agreements(self, dares):
        codes = Agreement.objects.filter(status="escape")
        before = list(codes.values())
        published(dares, *(row(code["idcc"], "Sans convention") for code in before))
        assert len(before) == 4
        assert list(codes.values()) == before

    def test_usual_names_and_agreements_that_the_list_omits(self, dares):
        names = list(AgreementName.objects.order_by("pk").values())
        others = list(Agreement.objects.exclude(pk="1486").values())
        published(dares, row("1486", "Bureaux d'études", short="Études"))
        assert list(AgreementName.objects.order_by("pk").values()) == names
        assert list(Agreement.objects.exclude(pk="1486").values()) == others
        assert search.find("syntec")[0].idcc == "1486"

    def test_the_reference_files_do_not_take_titles_back(self, dares):
        published(dares, row("1486", "Bureaux d'études", short="Études"), row("3999", "Nouvelle convention"))
        assert not any(load(read_all()))
        assert (agreement("1486").short_title, agreement("3999").title) == ("Études", "Nouvelle convention")
        assert Source.objects.get(pk="agreements").vintage == "octobre 2026"
        assert not any(load(read_all()))

    def test_a_successor_stays_when_it_leaves_the_reference_files(self, dares):
        published(dares, row("3901", "Ancienne", 0, "0002"))
        data = read_all()
        for rows in (data.agreements, data.documented_attachments):
            rows[:] = [item for item in rows if item.values["idcc"] != "0002"]
        load(data)
        assert agreement("3901").successor_id == "0002"


class TestWhatIsSetAside:
    def test_rows_without_idcc_or_title(self, dares):
        bad = [
            row(None, "Sans IDCC"),
            row("14A6", "Illisible"),
            row("1487", None),
            row("1488", "x", "peut-être"),
        ]
        run = published(dares, *bad, *(row(str(3900 + i), f"Convention {i}") for i in range(5)))
        assert (run.rows, len(run.set_aside)) == (5, 4)
        assert {item["line"]: item["why"] for item in run.set_aside} == {
            2: "pas d’IDCC",
            3: "IDCC illisible",
            4: "pas d’intitulé",
            5: "IDCCactif « peut-être » illisible",
        }
        assert "4\u00a0lignes écartées" in run.message

    def test_an_idcc_that_repeats_counts_once_and_one_that_contradicts_itself_not_at_all(self, dares):
        before = agreement("0016").title
        twice = [row("1486", "Études"), row("01486", "Études")]
        against = [row("0016", "Transports"), row("16", "Textile")]
        run = published(dares, *twice, *against, *(row(str(3900 + i), f"Convention {i}") for i in range(5)))
        assert (run.rows, len(run.set_aside)) == (6, 2)
        assert (agreement("1486").title, agreement("0016").title) == ("Études", before)

    def test_a_list_that_is_mostly_unreadable_is_refused(self, dares):
        dares.publish(OCTOBER, history(row("1486", "Études"), *(row(f"?{i}", "x") for i in range(5))))
        run = dares.sync()
        assert run.state == "refused"
        assert "5 conventions sur 6 ne sont pas utilisables" in run.message
        assert agreement("1486").origin == "reference"


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b"<!doctype html><h1>503</h1>", "page web"),
            (history(row("1486", "x"))[:500], "tronqué"),
            (workbook({"Feuil1": [["Numéro", "Titre"]]}), "aucune des présentations connues"),
            (archive({"xl/worksheets/sheet1.xml": bytes(201_000_000)}), "décompressé dépasse"),
        ],
    )
    def test_what_is_not_the_list(self, dares, body, said):
        before = list(Agreement.objects.values())
        dares.publish(OCTOBER, body)
        run = dares.sync()
        assert run.state == "refused"
        assert said in run.message
        assert list(Agreement.objects.values()) == before

    def test_a_list_that_lost_a_fifth_of_its_rows(self, dares):
        rows = [row(str(3900 + i), f"Convention {i}") for i in range(10)]
        published(dares, *rows)
        dares.publish(NOVEMBER, history(*rows[:7]))
        run = dares.sync()
        assert run.state == "refused"
        assert "moins de 80" in run.message
        assert dares.sync(force=True).state == "published"
        assert Agreement.objects.filter(pk="3909").exists()

    def test_an_older_list(self, dares):
        published(dares, row("1486", "Études"))
        dares.publish(
            "/files/2026-08/Dares_Suivi_Historique_convention_collective.xlsx", history(row("1486", "x"))
        )
        assert dares.sync().state == "refused"


class TestWriting:
    def test_the_same_file_again_writes_nothing(self, dares):
        published(dares, row("1486", "Études"))
        version = DataVersion.objects.get().number
        assert dares.sync().state == "unchanged"
        assert DataVersion.objects.get().number == version

    def test_the_same_list_at_another_address_writes_no_agreement(self, dares):
        rows = [row("1486", "Études"), row("0054", "Métallurgie parisienne", 0, "3248")]
        first = published(dares, *rows)
        terms = set(SearchTerm.objects.values_list("pk", flat=True))
        dares.publish(NOVEMBER, history(*rows))
        run = dares.sync(force=True)
        assert (run.state, run.vintage, run.report["tables"]) == ("published", "novembre 2026", [])
        assert agreement("1486").source_url == first.url
        assert set(SearchTerm.objects.values_list("pk", flat=True)) == terms

    def test_a_dry_run_tells_and_writes_nothing(self, dares):
        before = list(Agreement.objects.values())
        dares.publish(OCTOBER, history(row("1486", "Études"), row("3999", "Nouvelle")))
        run = dares.sync(dry_run=True)
        assert run.state == "tried"
        assert (run.report["counts"]["new"], run.report["counts"]["titles"]) == (1, 1)
        assert list(Agreement.objects.values()) == before
        assert Source.objects.get(pk="agreements").as_of is None

    def test_the_report_says_what_was_and_what_is(self, dares):
        before = agreement("1486")
        run = published(dares, row("1486", "Bureaux d'études", short="Études"), row("3999", "Nouvelle"))
        assert table(run, "titles") == [["1486", before.title, "Bureaux d’études"]]
        assert table(run, "short_titles") == [["1486", before.short_title, "Études"]]
        assert run.report["headline"] == [
            "1\u00a0convention nouvelle.",
            "1\u00a0titre modifié, 1\u00a0titre court modifié.",
        ]

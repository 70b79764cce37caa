"""The table from activities to agreements: what is read, what is not guessed, and what pages and API then say."""

from decimal import Decimal

import pytest

from branches.evidence import look_up, reference
from branches.models import ActivityShare, Agreement
from branches.reference.files import read_all
from branches.reference.load import load
from opco_portal.sync.models import Source
from tests.branches.lists import PAGE, Dares, table
from tests.workbooks import workbook

pytestmark = pytest.mark.usefixtures("own_database")

FILE_2021 = "/files/abc/IDCC2021_passageAPEIDCC_diff.xlsx"
FILE_2022 = "/files/def/IDCC2022_passageAPEIDCC.xlsx"
HEADER = ["apen", "intape", "effarrdiff", "idcc", "intidcc", "pctdiff"]
MASKED = ["0112Z", "Culture du riz", "CODE APE NON DIFFUSABLE , TAUX DE COUVERTURE < 50%", None, None, None]


@pytest.fixture
def dares(httpserver, monkeypatch):
    return Dares(httpserver, "activities", monkeypatch)


def activity(naf, *shares, employees=10_800):
    """The rows of an activity: (IDCC, percent) pairs."""
    return [[naf, "Intitulé", employees, idcc, "Titre", share] for idcc, share in shares]


PROGRAMMING = activity("6201Z", ("01486", 91.5), ("02098", 2.4), ("autres", 6.1))


def passage(*rows, sheet="IDCC2021_passageAPEIDCC_diff", header=HEADER):
    prose = [["Table de passage entre la convention collective (IDCC) et l'APE"], [], ["Mode d'emploi"]]
    return workbook(
        {"Lisez-moi": [["idcc"]], sheet: [*prose, header, *rows]},
        dimension="A1:F1048576",
        after='<row r="70000"><c r="F70000" s="0"/></row>',
    )


def published(dares, *rows):
    """Publish and synchronise a table that must go through."""
    dares.publish(FILE_2021, passage(*rows))
    run = dares.sync()
    assert run.state == "published", run.message
    return run


def shares(naf):
    return {
        row.agreement_id: (row.share, row.employees) for row in ActivityShare.objects.filter(activity=naf)
    }


class TestWhatIsRead:
    def test_the_shares_of_the_employees_by_agreement(self, dares):
        run = published(dares, *PROGRAMMING)
        assert shares("62.01Z") == {
            "1486": (Decimal("0.915"), 10_800),
            "2098": (Decimal("0.024"), 10_800),
            None: (Decimal("0.061"), 10_800),
        }
        assert (run.vintage, run.as_of.isoformat(), run.rows) == ("2021", "2021-12-31", 3)
        assert Source.objects.get(pk="activities").vintage == "2021"

    def test_the_newest_year_that_the_page_links_to(self, dares):
        dares.publish(FILE_2022, passage(*PROGRAMMING), but=[FILE_2021])
        assert dares.sync().vintage == "2022"

    def test_columns_in_another_order_and_spelling(self, dares):
        header = ["PCT DIFF", "IDCC", "Apen"]
        dares.publish(FILE_2021, passage([60, 1486, "62.01z"], ["40,0", "Autres", "6201Z"], header=header))
        assert dares.sync().state == "published"
        assert shares("62.01Z") == {"1486": (Decimal("0.6"), None), None: (Decimal("0.4"), None)}

    def test_a_masked_activity_is_counted_and_not_guessed(self, dares):
        run = published(dares, MASKED, *PROGRAMMING)
        assert shares("01.12Z") == {}
        assert (run.set_aside, run.report["counts"]["masked"]) == ([], 1)
        assert "1\u00a0n’est pas diffusée par l’éditeur" in run.report["headline"][0]

    def test_groups_and_escape_codes_are_one_remainder(self, dares):
        published(dares, *activity("6201Z", ("1486", 90), ("9999", 4), ("statuts", 3), ("autres", 3)))
        assert {idcc: share for idcc, (share, _) in shares("62.01Z").items()} == {
            "1486": Decimal("0.9"),
            None: Decimal("0.1"),
        }

    def test_a_row_that_repeats_counts_once(self, dares):
        assert published(dares, *PROGRAMMING, PROGRAMMING[0]).rows == 3

    @pytest.mark.parametrize(
        ("name", "vintage"), [("IDCC2019_passageAPEIDCC.xlsx", "2019"), ("ape 2020.xlsx", "2020")]
    )
    def test_a_file_given_by_hand_is_dated_by_its_name(self, dares, tmp_path, name, vintage):
        path = tmp_path / name
        path.write_bytes(passage(*PROGRAMMING))
        assert dares.sync(file=path).vintage == vintage

    def test_a_file_whose_name_has_no_year_is_refused(self, dares, tmp_path):
        path = tmp_path / "ape.xlsx"
        path.write_bytes(passage(*PROGRAMMING))
        assert "de quelle année" in dares.sync(file=path).message


class TestWhatIsSetAside:
    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            (activity("9999X", ("1486", 100)), "n’est pas dans la nomenclature"),
            (activity("6202A", ("1486", 60), ("autres", 30)), "font 90,0 % au total"),
            (activity("6202A", ("1486", 60), ("1486", 40)), "deux parts différentes pour l’IDCC 1486"),
            (activity("6202A", ("1486", 60), ("14A6", 40)), "IDCC « 14A6 » illisible"),
            (activity("6202A", ("1486", "x"), ("autres", 40)), "part « x » illisible"),
            (activity("6202A", ("1486", -1), ("autres", 101)), "hors de 0 à 100"),
            ([["Total", "", 1, "1486", "", 100]], "code APE illisible"),
        ],
    )
    def test_an_activity_that_cannot_be_shown_whole(self, dares, rows, why):
        run = published(dares, *PROGRAMMING, *rows)
        assert [item["why"] for item in run.set_aside] == [run.set_aside[0]["why"]] * len(rows)
        assert why in run.set_aside[0]["why"]
        assert set(ActivityShare.objects.values_list("activity", flat=True)) == {"62.01Z"}

    def test_the_share_of_an_unknown_agreement_alone_and_the_page_says_so(self, dares, client):
        run = published(dares, *activity("6201Z", ("1486", 80), ("3998", 15), ("autres", 5)))
        assert [item["text"] for item in run.set_aside] == ["62.01Z, IDCC 3998, 15\u00a0%"]
        assert not Agreement.objects.filter(pk="3998").exists()
        text = client.get("/activite/62.01Z/").content.decode()
        assert "Conventions absentes de notre référentiel" in text
        assert "15\u00a0%" in text

    def test_an_activity_of_unknown_agreements_only_is_not_described(self, dares):
        published(dares, *PROGRAMMING, *activity("6202A", ("3998", 100)))
        assert shares("62.02A") == {}


class TestRefusals:
    def test_a_page_without_the_link(self, dares, httpserver):
        httpserver.expect_request(PAGE).respond_with_data("<a href='/autre.xlsx'>x</a>")
        assert "Aucun lien vers la table de passage" in dares.sync().message

    def test_an_unknown_layout(self, dares):
        dares.publish(FILE_2021, passage(["6201Z"], header=["ape", "part"]))
        run = dares.sync()
        assert (run.state, ActivityShare.objects.count()) == ("refused", 0)
        assert "pctdiff" in run.message

    def test_shares_written_as_fractions(self, dares):
        dares.publish(FILE_2021, passage(*activity("6201Z", ("1486", 0.9), ("autres", 0.1))))
        run = dares.sync()
        assert run.state == "refused"
        assert "font 1,0\u00a0% au total" in run.message

    def test_nothing_that_can_be_read(self, dares):
        dares.publish(FILE_2021, passage(MASKED))
        assert "aucune ligne lisible" in dares.sync().message


class TestWhatChanges:
    def test_only_what_differs_and_the_report_says_what(self, dares):
        conseil = activity("7022Z", ("1486", 60), ("autres", 40))
        published(dares, *PROGRAMMING, *conseil)
        kept = ActivityShare.objects.get(activity="70.22Z", agreement="1486").pk
        now = activity("6201Z", ("1486", 40), ("2098", 60))
        dares.publish(FILE_2022, passage(*now, *conseil, *activity("6202A", ("1486", 100))))
        run = dares.sync()
        assert run.state == "published"
        assert table(run, "first") == [["62.01Z", "1486", "2098", 0.6]]
        assert table(run, "new") == [["62.02A"]]
        assert ActivityShare.objects.get(activity="70.22Z", agreement="1486").pk == kept
        assert set(shares("62.01Z")) == {"1486", "2098"}

    def test_a_dry_run_writes_nothing(self, dares):
        dares.publish(FILE_2021, passage(*PROGRAMMING))
        assert dares.sync(dry_run=True).state == "tried"
        assert not ActivityShare.objects.exists()

    def test_loading_the_reference_files_keeps_the_shares(self, dares):
        published(dares, *PROGRAMMING)
        assert not any(load(read_all()))
        assert len(shares("62.01Z")) == 3

    def test_an_agreement_that_leaves_the_files_stays_while_a_share_names_it(self, dares):
        published(dares, *activity("6201Z", ("0002", 60), ("autres", 40)))
        data = read_all()
        for rows in (data.agreements, data.documented_attachments):
            rows[:] = [row for row in rows if row.values["idcc"] != "0002"]
        load(data)
        assert Agreement.objects.filter(pk="0002").exists()


class TestWhatIsAnswered:
    def test_the_page_shows_the_agreements_with_source_and_vintage(self, dares, client):
        assert "échantillon de" in client.get("/activite/62.01Z/").content.decode()
        published(dares, *PROGRAMMING)
        text = client.get("/activite/62.01Z/").content.decode().replace("\u00a0", " ").replace("\u202f", " ")
        assert "Le plus souvent, Atlas" in text
        assert "En 2021, 91,5 % des salariés de cette activité" in text
        assert 'href="/convention/1486/"' in text
        assert "Autres" in text
        assert "Table de passage APE - IDCC" in text
        assert "données 2021" in text
        assert "échantillon de" not in text
        assert "Conventions absentes" not in text

    def test_an_activity_without_shares_is_answered_as_before(self, dares):
        before = look_up("62.02A")
        published(dares, *PROGRAMMING)
        assert look_up("62.02A") == before

    def test_the_api_gives_one_candidate_per_agreement(self, dares, client):
        published(dares, *PROGRAMMING)
        data = client.get("/api/v1/lookup/?q=6201Z").json()
        first = data["candidates"][0]
        assert (data["status"], first["idcc"], first["opco"]["slug"]) == ("found", "1486", "atlas")
        assert (first["basis"], first["confidence"]) == ("activity", "indicative")
        assert (first["share"], first["establishments"]) == (0.915, None)
        assert (first["source"]["name"], first["source"]["vintage"]) == (
            "Table de passage APE - IDCC",
            "2021",
        )
        assert {candidate["idcc"] for candidate in data["candidates"]} == {"1486", "2098"}

    def test_the_reference_holds_them_with_the_next_version(self, dares):
        assert reference().activities["62.01Z"].shares == ()
        published(dares, *PROGRAMMING)
        held = reference().activities["62.01Z"]
        assert [fact.idcc for fact in held.shares] == ["1486", None, "2098"]
        assert (held.employees, held.other) == (10_800, Decimal("0.061"))

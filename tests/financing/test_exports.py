"""An estimate that is taken away says what its page says, and nothing that was typed is ever code."""

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
import typst

from branches.evidence import reference
from financing.askers import Asker
from financing.calculator import estimate
from financing.calculator.rules import Condition, Funds, Payment
from financing.calculator.terms import Basis, Circuit, Scheme
from financing.exports import estimate_table
from financing.pdf import LAYOUT, estimate_pdf
from financing.pdf.sheet import Subject, sheet
from opco_portal.corrections.formats import Csv
from tests.financing.calculator.rulebooks import TODAY, book, budget, hourly, project, rule

pytestmark = pytest.mark.django_db

BAKER = "idcc=0843&salaries=8&personnes=2&heures=14&cout=1600&type=trade&le=2026-11-24"
MADE = datetime(2026, 11, 24, 10, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def told(found, asker=None):
    """The texts of the page of an estimate, with ordinary spaces."""
    known = book()
    who = asker or Asker("atlas", "Atlas", "1486", "Bureaux d’études")
    subject = Subject(
        found, who, reference().opcos["atlas"], known.own, "https://portail.example/x", MADE.date()
    )
    return _plain(sheet(subject))


def _plain(value):
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return plain(value) if isinstance(value, str) else value


# ------------------------------------------------------------------------------------------------ the page
@pytest.mark.parametrize(
    "query",
    [
        BAKER,
        "idcc=0843&salaries=8&personnes=2&heures=14&cout=1600",  # six options
        "idcc=1486&salaries=23&personnes=2&heures=21&cout=2800&salaire=25&debut=2027-01-12",
        "opco=akto&idcc=0573&salaries=23&personnes=2&heures=21&cout=2800",  # exhausted funds
        "opco=atlas&cout=900",  # nearly nothing told
    ],
)
def test_the_pdf_is_one_tagged_page(client, query):
    response = client.get(f"/financements/estimation.pdf?{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert re.search(r'filename="financement-[a-z0-9-]+\.pdf"', response["Content-Disposition"])
    assert response["X-Robots-Tag"] == "noindex"
    data = response.content
    assert data.startswith(b"%PDF-")
    assert b"pdfuaid:part" in data
    assert b"/StructTreeRoot" in data
    assert b"/Type/Pages/Count 1/" in data


def test_the_pdf_is_named_after_what_it_says(client):
    data = client.get(f"/financements/estimation.pdf?{BAKER}").content.decode("utf-8", "ignore")
    assert "1 600 € de formation pour deux personnes, Opco EP" in plain(data)


def test_what_does_not_fit_goes_on_to_a_second_page():
    long = {"name": "Option", "lines": [], "notes": ["Une condition de plus, qui prend sa ligne. " * 60]}
    text = told(estimate(project(), book(rule()), TODAY))
    data = estimate_pdf({**text, "details": [long] * 12}, MADE)
    assert b"/Type/Pages/Count 1/" not in data


@pytest.mark.parametrize(
    "typed", ['#panic("x")', "$ x $ *gras* _i_", "\\u{41} `code` <b>", "@preview/x:1.0.0", "]"]
)
def test_what_was_typed_is_never_code(typed):
    text = told(estimate(project(), book(rule()), TODAY))
    course = [["Certification", typed]]
    assert estimate_pdf({**text, "title": typed, "course": course}, MADE).startswith(b"%PDF-")


def test_the_address_on_the_page_holds_the_form_and_nothing_else(client, monkeypatch):
    made = []
    monkeypatch.setattr("financing.views.exports.estimate_pdf", lambda text, now: made.append(text) or b"")
    client.get(f"/financements/estimation.pdf?{BAKER}&x=漢字")
    assert made[0]["address"] == f"http://testserver/financements/?{BAKER}"


def test_a_page_that_cannot_be_made_is_told_where_it_was_asked(client, monkeypatch):
    def fail(text, now):
        raise typst.TypstError("no glyph")

    monkeypatch.setattr("financing.views.exports.estimate_pdf", fail)
    response = client.get(f"/financements/estimation.pdf?{BAKER}", follow=True)
    assert response.redirect_chain == [(f"http://testserver/financements/?{BAKER}&pdf=impossible", 302)]
    assert "Le PDF n’a pas pu être fait." in response.content.decode()


def test_the_layout_imports_nothing():
    assert not re.search(r"#(?:import|include|plugin|read)\b|@preview", LAYOUT.read_text())


def test_the_same_estimate_makes_the_same_page():
    text = told(estimate(project(), book(rule()), TODAY))
    assert estimate_pdf(text, MADE) == estimate_pdf(text, MADE)


def test_the_page_tells_company_training_options_and_calculation():
    rules = hourly(
        envelope="budget",
        conditions=("Hors permis de conduire",),
        requires=("Organisme référencé",),
        cautions=("Deux pages se contredisent.",),
    )
    text = told(estimate(project(headcount=23), book(rules, envelopes=(budget("3000"),)), TODAY))
    assert text["title"] == "2 800 € de formation pour deux personnes"
    assert ["Effectif", "23 salariés"] in text["company"]
    assert ["Convention", "Bureaux d’études, IDCC 1486"] in text["company"]
    assert ["Durée", "21 h"] in text["course"]
    assert ["Coûts pédagogiques", "2 800 € HT"] in text["course"]
    [option] = text["options"]
    assert (option["financed"], option["remaining"], option["state"]) == ("1 050 €", "1 750 €", "À vérifier")
    [detail] = text["details"]
    [line] = detail["lines"]
    assert (line["explanation"], line["source"]) == ("21 h × 25 € × 2 personnes = 1 050 €", 1)
    assert "À vérifier : Organisme référencé." in detail["notes"]
    assert "Réserves : Deux pages se contredisent." in detail["notes"]
    assert "Il restera 1 950 € sur 3 000 € (Budget annuel)." in detail["notes"]
    assert text["sources"] == [
        {"url": "https://opco.example/criteres", "about": "chiffres vérifiés le 5 octobre 2026 · Publié"}
    ]
    assert "l’OPCO décide" in text["notice"]
    assert text["notice"].endswith("Règles du 24 novembre 2026.")


def test_unknown_amounts_are_not_published_and_never_zero():
    text = told(estimate(project(), book(rule(basis=Basis.UNPUBLISHED)), TODAY))
    [option] = text["options"]
    assert (option["financed"], option["remaining"]) == ("non publié", "non publié")
    [detail] = text["details"]
    assert detail["lines"] == []
    assert "non publié" in detail["notes"][0]


def test_exhausted_funds_are_loud():
    funds = Funds(
        status="exhausted",
        since=date(2026, 10, 6),
        until=date(2026, 12, 31),
        source="https://opco.example/alerte",
    )
    found = estimate(
        project(), book(rule(envelope="budget"), envelopes=(budget("3000", funds=(funds,)),)), TODAY
    )
    [option] = told(found)["options"]
    assert (option["state"], option["exhausted"]) == ("Fonds épuisés", True)


def test_what_all_options_ask_for_is_told_once():
    law = Condition(text="Organisme certifié Qualiopi", article="L6316-1", source="https://loi.example")
    rules = [
        rule("a", topic="vente", conditions=("En ligne",)),
        rule("b", topic="achat", conditions=("En ligne",)),
    ]
    rules.append(rule("c", topic="stock", conditions=("Par courrier",)))
    text = told(estimate(project(), book(*rules, conditions=(law,)), TODAY))
    assert ["Conditions", "Organisme certifié Qualiopi (L6316-1)."] in text["request"]
    notes = [note for detail in text["details"] for note in detail["notes"] if "onditions" in note]
    assert notes == ["Conditions : En ligne.", "Mêmes conditions.", "Conditions : Par courrier."]


def test_who_pays_is_told_scheme_by_scheme_where_it_differs():
    direct = Payment(
        circuit=Circuit.DIRECT, text="L’OPCO paie.", source="https://x.example", schemes=(Scheme.PLAN,)
    )
    other = Payment(
        circuit=Circuit.REIMBURSED,
        text="Vous êtes remboursé.",
        source="https://x.example",
        schemes=(Scheme.VOLUNTARY,),
    )
    known = book(rule("plan"), rule("volontaire", scheme=Scheme.VOLUNTARY), payments=(direct, other))
    text = told(estimate(project(), known, TODAY))
    assert [value for label, value in text["request"] if label in ("Paiement", "")] == [
        "Plan de développement des compétences : L’OPCO paie.",
        "Versement volontaire : Vous êtes remboursé.",
    ]


# ------------------------------------------------------------------------------------------------ tables
def test_a_spreadsheet_has_a_line_for_each_cost(client):
    response = client.get(f"/financements/estimation.csv?{BAKER}&hebergement=300")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    [fees, lodging] = [row for row in rows if row["Option"].startswith("Boulangerie")]
    assert (fees["Coût"], fees["Financé"], fees["Reste à charge"]) == ("1600,00", "1400,00", "200,00")
    assert plain(fees["Calcul"]) == "14 h × 50 € × 2 personnes = 1 400 €"
    assert (fees["Vérifié le"], fees["Fiabilité"]) == ("2026-10-06", "Publié")
    assert (lodging["Dépense"], lodging["Financé"]) == ("Hébergement", "0,00")
    assert (fees["OPCO"], fees["IDCC"], fees["Effectif"], fees["Personnes"]) == ("Opco EP", "0843", "8", "2")
    assert fees["Règles du"] == "2026-11-24"
    assert "l’OPCO décide" in fees["Avertissement"]
    unknown = [row for row in rows if row["Financé"] == "non publié"]
    assert unknown
    assert {row["Reste à charge"] for row in unknown} == {"non publié"}


def test_a_workbook_has_amounts_that_can_be_added_up(client):
    response = client.get(f"/financements/estimation.xlsx?{BAKER}")
    assert 'filename="financement-opco-ep-0843-2026-11-24.xlsx"' in response["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    headings, first, *_ = sheet.iter_rows(values_only=True)
    row = dict(zip(headings, first, strict=True))
    assert (row["Coût"], row["Financé"], row["Reste à charge"]) == (1600, 1400, 200)
    assert "f" not in {cell.data_type for cells in sheet.iter_rows() for cell in cells}


def test_each_option_has_its_conditions():
    found = estimate(project(), book(rule(conditions=("En ligne", "Avant le début"))), TODAY)
    assert estimate_table(found, "Test")["Conditions"] == ["En ligne\nAvant le début"]


def test_no_cell_is_a_formula():
    found = estimate(project(), book(rule(label="=1+1", topic="vente", requires=("@lien",))), TODAY)
    text = Csv().export_data(estimate_table(found, "Test")).decode()
    assert ";=1+1" not in text
    assert "'=1+1" in text
    assert "'@lien" in text


def test_cents_are_told_as_french_spreadsheets_read_them():
    found = estimate(project(pedagogical=Decimal("2800.50")), book(rule()), TODAY)
    assert "2800,50" in Csv().export_data(estimate_table(found, "Test")).decode()


# ------------------------------------------------------------------------------------------------ around them
@pytest.mark.parametrize("kind", ["pdf", "csv", "xlsx"])
def test_a_wrong_question_leads_to_the_page_that_says_so(client, kind):
    response = client.get(f"/financements/estimation.{kind}?opco=atlas&cout=cher")
    assert (response.status_code, response["Location"]) == (302, "/financements/?opco=atlas&cout=cher")


def test_the_page_links_to_its_files(client):
    html = client.get(f"/financements/?{BAKER}").content.decode()
    for kind in ("pdf", "csv", "xlsx"):
        assert f'href="/financements/estimation.{kind}?{BAKER.replace("&", "&amp;")}"' in html


@pytest.mark.parametrize("kind", ["pdf", "csv", "xlsx"])
def test_the_files_take_one_query(client, kind, django_assert_num_queries):
    path = f"/financements/estimation.{kind}?{BAKER}"
    client.get(path)
    with django_assert_num_queries(1):
        client.get(path)


def test_the_fonts_are_those_of_the_library():
    families = typst.Fonts(include_system_fonts=False).families()
    assert "Libertinus Serif" in families

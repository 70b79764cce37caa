"""The pages of rules: what can be read at a glance, what is said of funds, of silence and of other days."""

import csv
import io
import re

import pytest

from financing.calculator.rules import ByBranch, Payment, Span
from financing.calculator.terms import Basis, Circuit, Cost, Scheme
from financing.frame import payments, unpublished
from financing.tables import parts, scopes
from tests.financing.calculator.rulebooks import TODAY, book, budget, hourly, rule

pytestmark = pytest.mark.django_db

ON = "le=2026-11-24"


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def page(client, path, status=200):
    """The text of a page, its tags gone and its spaces ordinary."""
    response = client.get(path)
    assert response.status_code == status
    text = re.sub(
        r"<[^>]+>", " ", plain(response.content.decode()).replace("&nbsp;", " ").replace("&#8239;", " ")
    )
    return " ".join(text.split())


# ------------------------------------------------------------------------------------------------ a branch
def test_a_baker_reads_four_rates_and_their_common_budget(client):
    text = page(client, f"/convention/0843/financements/?{ON}")
    told = [
        "Ce que votre branche a fixé",
        "Plan de développement des compétences",
        "Moins de 50 salariés",
        "3 500 € par an et par entreprise au plus , en commun",
        "Coûts pédagogiques par personne, 14 h au plus, présentiel",
        "Techniques de fabrication 50 €/h",
        "40 €/h",
        "Hygiène et sécurité 30 €/h",
        "Formations transverses 25 €/h",
        "opcoep.fr , vérifié le 6 octobre 2026 · Publié",
        "Salaires non pris en charge",
    ]
    places = [text.index(each) for each in told]
    assert places == sorted(places)


def test_the_page_leads_to_an_estimate_for_the_same_company(client):
    html = client.get("/convention/0843/financements/?salaries=8").content.decode()
    assert 'href="/financements/?opco=opco-ep&amp;idcc=0843&amp;salaries=8"' in html


def test_the_scale_of_a_branch_that_is_not_published_is_said_so_with_the_page_to_ask(client):
    text = page(client, f"/convention/2120/financements/?{ON}")
    assert "Barème non publié" in text
    assert "demandez-le à Atlas" in text
    assert 'href="https://www.opco-atlas.fr/criteres-financement"' in (
        client.get("/convention/2120/financements/").content.decode()
    )


def test_exhausted_funds_come_before_the_scale_that_is_of_no_use(client):
    text = page(client, f"/convention/0573/financements/?{ON}")
    assert text.index("Fonds épuisés Constaté le 6 octobre 2026, jusqu’au 31 décembre 2026") < text.index(
        "pour mémoire"
    )


def test_an_older_day_replays_its_rules_and_says_so(client):
    older = page(client, "/convention/0573/financements/?le=2026-05-01")
    assert "Ce sont les règles du 1er mai 2026, pas celles d’aujourd’hui" in older
    assert "Fonds épuisés" not in older


def test_a_merged_agreement_leads_to_the_one_that_replaced_it(client):
    response = client.get("/convention/0054/financements/")
    assert response.status_code == 302
    assert response["Location"] == "/convention/3248/financements/"
    dated = client.get(f"/convention/0054/financements/?{ON}&opco=opco2i")
    assert dated["Location"] == f"/convention/3248/financements/?{ON}&opco=opco2i"


def test_without_an_opco_the_choice_is_left(client):
    text = page(client, "/convention/9999/financements/")
    assert "Quel est votre OPCO" in text
    chosen = page(client, f"/convention/9999/financements/?opco=akto&{ON}")
    assert "Sans convention collective" in chosen
    assert "30 €/h" in chosen


@pytest.mark.parametrize("path", ["/convention/0001/financements/", "/opco/zorglub/financements/"])
def test_what_does_not_exist_is_not_found(client, path):
    assert client.get(path).status_code == 404


# ------------------------------------------------------------------------------------------------ an OPCO
def test_an_opco_tells_each_branch_that_publishes_something(client):
    text = page(client, f"/opco/akto/financements/?{ON}")
    for branch in ("HCR", "Propreté", "Commerces de gros Fonds épuisés"):
        assert branch in text
    assert "14 budgets ne paient plus rien pour l’instant" in text
    assert "Chaque branche a son barème." in text
    assert "vérifiés le 6 octobre 2026" in text


def test_a_size_leaves_out_what_is_for_others(client):
    large = page(client, f"/convention/1979/financements/?salaries=60&{ON}")
    assert "Fonds conventionnels de branche" in large
    assert "Moins de 11 salariés" not in large


def test_a_wrong_value_is_told_and_the_page_is_shown_without_it(client):
    text = page(client, "/opco/akto/financements/?salaries=0&le=hier")
    assert "Effectif : 1 au moins." in text
    assert "Date : Une date du calendrier" in text
    assert "HCR" in text


@pytest.mark.parametrize("slug", ["afdas", "constructys", "opco2i", "opcommerce", "uniformation"])
def test_no_amount_is_shown_as_zero(client, slug):
    assert not re.search(r"(?<![\d ,])0(?:,00)? €", page(client, f"/opco/{slug}/financements/"))


def test_the_pages_of_the_lookup_lead_there(client):
    assert 'href="/opco/atlas/financements/"' in client.get("/opco/atlas/").content.decode()
    html = client.get("/convention/0843/").content.decode()
    assert 'href="/convention/0843/financements/?opco=opco-ep"' in html


@pytest.mark.parametrize(
    "path",
    [
        "/opco/akto/financements/",
        "/convention/0843/financements/",
        "/convention/9999/financements/",
        "/opco/akto/financements.csv",
    ],
)
def test_the_rules_come_from_memory(client, path, django_assert_num_queries):
    client.get(path)
    with django_assert_num_queries(1):
        client.get(path)


# ------------------------------------------------------------------------------------------------ as a file
def table(client, path):
    response = client.get(path)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


def test_the_rules_of_a_branch_as_a_file(client):
    rows = table(client, f"/opco/opco-ep/financements.csv?idcc=0843&{ON}")
    [row] = [row for row in rows if row["Code"] == "opco-ep-pdc-0843-fabrication"]
    assert plain(row["Prise en charge"]) == (
        "50 €/h par personne, 14 h au plus, 3 500 € par an et par entreprise au plus"
    )
    assert (row["Montant du budget"], row["Vérifié le"], row["Fiabilité"]) == (
        "3500,00",
        "2026-10-06",
        "Publié",
    )
    assert row["Source"].startswith("https://www.opcoep.fr/")
    assert {row["IDCC"] for row in rows} == {"0843", "toutes les branches"}


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("le=hier", "/opco/opco-ep/financements/?le=hier"),
        ("idcc=0843&salaries=0", "/convention/0843/financements/?salaries=0&opco=opco-ep"),
    ],
)
def test_a_file_with_a_wrong_value_leads_to_the_page_that_says_so(client, asked, page):
    response = client.get(f"/opco/opco-ep/financements.csv?{asked}")
    assert (response.status_code, response["Location"]) == (302, page)
    assert "field-error" in client.get(page).content.decode()


def test_the_file_is_not_for_search_engines(client):
    assert client.get("/opco/opco-ep/financements.csv")["X-Robots-Tag"] == "noindex"


def test_the_file_says_that_funds_are_exhausted(client):
    rows = table(client, f"/opco/akto/financements.csv?idcc=0573&{ON}")
    assert any("épuisés" in row["Fonds"] for row in rows)


# ------------------------------------------------------------------------------------------------ how they are set
def figures(found):
    return [
        (band.size, table.budget, [row.figure for kind in table.kinds for row in kind.rows])
        for part in found
        for band in part.bands
        for table in band.tables
    ]


def test_rules_are_set_by_size_and_budget_the_best_paid_first():
    rules = [
        rule("sans", basis=Basis.EXCLUDED, cost=Cost.WAGES),
        hourly("moins", "25", headcount=Span(max=49), envelope="budget"),
        hourly("plus", "50", headcount=Span(max=49), envelope="budget"),
        hourly("hors", "15", headcount=Span(max=49)),
    ]
    assert [
        (plain(size), plain(words), [plain(each) for each in told])
        for size, words, told in figures(parts(rules, {"budget": budget("3500")}, TODAY))
    ] == [
        ("Moins de 50 salariés", "3 500 € par an et par entreprise au plus", ["50 €/h", "25 €/h"]),
        ("Moins de 50 salariés", "", ["15 €/h"]),
        ("Quel que soit l’effectif", "", ["non pris en charge"]),
    ]


def test_what_every_row_says_is_said_once():
    rules = [
        hourly("a", "50", conditions=("En ligne", "Avant fin mai"), label="Boulangerie : a"),
        hourly("b", "40", conditions=("En ligne",), label="Boulangerie : b"),
    ]
    [table] = parts(rules, {}, TODAY)[0].bands[0].tables
    [kind] = table.kinds
    assert (kind.shared, table.remarks.conditions) == (("par personne",), ("En ligne",))
    assert [(row.name, row.details, row.remarks.conditions) for row in kind.rows] == [
        ("A", (), ("Avant fin mai",)),
        ("B", (), ()),
    ]
    assert [row.source for row in kind.rows] == [None, None]


def test_a_figure_of_another_page_than_most_names_its_own():
    rules = [hourly("a"), hourly("b"), hourly("c", source="https://opco.example/ailleurs")]
    [table] = parts(rules, {}, TODAY)[0].bands[0].tables
    assert table.source.url == rules[0].source
    assert [row.source and row.source.url for row in table.kinds[0].rows] == [None, None, rules[2].source]


def test_branches_are_named_as_their_labels_begin():
    found = scopes([rule("a", label="Toutes"), rule("b", label="HCR : langues", idccs=("1979",))], {}, TODAY)
    assert [(scope.title, scope.idccs) for scope in found] == [("Toutes", ()), ("HCR", ("1979",))]


def test_a_scale_that_a_branch_publishes_is_not_said_to_be_missing():
    scales = ByBranch(schemes=(Scheme.PLAN, Scheme.VAE), note="Par branche.", source="https://opco.example/")
    [told] = unpublished(book(by_branch=(scales,)), [rule(idccs=("1979",))])
    assert told.schemes == "Validation des acquis de l’expérience (VAE)"


def test_who_pays_names_the_rules_that_it_is_about():
    direct = Payment(
        circuit=Circuit.DIRECT, text="L’OPCO paie.", source="https://opco.example/", rules=("pro-*",)
    )
    known = book(payments=(direct,))
    assert payments(known, [rule("autre")], TODAY) == []
    [told] = payments(known, [rule("pro-1", label="ProPulsion"), rule("pro-2", label="ProPulsion")], TODAY)
    assert (told.text, told.about) == ("L’OPCO paie.", "ProPulsion")

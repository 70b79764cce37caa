"""The same course for several companies: what each can count on, and the way to its whole result."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest

from financing.calculator.terms import Eligibility, Kind
from financing.outlook import outlook
from tests.financing.calculator.rulebooks import answer, budget, hourly, rule
from tests.financing.test_pages import page, text_of

COURSE = {"personnes": "2", "heures": "21", "cout": "2800"}
TWO = {"idcc_1": "1486", "salaries_1": "23", "opco_2": "akto", "idcc_2": "1979", "salaries_2": "12"}


def address(**asked):
    return f"/financements/comparer/?{urlencode(COURSE | asked)}"


# ------------------------------------------------------------------------------------------------ in a line
def test_the_best_option_speaks_for_a_company():
    found = outlook(answer(hourly(rate="25")))
    assert found is not None
    assert (found.financed, found.remaining) == ("1\u202f050\u00a0€", "1\u202f750\u00a0€")
    assert not found.depends


def test_kinds_paid_at_their_own_rates_make_a_range():
    rules = [hourly("a", rate="50", kinds=(Kind.TRADE,)), hourly("b", rate="25", kinds=(Kind.LANGUAGES,))]
    found = outlook(answer(*rules))
    assert found is not None
    assert found.remaining == "de 700 à 1\u202f750\u00a0€"
    assert found.depends
    assert [segment.kind for segment in found.bar] == ["paid", "unknown", "left"]
    told = outlook(answer(*rules, kind=Kind.LANGUAGES))
    assert told is not None
    assert told.remaining == "1\u202f750\u00a0€"


def test_what_is_not_published_is_said_so():
    found = outlook(answer(rule(basis="unpublished")))
    assert found is not None
    assert found.remaining == "non publié"
    assert [segment.kind for segment in found.bar] == ["unknown"]


def test_a_closed_option_speaks_only_where_nothing_else_does():
    found = outlook(answer(rule(basis="excluded")))
    assert found is not None
    assert found.option.eligibility == Eligibility.NO
    assert outlook(answer()) is None


def test_a_budget_is_counted():
    found = outlook(answer(rule(envelope="budget"), envelopes=(budget("1000"),), pedagogical=Decimal(2800)))
    assert found is not None
    assert found.remaining == "1\u202f800\u00a0€"


# ------------------------------------------------------------------------------------------------ the page
@pytest.mark.django_db
def test_companies_are_told_side_by_side_with_the_way_to_each_result(client):
    response = client.get(address(**TWO))
    text = text_of(response)
    assert "2 entreprises" in text
    assert "Atlas · IDCC 1486" in text
    assert "AKTO · IDCC 1979" in text
    assert "Il vous reste" in text
    for row in response.context["rows"]:
        result = client.get(row.address)
        assert result.status_code == 200
        assert result.context["found"].project == row.project


@pytest.mark.django_db
def test_a_result_leads_here_with_its_company_as_the_first(client):
    from_result = client.get(f"/financements/?{urlencode(COURSE | {'idcc': '1486', 'salaries': '23'})}")
    path = from_result.context["comparison"]
    assert "idcc_1=1486" in path
    assert "Décrivez au moins deux entreprises" in page(client, path)


@pytest.mark.django_db
def test_a_button_makes_room_for_one_more_and_keeps_what_was_typed(client):
    response = client.get(address(**TWO, entreprises="3"))
    html = response.content.decode()
    assert len(response.context["companies"]) == 3
    assert 'name="idcc_3"' in html
    assert 'name="idcc_2" value="1979"' in html
    assert 'name="cout" value="2800"' in html
    assert "rows" not in response.context
    assert "project" not in response.context
    full = client.get(address(**TWO, idcc_4="0843"))
    assert len(full.context["companies"]) == 4
    assert not full.context["more"]


@pytest.mark.django_db
@pytest.mark.parametrize("asked", [{}, {"cout": "x", "idcc_1": "0001"}])
def test_nothing_is_judged_while_room_is_made(client, asked):
    text = text_of(client.get(f"/financements/comparer/?{urlencode({'entreprises': '3'} | asked)}"))
    assert "Entreprise 3" in text
    for said in ("corriger", "n’est pas connu", "Écrivez un nombre", "Décrivez au moins", "Indiquez"):
        assert said not in text


@pytest.mark.django_db
def test_enter_compares(client):
    html = client.get("/financements/comparer/").content.decode()
    assert html.index(">Comparer</button>") < html.index(">Ajouter une entreprise</button>")


@pytest.mark.django_db
def test_exhausted_funds_and_what_the_figures_are_worth_are_said(client):
    told = {"opco_1": "akto", "idcc_1": "0573", "salaries_1": "23", "idcc_2": "1486"}
    text = page(client, address(**told, le="2026-11-24"))
    assert "Fonds épuisés jusqu’au 31 décembre 2026 : Plan de développement des compétences" in text
    assert "Estimation ; l’OPCO décide" in text
    assert "chiffres vérifiés" in text
    assert "« non publié »" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"salaries_2": "0"}, "salaries_2", "1 au moins"),
        ({"idcc_2": "0001", "opco_2": ""}, "idcc_2", "n’est pas connu"),
        ({"idcc_2": "", "opco_2": ""}, "opco_2", "Indiquez votre OPCO"),
        ({"cout": "x"}, "cout", "Écrivez un nombre"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_of_its_company(client, asked, field, said):
    told = {name: value for name, value in (COURSE | TWO | asked).items() if value}
    response = client.get(f"/financements/comparer/?{urlencode(told)}")
    assert f'id="id_{field}_error">' in response.content.decode()
    assert said in text_of(response)
    assert "rows" not in response.context


@pytest.mark.django_db
def test_four_companies_cost_one_query_and_one_for_each_siret(client, django_assert_num_queries):
    path = address(**TWO, siret_3="50103081100092", idcc_4="0843")
    client.get(path)
    with django_assert_num_queries(2):
        client.get(path)

"""The API of financing: the shape of its answers, what it refuses, what it costs."""

import json
from decimal import Decimal

import pytest
from django.core.management import call_command

from financing.api import examples
from financing.api.parameters import FIELDS
from financing.models import Envelope

pytestmark = pytest.mark.django_db

ESTIMATE = "/api/v1/financing/estimate/"
RULES = "/api/v1/financing/rules/"
ON = "2026-11-24"
COURSE = {"trainees": 2, "hours": 21, "pedagogical_cost": 2800, "modality": "in_class", "on": ON}


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def post(client, told, status=200):
    response = client.post(ESTIMATE, told, content_type="application/json")
    assert response.status_code == status, response.content
    return json.loads(plain(response.content.decode()))


def get(client, path, status=200, **query):
    response = client.get(path, query)
    assert response.status_code == status, response.content
    return json.loads(plain(response.content.decode()))


def names(value):
    """The names of an answer at every depth, lists by their first value."""
    if isinstance(value, dict):
        return {name: names(each) for name, each in value.items()}
    return [names(value[0])] if isinstance(value, list) and value else None


# ------------------------------------------------------------------------------------------------ the answer
def test_the_example_of_the_documentation_is_what_comes_back(client):
    data = post(client, examples.PROJECT)
    assert set(data) == set(examples.ANSWER)
    for name in ("on", "asker", "project", "missing", "notice"):
        assert data[name] == examples.ANSWER[name]
    [option] = [each for each in data["options"] if each["code"] == "pdc"]
    told = examples.OPTION
    assert {**option, "conditions": [], "deadline": "", "payment": None} == {
        **told,
        "conditions": [],
        "deadline": "",
        "payment": None,
    }
    assert told["conditions"][0] in option["conditions"]
    assert set(option["payment"]) == set(told["payment"])
    assert examples.ANSWER["rejected"][0] in data["rejected"]


def test_amounts_are_texts_of_two_decimals_that_add_up(client):
    data = post(client, {"opco": "akto", "idcc": "1979", "headcount": 12, **COURSE, "hourly_wage": "18.5"})
    for option in data["options"]:
        lines = option["lines"]
        assert option["asked"] == f"{sum(Decimal(line['asked']) for line in lines):.2f}"
        for line in (*lines, option):
            if line["financed"] is None:
                assert line["remaining"] is None
            else:
                assert Decimal(line["asked"]) == Decimal(line["financed"]) + Decimal(line["remaining"])


def test_what_is_not_published_is_null_and_never_zero(client):
    data = post(client, {"opco": "atlas", "idcc": "2120", "headcount": 23, **COURSE})
    unknown = [option for option in data["options"] if option["financed"] is None]
    assert unknown
    assert unknown[0]["eligibility"] == "to_check"
    assert "n’est pas publié" in " ".join(unknown[0]["reasons"])
    assert unknown[0]["lines"][0]["financed"] is None


def test_exhausted_funds_are_told_with_their_date_and_source(client):
    data = post(client, {"opco": "akto", "idcc": "0573", "headcount": 23, **COURSE})
    [option] = [each for each in data["options"] if each["funds"]]
    assert (option["eligibility"], option["funds"]["status"]) == ("no", "exhausted")
    assert (option["funds"]["since"], option["funds"]["until"]) == ("2026-10-06", "2026-12-31")
    assert option["funds"]["source_url"].startswith("https://www.akto.fr/")


def test_what_is_missing_is_named_as_in_the_question(client):
    data = post(client, {"opco": "akto", "pedagogical_cost": 2800, "on": ON})
    asked = [each["field"] for each in data["missing"]]
    assert {"headcount", "idcc"} <= set(asked) <= set(FIELDS)
    assert data["project"]["modality"] is None  # nothing is assumed


def test_the_project_that_comes_back_can_be_sent_again(client):
    first = post(client, {"opco": "akto", "idcc": "1979", "headcount": 12, **COURSE})
    assert post(client, {**first["project"], "on": first["on"]}) == first


def test_a_siret_gives_the_opco_and_the_agreement(client):
    data = get(client, ESTIMATE, siret="501 030 811 00092", headcount=23, pedagogical_cost=900, on=ON)
    assert data["asker"]["opco"] == {"slug": "atlas", "name": "Atlas"}
    assert (data["asker"]["idcc"], data["asker"]["siret"]) == ("1486", "50103081100092")


def test_get_and_post_answer_alike(client):
    told = {"opco": "akto", "idcc": "1979", "headcount": 12, **COURSE}
    assert get(client, ESTIMATE, **told) == post(client, told)


def test_the_rules_are_those_of_the_day_that_is_asked(client):
    told = {"opco": "akto", "idcc": "1979", "headcount": 12, "pedagogical_cost": 2800}
    assert post(client, {**told, "start_date": "2027-01-15"})["on"] == "2027-01-15"
    assert post(client, {**told, "start_date": "2027-01-15", "on": ON})["on"] == ON


# ------------------------------------------------------------------------------------------------ what is refused
@pytest.mark.parametrize(
    ("told", "field", "said"),
    [
        ({}, "opco", "Indiquez votre OPCO"),
        ({"opco": "zorglub"}, "opco", "attendu : afdas, akto"),
        ({"opco": "atlas"}, "pedagogical_cost", "Indiquez ce que coûte la formation"),
        ({"siret": "123"}, "siret", "14 chiffres"),
        ({"idcc": "0001"}, "idcc", "n’est pas connu"),
        ({"headcount": 0}, "headcount", "1 au moins"),
        ({"headcount": 2.5}, "headcount", "entier"),
        ({"trainees": 100_000}, "trainees", "10 000 au plus"),
        ({"hours": -7}, "hours", "0,5 au moins"),
        ({"hours": "2.125"}, "hours", "Deux décimales"),
        ({"pedagogical_cost": "2.800,50"}, "pedagogical_cost", "un point pour les décimales"),
        ({"pedagogical_cost": "1e30"}, "pedagogical_cost", "nombre"),
        ({"pedagogical_cost": "NaN"}, "pedagogical_cost", "nombre"),
        ({"pedagogical_cost": True}, "pedagogical_cost", "nombre"),
        ({"pedagogical_cost": [1]}, "pedagogical_cost", "nombre"),
        ({"hourly_wage": 20, "pedagogical_cost": 100}, "hours", "Indiquez la durée"),
        ({"modality": "visio"}, "modality", "attendu : in_class, in_house"),
        ({"training_kind": "x"}, "training_kind", "trade"),
        ({"on": "24/13/2026"}, "on", "AAAA-MM-JJ"),
        ({"on": "1999-01-01"}, "on", "Entre le 1er avril 2019"),
        ({"certification": "R" * 40}, "certification", "20 caractères au plus"),
        ({"certification": "漢字"}, "certification", "Des lettres sans accent"),
        ({"certification": "😀"}, "certification", "Des lettres sans accent"),
        ({"budget": 12}, "budget", "Champ inconnu"),
    ],
)
def test_what_is_wrong_is_told_beside_its_name(client, told, field, said):
    data = post(client, told, 400)
    assert (data["title"], data["status"]) == ("Requête incorrecte", 400)
    assert said in " ".join(data["errors"][field])


@pytest.mark.parametrize("name", ["certification", "opco", "idcc", "siret", "hours", "\ud800"])
def test_half_a_character_is_refused(client, name):
    body = json.dumps({"opco": "atlas", "pedagogical_cost": 900, name: "\ud800"})
    assert client.post(ESTIMATE, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("body", ["[]", "3", '"atlas"', "{", "null", "[" * 9000])
def test_a_body_that_is_no_object_is_a_problem(client, body):
    response = client.post(ESTIMATE, body, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert "parse error" not in response.content.decode()


def test_every_error_is_told_at_once(client):
    data = post(client, {"opco": "zz", "headcount": 0, "hours": "x", "color": "red"}, 400)
    assert {"opco", "headcount", "hours", "color"} <= set(data["errors"])


def test_posting_asks_for_no_token(client):
    strict = type(client)(enforce_csrf_checks=True)
    told = {"opco": "atlas", "pedagogical_cost": 900}
    assert strict.post(ESTIMATE, told, content_type="application/json").status_code == 200


def test_other_sites_may_post(client):
    asked = {"Origin": "https://exemple.fr", "Access-Control-Request-Method": "POST"}
    response = client.options(ESTIMATE, headers=asked)
    assert "POST" in response["Access-Control-Allow-Methods"]


def test_posting_counts_as_a_request(client, monkeypatch):
    monkeypatch.setattr("opco_portal.api.throttles.ClientThrottle.rate", "2/hour")
    told = {"opco": "atlas", "pedagogical_cost": 900}
    statuses = [client.post(ESTIMATE, told, content_type="application/json").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


# ------------------------------------------------------------------------------------------------ rules
def test_a_rule_has_every_field_of_the_example(client):
    data = get(client, RULES, idcc="0843", scheme="pdc", headcount=8, on=ON, page_size=500)
    [rule] = [each for each in data["results"] if each["code"] == examples.CODE]
    assert list(rule) == list(examples.RULE)
    assert {**rule, "conditions": []} == {**examples.RULE, "conditions": []}
    assert examples.RULE["conditions"][0] in rule["conditions"]


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ({"opco": "akto"}, lambda rule: rule["opco"] in ("akto", None)),
        ({"opco": " akto "}, lambda rule: rule["opco"] in ("akto", None)),
        (
            {"idcc": "0843"},
            lambda rule: rule["idccs"] in ([], ["0843"]) and rule["opco"] in ("opco-ep", None),
        ),
        ({"opco": "akto", "idcc": "9999"}, lambda rule: not rule["idccs"] or "9999" in rule["idccs"]),
        ({"scheme": "vae"}, lambda rule: rule["scheme"] == "vae"),
        ({"headcount": 60}, lambda rule: (rule["headcount"]["max"] or 60) >= 60),
        ({"on": "2027-03-01"}, lambda rule: (rule["valid_until"] or "9999") >= "2027-03-01"),
    ],
)
def test_rules_are_filtered(client, query, holds):
    data = get(client, RULES, page_size=500, **query)
    assert data["results"]
    assert all(map(holds, data["results"]))


def test_without_a_filter_every_opco_speaks_page_by_page(client):
    data = get(client, RULES)
    assert (len(data["results"]), data["count"] > 500, data["previous"]) == (50, True, None)
    assert data["next"]
    last = get(client, RULES, page=2, page_size=500)
    assert None in {rule["opco"] for rule in last["results"]}


def test_a_budget_carries_the_state_of_its_funds_that_day(client):
    def funds(on):
        rules = get(client, RULES, opco="akto", idcc="0573", on=on, page_size=500)["results"]
        return [rule["envelope"]["funds"] for rule in rules if rule["envelope"]]

    assert funds(ON)[0]["status"] == "exhausted"
    assert funds("2026-09-30") == [None]


def test_a_budget_may_be_there_for_each_request(client):
    Envelope.objects.filter(pk=examples.RULE["envelope"]["code"]).update(period="action")
    rules = get(client, RULES, idcc="0843", scheme="pdc", headcount=8, on=ON, page_size=500)["results"]
    [rule] = [each for each in rules if each["code"] == examples.CODE]
    assert rule["envelope"]["period"] == "action"
    assert rule["amount_in_words"].endswith("par demande au plus")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"opco": "zorglub"}, "opco"),
        ({"idcc": "0001"}, "idcc"),
        ({"idcc": "9999"}, "opco"),
        ({"scheme": "x"}, "scheme"),
        ({"headcount": "x"}, "headcount"),
        ({"headcount": "h" * 50_000 + "x"}, "headcount"),
        ({"color": "red"}, "color"),
        ({"on": "hier"}, "on"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(client, query, field):
    assert get(client, RULES, 400, **query)["errors"][field]


# ------------------------------------------------------------------------------------------------ as a whole
def test_the_schema_documents_them_with_examples(tmp_path):
    path = tmp_path / "schema.json"
    options = ("--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(path))
    call_command("spectacular", *options)
    paths = json.loads(path.read_text())["paths"]
    body = paths[ESTIMATE]["post"]["requestBody"]["content"]["application/json"]
    assert next(iter(body["examples"].values()))["value"] == examples.PROJECT
    assert {each["name"] for each in paths[ESTIMATE]["get"]["parameters"]} == set(FIELDS)
    assert paths[RULES]["get"]["responses"]["200"]["content"]["application/json"]["examples"]


@pytest.mark.parametrize(
    ("path", "count"),
    [
        (f"{ESTIMATE}?opco=akto&idcc=1979&headcount=12&pedagogical_cost=2800&hours=21", 1),
        (f"{ESTIMATE}?siret=50103081100092&headcount=12&pedagogical_cost=2800&hours=21", 2),
        (f"{RULES}?opco=akto&page_size=500", 1),
        (RULES, 1),
    ],
)
def test_answers_take_few_queries(client, path, count, django_assert_num_queries):
    client.get(path)
    with django_assert_num_queries(count):
        assert client.get(path).status_code == 200

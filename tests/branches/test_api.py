import json

import pytest
import redis
from django.core.management import call_command

from branches.models import ActivityShare
from opco_portal.sync.models import DataVersion, Source

pytestmark = pytest.mark.django_db

CANDIDATE = {
    "opco",
    "manager",
    "idcc",
    "title",
    "basis",
    "confidence",
    "share",
    "establishments",
    "source",
    "reason",
}


def get(client, path, status=200, **headers):
    response = client.get(f"/api/v1{path}", headers=headers)
    assert response.status_code == status, response.content
    return response.json()


def test_the_whole_answer_has_exactly_the_published_names(client):
    data = get(client, "/lookup/?q=501+030+811+00092")
    assert set(data) == {"query", "status", "candidates", "messages"}
    assert data["query"] == {"raw": "501 030 811 00092", "kind": "siret", "normalized": "50103081100092"}
    assert data["status"] == "found"
    [candidate] = data["candidates"]
    assert set(candidate) == CANDIDATE
    assert candidate["opco"] == {"slug": "atlas", "name": "Atlas"}
    assert (candidate["manager"], candidate["idcc"]) == (None, "1486")
    assert (candidate["basis"], candidate["confidence"]) == ("establishment", "certain")
    assert candidate["share"] == pytest.approx(253637 / 253639, abs=1e-6)
    assert set(candidate["source"]) == {"name", "vintage", "url"}
    assert candidate["source"]["vintage"] == "juin 2026"


def test_messages_have_a_code_and_a_sentence(client):
    data = get(client, "/lookup/?q=5010308110009")
    assert (data["query"]["kind"], data["status"], data["candidates"]) == ("invalid", "invalid", [])
    assert data["messages"][0]["code"] == "siret_length"


def test_overseas_the_manager_is_an_opco_of_its_own(client):
    [candidate] = get(client, "/lookup/?q=44967140300011")["candidates"]
    assert (candidate["opco"]["slug"], candidate["manager"]) == ("opco2i", {"slug": "akto", "name": "AKTO"})


def test_words_give_agreements_best_first(client):
    data = get(client, "/lookup/?q=boulangrie")
    assert (data["query"]["kind"], data["candidates"][0]["idcc"]) == ("text", "0843")


def test_an_activity_gives_the_agreements_of_its_employees(client):
    assert get(client, "/lookup/?q=6201Z")["candidates"][0]["establishments"] == 36
    ActivityShare.objects.create(activity_id="62.01Z", agreement_id="1486", share="0.915")
    Source.objects.filter(pk="activities").update(vintage="2021")
    DataVersion.bump()
    data = get(client, "/lookup/?q=6201Z")
    [candidate] = data["candidates"]
    assert set(candidate) == CANDIDATE
    assert (data["status"], candidate["idcc"], candidate["share"]) == ("found", "1486", 0.915)
    assert (candidate["establishments"], candidate["source"]["vintage"]) == (None, "2021")


def test_a_missing_parameter_is_a_problem(client):
    response = client.get("/api/v1/lookup/")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert set(response.json()) == {"type", "title", "status", "detail", "errors"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/opcos/zorglub/", 404),
        ("/agreements/0000/", 404),
        ("/nothing/", 404),
        ("/agreements/14%00/", 404),
        ("/establishments/abc%2050103081100092/", 404),
        ("/establishments/50103081100100/", 404),
        ("/establishments/123/", 400),
        ("/branches/?opco=zorglub", 400),
        ("/agreements/?status=gone", 400),
        ("/agreements/?page=999", 404),
    ],
)
def test_errors_are_problems_in_french(client, path, status):
    response = client.get(f"/api/v1{path}")
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert response.json()["status"] == status
    assert "matches the given query" not in response.content.decode()


def test_reading_only(client):
    assert client.post("/api/v1/lookup/").status_code == 405


def test_the_eleven_opcos(client):
    data = get(client, "/opcos/")
    assert [opco["name"] for opco in data][:3] == ["Afdas", "AKTO", "Atlas"]
    assert sum(opco["branches"] for opco in data) == 333
    assert get(client, "/opcos/atlas/")["website"].startswith("https://")


def test_agreements_are_searched_filtered_and_paginated(client):
    data = get(client, "/agreements/?q=coiffure")
    assert "2596" in [row["idcc"] for row in data["results"]]
    data = get(client, "/agreements/?opco=atlas&status=active&page_size=5")
    assert (len(data["results"]), data["count"] > 5) == (5, True)
    assert data["next"]


def test_an_agreement_shows_what_each_source_says(client):
    data = get(client, "/agreements/3203/")
    assert {(row["opco"]["slug"], row["source"]) for row in data["attachments"]} == {
        ("uniformation", "siro"),
        ("ocapiat", "siro"),
        ("ocapiat", "approval"),
    }
    assert "Syntec" in get(client, "/agreements/1486/")["names"]


def test_branches(client):
    data = get(client, "/branches/?q=sport&opco=afdas")
    assert data["count"] > 0
    assert {row["opco"]["slug"] for row in data["results"]} == {"afdas"}


def test_an_establishment(client):
    data = get(client, "/establishments/50103081100092/")
    assert (data["siren"], data["idcc"], data["opco"]["slug"]) == ("501030811", "1486", "atlas")
    assert get(client, "/establishments/19941033300017/")["opco"] is None


def test_absence_from_the_sample_is_not_absence_from_the_table(client):
    assert "ne prouve rien" in get(client, "/establishments/50103081100100/", 404)["detail"]
    company = get(client, "/lookup/?q=501030811")
    assert company["candidates"][0]["confidence"] == "probable"
    assert "sample_company" in [message["code"] for message in company["messages"]]


def test_an_unchanged_answer_is_not_sent_twice(client):
    first = client.get("/api/v1/lookup/?q=1486")
    again = client.get("/api/v1/lookup/?q=1486", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_other_sites_may_read_it(client):
    response = client.get("/api/v1/lookup/?q=1486", headers={"Origin": "https://exemple.fr"})
    assert response["Access-Control-Allow-Origin"] == "*"


def test_too_many_requests_are_told_when_to_come_back(client, monkeypatch):
    monkeypatch.setattr("opco_portal.api.throttles.ClientThrottle.rate", "2/hour")
    statuses = [client.get("/api/v1/lookup/?q=1486").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    response = client.get("/api/v1/lookup/?q=1486")
    assert 0 < int(response["Retry-After"]) <= 3600
    assert response["Content-Type"] == "application/problem+json"


def test_requests_leased_ahead_never_add_up_to_more_than_the_rate(client, monkeypatch):
    monkeypatch.setattr("opco_portal.api.throttles.ClientThrottle.rate", "250/day")
    monkeypatch.setattr("opco_portal.api.throttles._leases", {})
    statuses = [client.get("/api/v1/lookup/?q=1486").status_code for _ in range(253)]
    assert (statuses.count(200), statuses[-3:]) == (250, [429] * 3)


def test_without_valkey_the_api_still_answers(client, monkeypatch, settings):
    nobody = redis.Redis.from_url("redis://127.0.0.1:1/0", **settings.VALKEY_OPTIONS)
    monkeypatch.setattr("opco_portal.api.throttles.counters", nobody)
    monkeypatch.setattr("opco_portal.api.throttles._leases", {})
    assert client.get("/api/v1/lookup/?q=1486").status_code == 200


def test_the_schema_is_complete(client, tmp_path):
    path = tmp_path / "schema.json"
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(path)
    )
    paths = json.loads(path.read_text())["paths"]
    assert {"/api/v1/lookup/", "/api/v1/opcos/", "/api/v1/establishments/{siret}/"} <= set(paths)
    assert client.get("/api/docs/").status_code == 200


def test_odd_parameters_break_nothing(client):
    for query in ("%00", "a%00", "%27%22", "a+" * 400, "%F0%9F%A5%96"):
        assert client.get(f"/api/v1/agreements/?q={query}").status_code == 200
        assert client.get(f"/api/v1/branches/?q={query}").status_code == 200
        assert client.get(f"/api/v1/lookup/?q={query}").status_code == 200


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/lookup/?q=50103081100092", 1),
        ("/establishments/50103081100092/", 1),
        ("/lookup/?q=1486", 1),
        ("/opcos/", 1),
        ("/agreements/?q=coiffure", 4),
        ("/agreements/1486/", 4),
    ],
)
def test_answers_take_few_queries(client, path, count, django_assert_max_num_queries):
    client.get(f"/api/v1{path}")
    with django_assert_max_num_queries(count):
        assert client.get(f"/api/v1{path}").status_code == 200

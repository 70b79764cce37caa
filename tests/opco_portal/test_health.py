import pytest
from django.db import OperationalError
from redis import ConnectionError as RedisConnectionError

pytestmark = pytest.mark.django_db


def test_alive_without_touching_anything(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok"


def test_ready_tells_the_vintage_and_its_age(client):
    data = client.get("/readyz").json()
    assert data["ready"] is True
    assert data["siro"]["vintage"] == "juin 2026"
    assert data["siro"]["age_days"] > 0


def test_not_ready_without_the_database(client, monkeypatch):
    def down(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr("opco_portal.health.Source.objects.filter", down)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, False)


def test_not_ready_without_the_cache(client, monkeypatch):
    def down(*args, **kwargs):
        raise RedisConnectionError

    monkeypatch.setattr("opco_portal.health.cache.set", down)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["cache"]) == (503, False)


def test_probes_come_from_inside_the_network_under_any_host_name(client):
    assert client.get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200

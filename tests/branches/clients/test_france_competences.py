"""The API of France compétences: each of its codes, and what it may leave out."""

import pytest

from branches.clients import france_competences as client
from branches.clients.opinions import Opinion

SIRET = "50103081100092"


@pytest.fixture(autouse=True)
def _answers_are_waited_for(settings):
    settings.UPSTREAM_GLANCE = 5


def opinion():
    return client.opinion(SIRET).look().answer.value


def test_the_siret_is_asked_with_the_key(france_competences):
    opinion()
    [request] = france_competences.asked
    assert request.path == f"/siro/v1/public/{SIRET}"
    assert request.headers["X-Gravitee-Api-Key"] == "secret"


@pytest.mark.parametrize(
    ("code", "label", "idcc", "expected"),
    [
        ("01", "ATLAS", "1486", Opinion("attached", "ATLAS", idcc="1486")),
        ("01", " ATLAS ", "01486", Opinion("attached", "ATLAS", idcc="1486")),
        ("01", "ATLAS", "", Opinion("attached", "ATLAS")),
        ("01", "ATLAS", None, Opinion("attached", "ATLAS")),
        ("01", "ATLAS", 16, Opinion("attached", "ATLAS", idcc="0016")),
        ("01", "ATLAS", "NC", Opinion("attached", "ATLAS")),
        ("01", "N/C", "9999", Opinion("unnamed", idcc="9999")),
        ("01", "n/c", "", Opinion("unnamed")),
        ("01", None, "1486", Opinion("unnamed", idcc="1486")),
        ("02", "AKTO", "", Opinion("claimed", "AKTO")),
        ("02", "N/C", "", Opinion("unnamed")),
        ("03", "AKTO", "1979", Opinion("declared", "AKTO", idcc="1979")),
        ("03", "", "1979", Opinion("unnamed", idcc="1979")),
    ],
)
def test_what_each_code_means(france_competences, code, label, idcc, expected):
    france_competences.gives(label, code=code, idcc=idcc)
    assert opinion() == expected


def test_an_unknown_establishment_comes_without_any_other_field(france_competences):
    france_competences.answers({"code": "99"})
    assert opinion() == Opinion("unknown")


@pytest.mark.parametrize("opcos", [{}, {"opcoRattachement": None}, {"opcoRattachement": {}}])
def test_the_opco_may_be_left_out(france_competences, opcos):
    france_competences.answers({"code": "01", "siret": SIRET, "idcc": "1486", **opcos})
    assert opinion() == Opinion("unnamed", idcc="1486")


def test_overseas_the_manager_is_told_beside(france_competences):
    france_competences.gives("OPCO 2I", manager="AKTO")
    assert opinion() == Opinion("attached", "OPCO 2I", manager="AKTO")


@pytest.mark.parametrize(
    ("code", "label"), [("04", "04"), ("", ""), ("1", "1"), ("OK", "OK"), ("9" * 500, "9" * 80)]
)
def test_an_unknown_code_is_told_as_unclear(france_competences, code, label):
    france_competences.gives("ATLAS", code=code, manager="AKTO", idcc="1486")
    assert opinion() == Opinion("unclear", label)
    assert client.opinion(SIRET).upstream.breaker.calm


def test_labels_are_cut(france_competences):
    france_competences.gives("É" * 500, manager="À" * 500)
    assert opinion() == Opinion("attached", "É" * 80, "À" * 80)


@pytest.mark.parametrize(("api", "key"), [("", "secret"), ("https://api.example", ""), ("", "")])
def test_it_is_asked_only_with_an_address_and_a_key(settings, api, key):
    settings.FRANCE_COMPETENCES_API, settings.FRANCE_COMPETENCES_KEY = api, key
    assert not client.is_configured()
    settings.FRANCE_COMPETENCES_API, settings.FRANCE_COMPETENCES_KEY = "https://api.example", "secret"
    assert client.is_configured()

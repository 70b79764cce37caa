"""CFA Dock: each of its statuses, as newer and older answers write them."""

import pytest

from branches.clients import cfa_dock as client
from branches.clients.opinions import Opinion

SIRET = "50103081100092"


@pytest.fixture(autouse=True)
def _answers_are_waited_for(settings):
    settings.UPSTREAM_GLANCE = 5


def opinion():
    return client.opinion(SIRET).look().answer.value


def test_the_siret_is_asked(cfa_dock):
    opinion()
    [request] = cfa_dock.asked
    assert (request.path, dict(request.args)) == ("/api/opcos", {"siret": SIRET})


@pytest.mark.parametrize(
    ("status", "label", "idcc", "expected"),
    [
        ("OK", "OPCO ATLAS", "1486", Opinion("attached", "OPCO ATLAS", idcc="1486")),
        ("ok", " OPCO ATLAS ", "01486", Opinion("attached", "OPCO ATLAS", idcc="1486")),
        ("OK", "OPCO ATLAS", 1486, Opinion("attached", "OPCO ATLAS", idcc="1486")),
        ("OK", "OPCO ATLAS", 16, Opinion("attached", "OPCO ATLAS", idcc="0016")),
        ("OK", "OPCO ATLAS", None, Opinion("attached", "OPCO ATLAS")),
        ("OK", "OPCO ATLAS", "", Opinion("attached", "OPCO ATLAS")),
        ("OK", "OPCO ATLAS", "inconnu", Opinion("attached", "OPCO ATLAS")),
        ("OK", "N/C", 1486, Opinion("unnamed", idcc="1486")),
        ("OK", None, None, Opinion("unnamed")),
        ("MULTIPLE_OPCO", None, None, Opinion("several")),
        ("MULTIPLE_OPCO", "OPCO ATLAS", 1486, Opinion("several", idcc="1486")),
        ("NOT_FOUND", None, None, Opinion("unknown")),
        ("not_found", "", "", Opinion("unknown")),
    ],
)
def test_what_each_status_means(cfa_dock, status, label, idcc, expected):
    cfa_dock.gives(label, status=status, idcc=idcc)
    assert opinion() == expected


def test_only_the_status_is_needed(cfa_dock):
    cfa_dock.answers({"searchStatus": "NOT_FOUND"})
    assert opinion() == Opinion("unknown")


@pytest.mark.parametrize(
    ("status", "label"),
    [("", ""), ("KO", "KO"), (" Multiple ", "Multiple"), ("OK!" * 100, ("OK!" * 100)[:80])],
)
def test_an_unknown_status_is_told_as_unclear(cfa_dock, status, label):
    cfa_dock.gives("ATLAS", status=status, idcc="1486")
    assert opinion() == Opinion("unclear", label)
    assert client.opinion(SIRET).upstream.breaker.calm


def test_a_label_is_cut(cfa_dock):
    cfa_dock.gives("É" * 500)
    assert opinion() == Opinion("attached", "É" * 80)


def test_it_is_asked_only_with_an_address(settings):
    settings.CFA_DOCK_API = ""
    assert not client.is_configured()
    settings.CFA_DOCK_API = "https://www.cfadock.fr"
    assert client.is_configured()

"""What is said when a request cannot be answered: a page of the portal's own, or a problem under /api/."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from opco_portal.errors import bad_request, forbidden

HANDLERS = [
    (bad_request, 400, "ne comprend pas cette demande", "Requête incorrecte"),
    (forbidden, 403, "n’a pas accès", "Accès refusé"),
]


@pytest.mark.parametrize(("handler", "status", "said", "title"), HANDLERS)
def test_people_get_a_page(handler, status, said, title):
    response = handler(RequestFactory().get("/admin/"), PermissionDenied())
    assert response.status_code == status
    assert said in response.content.decode()


@pytest.mark.parametrize(("handler", "status", "said", "title"), HANDLERS)
def test_programs_get_a_problem(handler, status, said, title):
    response = handler(RequestFactory().get("/api/v1/"), PermissionDenied())
    assert response.headers["Content-Type"] == "application/problem+json"
    assert f'"title": "{title}", "status": {status}' in response.content.decode()


def test_a_host_that_is_not_the_portals_gets_a_page_too(client):
    response = client.get("/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert "ne comprend pas cette demande" in response.content.decode()

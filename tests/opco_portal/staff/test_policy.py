"""The content security policy: strict for everybody, relaxed for the administration's own pages alone."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db

PUBLIC = ["/", "/recherche/?q=coiffure", "/convention/1486/", "/donnees/", "/robots.txt", "/nulle-part/"]
STAFF = [
    "/admin/",
    "/admin/password_change/",
    "/admin/branches/agreement/",
    "/admin/sync/source/siro/change/",
]
RELAXED = {"script-src": "'self' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"}


def policy_of(client: Client, address: str) -> dict[str, str]:
    header = client.get(address).headers["Content-Security-Policy"]
    return dict(directive.split(" ", 1) for directive in header.split("; "))


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("superuser"))
    return client


@pytest.mark.parametrize("address", PUBLIC)
def test_public_pages_keep_the_strict_policy_for_staff_too(staff, settings, address):
    strict = {
        name: " ".join(values) for name, values in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
    }
    assert policy_of(Client(), address) == policy_of(staff, address) == strict


@pytest.mark.parametrize("address", STAFF)
def test_pages_of_the_administration_may_do_what_their_theme_needs_and_nothing_more(staff, address):
    strict = policy_of(Client(), "/")
    assert policy_of(staff, address) == strict | RELAXED


def test_the_page_to_log_in_wears_the_theme_too():
    assert policy_of(Client(), "/admin/login/") == policy_of(Client(), "/") | RELAXED


def test_the_documentation_of_the_api_may_have_its_one_style_and_no_code(staff):
    policy = policy_of(staff, "/api/docs/")
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in policy["style-src"]


def test_what_is_not_found_in_the_administration_is_told_by_a_public_page(staff):
    assert policy_of(staff, "/admin/nulle-part/") == policy_of(Client(), "/")

"""The one way out: who asks, what is followed, and when a server is asked again."""

from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from django.utils import timezone
from werkzeug import Response

from opco_portal.http import InsecureAddressError, api_client, client, should_retry


def test_a_request_says_who_asks_and_wants_no_compression(httpserver, settings):
    settings.CONTACT_EMAIL = "equipe@portail.example"
    seen = {}
    httpserver.expect_request("/").respond_with_handler(
        lambda request: seen.update(request.headers) or Response()
    )
    with client(base_url=httpserver.url_for("/")) as http:
        http.get(httpserver.url_for("/"))
    assert "equipe@portail.example" in seen["User-Agent"]
    assert seen["Accept-Encoding"] == "identity"


def test_a_redirect_on_the_servers_own_address_is_followed(httpserver):
    httpserver.expect_request("/old").respond_with_data(status=301, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data("here")
    with client(base_url=httpserver.url_for("/")) as http:
        assert http.get(httpserver.url_for("/old")).text == "here"


@pytest.mark.parametrize("location", ["http://example.test/file", "http://127.0.0.1:1/file"])
def test_a_redirect_to_another_server_without_tls_is_not(httpserver, location):
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": location})
    with client(base_url=httpserver.url_for("/")) as http, pytest.raises(InsecureAddressError):
        http.get(httpserver.url_for("/old"))


def test_an_upstream_named_with_https_is_never_left_for_http(httpserver):
    with client(base_url="https://www.data.gouv.fr/") as http, pytest.raises(InsecureAddressError):
        http.get(httpserver.url_for("/"))


@pytest.mark.parametrize("location", ["/new", "https://example.test/new"])
def test_a_client_for_an_api_follows_no_redirect_and_says_who_asks(httpserver, settings, location):
    settings.CONTACT_EMAIL = "equipe@portail.example"
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": location})
    options = {"headers": {"X-Key": "secret"}, "transport": httpx.HTTPTransport()}
    with api_client(base_url=httpserver.url_for("/"), **options) as http:
        assert http.get("old").status_code == 302
    [(request, _)] = httpserver.log
    assert "equipe@portail.example" in request.headers["User-Agent"]
    assert (request.headers["Accept-Encoding"], request.headers["X-Key"]) == ("identity", "secret")


def answered(status, **headers):
    request = httpx.Request("GET", "https://example.test/")
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    response = httpx.Response(status, headers=raw)
    return httpx.HTTPStatusError("", request=request, response=response)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answered(503), True),
        (answered(429), True),
        (answered(429, Retry_After="7"), 7),
        (answered(503, Retry_After="9999999"), 120),
        (answered(503, Retry_After="soon"), True),
        (answered(503, Retry_After="²"), True),
        (answered(503, Retry_After="Tue, 24 Nov 999999 07:00:00 GMT"), True),
        (answered(404), False),
        (answered(400), False),
        (httpx.ReadTimeout(""), True),
        (httpx.ConnectError(""), True),
        (InsecureAddressError(""), False),
        (ValueError(), False),
    ],
    ids=repr,
)
def test_what_is_tried_again_and_when(error, expected):
    assert should_retry(error) == expected


def test_retry_after_may_be_a_date():
    at = format_datetime(timezone.now() + timedelta(seconds=50), usegmt=False)
    assert 40 < should_retry(answered(429, Retry_After=at)) <= 50

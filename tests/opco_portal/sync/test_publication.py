"""What a publisher's page says of its files, and what it may not say."""

import re
from datetime import date

import pytest
from werkzeug import Response

from opco_portal.http import client
from opco_portal.sync.errors import Refusal
from opco_portal.sync.publication import Publication, linked_files

FILE = re.compile(r"list-(\d+)\.xlsx$")


def found(httpserver, path="/page/"):
    with client(base_url=httpserver.url_for("/")) as http:
        return [match.string for match in linked_files(http, httpserver.url_for(path), FILE, "la liste")]


def test_links_are_read_from_where_the_page_is(httpserver):
    httpserver.expect_request("/old/").respond_with_response(
        Response(status=302, headers={"Location": "/page/"})
    )
    httpserver.expect_request("/page/").respond_with_data(
        '<a href="list-1.xlsx">1</a> <a href="/list-2.xlsx">2</a>'
    )
    assert found(httpserver, "/old/") == [
        httpserver.url_for("/page/list-1.xlsx"),
        httpserver.url_for("/list-2.xlsx"),
    ]


def test_a_link_that_is_no_address_spoils_no_other(httpserver):
    httpserver.expect_request("/page/").respond_with_data(
        '<a href="http://[x">?</a> <a>nowhere</a> <a href="list-1.xlsx">1</a> <a href="list-1.xlsx">again</a>'
    )
    assert found(httpserver) == [httpserver.url_for("/page/list-1.xlsx")]


def test_a_page_without_the_link_says_what_was_looked_for(httpserver):
    httpserver.expect_request("/page/").respond_with_data('<a href="notice.pdf">notice</a>')
    with pytest.raises(Refusal, match="Aucun lien vers la liste"):
        found(httpserver)


@pytest.mark.parametrize(
    "url", ["https://example.test/" + "x" * 600, "https://example.test/\0", "https://a\nb/"]
)
def test_an_address_that_cannot_be_one_is_refused(url):
    with pytest.raises(Refusal, match="n’en est pas une"):
        Publication("juin 2026", date(2026, 6, 1), url)

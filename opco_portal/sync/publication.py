"""What a publisher offers: which vintage, at which address, and how to find it there."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx
import stamina

from opco_portal.french import MONTHS
from opco_portal.http import InsecureAddressError, should_retry
from opco_portal.sync.errors import Failure, Refusal

LONGEST_URL = 500
MAX_ANSWER = 5_000_000  # bytes of a page or of an API's answer
ATTEMPTS = 4
# How a server can fail to give what an address promises.
UNREACHABLE = (httpx.HTTPStatusError, httpx.TransportError, httpx.TooManyRedirects, httpx.InvalidURL)
CHECKSUMS = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}


@dataclass(frozen=True)
class Publication:
    """A file that a publisher offers. `as_of` orders vintages; size (bytes) and checksum when they are told.

    Raises:
        Refusal: the address cannot be one.
    """

    vintage: str
    as_of: date
    url: str = ""
    size: int | None = None
    checksum: tuple[str, str] | None = None  # algorithm as hashlib names it, hexadecimal digest

    def __post_init__(self) -> None:
        if len(self.url) > LONGEST_URL or not self.url.isprintable():
            raise Refusal(
                "L’éditeur donne pour son fichier une adresse qui n’en est pas une. Vérifiez sa page ; le portail "
                "réessaiera à la prochaine vérification."
            )


def month_vintage(year: int, month: int) -> tuple[str, date]:
    """« juin 2026 » and its first day."""
    return f"{MONTHS[month - 1]} {year}", date(year, month, 1)


def read_page(http: httpx.Client, url: str, publisher: str) -> httpx.Response:
    """The answer of a page or API, whole and of bounded size, asked again when that may help.

    Raises:
        Failure: it did not answer, or not with what was asked for.
    """
    try:
        for attempt in stamina.retry_context(on=should_retry, attempts=ATTEMPTS, timeout=300, wait_max=30):
            with attempt, http.stream("GET", url) as response:
                response.raise_for_status()
                body = b""
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER:
                        raise Failure(f"{publisher} a envoyé une réponse trop longue à {url}.")
                return httpx.Response(
                    response.status_code,
                    headers={"Content-Type": response.headers.get("Content-Type", "")},
                    content=body,
                    request=response.request,
                )
    except InsecureAddressError as error:
        raise Failure(f"{publisher} redirige vers une adresse sans https : {error.request.url}.") from error
    except UNREACHABLE as error:
        raise Failure(
            f"{publisher} ne répond pas comme prévu ({words(error)}). Rien n’a changé. Relancez plus tard ; si cela "
            f"dure, ouvrez cette adresse dans un navigateur : {url}"
        ) from error
    raise AssertionError("stamina either returns or raises")


def words(error: Exception) -> str:
    """What went wrong on the network, for staff."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"réponse HTTP {error.response.status_code}"
    if isinstance(error, httpx.TimeoutException):
        return "délai dépassé"
    if isinstance(error, httpx.TooManyRedirects):
        return "trop de redirections"
    if isinstance(error, httpx.ConnectError):
        return "connexion impossible"
    if isinstance(error, httpx.InvalidURL):
        return "adresse illisible"
    return "connexion coupée"


# ------------------------------------------------------------------------------------- datasets of data.gouv.fr
def dataset_resources(http: httpx.Client, url: str) -> list[dict[str, Any]]:
    """The resources that data.gouv.fr's API lists for a dataset.

    Raises:
        Failure: the API is down, or does not answer with a dataset.
    """
    response = read_page(http, url, "data.gouv.fr")
    try:
        resources = response.json()["resources"]
    except (ValueError, KeyError, TypeError, RecursionError):
        resources = None
    if not isinstance(resources, list):
        raise Failure(
            f"data.gouv.fr n’a pas renvoyé la description du jeu de données à {url}. Réessayez plus tard ; si "
            "cela dure, vérifiez l’adresse du jeu dans les réglages."
        )
    return [resource for resource in resources if isinstance(resource, dict)]


def resource_size(resource: dict[str, Any]) -> int | None:
    """Bytes of a resource, when the publisher tells them."""
    size = resource.get("filesize")
    return size if isinstance(size, int) and size > 0 else None


def resource_checksum(resource: dict[str, Any]) -> tuple[str, str] | None:
    """Algorithm and digest of a resource, when the publisher tells them in a form that can be checked."""
    checksum = resource.get("checksum")
    if not isinstance(checksum, dict):
        return None
    kind, value = str(checksum.get("type", "")).lower().replace("-", ""), str(checksum.get("value", ""))
    return (kind, value.lower()) if kind in CHECKSUMS and value else None


# ---------------------------------------------------------------------------------------- files linked from a page
class _Links(HTMLParser):
    """Collects where the links of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href:
            self.found.append(href)


def linked_files(
    http: httpx.Client, page: str, pattern: re.Pattern[str], what: str
) -> Iterator[re.Match[str]]:
    """Matches of a pattern in the absolute addresses that a page links to; `match.string` is the address.

    Raises:
        Refusal: no link of the page matches.
    """
    answer, links = read_page(http, page, "La page"), _Links()
    links.feed(answer.text)
    addresses = dict.fromkeys(_absolute(str(answer.url), links.found))
    matches = [match for match in map(pattern.search, addresses) if match]
    if not matches:
        raise Refusal(
            f"Aucun lien vers {what} sur la page {page}. La page a sans doute changé : prévenez l’équipe technique, "
            "qui peut charger le fichier à la main en attendant."
        )
    yield from matches


def _absolute(page: str, links: Iterable[str]) -> Iterator[str]:
    """The addresses that links lead to; one that is no address leads nowhere."""
    for link in links:
        with suppress(ValueError):
            yield urljoin(page, link)

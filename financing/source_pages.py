"""Whether the pages that figures come from still answer, asked politely: one question at a time to each site."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

import httpx
from django.utils import timezone

from financing.models import Criteria, Envelope, FundsStatus, Rule, SourcePage
from financing.models.conversion import criteria_value
from opco_portal.http import InsecureAddressError, PrivateAddressError, client, origin, refuse_private
from opco_portal.sync.publication import UNREACHABLE, words

Status = SourcePage.Status
SITES = 4  # asked at one time
PAUSE = 1.0  # seconds between two questions to one site
TIMEOUT = 15.0  # seconds without anything from a site
ODD = (httpx.InvalidURL, UnicodeError)  # no address, for httpx or for what resolves names
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
FOR_GOOD = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT)


@dataclass(frozen=True)
class Visit:
    """What became of a page."""

    url: str
    status: Status
    http_status: int | None = None
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.status in (Status.GONE, Status.UNREACHABLE)


def cited(on: date) -> set[str]:
    """The pages of the rules in force, of their budgets, and of what surrounds them: criteria, payments, the law."""
    tables = (Rule.objects.in_force(on), Envelope.objects.all(), FundsStatus.objects.all())
    found = {
        url for rows in tables for url in rows.order_by().values_list("source_url", flat=True).distinct()
    }
    for criteria in map(criteria_value, Criteria.objects.order_by()):
        found |= {criteria.source, *(each.source for each in criteria.payments)}
        found |= {each.source for each in criteria.by_branch}
        found |= {each.source for each in criteria.conditions}
        found |= {each.source for each in criteria.references}
    return found


def check(urls: Iterable[str]) -> list[SourcePage]:
    """Ask each page, keep what became of it, and forget those that are asked no more; the ones that failed."""
    urls, failed = set(urls), []
    with ThreadPoolExecutor(SITES) as pool:
        for visits in pool.map(_visit_site, _by_site(urls)):
            failed += [page for each in visits if (page := _keep(each)).failing_since]
    SourcePage.objects.exclude(url__in=urls).delete()
    return sorted(failed, key=lambda page: page.url)


def _by_site(urls: Iterable[str]) -> list[list[str]]:
    sites = defaultdict(list)
    for url in sorted(urls):
        sites[origin(url)].append(url)
    return list(sites.values())


def _visit_site(urls: list[str]) -> list[Visit]:
    with client(base_url=urls[0], timeout=TIMEOUT) as http:
        http.event_hooks["request"].append(refuse_private)
        return [visit(http, url) for url in _unhurried(urls)]


def _unhurried(urls: Iterable[str]) -> Iterator[str]:
    for place, url in enumerate(urls):
        if place:
            time.sleep(PAUSE)
        yield url


def visit(http: httpx.Client, url: str) -> Visit:
    """Ask for a page without reading it: by HEAD, then by GET where a site does not answer that."""
    with suppress(*UNREACHABLE, *ODD, InsecureAddressError, PrivateAddressError):
        asked = _ask(http, "HEAD", url)
        if not asked.failed:
            return asked
    try:
        return _ask(http, "GET", url)
    except InsecureAddressError as error:
        return Visit(url, Status.UNREACHABLE, detail=f"redirigée sans https vers {error.request.url}"[:500])
    except PrivateAddressError as error:
        return Visit(
            url, Status.UNREACHABLE, detail=f"adresse d’un réseau privé : {error.request.url.host}"[:500]
        )
    except UNREACHABLE as error:
        return Visit(url, Status.UNREACHABLE, detail=words(error))
    except ODD:
        return Visit(url, Status.UNREACHABLE, detail="adresse impossible")


def _ask(http: httpx.Client, method: str, url: str) -> Visit:
    with http.stream(method, url) as response:
        code = response.status_code
        if code in GONE:
            return Visit(url, Status.GONE, code, f"erreur {code}")
        if not response.is_success:
            return Visit(url, Status.UNREACHABLE, code, f"erreur {code}")
        if any(step.status_code in FOR_GOOD for step in response.history):
            return Visit(url, Status.MOVED, code, str(response.url)[:500])
        return Visit(url, Status.OK, code)


def _keep(visit: Visit) -> SourcePage:
    now, before = timezone.now(), SourcePage.objects.filter(url=visit.url).first()
    since = (before and before.failing_since) or now
    page, _ = SourcePage.objects.update_or_create(
        url=visit.url,
        defaults={
            "status": visit.status,
            "http_status": visit.http_status,
            "detail": visit.detail,
            "checked_at": now,
            "failing_since": since if visit.failed else None,
        },
    )
    return page

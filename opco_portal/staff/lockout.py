"""Guessing passwords: after five wrong ones for an account from an address, that pair waits for a quarter of an hour.

Ten times as many for an account from anywhere, or from an address for any account, and it waits too.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address
from math import ceil
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from opco_portal.upstream.visitors import visitor_of

SUBSCRIBER = 64  # bits of an IPv6 address that all of a subscriber share
PATIENCE = (1, 10, 10)  # for each of AXES_LOCKOUT_PARAMETERS, how many times the failures that lock the first


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    """django-axes' own, where an account or an address alone is locked later than the two together."""

    def get_failures(self, request: HttpRequest, credentials: Any = None) -> int:
        return max(failures // times for _, failures, times in self._attempts(request, credentials))

    def locked_until(self, request: HttpRequest, credentials: Any = None) -> datetime:
        """When whoever is locked may try again, at the latest."""
        last = [
            attempts.aggregate(Max("attempt_time"))["attempt_time__max"]
            for attempts, failures, times in self._attempts(request, credentials)
            if failures >= times * settings.AXES_FAILURE_LIMIT
        ]
        latest: datetime = max(last, default=timezone.now())
        return latest + settings.AXES_COOLOFF_TIME

    def reset_user_attempts(self, request: HttpRequest, credentials: Any = None) -> int:
        """The right password clears what was tried from there, not what others try elsewhere."""
        deleted, _ = self.filter_user_attempts(request, credentials)[0].delete()
        return int(deleted)

    def _attempts(self, request: HttpRequest, credentials: Any) -> "Iterator[tuple[QuerySet[Any], int, int]]":
        for attempts, times in zip(self.get_user_attempts(request, credentials), PATIENCE, strict=True):
            total = attempts.aggregate(Sum("failures_since_start"))["failures_since_start__sum"]
            yield attempts, total or 0, times


def address_of(request: HttpRequest) -> str | None:
    """The client's address, as the first one of its network in IPv6; None where there is none, as in a command."""
    try:
        address = ip_address(visitor_of(request))
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # A subscriber has a whole network of them, and could try each password from another.
    return str(IPv6Network((address.packed, SUBSCRIBER), strict=False).network_address)


def locked(request: HttpRequest, response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """The page that takes the place of the login page."""
    until = AxesProxyHandler.get_implementation().locked_until(request, credentials)
    wait = max(until - timezone.now(), timedelta(seconds=1))
    page = render(
        request, "429.html", {"minutes": ceil(wait / timedelta(minutes=1)), "until": until}, status=429
    )
    page.headers["Retry-After"] = str(ceil(wait.total_seconds()))
    add_never_cache_headers(page)
    return page

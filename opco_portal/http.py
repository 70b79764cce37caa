"""The one way out: every request of the portal to another server is made by a client from here.

Timeouts, a User-Agent that says who asks, and redirects that never leave https, for files alone. What answers too
slowly, too much, or somewhere else than expected raises.
"""

import re
import socket
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils import timezone

MAX_REDIRECTS = 5
MAX_WAIT = 120.0  # seconds: the longest Retry-After that is honoured within a run
RETRIED = frozenset({429, 500, 502, 503, 504})


class InsecureAddressError(httpx.RequestError):
    """An address or a redirect that is neither https nor on the server that the settings name."""


class PrivateAddressError(httpx.RequestError):
    """An address, or a redirect, inside a private network: nothing that anybody publishes."""


def refuse_private(request: httpx.Request) -> None:
    """A hook for addresses that people typed: in production none leads to the portal's own network."""
    host = request.url.host
    if not settings.LOCAL and any(not ip_address(each).is_global for each in _resolved(host)):
        raise PrivateAddressError(f"{host} is a private address", request=request)


def _resolved(host: str) -> set[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:  # the connection will tell
        return set()
    return {str(address[0]).partition("%")[0] for *_, address in found}


def client(*, base_url: str, timeout: float = 30.0) -> httpx.Client:
    """A client for a publisher's files. Any https address may be followed to, and `base_url`'s own server in any case.

    Compression is not asked for: sizes, checksums and resumed downloads are those of the published bytes, and
    nothing can grow while it is read.
    """
    home = origin(base_url)

    def check(request: httpx.Request) -> None:
        address = str(request.url)
        if urlsplit(address).scheme != "https" and origin(address) != home:
            raise InsecureAddressError(f"{address} is not https", request=request)

    return _client(
        timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        event_hooks={"request": [check]},
    )


def api_client(*, base_url: str, headers: Mapping[str, str], transport: httpx.BaseTransport) -> httpx.Client:
    """A client for an API: it follows no redirect, so that neither a key nor a question goes anywhere else."""
    return _client(base_url=base_url, headers=headers, transport=transport)


def _client(headers: Mapping[str, str] | None = None, **options: Any) -> httpx.Client:
    ours = {"User-Agent": user_agent(), "Accept-Encoding": "identity"}
    return httpx.Client(headers={**ours, **(headers or {})}, **options)


def origin(url: str) -> tuple[str, str]:
    """Scheme and host of an address, the port included."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def user_agent() -> str:
    """Who asks, with an address to write to when the settings have one."""
    contact = f"; {settings.CONTACT_EMAIL}" if settings.CONTACT_EMAIL else ""
    return f"PortailOPCO/1.0 (+{settings.SOURCE_CODE_URL or 'portail OPCO'}{contact})"


def should_retry(error: Exception) -> bool | float:
    """For stamina: whether to try a read again, or after how many seconds the server asks for it."""
    if isinstance(error, httpx.HTTPStatusError):
        if error.response.status_code not in RETRIED:
            return False
        wait = retry_after(error.response.headers)
        return True if wait is None else min(wait, MAX_WAIT)
    return isinstance(error, httpx.TransportError)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date; None without a readable one."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch("[0-9]{1,9}", value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - timezone.now()).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None

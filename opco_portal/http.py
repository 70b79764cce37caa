"""The one way out: every request of the portal to another server is made by a client from here.

Timeouts, a User-Agent that says who asks, and redirects that never leave https, nor the upstream's own server where
a file is not hosted elsewhere. What answers too slowly, too much, or somewhere else than expected raises.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils import timezone

MAX_REDIRECTS = 5
MAX_WAIT = 120.0  # seconds: the longest Retry-After that is honoured within a run
RETRIED = frozenset({429, 500, 502, 503, 504})


class InsecureAddressError(httpx.RequestError):
    """An address or a redirect that is neither https nor on the server that the settings name."""


class ForeignAddressError(httpx.RequestError):
    """A redirect to another server than the one that was asked."""


def client(
    *, base_url: str, timeout: float = 30.0, stay: bool = False, headers: Mapping[str, str] | None = None
) -> httpx.Client:
    """A client for one upstream; `base_url`'s own server may always be followed to.

    Any https address may be too, as publishers host their files elsewhere; not when the client is to `stay`, as for
    an API, whose key must not travel. Compression is not asked for: sizes, checksums and resumed downloads are those
    of the published bytes, and nothing can grow while it is read.
    """
    home = origin(base_url)

    def check(request: httpx.Request) -> None:
        address = str(request.url)
        if origin(address) == home:
            return
        if stay:
            raise ForeignAddressError(f"redirected to {request.url.host}", request=request)
        if urlsplit(address).scheme != "https":
            raise InsecureAddressError(f"{address} is not https", request=request)

    return httpx.Client(
        base_url=base_url,
        headers={"User-Agent": user_agent(), "Accept-Encoding": "identity", **(headers or {})},
        timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        event_hooks={"request": [check]},
    )


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

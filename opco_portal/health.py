"""Probes: /healthz says that the process answers, /readyz that what it needs is there."""

from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis import RedisError

from opco_portal.sync.models import Source


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, cache and reference data are there, else 503; the age of the SIRO vintage in days."""
    checks: dict[str, Any] = {"database": False, "cache": False, "reference": False}
    try:
        siro = Source.objects.filter(code="siro").first()
        checks["database"] = True
        if siro and siro.as_of:
            age = (timezone.localdate() - siro.as_of).days
            checks["reference"] = True
            checks["siro"] = {"vintage": siro.vintage, "age_days": age, "rows": siro.loaded_rows}
    except DatabaseError:
        pass  # said by the answer itself
    try:
        cache.set("readyz", 1, timeout=5)
        checks["cache"] = cache.get("readyz") == 1
    except RedisError:
        pass  # said by the answer itself
    ready = all(checks[name] for name in ("database", "cache", "reference"))
    return JsonResponse({"ready": ready, **checks}, status=200 if ready else 503)


class ProbesFirst:
    """Answer the probes before anything looks at the host or at TLS: they come from inside the network."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path)
        return probe(request) if probe else self.get_response(request)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}

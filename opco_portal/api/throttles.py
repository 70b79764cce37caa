"""How many requests one client may make: a fixed window counted in Valkey and shared by every process."""

import logging
import threading
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from opco_portal.counters import counters

logger = logging.getLogger(__name__)

MAX_LEASE = 10
MAX_CLIENTS = 10_000
_leases: dict[str, int] = {}
_lock = threading.Lock()


class ClientThrottle(SimpleRateThrottle):
    """Counts per client address and window; DRF's own throttle reads and writes a growing list instead.

    A process leases a few requests at a time (a hundredth of the rate, ten at most), so that most requests cost
    no round trip; what it leases and does not use is lost to the client, never gained. When Valkey does not
    answer the request is let through: a lost counter must not close the service.
    """

    scope = "client"
    rate = settings.API_RATE
    num_requests: int | None
    duration: int | None
    remaining: float = 0

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"portal:throttle:{self.get_ident(request)}"

    def allow_request(self, request: Request, view: Any) -> bool:
        if self.num_requests is None or self.duration is None:
            return True
        window, elapsed = divmod(self.timer(), self.duration)
        self.remaining = self.duration - elapsed
        key = f"{self.get_cache_key(request, view)}:{int(window)}"
        with _lock:
            if _leases.get(key, 0) > 0:
                _leases[key] -= 1
                return True
        return self._lease(key, self.num_requests, self.duration)

    def _lease(self, key: str, limit: int, duration: int) -> bool:
        lease = max(1, min(MAX_LEASE, limit // 100))
        try:
            count = int(counters.incrby(key, lease))
            if count == lease:
                counters.expire(key, duration + 1)
        except redis.RedisError as error:
            logger.warning("throttle counter unavailable: %s", error)
            return True
        granted = min(lease, limit - (count - lease))
        if granted < 1:
            return False
        with _lock:
            if len(_leases) >= MAX_CLIENTS:
                _leases.clear()  # past windows; a lease in use is only taken again
            _leases[key] = granted - 1
        return True

    def wait(self) -> float:
        return self.remaining

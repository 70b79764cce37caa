"""How many requests one client may make: a fixed window counted in Valkey, one round trip a request."""

import logging
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

logger = logging.getLogger(__name__)
counters = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2)


class ClientThrottle(SimpleRateThrottle):
    """Counts per client address and window; DRF's own throttle reads and writes a growing list instead.

    When Valkey does not answer the request is let through: a lost counter must not close the service.
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
        try:
            count = int(counters.incr(key))
            if count == 1:
                counters.expire(key, self.duration + 1)
        except redis.RedisError as error:
            logger.warning("throttle counter unavailable: %s", error)
            return True
        return bool(count <= self.num_requests)

    def wait(self) -> float:
        return self.remaining

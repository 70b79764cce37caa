"""What the processes of the portal count together, in Valkey."""

import redis
from django.conf import settings

# Short timeouts: counting must never be what people wait for.
counters = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2)

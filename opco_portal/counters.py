"""What the processes of the portal count together, in Valkey."""

import redis
from django.conf import settings

counters = redis.Redis.from_url(settings.REDIS_URL, **settings.VALKEY_OPTIONS)

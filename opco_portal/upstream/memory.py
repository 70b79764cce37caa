"""Answers of upstreams, kept a day and served for a week, with their date, while there is no newer one."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec
import redis
from django.core.cache import cache
from django.utils import timezone

logger = logging.getLogger(__name__)

FRESH = timedelta(days=1)
KEPT = timedelta(days=7)

T = TypeVar("T")


@dataclass(frozen=True)
class Dated(Generic[T]):
    """An answer and when it was given; `stale`: it is older than a day, and the upstream gave no newer one."""

    value: T
    at: datetime
    stale: bool = False


def recall(key: str, kind: type[T]) -> Dated[T] | None:
    """What is known under a key, decoded by msgspec as `kind`; None when nothing is."""
    packed = cache.get(key)
    if packed is None:
        return None
    try:
        at, value = msgspec.msgpack.decode(packed, type=tuple[datetime, kind])  # type: ignore[valid-type]
    except msgspec.DecodeError:
        return None  # kept by another version of the portal
    return Dated(value, at, stale=is_stale(at))


def is_stale(at: datetime) -> bool:
    return timezone.now() - at > FRESH


def keep(key: str, value: T) -> Dated[T]:
    """Remember an answer, given now."""
    answer = Dated(value, timezone.now())
    try:
        cache.set(key, msgspec.msgpack.encode((answer.at, value)), timeout=KEPT.total_seconds())
    except redis.RedisError as error:
        logger.warning("answers of upstreams cannot be kept: %s", error)
    return answer


def key_of(name: str) -> str:
    """The key of a question: a hash, because names hold what people typed."""
    return f"upstream:{hashlib.sha256(name.encode()).hexdigest()}"

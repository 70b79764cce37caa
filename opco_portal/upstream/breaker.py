"""Whether an upstream is worth asking: it is left alone after repeated failures, or for as long as it says.

Known libraries hold a lock for the time of the question (pybreaker), which makes people wait in line, or keep
what they know to one process.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from opco_portal.counters import counters
from opco_portal.upstream.errors import Busy, Unavailable

logger = logging.getLogger(__name__)

MEMORY = 600  # seconds after which failures are forgotten when nothing else happens
LONGEST = 600  # seconds: the longest pause that an upstream may ask for


@dataclass(frozen=True)
class Breaker:
    """Opens after `failures` in a row and closes by itself: after `rest` seconds one question tries the way.

    If that one fails too, the upstream is left alone for another `rest`; if it succeeds, all is forgotten.
    """

    name: str
    failures: int = 5
    rest: int = 20
    trial: int = 5  # seconds after which the one that tries is given up for lost

    @property
    def calm(self) -> bool:
        """Nothing failed since the last success."""
        return not counters.exists(self._key("failures"))

    def check(self) -> None:
        """Let a question through; after a rest, only the one that tries the way.

        Raises:
            Unavailable: it failed too often, and is being left alone.
            Busy: it asked for a pause.
        """
        pause, rest, failed = counters.mget(map(self._key, ("pause", "rest", "failures")))
        if pause:
            raise Busy("the upstream asked for a pause")
        rested = not rest and int(failed or 0) >= self.failures
        if rest or (rested and not counters.set(self._key("trial"), 1, nx=True, ex=self.trial)):
            raise Unavailable("left alone after repeated failures")

    def succeeded(self) -> None:
        """Forget what failed before."""
        with _as_well_as_possible():
            counters.delete(self._key("failures"), self._key("trial"))

    def failed(self) -> None:
        """Count a failure, and rest when there were enough of them."""
        with _as_well_as_possible():
            count = int(counters.incr(self._key("failures")))
            counters.expire(self._key("failures"), MEMORY)
            if count >= self.failures:
                counters.set(self._key("rest"), 1, ex=self.rest)
                counters.delete(self._key("trial"))

    def pause(self, seconds: float | None) -> None:
        """Leave the upstream alone for as long as it asks, or `rest` when it does not say; never less than before."""
        asked = self.rest if seconds is None else max(1, min(round(seconds), LONGEST))
        with _as_well_as_possible():
            if not counters.set(self._key("pause"), 1, nx=True, ex=asked):
                counters.expire(self._key("pause"), asked, gt=True)

    def _key(self, what: str) -> str:
        return f"upstream:{self.name}:{what}"


@contextmanager
def _as_well_as_possible() -> Iterator[None]:
    """An answer that is there is not lost because nothing can be counted."""
    try:
        yield
    except redis.RedisError as error:
        logger.warning("what an upstream did was not counted: %s", error)

"""Whether an upstream is worth asking: it is left alone after repeated failures, or for as long as it says.

Known libraries hold a lock for the time of the question (pybreaker), which makes people wait in line, or keep
what they know to one process.
"""

from dataclasses import dataclass

from opco_portal.counters import counters
from opco_portal.upstream.errors import Busy, Unavailable

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
        why, failed = counters.mget(self._key("open"), self._key("failures"))
        if why == b"busy":
            left = max(0, int(counters.pttl(self._key("open")))) / 1000
            raise Busy("the upstream asked for a pause", retry_after=left)
        rested = not why and int(failed or 0) >= self.failures
        if why or (rested and not counters.set(self._key("trial"), 1, nx=True, ex=self.trial)):
            raise Unavailable("left alone after repeated failures")

    def succeeded(self) -> None:
        """Forget what failed before."""
        counters.delete(self._key("failures"), self._key("trial"))

    def failed(self) -> None:
        """Count a failure, and open when there were enough of them."""
        count = int(counters.incr(self._key("failures")))
        counters.expire(self._key("failures"), MEMORY)
        if count >= self.failures:
            counters.set(self._key("open"), "failing", ex=self.rest)
            counters.delete(self._key("trial"))

    def pause(self, seconds: float | None) -> None:
        """Leave the upstream alone for as long as it asks, or `rest` when it does not say how long."""
        asked = self.rest if seconds is None else max(1, min(round(seconds), LONGEST))
        counters.set(self._key("open"), "busy", ex=asked)

    def _key(self, what: str) -> str:
        return f"upstream:{self.name}:{what}"

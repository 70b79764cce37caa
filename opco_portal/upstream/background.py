"""Questions are asked in the background, so that no request of a visitor ever waits for another server.

A page looks whether the answer is there. If it is not, the question is asked by a thread, the page goes out without
the answer after a glance, and fetches it when it has arrived. Measured instead: with enough threads in the web server
for people to wait in, each look-up of a SIRET is 10 to 27% slower; as an asynchronous server, four times.

What is under way or has failed is noted in Valkey, so that two processes never ask the same question.
"""

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import redis
from django.conf import settings
from django.db import connection

from opco_portal.counters import counters
from opco_portal.upstream.asking import Upstream
from opco_portal.upstream.deadline import Deadline
from opco_portal.upstream.errors import Busy, Refused, Unavailable, UpstreamError
from opco_portal.upstream.memory import Dated, keep, key_of, recall

logger = logging.getLogger(__name__)

FAILED_FOR = 5  # seconds during which a failure is told again without asking again
ENDINGS: dict[str, type[UpstreamError]] = {"busy": Busy, "refused": Refused, "failed": Unavailable}
_under_way: dict[str, Future[Any]] = {}  # the questions that this process is asking, by key
# Of the four threads of a web server, two may be glancing.
_glances = threading.BoundedSemaphore(2)

T = TypeVar("T")


@dataclass(frozen=True)
class Look(Generic[T]):
    """What a look at a question saw: its answer, or why there is none, or neither while it is on its way."""

    answer: Dated[T] | None = None
    error: UpstreamError | None = None

    @property
    def pending(self) -> bool:
        return self.answer is None and self.error is None

    @property
    def refused(self) -> bool:
        """The upstream works, and does not take this question."""
        return isinstance(self.error, Refused)

    @property
    def busy(self) -> bool:
        """There is no answer because too many questions are asked: another try soon may succeed."""
        return isinstance(self.error, Busy)


@dataclass(frozen=True)
class Question(Generic[T]):
    """A question to an upstream; `name` tells it from all others, `kind` is what msgspec keeps its answer as."""

    upstream: Upstream
    name: str
    kind: type[T]
    ask: Callable[[Deadline], T]

    def recall(self) -> Dated[T] | None:
        """The answer if it is known, however old; nobody is asked."""
        try:
            return recall(self._key, self.kind)
        except redis.RedisError as error:
            logger.warning("%s: what was answered cannot be read: %s", self.upstream.name, error)
            return None

    def start(self, visitor: str = "") -> None:
        """See that it is being asked, unless the answer is known: a later look tells how that went."""
        with contextlib.suppress(UpstreamError, redis.RedisError):
            if self._fresh() is None:
                self._asked(visitor)

    def look(self, visitor: str = "", *, glance: Deadline | None = None) -> Look[T]:
        """The answer if it is fresh or arrives at a glance; else it is on its way, or there is none and why.

        `visitor`: who makes the portal ask, and may not do so without end. An old answer, up to a week, stands in
        (`stale`) when the upstream gives none. Valkey is needed to ask.
        """
        known = None
        try:
            known = recall(self._key, self.kind)
            if known and not known.stale:
                return Look(known)
            future = self._asked(visitor)
            if future is None:
                return Look(self._fresh())
            return Look(_glance(future, glance or Deadline(settings.UPSTREAM_GLANCE)))
        except UpstreamError as error:
            return Look(known, None if known else error)
        except redis.RedisError as error:
            logger.warning("%s: not asked, as nothing can be counted: %s", self.upstream.name, error)
            return Look(known, None if known else Unavailable("nothing can be counted"))

    def _fresh(self) -> Dated[T] | None:
        """What is known and not stale."""
        known = recall(self._key, self.kind)
        return known if known and not known.stale else None

    def _asked(self, visitor: str) -> Future[Dated[T]] | None:
        """See that the question is asked; None when another process asks it, or the answer has just arrived.

        Raises:
            UpstreamError: it failed a moment ago, or cannot be asked now.
        """
        now = time.time()
        under_way = f"asked {now + self.upstream.budget}"
        if not counters.set(self._note, under_way, nx=True, ex=self._noted_for):
            future = _under_way.get(self._key)  # before the note: one that ends in between tells how it did
            self._heed(counters.get(self._note), now)  # in this process too: it may be beyond its time
            return future
        if self._fresh():  # it arrived between the look and the note
            counters.delete(self._note)
            return None
        if visitor:
            self._let_in(visitor)
        try:
            turn = self.upstream.admit()
        except UpstreamError as error:
            self._note_failure(error)
            raise
        future = self.upstream.threads.submit(self._run, turn, Deadline(self.upstream.budget))
        _under_way[self._key] = future
        future.add_done_callback(lambda _: _under_way.pop(self._key, None))
        return future

    def _let_in(self, visitor: str) -> None:
        """Raise Busy when this visitor asks too much, which is no word on the question itself."""
        try:
            self.upstream.pace_of(visitor).take_place(longest=0)
        except Busy:
            counters.delete(self._note)
            raise

    def _heed(self, note: Any, now: float) -> None:
        """Raise what is noted of a failure; nothing while the question is under way and has time left."""
        what, _, rest = (note or b"").decode().partition(" ")
        if what in ENDINGS:
            raise ENDINGS[what](rest)
        if what == "asked" and now > float(rest):
            raise Unavailable("no answer in time")

    def _run(self, turn: float, deadline: Deadline) -> Dated[T]:
        """In a thread of its own: wait for the turn, ask, keep what comes of it."""
        time.sleep(turn)
        try:
            answer = keep(self._key, self.ask(deadline))
        except UpstreamError as error:
            self._note_failure(error)
            raise
        except Exception as error:
            logger.exception("%s: a question failed", self.upstream.name)
            unexpected = Unavailable("unexpected")
            self._note_failure(unexpected)
            raise unexpected from error
        with contextlib.suppress(redis.RedisError):  # the note ends by itself
            counters.delete(self._note)
        return answer

    def _note_failure(self, error: UpstreamError) -> None:
        what = next((name for name, kind in ENDINGS.items() if isinstance(error, kind)), "failed")
        with contextlib.suppress(redis.RedisError):
            counters.set(self._note, f"{what} {error}", ex=FAILED_FOR)

    @property
    def _noted_for(self) -> int:
        """Seconds: a process that dies in between does not keep others from asking much longer than a failure."""
        return math.ceil(self.upstream.budget) + FAILED_FOR

    @property
    def _key(self) -> str:
        return key_of(f"{self.upstream.name} {self.name}")

    @property
    def _note(self) -> str:
        return f"portal:{self._key}:note"


def _glance(future: Future[T], glance: Deadline) -> T | None:
    """What arrives within a moment; None when it does not. No database connection is held meanwhile."""
    if not _glances.acquire(blocking=False):
        return None
    try:
        release_connection()
        done, _ = wait([future], timeout=glance.left)
    finally:
        _glances.release()
    return future.result() if done else None


def release_connection() -> None:
    """Give the database connection back to the pool; the next query takes one again."""
    if not connection.in_atomic_block:
        connection.close()

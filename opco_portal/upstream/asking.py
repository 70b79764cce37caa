"""Ask an upstream one question, in a thread that has the time: at its pace, within a budget, once or twice."""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import httpx
import msgspec
import redis
import stamina

from opco_portal.http import api_client, retry_after
from opco_portal.upstream.breaker import Breaker
from opco_portal.upstream.deadline import Deadline, DeadlineTransport, kept
from opco_portal.upstream.errors import BadAnswer, Busy, Refused, Unavailable
from opco_portal.upstream.pace import Pace

logger = logging.getLogger(__name__)

MAX_BYTES = 4_000_000
LONGEST_LINE = 1.0  # seconds that a question may wait for its turn
LONGEST_REASON = 200  # characters of what an upstream says that are kept
VISITORS = 5  # who may use the pace of an upstream up together
ENOUGH = 0.3  # seconds without which another try is not worth the while

T = TypeVar("T")


@dataclass(frozen=True)
class Upstream:
    """A server that answers questions, and how it is to be treated; one object for each in a process."""

    name: str
    base_url: str
    pace: Pace
    breaker: Breaker
    budget: float = 3.0  # seconds for everything: the place in line, the answer, another try
    headers: Mapping[str, str] = field(default_factory=dict)
    visitor_burst: int = 30  # questions that one visitor may cause at once

    @cached_property
    def _client(self) -> httpx.Client:
        return api_client(base_url=self.base_url, headers=self.headers, transport=DeadlineTransport())

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Its own, so that an upstream that holds them up, as by a name that does not resolve, starves no other."""
        return ThreadPoolExecutor(max_workers=16, thread_name_prefix=self.name)

    def admit(self) -> float:
        """Let a question in, and return the seconds that it has to wait for its turn.

        Raises:
            Unavailable: the upstream failed too often, and is left alone for a while.
            Busy: it asked for a pause, or too many questions are waiting already.
        """
        self.breaker.check()
        return self.pace.take_place(longest=LONGEST_LINE)

    def pace_of(self, visitor: str) -> Pace:
        """What one visitor may take of the pace: a fifth, after a first burst."""
        return replace(
            self.pace,
            name=f"{self.name}:{visitor}",
            seconds=self.pace.seconds * VISITORS,
            burst=self.visitor_burst,
        )

    def get(self, path: str, answer: type[T], deadline: Deadline, **params: str | int) -> T:
        """The answer to a GET that was admitted, decoded as the type that is expected.

        A server that did not fail lately is asked once more when its connection broke or it said 502, 503 or 504.

        Raises:
            Unavailable: it was not reached, was too slow, or failed (5xx).
            Busy: it answered 429, or 503 with the time to wait.
            BadAnswer: the answer is not what the contract says.
            Refused: 4xx; the message is the upstream's own, when it gave one.
        """
        attempts = 2 if self._is_calm() else 1
        for attempt in stamina.retry_context(
            on=lambda error: isinstance(error, Unavailable) and error.passing and deadline.left > ENOUGH,
            attempts=attempts,
            timeout=deadline.left,
            wait_initial=0.1,
            wait_max=0.3,
        ):
            with attempt:
                if attempt.num > 1:
                    self._wait_again(deadline)
                return self._ask(path, params, answer, deadline)
        raise AssertionError("the last attempt returns or raises")

    def _is_calm(self) -> bool:
        try:
            return self.breaker.calm
        except redis.RedisError:
            return False

    def _wait_again(self, deadline: Deadline) -> None:
        """Another try is another question: it waits for its turn, or is not made."""
        try:
            time.sleep(self.pace.take_place(longest=deadline.left - ENOUGH))
        except (Busy, redis.RedisError) as error:
            raise Unavailable("it failed, and there is no time for another try") from error

    def _ask(self, path: str, params: Mapping[str, str | int], answer: type[T], deadline: Deadline) -> T:
        """One request, whose outcome the breaker learns."""
        try:
            with kept(deadline):
                found = decoded(self._fetch(path, params), answer)
        except Busy as error:
            self.breaker.pause(error.retry_after)
            raise
        except (Unavailable, BadAnswer) as error:
            logger.warning("%s: %r", self.name, str(error)[:LONGEST_REASON])
            self.breaker.failed()
            raise
        except Refused as error:
            logger.warning("%s refused: %r", self.name, str(error))
            self.breaker.succeeded()
            raise
        self.breaker.succeeded()
        return found

    def _fetch(self, path: str, params: Mapping[str, str | int]) -> bytes:
        try:
            with self._client.stream("GET", path, params=params) as response:
                body = _read(response)
        except httpx.TimeoutException as error:
            raise Unavailable(f"no answer in time ({type(error).__name__})") from error
        except httpx.UnsupportedProtocol as error:
            raise BadAnswer(str(error)) from error
        except httpx.TransportError as error:
            raise Unavailable(f"{type(error).__name__}: {error}", passing=True) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BadAnswer(f"{type(error).__name__}: {error}") from error
        _judge(response, body)
        return body


def _read(response: httpx.Response) -> bytes:
    """The body, as long as it is not too large."""
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise BadAnswer(f"more than {MAX_BYTES:,} bytes")
    return bytes(body)


def _judge(response: httpx.Response, body: bytes) -> None:
    """Raise for every answer that is not a success."""
    status = response.status_code
    if status == httpx.codes.OK:
        return
    wait = retry_after(response.headers)
    if status == httpx.codes.TOO_MANY_REQUESTS or (status == httpx.codes.SERVICE_UNAVAILABLE and wait):
        raise Busy(f"HTTP {status}", retry_after=wait)
    if status >= 500:
        raise Unavailable(f"HTTP {status}", passing=status in (502, 503, 504))
    if status >= 400:
        raise Refused(_reason(body) or f"HTTP {status}")
    raise BadAnswer(f"HTTP {status}")


class _Complaint(msgspec.Struct):
    erreur: str = ""
    message: str = ""


def _reason(body: bytes) -> str:
    """What an error answer says of itself."""
    try:
        complaint = msgspec.json.decode(body, type=_Complaint)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return (complaint.erreur or complaint.message)[:LONGEST_REASON]


def decoded(body: bytes, answer: type[T]) -> T:
    """JSON as the type that is expected; BadAnswer for anything else."""
    try:
        return msgspec.json.decode(body, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(f"not the expected JSON: {error}") from error

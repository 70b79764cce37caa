"""Ask an upstream one question, in a thread that has the time: at its pace, within a budget, once or twice."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import httpx
import msgspec
import stamina

from opco_portal.http import ForeignAddressError, client, retry_after
from opco_portal.upstream.breaker import Breaker
from opco_portal.upstream.errors import BadAnswer, Busy, Refused, Unavailable
from opco_portal.upstream.pace import Pace

logger = logging.getLogger(__name__)

MAX_BYTES = 4_000_000
LONGEST_LINE = 1.0  # seconds that a question may wait for its turn
ENOUGH = 0.3  # seconds without which another try is not worth the while

T = TypeVar("T")


class Deadline:
    """The moment by which an answer must be there."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, at least one millisecond: a timeout of zero would mean another thing."""
        return max(0.001, self._at - time.monotonic())


@dataclass(frozen=True)
class Upstream:
    """A server that answers questions, and how it is to be treated; one object for each in a process."""

    name: str
    base_url: str
    pace: Pace
    breaker: Breaker
    budget: float = 3.0  # seconds for everything: the place in line, the answer, another try
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _client(self) -> httpx.Client:
        return client(base_url=self.base_url, timeout=self.budget, stay=True, headers=self.headers)

    def admit(self) -> float:
        """Let a question in, and return the seconds that it has to wait for its turn.

        Raises:
            Unavailable: the upstream failed too often, and is left alone for a while.
            Busy: it asked for a pause, or too many questions are waiting already.
        """
        self.breaker.check()
        return self.pace.take_place(longest=LONGEST_LINE)

    def get(self, path: str, answer: type[T], deadline: Deadline, **params: str | int) -> T:
        """The answer to a GET that was admitted, decoded as the type that is expected.

        A server that did not fail lately is asked once more when its connection broke or it said 502, 503 or 504.

        Raises:
            Unavailable: it was not reached, was too slow, or failed (5xx).
            Busy: it answered 429, or another try would have to wait too long.
            BadAnswer: the answer is not what the contract says.
            Refused: 4xx; the message is the upstream's own, when it gave one.
        """
        attempts = 2 if self.breaker.calm else 1
        for attempt in stamina.retry_context(
            on=lambda error: isinstance(error, Unavailable) and error.passing and deadline.left > ENOUGH,
            attempts=attempts,
            timeout=deadline.left,
            wait_initial=0.1,
            wait_max=0.3,
        ):
            with attempt:
                if attempt.num > 1:
                    time.sleep(self.pace.take_place(longest=deadline.left - ENOUGH))
                return self._ask(path, params, answer, deadline)
        raise AssertionError("the last attempt returns or raises")

    def _ask(self, path: str, params: Mapping[str, str | int], answer: type[T], deadline: Deadline) -> T:
        """One request, whose outcome the breaker learns."""
        try:
            found = decoded(self._fetch(path, params, deadline), answer)
        except Busy as error:
            self.breaker.pause(error.retry_after)
            raise
        except (Unavailable, BadAnswer) as error:
            logger.warning("%s: %s", self.name, error)
            self.breaker.failed()
            raise
        except Refused as error:
            logger.warning("%s refused: %s", self.name, error)
            self.breaker.succeeded()
            raise
        self.breaker.succeeded()
        return found

    def _fetch(self, path: str, params: Mapping[str, str | int], deadline: Deadline) -> bytes:
        try:
            with self._client.stream("GET", path, params=params, timeout=deadline.left) as response:
                body = _read(response, deadline)
        except httpx.TimeoutException as error:
            raise Unavailable(f"no answer in time ({type(error).__name__})") from error
        except (ForeignAddressError, httpx.TooManyRedirects, httpx.UnsupportedProtocol) as error:
            raise BadAnswer(str(error)) from error
        except httpx.TransportError as error:
            raise Unavailable(f"{type(error).__name__}: {error}", passing=True) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BadAnswer(f"{type(error).__name__}: {error}") from error
        _judge(response, body)
        return body


def _read(response: httpx.Response, deadline: Deadline) -> bytes:
    """The body, as long as it is neither too large nor too slow; a body that drips keeps within the deadline."""
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise BadAnswer(f"more than {MAX_BYTES:,} bytes")
        if deadline.left <= 0.001:
            raise Unavailable("no whole answer in time")
    return bytes(body)


def _judge(response: httpx.Response, body: bytes) -> None:
    """Raise for every answer that is not a success."""
    status = response.status_code
    if status == httpx.codes.OK:
        return
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise Busy("HTTP 429", retry_after=retry_after(response.headers))
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
    return (complaint.erreur or complaint.message)[:300]


def decoded(body: bytes, answer: type[T]) -> T:
    """JSON as the type that is expected; BadAnswer for anything else."""
    try:
        return msgspec.json.decode(body, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(f"not the expected JSON: {error}") from error

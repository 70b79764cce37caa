"""A moment by which everything must be done, kept by the sockets themselves.

httpx bounds each connection, read and write, so headers or a body that drip could last for ever. Here each of them
gets what is left of the whole.
"""

import contextvars
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx


class Deadline:
    """So many seconds from now on."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, at least one millisecond: a timeout of zero would mean another thing."""
        return max(0.001, self._at - time.monotonic())

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._at


_current: contextvars.ContextVar[Deadline | None] = contextvars.ContextVar("deadline", default=None)


@contextmanager
def kept(deadline: Deadline) -> Iterator[None]:
    """Whatever this thread sends or reads in between ends by then, or raises a timeout."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's own transport over sockets that know the deadline."""

    def __init__(self) -> None:
        super().__init__()
        # httpx has no argument for it; httpcore, which opens its sockets, does.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5,
            network_backend=_Backend(),
        )


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    """The shorter of a timeout and what is left; raises the timeout that it would have become."""
    deadline = _current.get()
    if deadline is None:
        return timeout
    if deadline.passed:
        raise error("the deadline has passed")
    return deadline.left if timeout is None else min(timeout, deadline.left)

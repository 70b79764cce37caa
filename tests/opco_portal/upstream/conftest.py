"""An upstream with one answer, which tests make slow, wrong or absent."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from opco_portal.upstream import Breaker, Pace, Upstream
from tests import upstreams


@pytest.fixture
def server(httpserver: HTTPServer) -> Iterator[upstreams.Upstream]:
    """The server, which says yes."""
    server = upstreams.Upstream(httpserver, "/said$")
    server.answers({"said": "yes"})
    yield server
    upstreams.wait_for_answers()


@pytest.fixture
def upstream(server: upstreams.Upstream, settings: Any) -> Upstream:
    """The server as the portal asks it, hardly paced; looks wait for what it says."""
    settings.UPSTREAM_GLANCE = 5
    return Upstream("test", server.url, Pace("test", questions=1000, burst=100), Breaker("test"))


@pytest.fixture
def gate(server: upstreams.Upstream) -> Iterator[upstreams.Gate]:
    """What holds answers back, open at the end of the test at the latest."""
    gate = upstreams.Gate()
    yield gate
    gate.open()


class Dawdler:
    """A server that begins an answer as told, goes on piece by piece or not at all, and sees when it is left."""

    def __init__(self, start: bytes, piece: bytes = b"") -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.left = threading.Event()
        self._start, self._piece = start, piece
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return  # nobody asked
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(self._start)
                connection.settimeout(0.02)
                for _ in range(250):  # five seconds, for whoever would wait
                    with contextlib.suppress(TimeoutError):
                        if not connection.recv(1):
                            break
                    connection.sendall(self._piece)
                else:
                    return
            except ConnectionError:
                pass
            self.left.set()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(
    params=[
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{", b" "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{", b""),
    ],
    ids=["says nothing", "drips headers", "drips a body", "stalls in the body"],
)
def dawdler(request: pytest.FixtureRequest) -> Iterator[Dawdler]:
    """A server that would take for ever, in each of the ways there are."""
    server = Dawdler(*request.param)
    yield server
    server.close()

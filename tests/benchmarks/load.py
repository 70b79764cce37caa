"""A load generator: N keep-alive connections, each of which sends its next request when it has its answer.

    python -m tests.benchmarks.load http://127.0.0.1:8000/entreprise/{}/ --keys FILE [--seconds 5]

`{}` stands for random lines of FILE. It prints one JSON object (see `Result`). Raw sockets, because an HTTP client
library would need more of the processor than the servers that it measures.
"""

import argparse
import json
import random
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

BUFFER = 1 << 18
SILENCE = 10.0  # seconds without any answer after which the server is taken for dead


@dataclass(frozen=True, slots=True)
class Result:
    """What a run measured: latencies in milliseconds, and the share of a core that the generator itself used."""

    requests: int
    errors: int
    per_second: float
    p50: float
    p95: float
    p99: float
    generator: float
    first_error: str = ""


class Connection:
    """A socket and the answer being read from it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=SILENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def send(self, request: bytes) -> None:
        self.received, self.length, self.missing = b"", 0, -1  # how much is missing, the headers will say
        self.closes = False
        self.sent_at = time.perf_counter()
        self.socket.send(request)

    def receive(self) -> bool:
        """Read what has arrived; True when the answer is complete, ConnectionError when it never will be."""
        data = self.socket.recv(BUFFER)
        if not data:
            raise ConnectionResetError("closed before the end of an answer")
        if self.missing >= 0:
            self.missing -= len(data)
        else:
            self.received += data
            self._read_headers()
        return self.missing == 0

    def _read_headers(self) -> None:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        headers = self.received[:end].lower()
        _, found, after = headers.partition(b"\r\ncontent-length:")
        if not found:
            raise ConnectionError("an answer without Content-Length")
        self.length = int(after.partition(b"\r")[0])
        self.missing = self.length - (len(self.received) - end - 4)
        self.closes = b"\r\nconnection: close" in headers

    def problem(self, may_be_empty: bool) -> str:
        """What is wrong with a complete answer, "" when all is well."""
        if not self.received.startswith(b"HTTP/1.1 200 "):
            return self.received[:200].decode(errors="replace")
        return "" if self.length or may_be_empty else "an empty body"


class Load:
    """A closed loop over a number of connections, until the time or the number of requests is up."""

    def __init__(self, url: str, keys: list[str], *, seconds: float, limit: int, may_be_empty: bool) -> None:
        parts = urlsplit(url)
        self.address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.requests = requests_for(url, keys)
        self.seconds, self.left, self.may_be_empty = seconds, limit, may_be_empty
        self.selector = selectors.DefaultSelector()
        self.latencies: list[float] = []
        self.problems: list[str] = []

    def run(self, connections: int) -> Result:
        started, processor = time.perf_counter(), time.process_time()
        self.deadline = started + self.seconds
        for _ in range(connections):
            self._connect()
        while self.selector.get_map():
            ready = self.selector.select(SILENCE)
            if not ready:
                raise TimeoutError(f"No answer for {SILENCE:.0f} s.")
            for key, _ in ready:
                self._take(key.data)
        elapsed = time.perf_counter() - started
        return self._result(elapsed, (time.process_time() - processor) / elapsed)

    def _connect(self) -> None:
        connection = Connection(self.address)
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._send(connection)

    def _send(self, connection: Connection) -> None:
        self.left -= 1
        connection.send(next(self.requests))

    def _take(self, connection: Connection) -> None:
        """Read from a connection; when the answer is complete, judge it and send the next request."""
        try:
            if not connection.receive():
                return
            problem = connection.problem(self.may_be_empty)
        except ConnectionError as error:
            problem, connection.closes = repr(error), True
        now = time.perf_counter()
        self.latencies.append(now - connection.sent_at)
        if problem:
            self.problems.append(problem)
        more = self.left > 0 and now < self.deadline
        if more and not connection.closes:
            self._send(connection)
            return
        self.selector.unregister(connection.socket)
        connection.socket.close()
        if more:
            self._connect()

    def _result(self, elapsed: float, generator: float) -> Result:
        ranked = sorted(self.latencies)
        p50, p95, p99 = (1000 * ranked[int(len(ranked) * share)] for share in (0.5, 0.95, 0.99))
        return Result(
            requests=len(ranked),
            errors=len(self.problems),
            per_second=(len(ranked) - len(self.problems)) / elapsed,
            p50=p50,
            p95=p95,
            p99=p99,
            generator=generator,
            first_error=self.problems[0] if self.problems else "",
        )


def requests_for(url: str, keys: list[str]) -> Iterator[bytes]:
    """An endless series of requests, made beforehand so that none is made during the measure."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: */*\r\n\r\n"
    made = [lines.replace("{}", key).encode() for key in keys]
    random.shuffle(made)
    while True:
        yield from made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--may-be-empty", action="store_true")
    options = parser.parse_args()
    load = Load(
        options.url,
        options.keys.read_text().split(),
        seconds=options.seconds,
        limit=options.requests,
        may_be_empty=options.may_be_empty,
    )
    print(json.dumps(asdict(load.run(options.connections))))


if __name__ == "__main__":
    main()

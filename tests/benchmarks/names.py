"""Whether people who search by name slow down those who search by SIRET, when the directory of companies hangs.

    python -m tests.benchmarks.names [--rounds 3] [--seconds 10] [--clients 50] [--pause 5] [--rows N]

Each client searches a name of its own, follows its page until the companies have joined or their absence is told, as
a browser does, reads for a while, and searches again. The figures are a report, not a test.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import string
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from urllib.parse import quote, urlsplit

from tests.benchmarks import siro
from tests.benchmarks.lookup import PORTAL, show, verdict
from tests.benchmarks.stand import Stand, stand

LOOKUP = "/api/v1/lookup/?q={}"
KEPT, PATIENCE = (
    0.9,
    3.5,
)  # the targets: share of the throughput kept, seconds until a page by name is complete
HANGING = 30.0  # seconds
TRADES = (
    "boulangerie",
    "garage",
    "menuiserie",
    "pharmacie",
    "coiffure",
    "transport",
    "restaurant",
    "conseil",
)
NEXT = re.compile(
    rb'id="companies".*?aria-busy="true"\s+hx-get="([^"]+)" hx-trigger="load delay:(\d+)ms"', re.S
)

ALONE, HEALTHY, HUNG = "SIRETs alone", "with names, directory answering", "with names, directory hanging"


def main() -> None:
    options = arguments()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f} before the start", flush=True)
    with stand(options.rows) as bench, directory(0.15) as answering, directory(HANGING) as hanging:
        addresses = {ALONE: answering, HEALTHY: answering, HUNG: hanging}
        measures = {
            name: Measure(serve(bench, number, address))
            for number, (name, address) in enumerate(addresses.items())
        }
        for number in range(options.rounds):
            for name, measure in measures.items():
                measure.run(bench, options, clients=0 if name == ALONE else options.clients)
            print(
                f"round {number + 1} of {options.rounds}, load average {os.getloadavg()[0]:.2f}", flush=True
            )
        report(measures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.names", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of load for each line in each round")
    parser.add_argument("--clients", type=int, default=50, help="who search by name")
    parser.add_argument("--pause", type=float, default=5, help="seconds that each of them reads a page")
    parser.add_argument("--connections", type=int, default=16, help="that look SIRETs up")
    parser.add_argument("--rows", type=int, default=siro.ROWS, help="establishments in the table")
    return parser.parse_args()


def serve(bench: Stand, number: int, address: str) -> str:
    """A portal of its own for each line, in Valkey too: what one learns of its directory is not told to the others."""
    valkey = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number + 1}").geturl()
    return bench.serve(
        f"portal{number}", PORTAL, REDIS_URL=valkey, COMPANIES_API=address, CFA_DOCK_API="", NUM_PROXIES="1"
    )


# ------------------------------------------------------------------------------------------------- the directory
@contextlib.contextmanager
def directory(delay: float) -> Iterator[str]:
    """A server that keeps the directory's contract and takes its time."""
    told = {"results": [], "total_results": 0, "page": 1, "per_page": 25, "total_pages": 1}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(delay)
            body = json.dumps(told).encode()
            with contextlib.suppress(ConnectionError):
                self.send_response(http.HTTPStatus.OK)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing: the report is what is read."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# --------------------------------------------------------------------------------------------------- the clients
@dataclass
class Measure:
    """One line of the report: a portal, and what was measured on it in each round; times in seconds."""

    address: str
    lookups: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)

    def run(self, bench: Stand, options: argparse.Namespace, *, clients: int) -> None:
        done = threading.Event()
        threads = [
            threading.Thread(target=self._search, args=(done, options.pause, f"192.0.2.{number}"))
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        result = bench.measure(
            self.address + LOOKUP, connections=options.connections, seconds=options.seconds
        )
        done.set()
        for thread in threads:
            thread.join()
        self.lookups.append(result.per_second)
        self.errors += [result.first_error] * result.errors

    def _search(self, done: threading.Event, pause: float, address: str) -> None:
        """One client at an address of its own, until it is told to stop; they do not all begin at once."""
        done.wait(random.uniform(0, min(pause, 1)))
        while not done.is_set():
            words = f"{random.choice(TRADES)} {''.join(random.choices(string.ascii_lowercase, k=12))}"
            started = time.monotonic()
            body = self._get(f"/recherche/?q={quote(words)}&tout=1", address)
            self.pages.append(time.monotonic() - started)
            while following := NEXT.search(body):
                time.sleep(int(following[2]) / 1000)
                body = self._get(following[1].decode().replace("&amp;", "&"), address, fragment=True)
            self.complete.append(time.monotonic() - started)
            done.wait(pause)

    def _get(self, path: str, address: str, *, fragment: bool = False) -> bytes:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=40)
        with contextlib.closing(connection):
            headers = {"X-Forwarded-For": address} | ({"HX-Request": "true"} if fragment else {})
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read()
            if response.status != http.HTTPStatus.OK:
                self.errors.append(f"{response.status} {path}")
            return body


def report(measures: dict[str, Measure]) -> None:
    columns = [
        "lookups/s",
        "of alone",
        "pages by name",
        "page p50 s",
        "page most s",
        "complete most s",
        "errors",
    ]
    table = [["", *columns]]
    alone = measures[ALONE].lookups
    for name, measure in measures.items():
        kept = median(each / base for each, base in zip(measure.lookups, alone, strict=True))
        cells = [f"{median(measure.lookups):,.0f}", f"{kept:.0%}", str(len(measure.pages)), "–", "–", "–"]
        if name == HUNG:
            cells[1] += verdict(kept >= KEPT, f"≥ {KEPT:.0%}")
        if measure.pages:
            slowest = max(measure.complete)
            cells[3:] = [f"{median(measure.pages):.2f}", f"{max(measure.pages):.2f}"]
            cells.append(f"{slowest:.2f}{verdict(slowest < PATIENCE, f'< {PATIENCE}')}")
        table.append([name, *cells, str(len(measure.errors))])
    show(table)
    for name, measure in measures.items():
        for error in sorted(set(measure.errors))[:5]:
            print(f"{name}: {error}")


if __name__ == "__main__":
    main()

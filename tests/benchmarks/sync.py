"""How long a whole synchronisation takes, beside a raw COPY and primary key of the same file in the same run.

    python -m tests.benchmarks.sync [--rounds 5] [--rows N]

The portal's own Celery worker fetches the file from a local HTTP server, and its peak memory is the kernel's. In a
last round a client looks up SIRETs without a break while vintages are published: every answer must be the OPCO of
an establishment that is in all of them. The figures are a report, not a test.
"""

import argparse
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from opco_portal.local.serve import HOST, WEB
from opco_portal.local.servers import ROOT
from tests.benchmarks import siro
from tests.benchmarks.lookup import show, verdict
from tests.benchmarks.stand import Stand, empty_stand, step

MOST_TIME = 1.5  # times raw COPY + primary key
MOST_MEMORY = 150  # MB
CHANGES = 500
RAW = """
DROP TABLE IF EXISTS bench_raw;
CREATE TABLE bench_raw (siret bigint, idcc text, owner text, manager text)
"""
COPY = "COPY bench_raw FROM STDIN WITH (FORMAT csv, DELIMITER '|', HEADER)"
KEY = "ALTER TABLE bench_raw ADD PRIMARY KEY (siret)"


def main() -> None:
    options = arguments()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f} before the start", flush=True)
    with empty_stand() as bench:
        files = bench.home / "june.csv", bench.home / "july.csv"
        with step(f"{options.rows:,} synthetic establishments and a second vintage written"):
            siro.write(files[0], options.rows)
            siro.write_next(files[0], files[1], CHANGES)
        with publisher() as offer:
            measure(bench, files, offer, options.rounds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sync", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=siro.ROWS, help="establishments in the table")
    return parser.parse_args()


def measure(bench: Stand, files: tuple[Path, Path], offer: "Offer", rounds: int) -> None:
    worker = Worker(bench, offer.dataset)
    months = (f"{year}{month:02}" for year in itertools.count(2027) for month in range(1, 13))
    table = [["", "raw s", "sync s", "of raw", "worker peak MB", "written"]]
    figures: dict[str, list[tuple[float, float]]] = {"first vintage": [], "next vintage": []}
    for number in range(rounds):
        for name in figures:
            path = files[number % 2]
            offer(next(months), path)
            raw = copy_raw(path)
            if name == "first vintage":
                forget_publications()
            else:
                path = files[(number + 1) % 2]
                offer(next(months), path)
            figures[name].append((raw, worker.synchronise()))
        print(f"round {number + 1} of {rounds}, load average {os.getloadavg()[0]:.2f}", flush=True)
    for name, pairs in figures.items():
        ratio = median(took / raw for raw, took in pairs)
        shown = f"×{ratio:.2f}{verdict(ratio <= MOST_TIME, f'≤ ×{MOST_TIME}')}"
        memory = f"{worker.peak():.0f}{verdict(worker.peak() < MOST_MEMORY, f'< {MOST_MEMORY}')}"
        raws, tooks = zip(*pairs, strict=True)
        written = "the whole table" if name == "first vintage" else f"{CHANGES} rows"
        table.append([name, f"{median(raws):.2f}", f"{median(tooks):.2f}", shown, memory, written])
    show(table)
    # The first of them must not be what the last round published.
    lookups(bench, files if rounds % 2 else files[::-1], offer, worker, months)


def copy_raw(path: Path) -> float:
    """Seconds that PostgreSQL takes for the file and its key, in one transaction."""
    from django.db import connection, transaction

    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute(RAW.split(";")[0])
        cursor.execute(RAW.split(";")[1])
        with cursor.copy(COPY) as copy:
            while chunk := file.read(1 << 20):
                copy.write(chunk)
        cursor.execute(KEY)
    return time.perf_counter() - started


def forget_publications() -> None:
    """As after the first start: what is served counts as the demonstration sample."""
    from opco_portal.sync.models import Source, SyncRun

    Source.objects.filter(code="siro").update(run=None, loaded_rows=264, published_rows=None)
    SyncRun.objects.filter(state="published").update(state="interrupted")


class Worker:
    """The portal's Celery worker, one process that works and one that watches it."""

    def __init__(self, bench: Stand, dataset: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", "opco_portal", "worker", "--concurrency", "1"]
        environment = [f"SIRO_DATASET={dataset}", "DJANGO_SETTINGS_MODULE=opco_portal.settings"]
        bench.guardian.start("worker", ["env", *environment, *command, "--loglevel", "error"], cwd=ROOT)

    def synchronise(self) -> float:
        """Seconds from the order to the end of a run that publishes."""
        from opco_portal.sync.engine import Order, prepare
        from opco_portal.sync.models import SyncRun
        from opco_portal.sync.source import source_named
        from opco_portal.sync.tasks import enqueue

        run = prepare(source_named("siro"), Order(trigger=SyncRun.Trigger.ADMIN))
        enqueue(run)
        while not run.is_finished:
            time.sleep(0.02)
            run.refresh_from_db(fields=["state"])
        run.refresh_from_db()
        if run.state != SyncRun.State.PUBLISHED or not run.started_at or not run.finished_at:
            raise RuntimeError(f"{run.state}: {run.message}")
        return (run.finished_at - run.started_at).total_seconds()

    def peak(self) -> float:
        """The most memory (MB) that a process of the worker has held."""
        peaks = []
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                if b"celery" in status.with_name("cmdline").read_bytes():
                    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
                    peaks.append(int(line.split()[1]) / 1024)
        return max(peaks)


# ------------------------------------------------------------------------------------------------- lookups all along
def lookups(
    bench: Stand, files: tuple[Path, Path], offer: "Offer", worker: Worker, months: Iterator[str]
) -> None:
    """One client asks for SIRETs that are in both vintages while four publications take place."""
    port = int(bench.serve("portal", [*WEB, "--port", "{port}"]).rpartition(":")[2])
    wanted = attached_in_both(files)
    answers, wrong, stop = [0], [], threading.Event()

    def ask() -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=10)
        for siret in itertools.cycle(wanted):
            if stop.is_set():
                return
            try:
                connection.request("GET", f"/api/v1/lookup/?q={siret}")
                body = json.loads(connection.getresponse().read())
                status = body.get("status", str(body))
            except (OSError, http.client.HTTPException, ValueError) as error:
                status = repr(error)
            answers[0] += 1
            if status != "found":
                wrong.append((siret, status))

    client = threading.Thread(target=ask)
    client.start()
    for number in range(4):
        offer(next(months), files[number % 2])
        if number == 2:
            forget_publications()
        worker.synchronise()
    stop.set()
    client.join()
    print(f"\n{answers[0]:,} lookups during 4 publications, {len(wrong)} failed or empty {wrong[:3] or ''}")


def attached_in_both(files: tuple[Path, Path]) -> list[str]:
    """Some thousand SIRETs with an OPCO in both vintages."""
    with files[0].open() as june:
        sample = {line[:14] for line in itertools.islice(june, 1, None, 900) if line.split("|")[2]}
    with files[1].open() as july:
        return [line[:14] for line in july if line[:14] in sample and line.split("|")[2]]


# ------------------------------------------------------------------------------------------------------ the publisher
class Offer:
    """Publishes a file under a month's name, in place of what was published before."""

    def __init__(self, address: str) -> None:
        self.address, self.dataset = address, f"{address}/dataset/"
        self.files: dict[str, Path] = {}
        self.description = b"{}"

    def __call__(self, month: str, path: Path) -> None:
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha1").hexdigest()
        self.files = {f"/siro-{month}.csv": path}
        resource = {
            "title": f"siro-{month}.csv",
            "format": "csv",
            "url": f"{self.address}/siro-{month}.csv",
            "filesize": path.stat().st_size,
            "checksum": {"type": "sha1", "value": checksum},
        }
        self.description = json.dumps({"resources": [resource]}).encode()


@contextlib.contextmanager
def publisher() -> Iterator[Offer]:
    """A local HTTP server that stands for data.gouv.fr."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = offer.files.get(self.path)
            self.send_response(200 if path or self.path == "/dataset/" else 404)
            size = path.stat().st_size if path else len(offer.description)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            if path:
                with path.open("rb") as file:
                    shutil.copyfileobj(file, self.wfile, 1 << 20)
            else:
                self.wfile.write(offer.description)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    offer = Offer(f"http://{HOST}:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield offer
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()

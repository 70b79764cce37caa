"""The test stand: throw-away servers as durable as real ones, the full table in them, web servers in front."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from opco_portal.local.guardian import Guardian
from opco_portal.local.serve import HOST
from opco_portal.local.servers import ROOT, guarded, start_servers
from opco_portal.local.valkey import free_port
from tests.benchmarks import siro
from tests.benchmarks.load import Result

KEYS = (
    50_000  # SIRETs that are asked for: more than fit in any processor's cache, spread over the whole table
)


@dataclass(frozen=True)
class Stand:
    """Servers with their data: what web servers are started on, and measured with."""

    guardian: Guardian
    home: Path

    @property
    def keys(self) -> Path:
        """SIRETs that can be asked for, one a line."""
        return self.home / "keys"

    def serve(self, name: str, command: Sequence[str], **variables: str) -> str:
        """Start a web server, `{port}` in its command being a free one, and return its address."""
        port = free_port()
        words = [word.replace("{port}", str(port)) for word in command]
        settings = [f"{key}={value}" for key, value in variables.items()]
        self.guardian.start(name, ["env", *settings, sys.executable, "-m", *words], cwd=ROOT)
        self.guardian.wait_until(lambda: _answers(port), name, 60)
        return f"http://{HOST}:{port}"

    def measure(self, url: str, *, connections: int, seconds: float) -> Result:
        """Load an address from a process of its own."""
        command = [sys.executable, "-m", "tests.benchmarks.load", url, "--keys", str(self.keys)]
        command += ["--connections", str(connections), "--seconds", str(seconds)]
        command += ["--may-be-empty"] if url.endswith("/empty/") else []
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        return Result(**json.loads(done.stdout))


@contextlib.contextmanager
def stand(rows: int) -> Iterator[Stand]:
    """Servers with the reference and so many synthetic establishments."""
    with empty_stand() as bench:
        table = bench.home / "siro-202606.csv"
        with step(f"{rows:,} synthetic establishments written"):
            siro.write(table, rows)
        with step("and loaded"):
            _load(table)
        with table.open() as lines:
            every = islice(lines, 1, None, max(1, rows // KEYS))
            bench.keys.write_text("\n".join(line.partition("|")[0] for line in every))
        yield bench


@contextlib.contextmanager
def empty_stand() -> Iterator[Stand]:
    """Start servers with the reference alone, and take everything away at the end, however it ends."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)  # the table is replaced: never on servers that somebody uses
    home = Path(tempfile.mkdtemp(prefix="opco-portal-bench-"))
    with guarded(home, discard=home) as guardian:
        os.environ.update(start_servers(guardian, home, durable=True))
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
        _load_reference()
        yield Stand(guardian, home)


def _load_reference() -> None:
    import django  # late, because the settings need the servers' addresses
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    call_command("load_financing", verbosity=0)


def _load(table: Path) -> None:
    from django.db import connection

    from opco_portal.sync.engine import Order, prepare, synchronise
    from opco_portal.sync.models import SyncRun
    from opco_portal.sync.source import source_named

    source = source_named("siro")
    run = synchronise(source, prepare(source, Order(force=True)), file=table)  # however few rows
    if run.state != SyncRun.State.PUBLISHED:
        raise RuntimeError(run.message)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")  # not during the measures


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/bench/empty/")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{name} in {time.monotonic() - started:.0f} s", flush=True)

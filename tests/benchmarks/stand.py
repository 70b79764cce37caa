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

STAGE = "CREATE TEMPORARY TABLE stage (siret bigint, idcc text, owner text, manager text) ON COMMIT DROP"
COPY = "COPY stage FROM STDIN WITH (FORMAT csv, DELIMITER '|', HEADER)"
FILL = """
TRUNCATE branches_establishment;
INSERT INTO branches_establishment (siret, idcc, owner, manager)
SELECT siret, idcc, owner.slug, manager.slug FROM stage
LEFT JOIN branches_opco AS owner ON owner.siro_label = stage.owner
LEFT JOIN branches_opco AS manager ON manager.siro_label = stage.manager
"""


@dataclass(frozen=True)
class Stand:
    """Servers with their data: what web servers are started on, and measured with."""

    guardian: Guardian
    keys: Path

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
    """Start servers, fill them, and take everything away at the end, however it ends."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)  # the table is replaced: never on servers that somebody uses
    home = Path(tempfile.mkdtemp(prefix="opco-portal-bench-"))
    with guarded(home, discard=home) as guardian:
        os.environ.update(start_servers(guardian, home, durable=True))
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
        with _step(f"{rows:,} synthetic establishments written"):
            siro.write(home / "siro.csv", rows)
        with _step("and loaded"):
            _prepare_database(home / "siro.csv", rows)
        keys = home / "keys"
        with (home / "siro.csv").open() as lines:
            every = islice(lines, 1, None, max(1, rows // KEYS))
            keys.write_text("\n".join(line.partition("|")[0] for line in every))
        yield Stand(guardian, keys)


def _prepare_database(path: Path, rows: int) -> None:
    import django  # late, because the settings need the servers' addresses
    from django.core.management import call_command
    from django.db import connection, transaction

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)

    from opco_portal.sync.models import DataVersion, Source

    with transaction.atomic(), connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute(STAGE)
        with cursor.copy(COPY) as copy:
            while chunk := file.read(1 << 20):
                copy.write(chunk)
        cursor.execute(FILL)
        # Without this every answer would say that only a sample is loaded.
        Source.objects.filter(code="siro").update(loaded_rows=rows, published_rows=rows)
        DataVersion.bump()
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
def _step(name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{name} in {time.monotonic() - started:.0f} s", flush=True)

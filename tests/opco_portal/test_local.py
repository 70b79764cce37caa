"""The launcher, with real processes: every start, stop and crash leaves what it should, and nothing else."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg
import pytest

from opco_portal.local import LocalError, servers, throwaway_servers
from opco_portal.local.guardian import Guardian
from opco_portal.local.postgres import socket_folder
from opco_portal.local.servers import ROOT, acquire, running_environment
from opco_portal.local.valkey import free_port

LAUNCHER = [sys.executable, "-m", "opco_portal.local"]
SHOW_URLS = 'echo "$DATABASE_URL" "$REDIS_URL"'


@pytest.fixture(autouse=True)
def _no_servers_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the servers and the key of the test run itself."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORTAL_HOME", "MAKELEVEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose data directory exists after the first use, since creating one takes a second."""
    return tmp_path_factory.mktemp("home")


@contextmanager
def launcher(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the launcher in the background, and stop it at the end of the test whatever happens in it."""
    process = subprocess.Popen(
        [*LAUNCHER, *arguments],
        cwd=ROOT,
        env={**os.environ, "PORTAL_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.terminate()


def outcome(home: Path, *arguments: str) -> tuple[int, str]:
    """Run the launcher to its end; return its exit status and what it said."""
    with launcher(home, *arguments) as process:
        said, _ = process.communicate(timeout=60)
    return process.returncode, said


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def said_until(process: subprocess.Popen[str], end: str) -> str:
    """Return what the process says up to the line that begins with `end`, or up to its own end."""
    said = ""
    for line in process.stdout or []:
        said += line
        if line.startswith(end):
            break
    return said


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met


def listens(url: str) -> bool:
    address = urlsplit(url)
    with suppress(OSError), closing(socket.create_connection((address.hostname, address.port), timeout=1)):
        return True
    return False


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def postgres_pid(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def query(url: str, sql: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql).fetchone()
        return row and row[0]


class TestServers:
    def test_data_and_secret_key_survive_a_restart(self, home):
        with servers(home) as before, psycopg.connect(before["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'yes' AS answer")
        with servers(home) as after:
            assert query(after["DATABASE_URL"], "SELECT answer FROM kept") == "yes"
            assert after["SECRET_KEY"] == before["SECRET_KEY"]

    def test_other_terminals_follow_the_same_publishers(self, home, monkeypatch):
        monkeypatch.setenv("SIRO_DATASET", "http://127.0.0.1:1/?a=b")
        monkeypatch.delenv("AGREEMENTS_PAGE", raising=False)
        with servers(home) as env:
            assert running_environment(home) == env
            assert env["SIRO_DATASET"] == "http://127.0.0.1:1/?a=b"
            assert "AGREEMENTS_PAGE" not in env

    def test_two_homes_run_side_by_side(self, home):
        with servers(home) as one, throwaway_servers() as other:
            assert query(one["DATABASE_URL"], "SHOW fsync") == "on"
            assert query(other["DATABASE_URL"], "SHOW fsync") == "off"
            assert listens(one["REDIS_URL"])
            assert listens(other["REDIS_URL"])
            assert one["REDIS_URL"] != other["REDIS_URL"]

    def test_a_home_too_deep_for_a_socket_gets_a_short_one(self, tmp_path):
        deep = tmp_path / ("deep" * 30)
        with servers(deep, durable=False) as env:
            assert query(env["DATABASE_URL"], "SELECT current_database()") == "portal"
            assert socket_folder(deep).exists()
        assert not socket_folder(deep).exists()

    def test_letters_are_french_ones(self, home):
        with servers(home) as env, psycopg.connect(env["DATABASE_URL"]) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            row = connection.execute("SELECT lower('ÉŒ'), similarity('É', 'é')").fetchone()
        assert row == ("éœ", 1)

    def test_only_the_owner_reaches_the_servers(self, home):
        with servers(home):
            for private in (home / "run" / "env", home / "run" / "valkey.conf", home / "secret_key"):
                assert stat.S_IMODE(private.stat().st_mode) == 0o600
            assert stat.S_IMODE((home / "socket").stat().st_mode) == 0o700
        assert not (home / "run" / "env").exists()

    def test_given_servers_are_used_and_none_started(self, tmp_path, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgres://db.example/portal")
        monkeypatch.setenv("REDIS_URL", "redis://cache.example/0")
        with servers(tmp_path) as env:
            assert env["DATABASE_URL"] == "postgres://db.example/portal"
            assert env["REDIS_URL"] == "redis://cache.example/0"
        assert not (tmp_path / "postgres").exists()
        assert not (tmp_path / "run" / "valkey.log").exists()


class TestEnd:
    def test_killing_the_launcher_leaves_no_process(self, home):
        with launcher(home, "run", "--", "sh", "-c", f"{SHOW_URLS}; exec sleep 60") as process:
            _, redis_url = first_line(process).split()
            postgres = postgres_pid(home)
            assert is_alive(postgres)
            assert listens(redis_url)
            process.kill()
            # The command and the guardian hold the other end of this pipe.
            process.communicate(timeout=20)
        assert eventually(lambda: not is_alive(postgres))
        assert eventually(lambda: not listens(redis_url))

    def test_a_start_right_after_a_kill_waits_for_the_servers_to_stop(self, home):
        with launcher(home, "run", "--", "sh", "-c", "echo up; exec sleep 60") as process:
            first_line(process)
            process.kill()
        assert outcome(home, "run", "--", "echo", "again") == (0, "again\n")

    def test_killing_the_launcher_deletes_a_throwaway_home(self, tmp_path):
        show_home = 'echo "$PORTAL_HOME"; exec sleep 60'
        with launcher(tmp_path, "run", "--throwaway", "--", "sh", "-c", show_home) as process:
            home = Path(first_line(process))
            assert home.exists()
            process.kill()
        assert eventually(lambda: not home.exists())

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_stops_the_command_then_the_servers(self, home, number):
        with launcher(home, "run", "--", "sh", "-c", f"{SHOW_URLS}; exec sleep 60") as process:
            _, redis_url = first_line(process).split()
            process.send_signal(number)
            process.communicate(timeout=20)
        assert process.returncode == 128 + number
        assert not listens(redis_url)
        assert not (home / "postgres" / "postmaster.pid").exists()

    def test_the_status_of_the_command_is_returned(self, home):
        assert outcome(home, "run", "--", "sh", "-c", "exit 7") == (7, "")


class TestServe:
    def test_the_whole_portal_starts_says_how_to_log_in_and_stops_on_ctrl_c(self, tmp_path, monkeypatch):
        port = free_port()
        with throwaway_servers() as env:
            monkeypatch.setenv("DATABASE_URL", env["DATABASE_URL"])
            monkeypatch.setenv("REDIS_URL", env["REDIS_URL"])
            with launcher(tmp_path, "serve", "--port", str(port)) as process:
                said = said_until(process, "Ctrl-C")
                with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                    assert answer.status == 200
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=30) == 0
            assert query(env["DATABASE_URL"], "SELECT username FROM auth_user WHERE is_superuser") == "admin"
        assert f"http://127.0.0.1:{port}/" in said
        assert re.search(r"compte admin, mot de passe \S{16} \(affiché une seule fois\)", said)
        assert not listens(f"http://127.0.0.1:{port}")


class TestOneLauncherAHome:
    def test_a_second_portal_is_refused_with_the_address_of_the_first(self, tmp_path):
        lock = acquire(tmp_path, "http://127.0.0.1:8000")
        status, said = outcome(tmp_path, "serve")
        os.close(lock)
        assert status == 1
        assert "tourne déjà sur http://127.0.0.1:8000" in said
        assert "make run PORT=8001 PORTAL_HOME=.portal2" in said

    def test_a_command_joins_the_servers_that_already_run(self, home):
        with servers(home) as env:
            assert outcome(home, "run", "--", "sh", "-c", SHOW_URLS) == (
                0,
                f"{env['DATABASE_URL']} {env['REDIS_URL']}\n",
            )


class TestProblems:
    def test_a_busy_port_is_said_before_anything_starts(self, tmp_path):
        with socket.create_server(("127.0.0.1", free_port())) as other:
            port = other.getsockname()[1]
            status, said = outcome(tmp_path, "serve", "--port", str(port))
        assert status == 1
        assert f"Le port {port} n’est pas disponible" in said
        assert not (tmp_path / "postgres").exists()

    def test_a_process_that_ends_by_itself_is_named_with_the_end_of_its_log(self, guardian):
        guardian.start("web", ["sh", "-c", "echo no such setting; exit 3"], cwd=ROOT)
        with pytest.raises(LocalError, match=r"« web » s’est arrêté \(code 3\)(.|\n)*no such setting"):
            guardian.wait_until(lambda: False, "web", 20)

    def test_what_a_process_started_ends_with_it(self, guardian, tmp_path):
        os.mkfifo(tmp_path / "held")
        with open(os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as held:
            guardian.start("web", ["sh", "-c", "exec 3>held; sleep 60 & exit 3"], cwd=tmp_path)
            with pytest.raises(LocalError):
                guardian.wait_until(lambda: False, "web", 20)
            # Nothing to read as long as somebody may write, the end of the file when nobody can any more.
            assert eventually(lambda: held.read(1) == b"")

    def test_a_program_that_does_not_exist_is_named(self, guardian):
        guardian.start("web", ["/nowhere/granian"], cwd=ROOT)
        with pytest.raises(LocalError, match="/nowhere/granian"):
            guardian.wait_until(lambda: False, "web", 20)

    @pytest.fixture
    def guardian(self, tmp_path: Path) -> Iterator[Guardian]:
        with open(tmp_path / "lock", "w") as lock, closing(Guardian(tmp_path, lock.fileno(), [])) as guardian:
            yield guardian

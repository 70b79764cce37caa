"""A guardian process starts every other process, and stops them all when the launcher goes.

It holds one end of a socket. The other end closes when the launcher ends, be it by `kill -9`: that is the
one and only stop command, so that the normal end and the crash take the same path.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 10.0  # seconds that a process gets for each of its stop signals, before SIGKILL


class LocalError(Exception):
    """What a person must know and do, in French."""


class Guardian:
    """The launcher's hold on its guardian; closing it stops every process, last started first.

    `logs` is the folder of the log files, `lock` the descriptor of the home's lock, which the guardian keeps
    until all is stopped, and `discard` what it deletes at the very end.
    """

    def __init__(self, logs: Path, lock: int, discard: Sequence[Path]) -> None:
        self.logs = logs
        self._ended: dict[str, int] = {}
        self._control, theirs = socket.socketpair()
        # Isolated and by path: as a module of opco_portal it would import Celery first.
        command = [sys.executable, "-I", "-S", __file__, str(lock), *map(str, discard)]
        with theirs, open(logs / "guardian.log", "wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                pass_fds=[lock],
                start_new_session=True,
            )

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        stop: Sequence[signal.Signals] = (signal.SIGTERM,),
        privileges: Sequence[str] = (),
    ) -> None:
        """Start a process that writes to <name>.log.

        `stop` are the signals that end it, the polite one first, and `privileges` options of setpriv.
        """
        argv = tied_to_parent([str(part) for part in command], stop[0], privileges)
        order = {
            "name": name,
            "argv": argv,
            "cwd": str(cwd),
            "env": dict(os.environ),  # the guardian's own dates from before the servers' addresses were known
            "log": str(self.logs / f"{name}.log"),
            "stop": list(stop),
        }
        with contextlib.suppress(BrokenPipeError):  # the next check says it with the guardian's log
            self._control.sendall(json.dumps(order).encode() + b"\n")

    def check(self, seconds: float = 0) -> None:
        """Wait that long for bad news: raise LocalError when a process has ended by itself."""
        self._listen(seconds)
        for name, code in self._ended.items():
            raise LocalError(f"« {name} » s’est arrêté (code {code}). {self._tail(name)}")

    def wait_until(self, ready: Callable[[], bool], name: str, seconds: float) -> None:
        """Wait until `ready`; raise LocalError with the end of the log if that fails."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check(0.02)
            if time.monotonic() > deadline:
                raise LocalError(f"« {name} » ne répond pas après {seconds:.0f} s. {self._tail(name)}")

    def wait_for_end(self, name: str) -> None:
        """Wait until a process that ends by itself has succeeded; raise LocalError if it failed."""
        while name not in self._ended:
            self._listen(60)
        if self._ended[name]:
            self.check()
        del self._ended[name]

    def close(self) -> None:
        """Have everything stopped, and wait until it is."""
        with contextlib.suppress(OSError):  # the guardian may be gone already
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        self._process.wait()

    def _listen(self, seconds: float) -> None:
        if not select.select([self._control], [], [], seconds)[0]:
            return
        with contextlib.suppress(ConnectionResetError):
            if news := self._control.recv(65536).decode():
                self._ended |= {name: int(code) for name, code in map(str.split, news.splitlines())}
                return
        raise LocalError(f"Le gardien des processus s’est arrêté. {self._tail('guardian')}")

    def _tail(self, name: str) -> str:
        log = self.logs / f"{name}.log"
        lines = log.read_text(errors="replace").splitlines()[-15:]
        return "\n    ".join([f"Fin de {log} :", *lines]) if lines else f"{log} est vide."


def tied_to_parent(argv: list[str], number: signal.Signals, privileges: Sequence[str] = ()) -> list[str]:
    """Return a command that the kernel signals when its parent dies, where setpriv exists: any Linux.

    It covers the one case that the socket does not, a killed guardian.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, *privileges, "--pdeathsig", number.name[3:], *argv] if setpriv else argv


# ---------------------------------------------------------------------------------------------------------
# The other side of the socket: what follows runs in the guardian process, on the standard library alone.
class Child:
    """A process of the launcher, alone in its session so that Ctrl-C does not reach it before us."""

    def __init__(self, order: dict[str, Any], control: socket.socket) -> None:
        self.name, self.stop_signals = order["name"], order["stop"]
        self.control = control
        self.ended = threading.Event()
        with open(order["log"], "wb") as log:
            self.process = subprocess.Popen(  # noqa: S603
                order["argv"],
                env=order["env"],
                cwd=order["cwd"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        threading.Thread(target=self._report_end, daemon=True).start()

    def stop(self) -> None:
        """Send each stop signal in turn, then SIGKILL."""
        for number in self.stop_signals:
            self.process.send_signal(number)
            if self.ended.wait(GRACE):
                return
        self._kill_group()
        self.ended.wait()

    def _report_end(self) -> None:
        code = self.process.wait()
        self._kill_group()  # what it started itself dies with it
        self.ended.set()
        with contextlib.suppress(OSError):  # the launcher may be gone
            self.control.sendall(f"{self.name} {code}\n".encode())

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter is macOS's word for it
            os.killpg(self.process.pid, signal.SIGKILL)


def guard(lock: int, discard: Iterable[Path]) -> None:
    """Start what the launcher orders, one JSON object a line; when it has gone, stop all that."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the children would inherit
    control = socket.socket(fileno=0)
    children: list[Child] = []
    try:
        for line in control.makefile():
            if line.endswith("\n"):  # else the launcher died while it wrote
                children.append(Child(json.loads(line), control))
    finally:
        os.ftruncate(lock, 0)  # tells the next launcher on this home to wait rather than to give up
        for child in reversed(children):
            child.stop()
        for path in discard:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


if __name__ == "__main__":
    guard(int(sys.argv[1]), map(Path, sys.argv[2:]))

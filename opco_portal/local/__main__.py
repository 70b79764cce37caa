"""The command line of the launcher: `serve` and `run`."""

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from opco_portal.local.guardian import STOP_SIGNALS, LocalError, tied_to_parent
from opco_portal.local.serve import serve
from opco_portal.local.servers import (
    AlreadyRunningError,
    portal_home,
    running_environment,
    servers,
    throwaway_servers,
)


def main() -> int:
    """Run the command and return its exit status."""
    options = arguments()
    # Shells make background jobs ignore Ctrl-C too; only the wish of nohup is meant for us.
    nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or not nohup:
            signal.signal(number, interrupt)
    try:
        if options.action == "serve":
            serve(portal_home(), options.port)
            return 0
        return run(options.command, throwaway=options.throwaway)
    except LocalError as error:
        print(error, file=sys.stderr)
    except PermissionError as error:
        advice = "ce dossier est à un autre compte, indiquez-en un autre avec PORTAL_HOME."
        print(f"Accès refusé à {error.filename} : {advice}", file=sys.stderr)
    except KeyboardInterrupt as interruption:
        return 128 + int(interruption.args[0])
    return 1


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m opco_portal.local")
    actions = parser.add_subparsers(dest="action", required=True)
    serving = actions.add_parser("serve", help="lance le portail")
    serving.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000")
    running = actions.add_parser("run", help="lance une commande avec les serveurs")
    running.add_argument("--throwaway", action="store_true", help="sur des serveurs neufs, supprimés ensuite")
    running.add_argument("command", nargs="+")
    return parser.parse_args()


def interrupt(number: int, frame: FrameType | None) -> None:
    """Begin an orderly stop; further signals would only disturb it, and the guardian bounds its length."""
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def run(command: list[str], *, throwaway: bool) -> int:
    """Run a command with the servers up, those of a portal already running here if there is one."""
    home = portal_home()
    try:
        with throwaway_servers() if throwaway else servers(home) as env:
            return call(command, env)
    except AlreadyRunningError:
        return call(command, running_environment(home))


def call(command: list[str], env: dict[str, str]) -> int:
    """Run a command to its end and return its status as a shell would; it handles Ctrl-C as it likes."""
    child = subprocess.Popen(tied_to_parent(command, signal.SIGTERM), env={**os.environ, **env})  # noqa: S603
    signal.signal(signal.SIGINT, lambda *_: None)  # the terminal sends it to the command as well
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: child.send_signal(number))
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())

"""All the benchmarks, or the one named first: `python -m tests.benchmarks [lookup|names|financing|sync] [options]`."""

import subprocess
import sys

NAMES = ("lookup", "names", "financing", "sync")


def main() -> int:
    named = [name for name in sys.argv[1:2] if name in NAMES]
    options = sys.argv[1 + len(named) :]
    commands = [[sys.executable, "-m", f"tests.benchmarks.{name}", *options] for name in named or NAMES]
    return max(subprocess.run(command, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())

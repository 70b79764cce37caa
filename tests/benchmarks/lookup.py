"""How fast the portal answers, beside yardsticks on the same server in the same run.

    python -m tests.benchmarks.lookup [--rounds 5] [--seconds 4] [--connections 16] [--rows N] [--servers]

The figures are a report, not a test: the exit status says only whether they could be measured.
"""

import argparse
import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import yaml

from opco_portal.local.serve import HOST, WEB
from opco_portal.local.servers import ROOT
from tests.benchmarks import siro
from tests.benchmarks.load import Result
from tests.benchmarks.servers import VARIANTS
from tests.benchmarks.stand import Stand, stand

EMPTY, BARE, LOOKUP, ROW, PAGE = "empty view", "bare view", "API lookup", "API establishment", "page"
PATHS = {
    EMPTY: "/bench/empty/",
    BARE: "/bench/bare/{}/",
    LOOKUP: "/api/v1/lookup/?q={}",
    ROW: "/api/v1/establishments/{}/",
    PAGE: "/entreprise/{}/",
}
# At least this share of the bare view's throughput, and less than so many times its p99.
TARGETS = {LOOKUP: (0.60, 2.5), ROW: (0.60, 2.5), PAGE: (0.25, None)}
SEARCH_TARGET = 10  # ms in the database at p95
CASES = ROOT / "tests" / "cases" / "words.yaml"

PORTAL = [*WEB, "--port", "{port}"]
WORKERS = WEB[WEB.index("--workers") + 1]
STARLETTE = ["--workers", WORKERS, "--log-level", "warning", "--host", HOST, "--port", "{port}"]
STARLETTE += ["tests.benchmarks.starlette_app:app"]
ALTERNATIVES = {
    "Starlette, granian": ["granian", "--interface", "asgi", "--no-ws", *STARLETTE],
    "Starlette, uvicorn": ["uvicorn", "--no-access-log", *STARLETTE],
}

Measures = dict[str, list[Result]]


def main() -> None:
    options = arguments()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f} before the start", flush=True)
    with stand(options.rows) as bench:
        if options.servers:
            compare_servers(bench, options)
        else:
            measure_portal(bench, options)
            measure_search()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.lookup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of load for each target in each round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rows", type=int, default=siro.ROWS, help="establishments in the table")
    parser.add_argument("--servers", action="store_true", help="compare application servers instead")
    return parser.parse_args()


# ----------------------------------------------------------------------------------------------- through HTTP
def measure_portal(bench: Stand, options: argparse.Namespace) -> None:
    """The portal and its yardsticks on one server, and the alternatives on theirs."""
    print(" ".join(PORTAL), flush=True)
    address = bench.serve("portal", PORTAL)
    urls = {name: address + path for name, path in PATHS.items()}
    for number, (name, command) in enumerate(ALTERNATIVES.items()):
        address = bench.serve(f"alternative{number}", command)
        urls |= {f"{name}: {target}": address + PATHS[target] for target in (EMPTY, BARE)}
    report(rounds(bench, urls, options))


def compare_servers(bench: Stand, options: argparse.Namespace) -> None:
    """The same views under each application server; all of them run, one at a time is loaded."""
    targets = (EMPTY, BARE, LOOKUP, PAGE)
    urls: dict[str, str] = {}
    for number, (name, command) in enumerate(VARIANTS.items()):
        address = bench.serve(f"variant{number}", command)
        urls |= {f"{name}: {target}": address + PATHS[target] for target in targets}
    measures = rounds(bench, urls, options)
    table = [["requests/s, and p99 in ms", *(cell for target in targets for cell in (target, "p99"))]]
    for name in VARIANTS:
        runs = [measures[f"{name}: {target}"] for target in targets]
        table.append([name, *(cell for run in runs for cell in (speed(run), f"{middle(run, 'p99'):.1f}"))])
    show(table)
    complain(measures)


def rounds(bench: Stand, urls: dict[str, str], options: argparse.Namespace) -> Measures:
    """Measure the targets in turn, again and again: what slows the machine for a while slows them all."""
    for url in urls.values():
        bench.measure(url, connections=options.connections, seconds=1)  # opens connections, fills caches
    measures: Measures = {name: [] for name in urls}
    for number in range(options.rounds):
        for name, url in urls.items():
            result = bench.measure(url, connections=options.connections, seconds=options.seconds)
            measures[name].append(result)
        print(f"round {number + 1} of {options.rounds}, load average {os.getloadavg()[0]:.2f}", flush=True)
    return measures


def report(measures: Measures) -> None:
    """Medians over the rounds; a ratio is taken within each round, between neighbours in time."""
    columns = [
        "requests/s",
        "least–most",
        "p50 ms",
        "p99 ms",
        "errors",
        "of bare",
        "p99 of bare",
        "generator",
    ]
    table = [["", *columns]]
    for name, runs in measures.items():
        each = [run.per_second for run in runs]
        cells = [speed(runs), f"{min(each):,.0f}–{max(each):,.0f}"]
        cells += [
            f"{middle(runs, 'p50'):.2f}",
            f"{middle(runs, 'p99'):.2f}",
            str(sum(r.errors for r in runs)),
        ]
        cells += [*ratios(measures, name), f"{middle(runs, 'generator'):.0%}"]
        table.append([name, *cells])
    show(table)
    complain(measures)


def ratios(measures: Measures, name: str) -> list[str]:
    """Throughput and p99 beside those of the bare view, with the targets."""
    pairs = list(zip(measures[name], measures[BARE], strict=True))
    share = median(run.per_second / bare.per_second for run, bare in pairs)
    slower = median(run.p99 / bare.p99 for run, bare in pairs)
    least, most = TARGETS.get(name, (None, None))
    return [
        f"{share:.0%}{verdict(share >= least, f'≥ {least:.0%}') if least else ''}",
        f"×{slower:.2f}{verdict(slower < most, f'< ×{most}') if most else ''}",
    ]


def verdict(reached: bool, target: str) -> str:
    return f" ({target}: {'reached' if reached else 'MISSED'})"


def middle(runs: list[Result], figure: str) -> float:
    return float(median(getattr(run, figure) for run in runs))


def speed(runs: list[Result]) -> str:
    return f"{middle(runs, 'per_second'):,.0f}"


def show(table: list[list[str]]) -> None:
    """Print rows in columns, names to the left and figures to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    print()
    for name, *cells in table:
        figures = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        print(f"{name:<{widths[0]}}  {figures}")


def complain(measures: Measures) -> None:
    """Show one error of each kind: figures with errors in them mean little."""
    for name, runs in measures.items():
        for error in {run.first_error for run in runs if run.errors}:
            print(f"{name}: {error}")


# ---------------------------------------------------------------------------------------------- in the database
def measure_search() -> None:
    """The search by plain words: every query of the golden cases, after a first pass to warm the connection."""
    from branches import search  # late, because the settings need the servers' addresses

    cases = yaml.safe_load(CASES.read_text())
    queries = [case["q"] for group in cases.values() for case in group]
    table = [["plain words, in the database", "queries", "p50 ms", "p95 ms", "most ms", "slowest"]]
    for name, typing in (("complete words", False), ("suggestions while typing", True)):
        times = timed(queries, lambda query: search.find(query, typing=typing))  # noqa: B023
        each = sorted(milliseconds for milliseconds, _ in times)
        p95 = each[int(len(each) * 0.95)]
        shown = f"{p95:.1f}{verdict(p95 < SEARCH_TARGET, f'< {SEARCH_TARGET}')}"
        slowest = max(times)[1]
        table.append([name, str(len(queries)), f"{median(each):.1f}", shown, f"{each[-1]:.1f}", slowest])
    show(table)


def timed(queries: list[str], find: Callable[[str], object]) -> list[tuple[float, str]]:
    """Milliseconds that the database took for each query, and the query, three times over."""
    from django.db import connection

    times: list[float] = []

    def watch(execute: Any, *rest: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*rest)
        finally:
            times.append(1000 * (time.perf_counter() - started))

    for query in queries:
        find(query)
    with connection.execute_wrapper(watch):
        for query in queries * 3:
            find(query)
    return list(zip(times, queries * 3, strict=True))


if __name__ == "__main__":
    main()

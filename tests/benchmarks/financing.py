"""What an estimate costs once the rules are in memory, beside looking at each of the same rules once.

    python -m tests.benchmarks.financing [--rounds 30]

For each OPCO, the branch with the most rules and every kind of action: all its schemes at once. CPU time of this
process, so that whatever else runs weighs little. The figures are a report, not a test.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from statistics import median

from tests.benchmarks.lookup import show, verdict
from tests.benchmarks.stand import empty_stand, step

TARGET = 5.0  # milliseconds for all the schemes of one OPCO
ON = date(2026, 11, 24)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.financing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with empty_stand():
        from django.core.management import call_command

        with step("rules loaded"):
            call_command("load_financing", verbosity=0)
        report(rounds)


def report(rounds: int) -> None:
    from branches.evidence import reference
    from financing.calculator.terms import Action
    from financing.rulebook import rulebook

    rows, slowest = [["OPCO", "rules", "options", "estimate ms", "one pass ms", "ratio"]], 0.0
    for slug in sorted(reference().opcos):
        book = rulebook(slug)
        projects = [project(slug, busiest(book), action) for action in Action]
        options = sum(len(each.options) for each in estimates(book, projects))
        ours, raw = alternate(partial(estimates, book, projects), partial(one_pass, book), rounds)
        slowest = max(slowest, ours)
        rows.append(
            [slug, str(len(book.rules)), str(options), f"{ours:.2f}", f"{raw:.3f}", f"{ours / raw:.0f}"]
        )
    show(rows)
    print(f"\nslowest: {slowest:.2f} ms{verdict(slowest < TARGET, f'under {TARGET:.0f} ms')}")


def estimates(book, projects):
    from financing.calculator import estimate

    return [estimate(each, book, ON) for each in projects]


def one_pass(book):
    """What no estimate can do without: looking at each rule."""
    return [rule for rule in book.rules if rule.in_force(ON) and 8 in rule.headcount]


def project(slug, idcc, action):
    """Everything is asked for, so that every rule may have its say."""
    from financing.calculator import Project

    return Project(
        opco=slug,
        idcc=idcc,
        headcount=8,
        action=action,
        trainees=2,
        hours=Decimal(21),
        pedagogical=Decimal(2800),
        hourly_wage=Decimal(20),
        transport=Decimal(120),
        lodging=Decimal(300),
        meals=Decimal(80),
        nights=Decimal(2),
        meal_count=Decimal(4),
        kilometres=Decimal(200),
        months=Decimal(6),
    )


def busiest(book) -> str | None:
    """The branch that the most rules are about."""
    counted = Counter(idcc for rule in book.rules for idcc in rule.idccs)
    return counted.most_common(1)[0][0] if counted else None


def alternate(ours: Callable[[], object], raw: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Both in turn, medians in milliseconds of CPU."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for kept, work in zip(times, (ours, raw), strict=True):
            began = time.process_time_ns()
            work()
            kept.append((time.process_time_ns() - began) / 1e6)
    return median(times[0]), median(times[1])


if __name__ == "__main__":
    main()

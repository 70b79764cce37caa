"""All the reference files, each checked by itself and against the others."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from branches.reference import files as branch_files
from branches.reference import reader as r
from branches.reference.reader import Problems
from financing.calculator.rules import Caution, Criteria, Rule, names
from financing.reference import checks, columns, consistency
from financing.reference.consistency import Known
from financing.reference.reader import read

FOLDER = Path(__file__).parent


def read_all(folder: Path = FOLDER, today: date | None = None) -> list[Criteria]:
    """Read and check every file, and give each rule what its file says once for all of them.

    Whoever writes the files gives the day, which nothing can have been verified after; without one they load even
    where the clock is late.

    Raises:
        InvalidReference: with one line per problem; nothing else of the portal has been touched.
    """
    problems, known = Problems(), known_names()
    documents = [read(path, Criteria, problems) for path in sorted(folder.glob("*.yaml"))]
    for document in documents:
        checks.check(document)
        if today:
            checks.check_day(document, today)
        columns.check(document)
        consistency.check(document, known)
    consistency.check_codes(documents)
    problems.raise_if_any()
    return [completed(criteria) for document in documents for criteria in document.all(Criteria)]


def known_names() -> Known:
    """The OPCOs and agreements of the files of `branches`."""
    problems = Problems()
    opcos, agreements = (
        r.read(
            branch_files.FOLDER / f"{name}.csv", branch_files.COLUMNS[name], branch_files.KEYS[name], problems
        )
        for name in ("opcos", "agreements")
    )
    problems.raise_if_any()
    return Known(
        opcos=frozenset(row.values["slug"] for row in opcos),
        idccs=frozenset(row.values["idcc"] for row in agreements),
    )


def completed(criteria: Criteria) -> Criteria:
    """With rules that say their OPCO, the day they were verified, and the cautions that name them."""
    rules = (
        replace(
            rule,
            opco=criteria.opco,
            verified_on=criteria.verified_on,
            cautions=tuple(_texts_on(rule, criteria.cautions)),
        )
        for rule in criteria.rules
    )
    return replace(criteria, rules=tuple(rules))


def _texts_on(rule: Rule, cautions: Iterable[Caution]) -> Iterable[str]:
    return (each.text for each in cautions if names(each.rules, rule.code))

"""A synthetic "Table SIRET-OPCO": as large as the real one, with its counts, and with none of its companies.

    python -m tests.benchmarks.siro PATH [--rows N] [--seed S]

Every (IDCC, OPCO) pair has exactly the establishments that it had in June 2026; SIRETs are valid, unique and
invented. `write_next` makes the following vintage and tells what it changed.
"""

import argparse
import csv
import random
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

REFERENCE = Path(__file__).resolve().parent.parent.parent / "branches" / "reference"
HEADER = "SIRET|IDCC|OPCO_PROPRIETAIRE|OPCO_GESTION\n"
ROWS = 3_671_884
WITHOUT_IDCC = 124_504
WITHOUT_OPCO = 124_575  # hence 71 rows that have an IDCC and no OPCO
MANAGED = 12_260  # overseas, where AKTO manages the file of another OPCO
MANAGER = "AKTO"

KIND_BITS = 12  # a row is packed into 64 bits, SIRET above kind, so that a whole vintage fits in 30 MB
KIND_MASK = (1 << KIND_BITS) - 1
STRAYS = 0.02  # share of establishments that do not apply the agreement of their company
CHUNK = 50_000
# Consecutive companies get SIRENs far apart; the step is prime to 10**8, so no two get the same. Number
# 45,600,000 would be La Poste, whose SIRETs follow another checksum: nothing goes that far.
SIREN_STEP, SIREN_START = 38_196_601, 30_000_000
ADDED = 50_000_000  # companies that appear in later vintages are numbered from here, a million each


@dataclass(frozen=True, slots=True)
class Row:
    """What a line says of its establishment; an empty string is an empty field."""

    idcc: str
    owner: str
    manager: str = ""

    @property
    def ending(self) -> str:
        return f"|{self.idcc}|{self.owner}|{self.manager}\n"


@dataclass(frozen=True, slots=True)
class Change:
    """One establishment that differs between two vintages: new without `before`, vanished without `after`."""

    siret: str
    before: Row | None
    after: Row | None


# --------------------------------------------------------------------------------------------------- a vintage
def write(path: Path, rows: int = ROWS, seed: int = 0) -> None:
    """Write a vintage; with fewer rows than the real one, every pair shrinks in proportion."""
    rng = random.Random(seed)
    kinds = list(_kinds())
    endings = [row.ending for row, _ in kinds]
    packed = _pack(_deck(kinds, rows, rng), rng)
    rng.shuffle(packed)
    lines = (f"{value >> KIND_BITS:014d}{endings[value & KIND_MASK]}" for value in packed)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEADER)
        # One write for many lines: a write for each would double the time.
        while chunk := "".join(islice(lines, CHUNK)):
            file.write(chunk)


def owners() -> list[str]:
    """The eleven labels of the table."""
    return [row["siro_label"] for row in _read("opcos.csv")]


def _kinds() -> Iterator[tuple[Row, int]]:
    """What lines can say, with how many say it. Managed rows are shared out by the size of the pairs."""
    labels = {row["slug"]: row["siro_label"] for row in _read("opcos.csv")}
    pairs = [
        (Row(row["idcc"], labels[row["opco"]]), int(row["establishments"])) for row in _read("siro_pairs.csv")
    ]
    managed = _shared_out(MANAGED, [0 if row.owner == MANAGER else count for row, count in pairs])
    for (row, count), overseas in zip(pairs, managed, strict=True):
        yield row, count - overseas
        if overseas:
            yield Row(row.idcc, row.owner, MANAGER), overseas
    for row, _ in pairs[: WITHOUT_OPCO - WITHOUT_IDCC]:
        yield Row(row.idcc, ""), 1
    yield Row("", ""), WITHOUT_IDCC


def _shared_out(total: int, weights: list[int]) -> list[int]:
    """Split a total in proportion to the weights, in whole numbers that add up to it exactly."""
    everything, passed, given, parts = sum(weights), 0, 0, []
    for weight in weights:
        passed += weight
        parts.append(total * passed // everything - given)
        given += parts[-1]
    return parts


def _deck(kinds: list[tuple[Row, int]], rows: int, rng: random.Random) -> "array[int]":
    """One card per row. Kinds lie in runs, so that a company cut from the deck applies mostly one agreement."""
    full = array("H")
    for kind, (_, count) in enumerate(kinds):
        full.extend(array("H", [kind]) * count)
    if rows > len(full):
        raise ValueError(f"The real table has {len(full)} rows, no more can be drawn from its counts.")
    deck = full if rows == len(full) else array("H", (full[i * len(full) // rows] for i in range(rows)))
    for _ in range(int(len(deck) * STRAYS / 2)):
        one, other = rng.randrange(len(deck)), rng.randrange(len(deck))
        deck[one], deck[other] = deck[other], deck[one]
    return deck


def _pack(deck: "array[int]", rng: random.Random) -> "array[int]":
    """Deal the cards to companies, most of which have one establishment and some of which have hundreds."""
    packed = array("Q")
    company = dealt = 0
    while dealt < len(deck):
        hand = deck[dealt : dealt + int(rng.paretovariate(2.3))]
        sirets = sirets_of(company, len(hand))
        packed.extend(siret << KIND_BITS | kind for siret, kind in zip(sirets, hand, strict=False))
        dealt += len(hand)
        company += 1
    return packed


# ----------------------------------------------------------------------------------------------------- numbers
def _luhn(digits: str, doubled: int) -> int:
    """Luhn sum of some digits, of which every second is doubled, the first or not."""
    return sum(sum(divmod(int(d) * (2 if i % 2 == doubled else 1), 10)) for i, d in enumerate(digits))


# The sums of every group of four digits: computing them row by row would take most of the time.
EVEN = [_luhn(f"{number:04d}", 0) for number in range(10_000)]
ODD = [_luhn(f"{number:04d}", 1) for number in range(10_000)]


def sirets_of(company: int, count: int) -> list[int]:
    """The first SIRETs of the n-th invented company."""
    base = (SIREN_START + company * SIREN_STEP) % 100_000_000
    high, low = divmod(base, 10_000)
    check = -(ODD[high] + ODD[low]) % 10
    # In the SIRET every digit moves by five places, so that the others are doubled, the check digit included.
    siren_sum = EVEN[high] + EVEN[low] + (2 * check if check < 5 else 2 * check - 9)
    siren = (base * 10 + check) * 100_000
    return [siren + number * 10 + -(siren_sum + ODD[number]) % 10 for number in range(1, count + 1)]


def _read(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --------------------------------------------------------------------------------------------- the next vintage
def write_next(previous: Path, path: Path, changes: int = 500, *, vintage: int = 1) -> list[Change]:
    """Write the vintage that follows a file, and return what changed: half of it owners, the rest rows that
    appear and vanish in equal numbers. Vintages that follow one another need different numbers.
    """
    rng = random.Random(vintage)
    attached = _attached_lines(previous)
    chosen = rng.sample(attached, changes - changes // 4)
    moved, removed = set(chosen[changes // 4 :]), set(chosen[: changes // 4])
    added = _newcomers(changes // 4, vintage, rng)
    made: list[Change] = []
    with previous.open(encoding="utf-8") as source, path.open("w", encoding="utf-8", newline="\n") as target:
        for number, line in enumerate(source):
            if number in moved or number in removed:
                change = _change(line, rng if number in moved else None)
                made.append(change)
                line = f"{change.siret}{change.after.ending}" if change.after else ""
            target.write(line)
        target.writelines(f"{siret}{row.ending}" for siret, row in added)
    return [*made, *(Change(siret, None, row) for siret, row in added)]


def _attached_lines(path: Path) -> "array[int]":
    """Numbers of the lines with an owner and no manager: those whose owner may change without a doubt."""
    with path.open(encoding="utf-8") as file:
        return array("I", (n for n, line in enumerate(file) if n and line[-2] == "|" and line[-3] != "|"))


def _change(line: str, rng: random.Random | None) -> Change:
    """Give the establishment another owner, or take it away."""
    siret, idcc, owner, _ = line.split("|")
    before = Row(idcc, owner)
    after = Row(idcc, rng.choice([other for other in owners() if other != owner])) if rng else None
    return Change(siret, before, after)


def _newcomers(count: int, vintage: int, rng: random.Random) -> list[tuple[str, Row]]:
    pairs: Iterable[Row] = rng.choices([row for row, _ in _kinds() if row.owner and not row.manager], k=count)
    first = ADDED + vintage * 1_000_000
    return [(f"{sirets_of(first + n, 1)[0]:014d}", row) for n, row in enumerate(pairs)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.siro", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write(options.path, options.rows, options.seed)


if __name__ == "__main__":
    main()

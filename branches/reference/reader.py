"""Read a reference CSV strictly: known columns, checked values, unique keys, errors with file and line."""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from opco_portal.french import plain
from opco_portal.identifiers import is_siret

Parser = Callable[[str], Any]


class InvalidReference(Exception):
    """The reference files are wrong; each problem names its file and line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Problems:
    """Everything wrong with the files (its file, its line, the reason), so that one run shows it all."""

    found: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, path: Path, line: int, text: str) -> None:
        self.found.append((path.name, line, text))

    def raise_if_any(self) -> None:
        if self.found:
            raise InvalidReference(
                [f"{name}, ligne {line} : {text}" for name, line, text in sorted(self.found)]
            )


@dataclass(frozen=True)
class Row:
    """One line of a file: its number, for errors found later, and its checked values by column."""

    line: int
    values: dict[str, Any]


def read(path: Path, columns: Mapping[str, Parser], key: tuple[str, ...], problems: Problems) -> list[Row]:
    """Return the rows of a file; whatever is wrong goes to `problems` and the row is left out."""
    try:
        return _rows(path, columns, key, problems)
    except OSError as error:
        problems.add(path, 1, f"fichier illisible ({error.strerror}).")
    except UnicodeDecodeError:
        problems.add(path, 1, "le fichier n’est pas en UTF-8.")
    except csv.Error as error:
        problems.add(path, 1, f"CSV mal formé ({error}) : un guillemet n’est sans doute pas fermé.")
    return []


def _rows(path: Path, columns: Mapping[str, Parser], key: tuple[str, ...], problems: Problems) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if header != list(columns):
            problems.add(path, 1, f"en-tête attendu « {','.join(columns)} », trouvé « {','.join(header)} ».")
            return []
        rows: list[Row] = []
        seen: dict[tuple[Any, ...], int] = {}
        for cells in reader:
            row = _row(path, reader.line_num, cells, columns, problems)
            if row is None:
                continue
            # accents and case apart: the database holds no two names that differ only by them
            identity = tuple(plain(str(row.values[name])) for name in key)
            if identity in seen:
                problems.add(path, row.line, f"doublon de la ligne {seen[identity]} ({', '.join(key)}).")
                continue
            seen[identity] = row.line
            rows.append(row)
    return rows


def _row(
    path: Path, line: int, cells: list[str], columns: Mapping[str, Parser], problems: Problems
) -> Row | None:
    if len(cells) != len(columns):
        problems.add(path, line, f"{len(columns)} colonnes attendues, {len(cells)} trouvées.")
        return None
    values: dict[str, Any] = {}
    for (name, parse), cell in zip(columns.items(), cells, strict=True):
        try:
            values[name] = parse(cell)
        except ValueError as error:
            problems.add(path, line, f"colonne {name}, « {cell} » : {error}")
            return None
    return Row(line, values)


# ------------------------------------------------------------------------------------------- column parsers
def text(cell: str) -> str:
    if cell != cell.strip():
        raise ValueError("espaces au début ou à la fin.")
    return cell


def required(cell: str) -> str:
    if not text(cell):
        raise ValueError("valeur obligatoire.")
    return cell


def one_of(*choices: str) -> Parser:
    def parse(cell: str) -> str:
        if cell not in choices:
            raise ValueError(f"valeur inconnue, attendu {', '.join(c or 'vide' for c in choices)}.")
        return cell

    return parse


def matching(pattern: str, meaning: str) -> Parser:
    def parse(cell: str) -> str:
        if not re.fullmatch(pattern, cell):
            raise ValueError(f"{meaning} attendu.")
        return cell

    return parse


def optional(parse: Parser) -> Parser:
    """An empty cell is None: not published, never zero."""
    return lambda cell: parse(cell) if cell else None


def day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("date attendue, par exemple 2026-10-05.") from None


def count(cell: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", cell):
        raise ValueError("nombre entier positif attendu.")
    return int(cell)


def share(cell: str) -> Decimal:
    try:
        value = Decimal(cell)
        if 0 < value <= 1:
            return value
    except InvalidOperation:
        pass  # not a number at all: the same sentence
    raise ValueError("part entre 0 et 1 attendue.")


def url(cell: str) -> str:
    if not re.fullmatch(r"(https://[^\s]+)?", cell):
        raise ValueError("adresse https attendue.")
    return cell


def yes_no(cell: str) -> bool:
    return bool(one_of("yes", "no")(cell) == "yes")


def siret(cell: str) -> int:
    if not is_siret(cell):
        raise ValueError("SIRET de 14 chiffres attendu.")
    return int(cell)


idcc = matching(r"\d{4}", "IDCC de quatre chiffres")
slug = matching(r"[a-z0-9-]+", "identifiant en minuscules")
naf = matching(r"\d{2}(\.\d{1,2}[A-Z]?)?", "code NAF")

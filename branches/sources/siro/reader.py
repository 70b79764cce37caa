"""From the published file to lines for COPY, with what cannot be read set aside.

A block that is well formed throughout, as the whole file normally is, is recognised by one regular expression and
passed on after a few replacements, all in C. Any other block is read line by line, by the same rules but with
patience: quotes, reordered columns and stray spaces are understood, and each bad line is told with its reason.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from opco_portal.french import plural
from opco_portal.identifiers import normalize_idcc
from opco_portal.sync.errors import Refusal
from opco_portal.sync.source import SetAside, Staged
from opco_portal.sync.text import readable

HEADER = ("SIRET", "IDCC", "OPCO_PROPRIETAIRE", "OPCO_GESTION")
BOM = b"\xef\xbb\xbf"
BLOCK = 1 << 15  # bytes: measured; larger ones leave the database waiting while Python works
LONGEST_LINE = 8 << 20
LONGEST_HEADER = 4096

# Most slugs are their label in small letters with hyphens: one pass over a block makes nearly all of them.
SLUGGED = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ ", b"abcdefghijklmnopqrstuvwxyz-")


@dataclass
class SiroReader:
    """Reads one file. `slugs`: the label that the table gives an OPCO -> its slug."""

    path: Path
    slugs: Mapping[str, str]
    staged: Staged
    progress: Callable[[int, int], None]  # bytes read, lines read

    def __post_init__(self) -> None:
        self.line = 1
        labels = {label.encode(): slug.encode() for label, slug in self.slugs.items()}
        known = b"|".join(map(re.escape, labels))
        self.well_formed = re.compile(
            rb"(?:[0-9]{14}+\|(?:[0-9]{4}+)?+\|(?:%b)?+\|(?:%b)?+\n)*+" % (known, known)
        )
        # The labels that must be replaced before that pass, and what it will make a slug of.
        self.replacements = [
            (b"|%b%b" % (label, end), b"|%b%b" % (slug.upper().replace(b"-", b" "), end))
            for label, slug in labels.items()
            if label.translate(SLUGGED) != slug
            for end in (b"|", b"\n")
        ]

    def blocks(self) -> Iterator[bytes]:
        """Lines `siret|idcc|owner|manager`, OPCOs by slug, for COPY in text format.

        Raises:
            Refusal: this is not the table.
        """
        with self.path.open("rb") as file:
            columns, crlf = self._header(file.readline(LONGEST_HEADER))
            in_order = columns == HEADER
            read = file.tell()
            while block := file.read(BLOCK):
                block += self._rest_of_line(file)
                read += len(block)
                if crlf:
                    block = block.replace(b"\r\n", b"\n")
                if not block.endswith(b"\n"):
                    block += b"\n"
                yield (
                    self._translated(block)
                    if in_order and self.well_formed.fullmatch(block)
                    else (self._with_patience(block, columns))
                )
                self.line += block.count(b"\n")
                self.progress(read, self.line)

    def _rest_of_line(self, file: BinaryIO) -> bytes:
        rest = file.readline(LONGEST_LINE)
        if len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            raise Refusal(
                f"Une ligne de plus de {LONGEST_LINE >> 20} Mo suit la ligne {self.line} : ce fichier n’est pas la "
                "table SIRET-OPCO, ou il est abîmé."
            )
        return rest

    def _header(self, line: bytes) -> tuple[tuple[str, ...], bool]:
        """The columns in their order, and whether lines end as on Windows."""
        if not line:
            raise Refusal("Le fichier est vide. Rien n’a été chargé.")
        text = line.removeprefix(BOM).decode("utf-8", "replace")
        columns = tuple(name.strip().strip('"').strip().upper() for name in text.split("|"))
        if sorted(columns) != sorted(HEADER):
            raise Refusal(
                f"Ce n’est pas la table SIRET-OPCO : la première ligne devait être « {'|'.join(HEADER)} », elle est "
                f"« {readable(text)} ». Prévenez l’équipe technique : l’éditeur a sans doute changé ses colonnes."
            )
        return columns, line.endswith(b"\r\n")

    def _translated(self, block: bytes) -> bytes:
        for label, replaced in self.replacements:
            block = block.replace(label, replaced)
        return block.translate(SLUGGED)

    def _with_patience(self, block: bytes, columns: tuple[str, ...]) -> bytes:
        lines = block.removesuffix(b"\n").split(b"\n")
        clean = (self._clean(line, number, columns) for number, line in enumerate(lines, self.line + 1))
        return "".join(filter(None, clean)).encode()

    def _clean(self, raw: bytes, number: int, columns: tuple[str, ...]) -> str:
        """A line as COPY wants it; empty when there is nothing in it or nothing to be made of it."""
        if not raw.strip():
            return ""
        try:
            values = dict(zip(columns, self._cells(raw, len(columns)), strict=True))
            siret = _siret(values["SIRET"])
            idcc = _idcc(values["IDCC"])
        except ValueError as error:
            self.staged.put_aside(SetAside(readable(raw.decode("utf-8", "replace"), 120), str(error), number))
            return ""
        owner, manager = (self._opco(values[name]) for name in HEADER[2:])
        return f"{siret}|{idcc}|{owner}|{manager}\n"

    def _cells(self, raw: bytes, count: int) -> list[str]:
        if b"\0" in raw:
            raise ValueError("contient un caractère nul")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise ValueError("n’est pas en UTF-8") from None
        if len(text) > LONGEST_HEADER:
            raise ValueError("beaucoup trop longue")
        try:
            cells = next(csv.reader([text.rstrip("\r")], delimiter="|", strict=True))
        except csv.Error:
            raise ValueError("guillemets ou fin de ligne illisibles") from None
        if len(cells) != count:
            raise ValueError(f"{plural(len(cells), 'colonne')} au lieu de {count}")
        return [cell.strip() for cell in cells]

    def _opco(self, label: str) -> str:
        """The slug of a label; an unknown one goes on as it is, escaped, and the checks find it."""
        if label in self.slugs.values():
            label += " ?"  # what only looks like a slug must not pass for one
        return self.slugs.get(label) or re.sub(r"[\\|]", r"\\\g<0>", label).replace("\r", " ")


def _siret(cell: str) -> str:
    if not re.fullmatch(r"[0-9]*", cell):
        raise ValueError("le SIRET contient autre chose que des chiffres")
    if len(cell) != 14:
        raise ValueError(f"SIRET de {len(cell)} chiffres au lieu de 14")
    return cell


def _idcc(cell: str) -> str:
    idcc = normalize_idcc(cell) if cell else ""
    if idcc is None:
        raise ValueError("IDCC illisible")
    return idcc

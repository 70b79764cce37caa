"""From the published workbook to one entry per IDCC, with what cannot be read set aside."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from branches.models import Agreement
from branches.sources.lists import shown
from opco_portal.french import plain
from opco_portal.identifiers import normalize_idcc
from opco_portal.sync.source import SetAside, Staged
from opco_portal.sync.spreadsheets import Layout, Row, read_table

HISTORY = Layout(
    "suivi historique",
    ["Conventions de branche*"],
    {"idcc": ["IDCC"], "title": ["Libellé", "Intitulé"]},
    {
        "active": ["IDCCactif"],
        "successor": ["NouvIDCC", "Nouvel IDCC"],
        "short_title": ["LibelléCourt"],
        "scope": ["Champ d’application"],
    },
)
# Published until May 2026; it says nothing of what is in force or replaced.
TITLES = Layout(
    "liste des titres", ["Liste IDCC*"], {"idcc": ["IDCC"], "title": ["Titre de la convention", "Titre"]}
)
LAYOUTS = [HISTORY, TITLES]

YES, NO = {"1", "oui", "vrai"}, {"0", "non", "faux"}
# How far an agreement reaches is not what it covers, which is all that `Agreement.scope` holds and searches read.
REACHES = {"national", "nationale", "regional", "regionale", "departemental", "local", "locale"}
LENGTHS = {
    "title": Agreement._meta.get_field("title").max_length or 0,
    "short_title": Agreement._meta.get_field("short_title").max_length or 0,
    "scope": Agreement._meta.get_field("scope").max_length or 0,
}


@dataclass(frozen=True)
class Entry:
    """What the list says of an IDCC. None: it does not say; `successor` as it is written."""

    idcc: str
    title: str
    short_title: str | None = None
    scope: str | None = None
    active: bool | None = None
    successor: str | None = None


def read_entries(path: Path, staged: Staged) -> dict[str, Entry]:
    """The entries by IDCC; what an IDCC repeats is kept once, what it contradicts is set aside.

    Raises:
        Refusal: this is not the list, in any of its layouts.
    """
    said: dict[str, list[tuple[Row, Entry]]] = {}
    for row in read_table(path, LAYOUTS).rows:
        try:
            entry = _entry(row.values)
        except ValueError as error:
            staged.put_aside(SetAside(shown(row), str(error), row.line))
            continue
        said.setdefault(entry.idcc, []).append((row, entry))
    entries = {}
    for idcc, copies in said.items():
        if len({entry for _, entry in copies}) == 1:
            entries[idcc] = copies[0][1]
        else:
            _put_aside(copies, staged)
    return entries


def _put_aside(copies: Iterable[tuple[Row, Entry]], staged: Staged) -> None:
    for row, entry in copies:
        why = f"l’IDCC {entry.idcc} a plusieurs lignes qui se contredisent"
        staged.put_aside(SetAside(shown(row), why, row.line))


def _entry(values: dict[str, str | None]) -> Entry:
    written = values["idcc"] or ""
    idcc = normalize_idcc(written)
    if idcc is None or idcc == "0000":
        raise ValueError("IDCC illisible" if written else "pas d’IDCC")
    texts = {name: _printed(values.get(name)) for name in LENGTHS}
    for name, limit in LENGTHS.items():
        if len(texts[name] or "") > limit:
            raise ValueError(f"texte de plus de {limit} caractères")
    if not texts["title"]:
        raise ValueError("pas d’intitulé")
    scope = texts["scope"]
    return Entry(
        idcc,
        texts["title"],
        texts["short_title"],
        None if scope and plain(scope) in REACHES else scope,
        _yes_or_no(values.get("active")),
        _successor(values.get("successor"), idcc),
    )


def _printed(text: str | None) -> str | None:
    """A text with the apostrophes of print; nothing else of what the publisher wrote is touched."""
    return text.replace("'", "’") if text else None


def _yes_or_no(text: str | None) -> bool | None:
    if text is None:
        return None
    if plain(text) not in YES | NO:
        raise ValueError(f"IDCCactif « {text} » illisible")
    return plain(text) in YES


def _successor(text: str | None, idcc: str) -> str | None:
    """In canonical form when it is an IDCC; an agreement that is its own successor has none."""
    successor = (normalize_idcc(text) or text) if text else None
    return None if successor in (idcc, "0000") else successor

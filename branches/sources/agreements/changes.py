"""What the list changes, told to people: a plan in, a report out."""

from collections.abc import Iterable, Iterator, Mapping

from branches.models import Agreement
from branches.sources.agreements.entries import Entry
from branches.sources.agreements.plan import Plan
from branches.sources.sentences import happened
from opco_portal.french import plural, typeset
from opco_portal.sync.report import Column, Report, Table

Row = tuple[str | None, ...]

IDCC, TITLE = Column("IDCC", "idcc"), Column("Convention")
BEFORE, AFTER = Column("Avant"), Column("Après")
SUCCESSORS = [IDCC, TITLE, Column("Avant", "idcc"), Column("Après", "idcc")]

# How the counts of a report are told.
SITUATIONS = {
    "new": ("nouvelle", "nouvelles"),
    "inactive": ("n’est plus en vigueur", "ne sont plus en vigueur"),
    "active": ("entre en vigueur", "entrent en vigueur"),
}
WORDS = {
    "titles": ("titre modifié", "titres modifiés"),
    "short_titles": ("titre court modifié", "titres courts modifiés"),
    "successors": ("remplacement modifié", "remplacements modifiés"),
}


def report(made: Plan, rows: int) -> Report:
    """The diff of a publication of `rows` agreements."""
    new = [after for before, after in made.changed if before is None]
    known = [(before, after) for before, after in made.changed if before is not None]
    moved = [(before, after) for before, after in known if before.status != after.status]
    ended = [pair for pair in moved if pair[0].status == Agreement.Status.ACTIVE]
    begun = [pair for pair in moved if pair[1].status == Agreement.Status.ACTIVE]
    left = list(_left_alone(made.left))
    tables = [
        Table(
            "left_alone", "Conventions saisies par l’équipe, laissées telles quelles", _SAID, left, _WHY_LEFT
        ),
        Table("new", "Conventions nouvelles", [IDCC, TITLE, Column("Situation")], _new(new)),
        Table(
            "inactive",
            "Conventions qui ne sont plus en vigueur",
            [IDCC, TITLE, BEFORE, AFTER],
            _statuses(ended),
        ),
        Table("active", "Conventions désormais en vigueur", [IDCC, TITLE, BEFORE, AFTER], _statuses(begun)),
        Table("successors", "Conventions dont le remplacement change", SUCCESSORS, _successors(known)),
        Table("titles", "Titres modifiés", [IDCC, BEFORE, AFTER], _texts(known, "title")),
        Table("short_titles", "Titres courts modifiés", [IDCC, BEFORE, AFTER], _texts(known, "short_title")),
    ]
    counts = {"rows": rows, **{table.code: len(table.rows) for table in tables}}
    counts["left_alone"] = len({row[0] for row in left})
    return Report(list(_headline(counts)), tables, counts)


def _headline(counts: Mapping[str, int]) -> Iterator[str]:
    told = [happened(counts, SITUATIONS, "convention"), happened(counts, WORDS)]
    for sentence in filter(None, told):
        yield typeset(f"{sentence}.")
    if not any(told):
        yield "Rien ne change dans la liste des conventions."
    if counts["left_alone"]:
        one, several = "convention saisie par l’équipe diffère", "conventions saisies par l’équipe diffèrent"
        yield typeset(f"{plural(counts['left_alone'], one, several)} de la liste : rien n’y a été touché.")


_SAID = [IDCC, Column("Ce qui diffère"), Column("Le portail dit"), Column("La liste dit")]
_WHY_LEFT = (
    "Ce que l’équipe a écrit n’est jamais remplacé. Si la liste a raison, corrigez la convention dans "
    "l’administration."
)


def _left_alone(rows: Iterable[tuple[Agreement, Entry]]) -> Iterator[Row]:
    """What staff wrote and what the list says instead, one row per difference."""
    for agreement, entry in rows:
        if entry.title != agreement.title:
            yield agreement.idcc, "titre", agreement.title, entry.title
        if entry.short_title and entry.short_title != agreement.short_title:
            yield agreement.idcc, "titre court", agreement.short_title, entry.short_title
        if entry.active is not None and entry.active != (agreement.status == Agreement.Status.ACTIVE):
            said = "en vigueur" if entry.active else "n’est plus en vigueur"
            yield agreement.idcc, "situation", agreement.get_status_display(), said
        if entry.successor and entry.successor != agreement.successor_id:
            yield agreement.idcc, "remplacée par", agreement.successor_id, entry.successor


def _new(agreements: Iterable[Agreement]) -> list[Row]:
    return [(row.idcc, row.short_title, row.get_status_display()) for row in agreements]


def _statuses(pairs: Iterable[tuple[Agreement, Agreement]]) -> list[Row]:
    return [
        (after.idcc, after.short_title, before.get_status_display(), after.get_status_display())
        for before, after in pairs
    ]


def _successors(pairs: Iterable[tuple[Agreement, Agreement]]) -> list[Row]:
    return [
        (after.idcc, after.short_title, before.successor_id, after.successor_id)
        for before, after in pairs
        if before.successor_id != after.successor_id
    ]


def _texts(pairs: Iterable[tuple[Agreement, Agreement]], name: str) -> list[Row]:
    return [
        (after.idcc, getattr(before, name), getattr(after, name))
        for before, after in pairs
        if getattr(before, name) != getattr(after, name)
    ]

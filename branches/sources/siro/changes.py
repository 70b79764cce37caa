"""What a vintage changes, from counted pairs before and after: plain values in, a report out. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from branches.lookup.belief import MAJORITY
from branches.sources.sentences import happened
from branches.sources.siro.shares import Pairs, share_of, totals_by_idcc
from opco_portal.french import plural, typeset
from opco_portal.sync.report import Cell, Column, Report, Table

IDCC = Column("IDCC", "idcc")
TITLE = Column("Convention")
OPCO = Column("OPCO", "opco")
BEFORE, AFTER = Column("Avant", "count"), Column("Après", "count")
ATTACHED = [IDCC, TITLE, OPCO, BEFORE, AFTER]
SHARE = Column("Part", "share")

NEW, KNOWN = "nouveau", "déjà connu"

# How the counts of a report are told.
ESTABLISHMENTS = {
    "establishments_moved": ("change d’OPCO", "changent d’OPCO"),
    "establishments_appeared": ("apparaît", "apparaissent"),
    "establishments_vanished": ("disparaît", "disparaissent"),
}
ATTACHMENTS = {
    "attachments_new": ("apparaît", "apparaissent"),
    "attachments_vanished": ("disparaît", "disparaissent"),
    "attachments_changed": ("change de nombre", "changent de nombre"),
}

Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Claims:
    """What others say of an agreement: IDCC -> OPCO slugs."""

    manual: Mapping[str, frozenset[str]] = field(default_factory=dict)
    approval: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Moves:
    """How many establishments changed, and between which OPCOs (None: no OPCO)."""

    appeared: int = 0
    vanished: int = 0
    detail: int = 0
    moved: Mapping[tuple[str | None, str | None], int] = field(default_factory=dict)

    @property
    def moved_total(self) -> int:
        return sum(self.moved.values())


def report(
    before: Pairs, after: Pairs, moves: Moves | None, claims: Claims, titles: Mapping[str, str], rows: int
) -> Report:
    """The diff of a vintage. `moves` is None when what it replaces was only a sample of establishments."""
    new, gone, changed = _attachments(before, after, titles)
    majority = list(_majority(before, after, titles))
    conflicts = list(_conflicts(before, after, claims, titles))
    tables = [
        *_move_tables(moves),
        Table(
            "disagreements",
            "Désaccords avec une décision ou un arrêté",
            [
                IDCC,
                TITLE,
                Column("La table donne", "opco"),
                SHARE,
                Column("Autre source"),
                Column("Elle donne", "opco"),
                Column("Désaccord"),
            ],
            conflicts,
            "L’OPCO que la table donne le plus souvent n’est pas celui d’une décision du portail ou d’un arrêté "
            "d’agrément.",
        ),
        Table(
            "majority",
            "Conventions qui passent la barre des 90 %",
            [IDCC, TITLE, Column("OPCO avant", "opco"), SHARE, Column("OPCO après", "opco"), SHARE],
            majority,
            "À partir de 90 % des établissements chez un OPCO, le portail répond par cet OPCO ; en dessous, il "
            "les montre tous.",
        ),
        Table("attachments_new", "Rattachements nouveaux", ATTACHED, new),
        Table("attachments_vanished", "Rattachements disparus", ATTACHED, gone),
        Table(
            "attachments_changed", "Rattachements dont le nombre d’établissements change", ATTACHED, changed
        ),
    ]
    counts = {
        "rows": rows,
        "attachments_new": len(new),
        "attachments_vanished": len(gone),
        "attachments_changed": len(changed),
        "majority_crossed": len(majority),
        "disagreements": len(conflicts),
        "disagreements_new": sum(row[-1] == NEW for row in conflicts),
    }
    if moves:
        counts |= {
            "establishments_appeared": moves.appeared,
            "establishments_vanished": moves.vanished,
            "establishments_moved": moves.moved_total,
            "establishments_detail": moves.detail,
        }
    return Report(list(_headline(counts, moves)), tables, counts)


def _headline(counts: Mapping[str, int], moves: Moves | None) -> Iterator[str]:
    if moves is None:
        yield typeset(f"{plural(counts['rows'], 'établissement')} remplacent l’échantillon de démonstration.")
    else:
        told = happened(counts, ESTABLISHMENTS, "établissement")
        yield typeset(f"{told or 'Aucun établissement ne change d’OPCO, n’apparaît ni ne disparaît'}.")
    if told := happened(counts, ATTACHMENTS):
        yield typeset(f"Parmi les couples d’une convention et d’un OPCO, {told}.")
    else:
        yield typeset("Les conventions gardent toutes leurs rattachements, établissement pour établissement.")
    if counts["majority_crossed"]:
        verb = "passe" if counts["majority_crossed"] == 1 else "passent"
        yield typeset(f"{plural(counts['majority_crossed'], 'convention')} {verb} la barre des 90 %.")
    if counts["disagreements"]:
        new = f", dont {plural(counts['disagreements_new'], 'nouveau', 'nouveaux')}"
        yield typeset(
            f"{plural(counts['disagreements'], 'désaccord')} avec une décision du portail ou un arrêté"
            f"{new if counts['disagreements_new'] else ''}."
        )


# -------------------------------------------------------------------------------------------------------- attachments
def _attachments(
    before: Pairs, after: Pairs, titles: Mapping[str, str]
) -> tuple[list[Row], list[Row], list[Row]]:
    """Pairs that are new, that vanished, and whose count changed; the largest difference first."""
    differ = [pair for pair in {*before, *after} if before.get(pair) != after.get(pair)]
    differ.sort(key=lambda pair: (-abs(after.get(pair, 0) - before.get(pair, 0)), pair))

    def rows(pairs: Iterable[tuple[str, str]]) -> list[Row]:
        return [
            (idcc, titles.get(idcc, ""), opco, before.get((idcc, opco)), after.get((idcc, opco)))
            for idcc, opco in pairs
        ]

    return (
        rows(pair for pair in differ if pair not in before),
        rows(pair for pair in differ if pair not in after),
        rows(pair for pair in differ if pair in before and pair in after),
    )


def _majority(before: Pairs, after: Pairs, titles: Mapping[str, str]) -> Iterator[Row]:
    """Agreements known before and after whose answer goes from one OPCO to several, or back, or to another one."""
    old, new = leaders(before), leaders(after)
    for idcc in sorted(old.keys() & new.keys()):
        (was, was_share), (now, now_share) = old[idcc], new[idcc]
        crossed = (was_share >= MAJORITY) != (now_share >= MAJORITY)
        if crossed or (was != now and now_share >= MAJORITY):
            yield idcc, titles.get(idcc, ""), was, float(was_share), now, float(now_share)


def leaders(pairs: Pairs) -> dict[str, tuple[str, Decimal]]:
    """IDCC -> the OPCO with most establishments, and its share; of equals the first by name."""
    totals = totals_by_idcc(pairs)
    ascending = sorted(sorted(pairs.items(), reverse=True), key=lambda item: item[1])
    return {idcc: (opco, share_of(count, totals[idcc])) for (idcc, opco), count in ascending}


def _conflicts(before: Pairs, after: Pairs, claims: Claims, titles: Mapping[str, str]) -> Iterator[Row]:
    """Where a decision or an order contradicts the table, decisions first, what is new before what was known."""
    old, new = leaders(before), leaders(after)
    for source, said in (("décision du portail", claims.manual), ("arrêté d’agrément", claims.approval)):
        rows = [
            (idcc, titles.get(idcc, ""), opco, float(share), source, other, _since(idcc, opco, old))
            for idcc, (opco, share) in sorted(new.items())
            if idcc in said and opco not in said[idcc]
            for other in sorted(said[idcc])
        ]
        yield from sorted(rows, key=lambda row: row[-1] != NEW)


def _since(idcc: str, opco: str, old: Mapping[str, tuple[str, Decimal]]) -> str:
    return KNOWN if idcc in old and old[idcc][0] == opco else NEW


# ------------------------------------------------------------------------------------------------------ establishments
def _move_tables(moves: Moves | None) -> Iterator[Table]:
    if moves:
        rows = [
            (was, now, count) for (was, now), count in sorted(moves.moved.items(), key=lambda item: -item[1])
        ]
        columns = [Column("De", "opco"), Column("Vers", "opco"), Column("Établissements", "count")]
        intro = (
            "Chaque ligne est un trajet, d’un OPCO vers un autre. Tous les trajets ensemble font "
            f"{plural(moves.moved_total, 'établissement')}."
        )
        yield Table("moves", "Passages d’un OPCO à un autre", columns, rows, intro)

"""What a load changed, in French, for the terminal."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.utils.text import capfirst

from financing.models import Criteria, Envelope, FundsStatus, Rule
from financing.models.rules import always
from financing.reference.load import Load
from opco_portal.corrections.history import Sides, values_of
from opco_portal.corrections.words import Names, differences
from opco_portal.french import day, period, typeset
from opco_portal.tables import Difference

INDENT = "      "
LEFT = {
    Rule: "la règle {} a été modifiée par l’équipe : laissée telle quelle",
    FundsStatus: "les fonds de l’enveloppe {} ont été saisis par l’équipe : laissés tels quels",
    Envelope: "l’enveloppe {} a été modifiée par l’équipe : laissée telle quelle",
}


def told(loaded: Load) -> Iterator[str]:
    """Every row that changed with its fields, what was left to staff, then how many of each."""
    for difference in loaded.differences:
        yield from _rows(difference)
    for conflict in loaded.conflicts:
        yield from _conflicts(conflict)
    for envelope in loaded.kept:
        yield typeset(
            f"! l’enveloppe {envelope.code} n’est plus dans les fichiers : gardée, l’équipe s’en sert"
        )
    for difference in loaded.differences:
        yield str(difference.change)


def _rows(difference: Difference[Any]) -> Iterator[str]:
    for row in difference.created:
        yield f"+ {_named(row)}"
    for before, after in difference.updated:
        yield f"~ {_named(after)}"
        yield from _fields(before, after)
    for row in difference.deleted:
        yield f"- {_named(row)}"


def _named(row: Model) -> str:
    """The code, which is what one looks for in the files, the label and the days."""
    if isinstance(row, FundsStatus | Criteria):
        return str(row)
    assert isinstance(row, Rule | Envelope)
    days = _days(row) if isinstance(row, Rule) else ""
    return typeset(f"{row.code} : {row.label}{days and f' ({days})'}")


def _days(row: Rule) -> str:
    return period(row.validity.lower, row.validity.upper) if row.validity != always() else ""


def _fields(before: Model, after: Model) -> Iterator[str]:
    sides = Sides(type(after), values_of(before), values_of(after))
    if isinstance(after, Criteria):  # whole paragraphs: that they changed says enough
        verbose_names = {each.attname: each.verbose_name for each in Criteria._meta.concrete_fields}
        names = [str(verbose_names[name]) for name in sides.changed]
        yield f"{INDENT}{capfirst(', '.join(names))}"
        return
    for each in differences(sides, Names([sides]), hidden=["origin"]):
        yield typeset(f"{INDENT}{each.label} : {each.before} → {each.after}")


# ------------------------------------------------------------------------------------------------ left to staff
def _conflicts(conflict: Difference[Any]) -> Iterator[str]:
    for name in _names(conflict):
        yield typeset(f"! {LEFT[conflict.model].format(name)}")
        for theirs, files in conflict.updated:
            if _name(theirs) == name:
                yield from _fields(theirs, files)
        for row in conflict.created:
            if _name(row) == name:
                yield f"{INDENT}dans les fichiers seulement{_since(row)}"
        for row in conflict.deleted:
            if _name(row) == name:
                yield f"{INDENT}dans la base seulement{_since(row)}"


def _names(conflict: Difference[Any]) -> list[str]:
    rows = [*conflict.created, *(row for _, row in conflict.updated), *conflict.deleted]
    return sorted({_name(row) for row in rows})


def _name(row: Any) -> str:
    return str(row.envelope_id if isinstance(row, FundsStatus) else row.code)


def _since(row: Any) -> str:
    """Which version."""
    since = getattr(row, "since", None)
    return typeset(f" : depuis le {day(since)}") if since else ""

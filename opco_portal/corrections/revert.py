"""The way back: bring objects to what they were before a correction, which is a correction too."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from opco_portal.corrections import history
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import Change, Values
from opco_portal.corrections.models import Correction


class Overtaken(Exception):
    """Some objects were changed again since: `changes` are those of the correction that no longer stand."""

    def __init__(self, changes: list[Change]) -> None:
        super().__init__(changes)
        self.changes = changes


def key_of(change: Change) -> str:
    """What designates the object of a change among those of its correction."""
    return f"{change.model._meta.model_name}-{change.pk}"


def undoable(correction: Correction, only: str = "") -> tuple[list[Change], list[Change]]:
    """What undoing a correction, or what it did to one object `only`, would undo; and what of it was changed since."""
    changes = history.net(history.changes_of(correction.context))
    changes = [change for change in changes if not only or key_of(change) == only]
    current = _current(changes)
    return changes, [change for change in changes if current.get((change.model, change.pk)) != change.after]


def revert(correction: Correction, author: Any, reason: str, only: str = "") -> Correction | None:
    """Undo a correction whole, or what it did to one object.

    Raises:
        Overtaken: an object was changed again since; nothing has been undone.
        ValidationError: what comes back contradicts what was decided since, such as another period.
    """
    with correcting(author, Correction.Kind.REVERT, reason=reason, reverts=correction) as draft:
        changes, overtaken = undoable(correction, only)
        if overtaken:
            raise Overtaken(overtaken)
        bring_back(changes)
    return draft.made


def bring_back(changes: Iterable[Change]) -> None:
    """Give the objects their values of before: those that must go first, and each once nothing is in its way.

    Raises:
        ValidationError: something that is not brought back is in the way.
    """
    left = sorted(changes, key=lambda change: change.before is not None)
    while left:
        refused: list[Change] = []
        for change in left:
            try:
                put(change.model, change.pk, change.before)
            except ValidationError as error:
                refused.append(change)
                why = error
        if len(refused) == len(left):
            raise why
        left = refused


def put(model: type[models.Model], pk: Any, values: Values | None) -> None:
    """Make an object what it was; None: it did not exist."""
    rows = model._base_manager.filter(pk=pk)
    if values is None:
        rows.delete()
        return
    row = model(**values)
    row._state.adding = not rows.exists()  # its own row is not in its way
    row.validate_constraints()
    if row._state.adding:
        row.save(force_insert=True)
    else:
        rows.update(**{name: value for name, value in values.items() if name != model._meta.pk.attname})


def _current(changes: Iterable[Change]) -> dict[tuple[type[models.Model], Any], Values]:
    """The objects as they are now, one query for each model; those that are gone are absent."""
    keys: dict[type[models.Model], list[Any]] = defaultdict(list)
    for change in changes:
        keys[change.model].append(change.pk)
    return {
        (model, row.pk): {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
        for model, pks in keys.items()
        for row in model._base_manager.filter(pk__in=pks)
    }

"""The way back: bring objects to what they were before a correction, which is a correction too."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction

from opco_portal.corrections import history
from opco_portal.corrections.edition import correcting
from opco_portal.corrections.history import Change, Values
from opco_portal.corrections.models import Correction

BATCH = 500
CONTRADICTS = (
    "Ce qui reviendrait contredit ce qui a été saisi depuis : passez par l’historique de chaque objet."
)

# Values that are no longer those which a correction left.
OVERTAKEN = """
SELECT count(*) FROM (
    SELECT DISTINCT ON (pgh_obj_id) * FROM {events} WHERE pgh_context_id = %s ORDER BY pgh_obj_id, pgh_id DESC
) AS made LEFT JOIN {table} AS now ON now.{key} = made.pgh_obj_id
WHERE CASE
    WHEN made.pgh_label = 'delete' THEN now.{key} IS NOT NULL
    ELSE ROW({made}) IS DISTINCT FROM ROW({now})
END
"""


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
    return changes, overtaken_of(changes)


def overtaken_of(changes: Iterable[Change]) -> list[Change]:
    """Those whose objects were changed again since."""
    changes = list(changes)
    current = _current(changes)
    return [change for change in changes if current.get((change.model, change.pk)) != change.after]


def count_overtaken(correction: Correction) -> int:
    """How many objects of a correction were changed again since; no event leaves the database."""
    return sum(_count_overtaken(model, correction) for model in history.registered())


def _count_overtaken(model: type[models.Model], correction: Correction) -> int:
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field in model._meta.concrete_fields]
    query = OVERTAKEN.format(
        events=quote(history.events_of(model).model._meta.db_table),
        table=quote(model._meta.db_table),
        key=quote(str(model._meta.pk.column)),
        made=", ".join(f"made.{column}" for column in columns),
        now=", ".join(f"now.{column}" for column in columns),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [correction.context])
        return int(cursor.fetchone()[0])


def without(changes: Iterable[Change], overtaken: Iterable[Change]) -> list[Change]:
    """The changes that still stand."""
    gone = {key_of(change) for change in overtaken}
    return [change for change in changes if key_of(change) not in gone]


def revert(
    correction: Correction, author: Any, reason: str, only: str = "", *, leave_overtaken: bool = False
) -> Correction | None:
    """Undo a correction whole, or what it did to one object, or to those that were not changed again since.

    Raises:
        Overtaken: an object was changed again since, or all were; nothing has been undone.
        ValidationError: what comes back contradicts what was decided since, such as another period.
    """
    with correcting(author, Correction.Kind.REVERT, reason=reason, reverts=correction) as draft:
        changes, overtaken = undoable(correction, only)
        standing = without(changes, overtaken)
        if overtaken and not (leave_overtaken and standing):
            raise Overtaken(overtaken)
        bring_back(standing)
    return draft.made


def bring_back(changes: Iterable[Change]) -> None:
    """Give the objects their values of before, those that must go first.

    Raises:
        ValidationError: what comes back contradicts what is there.
    """
    changes = list(changes)
    try:
        with transaction.atomic():
            _bring_back(changes)
            connection.check_constraints()  # of foreign keys, else told at the commit, where nobody hears it
    except IntegrityError as error:
        raise ValidationError(CONTRADICTS) from error
    history.validate([change.backwards for change in changes])


def _bring_back(changes: Iterable[Change]) -> None:
    by_model: dict[type[models.Model], list[Change]] = defaultdict(list)
    for change in changes:
        by_model[change.model].append(change)
    for model, some in by_model.items():
        model._base_manager.filter(pk__in=[each.pk for each in some if each.before is None]).delete()
    for model, some in by_model.items():
        put(model, [each.before for each in some if each.before is not None])


def put(model: type[models.Model], values: Sequence[Values]) -> None:
    """Make objects what they were, whether they exist or not.

    Raises:
        ValidationError: they contradict what is there.
    """
    try:
        with transaction.atomic():
            _write(model, values)
    except IntegrityError as error:
        if len(values) == 1:
            raise ValidationError(_why(model, error)) from error
        _put_in_turn(model, values)


def _write(model: type[models.Model], values: Sequence[Values]) -> None:
    """One statement for many: those that are gone come back, the others are overwritten."""
    model._base_manager.bulk_create(
        [model(**each) for each in values],
        BATCH,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=[field.name for field in model._meta.concrete_fields if not field.primary_key],
    )


def _put_in_turn(model: type[models.Model], values: Sequence[Values]) -> None:
    """Each once nothing is in its way, as some may take the places of others."""
    left = list(values)
    while left:
        refused = []
        for each in left:
            try:
                put(model, [each])
            except ValidationError as error:
                refused.append(each)
                why = error
        if len(refused) == len(left):
            raise why
        left = refused


def _why(model: type[models.Model], error: IntegrityError) -> str:
    """What the constraint that was broken says of itself."""
    broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    constraint = next((each for each in model._meta.constraints if each.name == broken), None)
    if constraint is None or constraint.violation_error_message == constraint.default_violation_error_message:
        return CONTRADICTS
    return str(constraint.violation_error_message)


def _current(changes: Iterable[Change]) -> dict[tuple[type[models.Model], Any], Values]:
    """The objects as they are now, one query for each model; those that are gone are absent."""
    keys: dict[type[models.Model], list[Any]] = defaultdict(list)
    for change in changes:
        keys[change.model].append(change.pk)
    return {
        (model, row.pk): history.values_of(row)
        for model, pks in keys.items()
        for row in model._base_manager.filter(pk__in=pks)
    }

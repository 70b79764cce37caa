"""What was done to an object, read from the events that the triggers of django-pghistory write.

Whoever changes reference data says why with `because`; a change without that is one made by hand in the database.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Max, Min, Model
from pghistory.core import event_models

Values = Mapping[str, Any]  # by attribute name: "opco_id", not "opco"
SHOWN = 200  # changes told one by one on the page of a correction


@dataclass(frozen=True)
class Sides:
    """The values of an object before and after, None where it does not exist."""

    model: type[Model]
    before: Values | None
    after: Values | None

    @property
    def changed(self) -> list[str]:
        """The attribute names whose values differ, in the order of the model."""
        before, after = self.before or {}, self.after or {}
        return [name for name in _names(self.model) if before.get(name) != after.get(name)]


@dataclass(frozen=True)
class Change(Sides):
    """What happened to one object.

    `number` orders the changes of one model. `context` is shared by whatever was changed together.
    """

    pk: Any
    number: int
    at: datetime
    context: UUID | None

    @property
    def nature(self) -> str:
        """What it did, in a word that takes an s in the plural."""
        if self.before is None:
            return "ajout"
        return "retrait" if self.after is None else "modification"

    @property
    def backwards(self) -> "Change":
        """What undoing it would change."""
        return replace(self, before=self.after, after=self.before)

    @property
    def values(self) -> Values:
        """What is known of the object: how it is after the change, or how it was if it is gone."""
        return self.after if self.after is not None else self.before or {}


# ----------------------------------------------------------------------------------------------------- who and why
@contextmanager
def because(context: UUID | None = None, **metadata: Any) -> Iterator[UUID]:
    """Inside a transaction: whatever changes meanwhile is one context, described by `metadata`.

    django-pghistory's own `context` puts the same two settings before each statement, which PostgreSQL refuses where
    statements are prepared on the server, as ours are.
    """
    context = context or uuid4()
    _tell(str(context), json.dumps(metadata))
    yield context
    if not connection.needs_rollback:  # else PostgreSQL forgets by itself, as it does after an exception
        _tell("", "")


def _tell(context: str, metadata: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)",
            [context, metadata],
        )


# ------------------------------------------------------------------------------------------------------ the models
# A change, and what the objects that it refers to are called (`words.Names`).
Teller = Callable[[Change, Any], str]
# Changes that were not made yet -> sentences on what the public would read then.
Forecaster = Callable[[Sequence[Change]], Sequence[str]]
# Changes that a way back has just made -> ValidationError for those that the forms would have refused.
Validator = Callable[[Sequence[Change]], None]
_tellers: dict[type[Model], Teller] = {}
_forecasters: dict[type[Model], Forecaster] = {}
_validators: dict[type[Model], Validator] = {}


def register(
    model: type[Model],
    teller: Teller,
    forecaster: Forecaster | None = None,
    validator: Validator | None = None,
) -> None:
    """Let corrections cover a model; `teller` makes a French sentence, for everybody, of a change of it."""
    _tellers[model] = teller
    if forecaster:
        _forecasters[model] = forecaster
    if validator:
        _validators[model] = validator


def registered() -> Sequence[type[Model]]:
    """The models whose changes make a correction."""
    return list(_tellers)


def told(change: Change, names: Any) -> str:
    """A change as a sentence for everybody."""
    return _tellers[change.model](change, names)


def forecast(changes: Sequence[Change]) -> list[str] | None:
    """What the public would read if these changes were made; None where nobody can tell."""
    of_model = {model: [change for change in changes if change.model is model] for model in _forecasters}
    if not any(of_model.values()):
        return None
    return [sentence for model, some in of_model.items() if some for sentence in _forecasters[model](some)]


def validate(changes: Sequence[Change]) -> None:
    """Hold changes that were made without a form to what forms hold theirs to.

    Raises:
        ValidationError: one of them does not.
    """
    for model, validator in _validators.items():
        some = [change for change in changes if change.model is model]
        if some:
            validator(some)


def events_of(model: type[Model]) -> Any:
    """The events that are kept of a model, a queryset; django-pghistory makes their model, which no type describes."""
    (events,) = event_models(tracks_model=model)
    return events._default_manager.all()


def values_of(row: Model) -> dict[str, Any]:
    """An object as its events hold it."""
    return {name: getattr(row, name) for name in _names(type(row))}


def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


# ----------------------------------------------------------------------------------------------------- the changes
def version_of(row: Model) -> int:
    """The number of the last change of an object, 0 before the first."""
    events = events_of(type(row)).filter(pgh_obj_id=row.pk)
    return int(events.order_by("-pgh_id").values_list("pgh_id", flat=True).first() or 0)


def versions_of(model: type[Model], pks: Any) -> dict[int, int]:
    """The number of the last change of each of these objects that has one."""
    events = events_of(model).filter(pgh_obj_id__in=pks).order_by()
    return dict(events.values_list("pgh_obj_id").annotate(Max("pgh_id")))


def history_of(row: Model) -> list[Change]:
    """Every change of an object, the latest first."""
    return changes_of_objects(type(row), [row.pk])[::-1]


def changes_of(context: UUID, most: int | None = None) -> list[Change]:
    """Every change made under one context, in order, model by model; two queries for each model.

    With `most`, those of as many objects, the first: a large correction is not read whole to show its beginning.
    """
    changes: list[Change] = []
    for model in _tellers:
        keys = _objects_under(model, context)[:most]
        if keys:
            changes += [change for change in changes_of_objects(model, keys) if change.context == context]
        if most is not None:
            most -= len(keys)
    return changes


def _objects_under(model: type[Model], context: UUID) -> Any:
    """The keys of the objects changed under one context, the first changed first; a queryset."""
    events = events_of(model).filter(pgh_context_id=context)
    return events.values_list("pgh_obj_id", flat=True).annotate(first=Min("pgh_id")).order_by("first")


def models_of(context: UUID) -> list[type[Model]]:
    """The models of which objects were changed under one context."""
    return [model for model in _tellers if events_of(model).filter(pgh_context_id=context).exists()]


def changes_of_objects(model: type[Model], pks: Iterable[Any]) -> list[Change]:
    """Every change of some objects of a model, in order."""
    names = _names(model)
    events = events_of(model).filter(pgh_obj_id__in=list(pks)).order_by("pgh_id")
    last: dict[Any, Values | None] = {}
    changes = []
    for event in events:
        values = {name: getattr(event, name) for name in names}
        after = None if event.pgh_label == "delete" else values
        before = last.get(event.pgh_obj_id)
        changes.append(
            Change(
                model,
                before,
                after,
                event.pgh_obj_id,
                event.pgh_id,
                event.pgh_created_at,
                event.pgh_context_id,
            )
        )
        last[event.pgh_obj_id] = after
    return changes


def net(changes: Iterable[Change]) -> list[Change]:
    """Several changes of one object as the one that they amount to; what amounts to nothing is left out."""
    first: dict[tuple[type[Model], Any], Change] = {}
    last: dict[tuple[type[Model], Any], Change] = {}
    for change in changes:
        key = (change.model, change.pk)
        first.setdefault(key, change)
        last[key] = change
    merged = [replace(end, before=first[key].before) for key, end in last.items()]
    return [change for change in merged if change.changed]

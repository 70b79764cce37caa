"""Changes in words: each field with what it said before and what it says now."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db.backends.postgresql.psycopg_any import Range
from django.db.models import Field, ForeignKey, Model
from django.utils import timezone
from django.utils.text import capfirst

from opco_portal import french
from opco_portal.corrections.history import Change, Sides, Values
from opco_portal.french import typeset

NOTHING = "–"
AUTHORS = ("author_id",)  # not told beside a change: its correction says to staff who made it
Wording = Callable[[Any], str]
_wordings: dict[tuple[type[Model], str], Wording] = {}


def tell_field(model: type[Model], name: str, wording: Wording) -> None:
    """Say in words of its own what a field of a model holds, where its type does not tell how: a structure."""
    _wordings[model, name] = wording


class Difference(NamedTuple):
    """What a field said before and says now; for what is new or gone, one of them is NOTHING."""

    label: str
    before: str
    after: str


class Names:
    """What the objects that changes refer to are called; those of one model are read together, once."""

    def __init__(self, changes: Iterable[Sides]) -> None:
        wanted: dict[type[Model], set[Any]] = {}
        for change in changes:
            for field in _fields(change.model):
                if isinstance(field, ForeignKey):
                    keys = {(side or {}).get(field.attname) for side in (change.before, change.after)}
                    wanted.setdefault(_target(field), set()).update(keys - {None})
        self._names = {
            model: {row.pk: str(row) for row in model._base_manager.filter(pk__in=pks)}
            for model, pks in wanted.items()
            if pks
        }

    def of(self, field: ForeignKey[Any, Any], pk: Any) -> str:
        return self._names.get(_target(field), {}).get(pk, str(pk))


def _target(field: ForeignKey[Any, Any]) -> type[Model]:
    model: Any = field.remote_field.model
    return model  # type: ignore[no-any-return]


def differences(change: Sides, names: Names, hidden: Iterable[str] = ()) -> list[Difference]:
    """What tells two sides apart, field by field; `hidden` are attribute names that are nobody's business."""
    told, changed = [], set(change.changed) - set(hidden)
    for field in _fields(change.model):
        if field.attname in changed:
            before, after = (_side(field, side, names) for side in (change.before, change.after))
            if before != after:
                told.append(Difference(capfirst(str(field.verbose_name)), before, after))
    return told


def taken(change: Change, feminine: str = "") -> str:
    """Who answers for it from now on, when that is all that has changed."""
    if "origin" not in change.changed:
        return f"enregistré{feminine} de nouveau, sans changement"
    if change.values["origin"] == "manual":
        return f"repris{feminine} par l’équipe"
    return f"rendu{feminine} au référentiel"


def uncapitalised(label: str) -> str:
    """A label inside a sentence: « Titre » -> « titre », « OPCO » stays."""
    return label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}"


def _side(field: "Field[Any, Any]", values: Values | None, names: Names) -> str:
    return NOTHING if values is None else worded(field, values.get(field.attname), names)


def worded(field: "Field[Any, Any]", value: Any, names: Names) -> str:
    """A value of a field as people read it."""
    if value is None or value == "" or value == []:
        return NOTHING
    if wording := _wordings.get((field.model, field.name)):
        return wording(value)
    if isinstance(field, ForeignKey):
        return names.of(field, value)
    if isinstance(field, ArrayField):
        return " ; ".join(worded(field.base_field, each, names) for each in value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, Range):
        days = isinstance(field, DateRangeField)
        return french.period(value.lower, value.upper) if days else french.between(value.lower, value.upper)
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return french.moment(timezone.localtime(value))
    if isinstance(value, date):
        return french.day(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}".replace(".", ",")
    return typeset(str(value))


def _fields(model: type[Model]) -> "list[Any]":
    return [field for field in model._meta.concrete_fields if not field.primary_key]

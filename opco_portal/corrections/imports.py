"""Files of reference data: what they would change, told line by line, then written all together or not at all.

A `Listing` only takes data away. A `Sheet` brings them back: its columns are those of the file, `import_id_fields`
say which object a line is about, and its rules are those of the forms. An app describes its own in a few lines.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import tablib
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model
from import_export.resources import Resource
from openpyxl.utils import get_column_letter

from opco_portal.corrections.columns import Column, too_long
from opco_portal.corrections.formats import LINE, Guide
from opco_portal.corrections.previews import Line, Preview, Problem
from opco_portal.corrections.words import NOTHING, Difference
from opco_portal.french import listed, typeset
from opco_portal.sync.spreadsheets import fold
from opco_portal.sync.text import readable

BATCH = 500
WHOLE = ""  # the "attribute" of a problem that no column alone has
MOST_SHOWN = 120  # characters of a cell


class Listing(Resource):  # type: ignore[misc]
    """Rows as a table to take away."""

    title: ClassVar[str]

    def export(self, queryset: Any = None, **options: Any) -> tablib.Dataset:
        dataset = super().export(queryset, **options)
        dataset.title = self.title
        return dataset


class _ByKey:
    """Finds the object that a line is about among all of them, which are read once."""

    def __init__(self, resource: "Sheet", dataset: tablib.Dataset) -> None:
        self._resource = resource
        self._known = {resource.key_of(row): row for row in resource.existing()}

    def get_instance(self, row: Mapping[str, str]) -> Model | None:
        key = self._resource.key_in(row)
        return self._known.get(key) if key else None


class _Sides:
    """An object before and after a line, as the file writes it."""

    def __init__(self, resource: "Sheet", instance: Model, new: bool) -> None:
        self._headings, self._is_new = resource.get_diff_headers(), new
        self._before = self._written(resource, instance)  # of what is new, what goes without saying
        self._after: list[str] = []

    def compare_with(self, resource: "Sheet", instance: Model) -> None:
        self._after = self._written(resource, instance)

    def as_html(self) -> list[Difference]:
        return [
            Difference(heading, NOTHING if self._is_new else before or NOTHING, after or NOTHING)
            for heading, before, after in zip(self._headings, self._before, self._after, strict=True)
            if before != after
        ]

    @staticmethod
    def _written(resource: "Sheet", instance: Model) -> list[str]:
        return [each.export(instance) for each in resource.get_import_fields()]


class Sheet(Listing):
    """The objects of a model as a file that can come back.

    `written` are the model's fields that an import changes; `rule` says what a line does; `cannot_add` says why one is
    refused that would add an object where that is not allowed.
    """

    written: ClassVar[Sequence[str]]
    rule: ClassVar[str]
    cannot_add = "Cette ligne ajouterait un objet, et votre compte ne peut que modifier ceux qui existent."

    class Meta:
        use_bulk = True  # lines are gathered, and `write` saves them
        skip_unchanged = True
        instance_loader_class = _ByKey

    def __init__(self, author: Any = None, may_add: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.author, self.may_add = author, may_add
        self._at: tuple[Any, bool] = (None, True)

    # ------------------------------------------------------------------------------------------- what apps may say
    def existing(self) -> Iterable[Any]:
        """Every object that a file may be about, in one query."""
        rows: Iterable[Any] = self._meta.model._default_manager.all()
        return rows

    def comparable(self, name: str, value: Any) -> Any:
        """A value of a key as keys are compared."""
        return value

    def complete(self, instance: Any, failed: set[str]) -> Iterator[tuple[str, str]]:
        """Finish an object once its cells are read; yields attributes and sentences of what is wrong with it."""
        yield from ()

    def together(self, lines: Sequence[Line]) -> Iterator[tuple[Line, str, str]]:
        """What is wrong with lines beside one another or beside what exists: line, attribute, sentence."""
        yield from ()

    def remarks(self, lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
        """What is worth knowing of lines that are not wrong."""
        yield from ()

    def claim(self, instance: Any) -> None:
        """Whoever imports answers for what changes."""
        if hasattr(instance, "origin"):
            instance.origin = "manual"

    def export(self, queryset: Any = None, **options: Any) -> tablib.Dataset:
        return super().export(self.existing() if queryset is None else queryset, **options)

    # ---------------------------------------------------------------------------------------------------- to examine
    def examine(self, dataset: tablib.Dataset) -> Preview:
        """What the file would change, and everything that is wrong with it; nothing is written."""
        problems = self._name_columns(dataset)
        if problems:
            return Preview(problems, [])
        result = self.import_data(dataset, use_transactions=False)
        for failure in (*result.base_errors, *(error for row in result.rows for error in row.errors)):
            raise failure.error  # a fault of ours, which no file should be blamed for
        lines = [row.line for row in result.rows]
        for line, attribute, sentence in (*self._twice(lines), *self.together(lines)):
            line.problems.append(self._problem(line, attribute, sentence))
        for line, sentence in self.remarks([line for line in lines if line.is_changed and not line.problems]):
            line.notes.append(typeset(sentence))
        return Preview([], lines)

    def write(self) -> None:
        """Save what `examine` found, inside `correcting`; what exists makes room before what is new takes it."""
        rows, key = self._meta.model._base_manager, self._meta.model._meta.pk.name
        # Far faster than bulk_update, whose statement has a case for every value.
        how = {"update_conflicts": True, "unique_fields": [key], "update_fields": self.written}
        rows.bulk_create(self.update_instances, BATCH, **how)
        rows.bulk_create(self.create_instances, BATCH)

    def _name_columns(self, dataset: tablib.Dataset) -> list[str]:
        """Give the columns their own headings, whatever their case and accents; what is wrong with them."""
        wanted = {fold(heading): heading for heading in self.get_diff_headers()}
        found = [wanted.get(fold(heading), heading) for heading in dataset.headers[:-1]]
        self._places = {heading: place for place, heading in enumerate(found, 1)}
        problems = [
            f"La colonne {get_column_letter(place)} {_unknown(heading)} : effacez-la, ou donnez-lui le titre du modèle."
            for place, heading in enumerate(found, 1)
            if heading not in wanted.values()
        ]
        problems += [
            f"La colonne « {heading} » figure {found.count(heading)} fois : gardez-en une."
            for heading in wanted.values()
            if found.count(heading) > 1
        ]
        missing = [f"« {heading} »" for heading in wanted.values() if heading not in found]
        if missing:
            are = "Il manque les colonnes" if len(missing) > 1 else "Il manque la colonne"
            problems.append(f"{are} {listed(missing)} : partez du modèle, qui les a toutes.")
        dataset.headers = [*found, LINE]
        return [typeset(problem) for problem in problems]

    def _twice(self, lines: Sequence[Line]) -> Iterator[tuple[Line, str, str]]:
        first: dict[Any, int] = {}
        for line in lines:
            key = self.key_in(line.cells)
            if key and key in first:
                yield (
                    line,
                    WHOLE,
                    f"La ligne {first[key]} dit déjà tout de lui : gardez une seule des deux lignes.",
                )
            elif key:
                first[key] = line.number

    # -------------------------------------------------------------------------------------------------------- a line
    @cached_property
    def _keys(self) -> list[tuple[str, Column]]:
        return [(name, self.fields[name]) for name in self.get_import_id_fields()]

    def key_of(self, instance: Model) -> tuple[Any, ...]:
        return tuple(self.comparable(name, column.get_value(instance)) for name, column in self._keys)

    def key_in(self, row: Mapping[str, str]) -> tuple[Any, ...] | None:
        """The key that a line gives; None when one of its cells cannot be read, which is told elsewhere."""
        try:
            return tuple(self.comparable(name, column.clean(row)) for name, column in self._keys)
        except ValueError:
            return None

    def get_instance(self, instance_loader: _ByKey, row: Mapping[str, str]) -> Model | None:
        return instance_loader.get_instance(row)

    def init_instance(self, row: Any = None) -> Any:
        return self._meta.model()

    @classmethod
    def get_diff_class(cls) -> type[_Sides]:
        return _Sides

    def bulk_create(self, *args: Any, **options: Any) -> None:
        """Nothing is written while a file is examined."""

    bulk_update = bulk_create

    def after_init_instance(self, instance: Any, new: bool, row: Any, **options: Any) -> None:
        self._at = (instance, new)

    def import_row(self, row: Mapping[str, Any], instance_loader: Any, **options: Any) -> Any:
        result = super().import_row(row, instance_loader, **options)
        instance, new = self._at
        keys = {column.column_name: column for _, column in self._keys}
        if result.validation_error:
            subject = " · ".join(readable(row[heading]) for heading in keys)
            line = Line(row[LINE], typeset(subject), instance, row, result.import_type)
            told = result.validation_error.error_dict
            line.failed = frozenset(told)
            line.problems = [
                self._problem(line, attribute, sentence)
                for attribute, errors in told.items()
                for sentence in _sentences(errors)
            ]
        else:
            subject = " · ".join(column.export(instance) for column in keys.values())
            line = Line(row[LINE], typeset(subject), instance, row, result.import_type)
            line.differences = [each for each in result.diff or () if not new or each.label not in keys]
        result.line = line
        return result

    def import_field(
        self, field: Column, instance: Any, row: Mapping[str, str], is_m2m: bool = False, **options: Any
    ) -> None:
        """A cell that says what an export of the object says leaves it as it is, to the letter."""
        written = "" if instance._state.adding else field.export(instance)
        if instance._state.adding or _lines(written) != _lines(row[field.column_name]):
            super().import_field(field, instance, row, is_m2m, **options)

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """The rules of the model and the app's own, without a query; those of the database hold besides."""
        errors: dict[str, list[ValidationError]] = dict(import_validation_errors or {})
        for attribute, sentence in self.complete(instance, set(errors)):
            errors.setdefault(attribute, []).append(ValidationError(sentence))
        if instance._state.adding and not self.may_add:
            errors.setdefault(WHOLE, []).append(ValidationError(self.cannot_add))
        keys = {each.name for each in instance._meta.fields if isinstance(each, ForeignKey)}
        try:
            instance.clean_fields(exclude={*errors, *keys})
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def before_save_instance(self, instance: Any, row: Any, **options: Any) -> None:
        self.claim(instance)

    def _problem(self, line: Line, attribute: str, sentence: str) -> Problem:
        column = next((each for each in self.fields.values() if each.attribute == attribute), None)
        if column is None:
            return Problem("", "", line.subject, typeset(sentence))
        heading = column.column_name
        place = f"{get_column_letter(self._places[heading])}{line.number}"
        return Problem(
            heading, place, readable(line.cells[heading], MOST_SHOWN) or NOTHING, typeset(sentence)
        )

    # ------------------------------------------------------------------------------------------------------- to fill
    def guide(self) -> list[Guide]:
        """What each column takes."""
        return [
            Guide(each.column_name, each.takes, each.example, each.allowed)
            for each in self.get_import_fields()
        ]

    def template(self) -> tablib.Dataset:
        """The headings alone."""
        dataset = tablib.Dataset(headers=self.get_export_headers())
        dataset.title = self.title
        return dataset


def _unknown(heading: str) -> str:
    return f"« {readable(heading)} » est inconnue" if heading else "n’a pas de titre"


def _lines(text: str) -> list[str]:
    """A text whatever the line breaks that a spreadsheet has put into it."""
    return text.splitlines()


_SENTENCES: Mapping[Any, Callable[[Any], str]] = {
    "blank": lambda _: "Remplissez cette cellule.",
    "null": lambda _: "Remplissez cette cellule.",
    "max_length": lambda error: too_long(error.params["show_value"], error.params["limit_value"]),
}


def _sentences(errors: Sequence[ValidationError]) -> list[str]:
    """Errors of the model as sentences that say what to do."""
    return [
        _SENTENCES[each.code](each) if each.code in _SENTENCES else sentence
        for error in errors
        for each in error.error_list
        for sentence in each.messages
    ]

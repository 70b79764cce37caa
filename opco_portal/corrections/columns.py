"""The columns of the files that staff bring: what each cell takes, what it becomes, what is said when it cannot.

A widget refuses a cell with a ValueError whose text is a sentence for the person who filled it in.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from import_export.fields import Field
from import_export.widgets import Widget

from opco_portal.french import typeset
from opco_portal.sync.spreadsheets import fold
from opco_portal.sync.text import readable

_BLANKS = re.compile(r"[ \t\r\n\v\f]+")
_BREAKS = "\r\n\t"
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")


class Column(Field):  # type: ignore[misc]
    """A column of a file, whose heading is its name; `takes` and `example` are told to who fills it in."""

    def __init__(
        self,
        attribute: str,
        heading: str,
        widget: Widget | None = None,
        *,
        takes: str = "",
        example: str = "",
        required: bool = False,
    ) -> None:
        super().__init__(attribute, typeset(heading), widget or Text())
        self.takes, self.example, self.required = typeset(takes), example, required

    def clean(self, row: Mapping[str, Any], **options: Any) -> Any:
        if self.required and not row[self.column_name].strip():
            raise ValueError(f"Remplissez cette cellule. {self.takes}")
        return super().clean(row, **options)

    @property
    def allowed(self) -> Sequence[str]:
        """The texts that it takes, when they are listed."""
        return self.widget.labels if isinstance(self.widget, Choice | YesNo) else ()


class Text(Widget):  # type: ignore[misc]
    """Text on one line, or on several where `lines`: then a reason, whose typography is looked after as in forms."""

    def __init__(self, *, lines: bool = False, most: int = 0) -> None:
        super().__init__()
        self.lines, self.most = lines, most

    def clean(self, value: str, row: Any = None, **options: Any) -> str:
        hidden = next((c for c in value if c not in _BREAKS and unicodedata.category(c) in _HIDDEN), "")
        if hidden:
            raise ValueError(
                f"Ce texte contient un caractère invisible (U+{ord(hidden):04X}) : effacez-le, puis retapez-le."
            )
        text = typeset(value.strip()) if self.lines else _BLANKS.sub(" ", value).strip()
        if self.most and len(text) > self.most:
            raise ValueError(too_long(len(text), self.most))
        return text


def too_long(size: int, most: int) -> str:
    return f"Ce texte a {size} caractères, {most} au plus sont admis : raccourcissez-le."


class Choice(Widget):  # type: ignore[misc]
    """One of a few values, by its label or its own code; `choices` are pairs of value and label, read once."""

    def __init__(self, choices: Callable[[], Sequence[tuple[Any, Any]]]) -> None:
        super().__init__()
        self._read = choices

    @cached_property
    def _choices(self) -> Mapping[str, str]:
        return {str(value): str(label) for value, label in self._read() if value}

    @cached_property
    def _known(self) -> Mapping[str, str]:
        return {fold(text): value for value, label in self._choices.items() for text in (value, label)}

    @property
    def labels(self) -> Sequence[str]:
        return list(self._choices.values())

    def clean(self, value: str, row: Any = None, **options: Any) -> str:
        if not value.strip():
            return ""
        found = self._known.get(fold(value))
        if found is None:
            raise ValueError(f"« {readable(value)} » n’est pas admis. Écrivez {either(self.labels)}.")
        return found

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return self._choices.get(str(value), str(value or ""))


def either(labels: Sequence[str]) -> str:
    """« oui » ou « non »."""
    quoted = [f"« {label} »" for label in labels]
    return " ou ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))


class YesNo(Widget):  # type: ignore[misc]
    """« oui » or « non »; nothing is no."""

    labels = ("oui", "non")
    _known: Mapping[str, bool] = {
        **dict.fromkeys(("oui", "o", "vrai", "true", "1", "x"), True),
        **dict.fromkeys(("", "non", "n", "faux", "false", "0"), False),
    }

    def clean(self, value: str, row: Any = None, **options: Any) -> bool:
        found = self._known.get(fold(value))
        if found is None:
            raise ValueError(f"« {readable(value)} » n’est pas admis. Écrivez « oui » ou « non ».")
        return found

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "oui" if value else "non"


class Day(Widget):  # type: ignore[misc]
    """A date, as the French write it or as computers do."""

    def clean(self, value: str, row: Any = None, **options: Any) -> date | None:
        text = value.strip()
        if not text:
            return None
        for form in ("%d/%m/%Y", "%Y-%m-%d"):
            try:
                return datetime.strptime(text, form).date()
            except ValueError:
                continue
        raise ValueError(f"« {readable(text)} » n’est pas une date : écrivez-la ainsi, 31/12/2026.")

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return f"{value:%d/%m/%Y}" if value else ""


class Moment(Widget):  # type: ignore[misc]
    """When something happened, which no import changes."""

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return f"{timezone.localtime(value):%d/%m/%Y %H:%M}" if value else ""


class Link(Widget):  # type: ignore[misc]
    """The address of a page, as forms take it."""

    _field = forms.URLField(required=False, max_length=300, assume_scheme="https")

    def clean(self, value: str, row: Any = None, **options: Any) -> str:
        try:
            return str(self._field.clean(value))
        except ValidationError as error:
            if "max_length" in {each.code for each in error.error_list}:
                raise ValueError(too_long(len(value), 300)) from error
            raise ValueError(
                f"« {readable(value)} » n’est pas une adresse de page : copiez-la en entier, avec https://."
            ) from error

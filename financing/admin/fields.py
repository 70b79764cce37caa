"""The fields of a rule as staff fill them in: both ends of days and bounds, a line for a sentence, a row for a step."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from branches import attachments
from branches.admin.decisions import day_field
from branches.models import Agreement
from financing.calculator import wording
from financing.calculator.rules import Ceiling, Hours, Span, Tier
from financing.fields import NumberField
from financing.limits import EUROS, LIMITS, Bounds
from financing.models import Rule
from financing.models.conversion import bounds, hour_bounds, hours, period, span
from opco_portal.french import decimal, listed, typeset

LIMIT = STEPS = Bounds(Decimal(0), EUROS, 2)
AMOUNTS = Bounds(Decimal(0), EUROS, 4)
PERCENTS = Bounds(Decimal(0), Decimal(100), 3)
COUNTS = Bounds(Decimal(0), Decimal(1_000_000), 0)


# ------------------------------------------------------------------------------------------- several inputs for one
class Parts(forms.MultiWidget):
    """Inputs side by side, each with its own words; `decompress` gives their values from that of the field."""

    use_fieldset = True  # each of them has its own label, the field has none

    def __init__(
        self,
        parts: Mapping[str, tuple[str, forms.Field]],
        split: Callable[[Any], list[Any]],
        per_row: int = 0,
    ) -> None:
        self.words, self.split = [words for words, _ in parts.values()], split
        self.per_row = per_row or len(parts)
        super().__init__({name: field.widget for name, (_, field) in parts.items()})

    def decompress(self, value: Any) -> list[Any]:
        values = self.split(value)
        return [*values, *[None] * (len(self.widgets) - len(values))]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        parts = [
            format_html(
                '<label class="part"><span>{}</span>{}</label>',
                words,
                self._render(part["template_name"], {"widget": part}, renderer),  # type: ignore[attr-defined]
            )
            for words, part in zip(
                self.words, self.get_context(name, value, attrs)["widget"]["subwidgets"], strict=True
            )
        ]
        rows = [parts[start : start + self.per_row] for start in range(0, len(parts), self.per_row)]
        return _joined(format_html('<div class="parts">{}</div>', _joined(row)) for row in rows)


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


class PartsField(forms.MultiValueField):
    """A value made of several; nothing filled in is nothing."""

    def __init__(
        self,
        parts: Mapping[str, tuple[str, forms.Field]],
        split: Callable[[Any], list[Any]],
        per_row: int = 0,
        **options: Any,
    ) -> None:
        for _, field in parts.values():
            field.required = False
        fields = [field for _, field in parts.values()]
        options = {"required": False, "require_all_fields": False, **options}
        super().__init__(fields, widget=Parts(parts, split, per_row), **options)


class AmountField(NumberField):
    """A number that is read and written with a French comma; empty is not published."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, bounds: Bounds, **options: Any) -> None:
        super().__init__(bounds, **{"required": False, **options})

    def prepare_value(self, value: Any) -> Any:
        return decimal(value) if isinstance(value, Decimal) else value


class PeriodField(PartsField):
    """The first and the last day, both included."""

    def __init__(self, **options: Any) -> None:
        parts = {"first": ("Premier jour", day_field("", "")), "last": ("Dernier jour", day_field("", ""))}
        super().__init__(parts, _days, **options)

    def compress(self, data_list: list[Any]) -> DateRange:
        first, last = data_list or (None, None)
        if earliest := first or last:
            for _, refused in attachments.refusals(earliest, last):
                raise ValidationError(typeset(refused))
        return period(first, last)


def _days(value: Any) -> list[Any]:
    row = Rule(validity=value or period(None, None))
    return [row.since, row.until]


class SpanField(PartsField):
    """Two whole numbers, both included; none is no bound."""

    each = COUNTS

    def __init__(self, **options: Any) -> None:
        parts = {"min": ("Au moins", AmountField(self.each)), "max": ("Au plus", AmountField(self.each))}
        super().__init__(parts, self.ends, **options)

    def compress(self, data_list: list[Any]) -> NumericRange | None:
        least, most = data_list or (None, None)
        if least is not None and most is not None and most < least:
            raise ValidationError("Le plus grand nombre est plus petit que l’autre.")
        return self.held(least, most)

    def ends(self, value: Any) -> list[Any]:
        """What the range holds, for the two inputs."""
        told = span(value)
        return [told.min, told.max]

    def held(self, least: Any, most: Any) -> NumericRange | None:
        """The range of what the two inputs say."""
        return bounds(Span(min=least, max=most))


class HoursField(SpanField):
    """Two numbers of hours, both included; none is no bound."""

    each = LIMITS["hours"]

    def ends(self, value: Any) -> list[Any]:
        told = hours(value)
        return [None if each is None else decimal(each) for each in (told.min, told.max)]

    def held(self, least: Any, most: Any) -> NumericRange | None:
        return hour_bounds(Hours(min=least, max=most))


ROWS = 4  # at least, of a list


class RowsField(PartsField):
    """A list of values of the calculator, a row each; rows that are left empty do not count."""

    def __init__(
        self,
        kind: type[msgspec.Struct],
        columns: Mapping[str, tuple[str, Callable[[], forms.Field]]],
        check: Callable[[Any], str],
        rows: int = ROWS,
        **options: Any,
    ) -> None:
        self.kind, self.columns, self.check = kind, columns, check
        parts = {
            f"{row}_{name}": (words, make()) for row in range(rows) for name, (words, make) in columns.items()
        }
        super().__init__(parts, self._cells, len(columns), **options)

    def holding(self, count: int) -> "RowsField":
        """The same field with a row for each of so many values and one to add: what has no row would be lost."""
        rows = max(ROWS, count + 1)
        return RowsField(
            self.kind, self.columns, self.check, rows, label=self.label, help_text=self.help_text
        )

    def _values(self, plain: Any) -> list[Any]:
        return msgspec.convert(plain or [], list[self.kind])  # type: ignore[name-defined]

    def _cells(self, plain: Any) -> list[Any]:
        """As they are read: a number that the calculator takes has a French comma here."""
        cells = [getattr(value, name) for value in self._values(plain) for name in self.columns]
        return [decimal(cell) if isinstance(cell, Decimal) else cell for cell in cells]

    def prepare_value(self, value: Any) -> Any:
        is_plain = bool(value) and all(isinstance(each, dict) for each in value)
        return self._cells(value) if is_plain else value

    def compress(self, data_list: list[Any]) -> list[Any]:
        width = len(self.columns)
        rows = [
            {
                name: cell
                for name, cell in zip(self.columns, data_list[start : start + width], strict=True)
                if cell not in (None, "")
            }
            for start in range(0, len(data_list), width)
        ]
        values = [self._value(place, row) for place, row in enumerate(rows, start=1) if row]
        return msgspec.json.decode(msgspec.json.encode(values))  # type: ignore[no-any-return]

    def _value(self, place: int, row: dict[str, Any]) -> Any:
        try:
            value = msgspec.convert(row, self.kind)
        except msgspec.ValidationError:
            raise ValidationError(typeset(f"Ligne {place} : il manque quelque chose.")) from None
        if wrong := self.check(value):
            raise ValidationError(typeset(f"Ligne {place} : {wrong}"))
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self._values(self.clean(data)) != self._values(initial)
        except ValidationError:
            return True


# ------------------------------------------------------------------------------------------------------------ scales
def ceilings_field(**options: Any) -> RowsField:
    """At most so much for a person, an action, a company…"""
    columns: dict[str, tuple[str, Callable[[], forms.Field]]] = {
        "amount": ("Montant en euros", lambda: AmountField(AMOUNTS)),
        "per": ("Pour qui", lambda: _choice(wording.WHO)),
        "period": ("Combien de fois", lambda: _choice({"year": "par an", "action": "par action"})),
    }
    return RowsField(Ceiling, columns, lambda ceiling: "", **options)


MEASURES = {"hours": "en heures", "months": "en mois", "euros": "en euros"}


def tiers_field(**options: Any) -> RowsField:
    """Steps of a scale, from the lowest."""
    columns: dict[str, tuple[str, Callable[[], forms.Field]]] = {
        "measure": ("Mesure", lambda: _choice(MEASURES)),
        "start": ("Au-delà de", lambda: AmountField(STEPS)),
        "end": ("Jusqu’à", lambda: AmountField(STEPS)),
        "rate": ("€ par heure", lambda: AmountField(AMOUNTS)),
        "amount": ("Forfait en €", lambda: AmountField(AMOUNTS)),
        "extra": ("€ par mois en plus", lambda: AmountField(AMOUNTS)),
        "percent": ("% du coût", lambda: AmountField(PERCENTS)),
    }
    return RowsField(Tier, columns, _check_tier, **options)


def _check_tier(tier: Tier) -> str:
    if tier.end is not None and tier.end <= tier.start:
        return "la fin de la tranche ne dépasse pas son début."
    if tier.measure == "euros":
        return "" if tier.percent is not None else "une tranche en euros demande un pourcentage."
    paid = tier.rate is not None or tier.amount is not None
    return "" if paid else "une tranche de durée demande un taux par heure ou un forfait."


def _choice(words: Mapping[str, str]) -> forms.Field:
    return forms.ChoiceField(choices=[("", "–"), *words.items()], widget=UnfoldAdminSelectWidget)


# ------------------------------------------------------------------------------------------------------------- lists
class TermsField(forms.MultipleChoiceField):
    """Some of the terms of the rules; none is any."""

    def __init__(self, choices: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(
            choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, **{"required": False, **options}
        )


class SentencesField(forms.CharField):
    """Sentences, a line each."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **{"required": False, **options}
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != (initial or [])


class CodesField(forms.CharField):
    """IDCC of agreements that exist, separated by anything."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}), **{"required": False, **options}
        )

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        typed = re.findall(r"[^\s,;]+", super().to_python(value) or "")
        return list(dict.fromkeys(code.zfill(4) for code in typed if code.upper() != "IDCC"))

    def validate(self, value: Any) -> None:
        known = set(Agreement.objects.filter(pk__in=value).values_list("pk", flat=True))
        if unknown := [code for code in value if code not in known]:
            raise ValidationError(typeset(f"Aucune convention n’a cet IDCC : {listed(unknown)}."))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != (initial or [])

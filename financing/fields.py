"""Form fields for what French people write: « 2 800,50 € », « 21 h », a day, a term of the rules."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from financing.calculator.project import HOURS_A_DAY
from financing.calculator.terms import Term
from financing.limits import Bounds
from opco_portal.french import day, decimal

EARLIEST, LATEST = date(2019, 4, 1), date(2040, 12, 31)  # OPCOs exist since the first of these days

LONGEST = 40  # characters of a number with its unit
DECIMALS = {2: "Deux", 3: "Trois", 4: "Quatre"}

# A number, then its units: matched from the start only, so that no text takes long to refuse.
_MEASURE = re.compile(r"([^a-z€]*)(?:€|euros?|eur|ht|heures?|h|jours?|j|mois|km|salariés?|personnes?)*")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
# Nobody writes three decimals of a euro or of an hour: « 2.800 » is two thousand eight hundred.
_GROUPED = re.compile(r"(-?)([1-9]\d{0,2}([.,])\d{3}(?:\3\d{3})*)(?:[.,](\d{1,2}))?")
_PLAIN = re.compile(r"(-?)(\d{1,20})()(?:[.,](\d{1,20}))?")


def number_from(text: str, places: int = 2) -> Decimal | None:
    """2800.5 from « 2 800,50 € », "2.800,50" or "2800.5"; None when it is no number.

    Where more than two decimals are taken, one comma begins them: « 1,525 » is one and a half.
    """
    measure = _MEASURE.fullmatch(_SPACES.sub("", text).lower()) if len(text) <= LONGEST else None
    if measure is None:
        return None
    bare = measure[1].replace("−", "-")
    is_precise = places > 2 and bare.count(",") == 1 and "." not in bare
    match = (not is_precise and _GROUPED.fullmatch(bare)) or _PLAIN.fullmatch(bare)
    if not match:
        return None
    sign, whole, mark, rest = match.groups()
    return Decimal(f"{sign}{whole.replace(mark, '') if mark else whole}.{rest or '0'}")


class NumberField(forms.Field):
    """A number within bounds, whole where they have no decimals."""

    widget = forms.TextInput

    def __init__(self, bounds: Bounds, **options: Any) -> None:
        self.bounds = bounds
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal" if self.bounds.places else "numeric", "autocomplete": "off"}

    def to_python(self, value: Any) -> Decimal | int | None:
        if value in self.empty_values:
            return None
        text, places = str(value), self.bounds.places
        if len(text) > LONGEST:
            raise ValidationError(f"Écrivez un nombre, en {LONGEST} caractères au plus.")
        number = number_from(text, places)
        if number is None:
            raise ValidationError("Écrivez un nombre, en chiffres.")
        if number != round(number, places):
            raise ValidationError(
                f"{DECIMALS[places]} décimales au plus." if places else "Un nombre entier, sans décimale."
            )
        return number if places else int(number)

    def validate(self, value: Decimal | int | None) -> None:
        super().validate(value)
        if value is None:
            return
        least, most, _ = self.bounds
        if value < least:
            raise ValidationError(f"{decimal(least)} au moins.")
        if value > most:
            raise ValidationError(f"{decimal(most)} au plus.")


_DAYS = re.compile(r"[^a-z]{1,20}(?:jours?|j)")


class DurationField(NumberField):
    """Hours; « 2 jours » are hours too, and months are not."""

    def to_python(self, value: Any) -> Decimal | int | None:
        bare = _SPACES.sub("", str(value).lower()) if value and len(str(value)) <= LONGEST else ""
        if bare.endswith("mois"):
            raise ValidationError("Donnez la durée en heures, ou en jours : « 14 h », « 2 jours ».")
        number = super().to_python(value)
        return number * HOURS_A_DAY if number is not None and _DAYS.fullmatch(bare) else number


class DayInput(forms.DateInput):
    """The browser's own choice of a day; what is no day stays as it was typed, which that control cannot show."""

    input_type = "date"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        shown = context["widget"]["value"]
        if shown and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", shown):
            context["widget"]["type"] = "text"
        return context


class DayField(forms.DateField):
    """A day, as browsers send it (2027-01-12) or as people write it (12/01/2027)."""

    widget = DayInput(format="%Y-%m-%d")
    default_error_messages = {"invalid": "Une date du calendrier, par exemple 12/01/2027."}

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"], **options)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not EARLIEST <= value <= LATEST:
            raise ValidationError(f"Entre le {day(EARLIEST)} et le {day(LATEST)}.")


class TermField(forms.TypedChoiceField):
    """A term, None when left open; `blank` are the words of leaving it open."""

    default_error_messages = {"invalid_choice": "Choisissez dans la liste."}

    def __init__(self, terms: type[Term], *, blank: str = "", **options: Any) -> None:
        choices = [("", blank), *terms.choices()] if blank else terms.choices()
        by_value = {term.value: term for term in terms}
        super().__init__(choices=choices, coerce=by_value.__getitem__, empty_value=None, **options)

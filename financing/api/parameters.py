"""What a program asks: the names of the API, read by the form of the pages, so that both refuse the same things."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError as FieldError
from rest_framework.exceptions import ValidationError

from financing.calculator.terms import Modality, Scheme
from financing.fields import DayField, NumberField, TermField
from financing.forms import NAMES, ProjectForm, QueryForm
from financing.limits import LIMITS

# The fields of the form, by their names in the API.
FIELDS = {
    "opco": "opco",
    "siret": "siret",
    "idcc": "idcc",
    "headcount": "salaries",
    "trainees": "personnes",
    "hours": "heures",
    "days": "jours",
    "months": "mois",
    "pedagogical_cost": "cout",
    "transport_cost": "transport",
    "lodging_cost": "hebergement",
    "meals_cost": "repas",
    "nights": "nuits",
    "meal_count": "nombre_repas",
    "kilometres": "km",
    "hourly_wage": "salaire",
    "modality": "modalite",
    "training_kind": "type",
    "territory": "territoire",
    "place": "lieu",
    "action": "action",
    "start_date": "debut",
    "certification": "certification",
    "already_used": "deja",
    "on": "le",
}
API_NAMES = {form: api for api, form in FIELDS.items()}
# The fields of the calculator's project, by their names in the API; who asks and the day are told apart.
OF_PROJECT = {api: NAMES[form] for api, form in FIELDS.items() if form in NAMES}


class AskedForm(ProjectForm):
    """The form of the pages, which begins with a modality; a program leaves open what it does not tell."""

    modalite = TermField(Modality, required=False, blank="Non précisée")


def form_of(told: Any) -> AskedForm:
    """The form that the values fill, valid.

    Raises:
        ValidationError: what is wrong, by the names of the API.
    """
    if not isinstance(told, Mapping):
        raise ValidationError({"body": ['Envoyez un objet JSON, par exemple {"opco": "atlas"}.']})
    errors = unknown(told, FIELDS)
    texts: dict[str, str] = {}
    for name in FIELDS:
        try:
            texts[FIELDS[name]] = _text(name, told.get(name))
        except FieldError as error:
            errors[name] = error.messages
    form = AskedForm(texts)
    errors = {**{API_NAMES[name]: sentences for name, sentences in errors_of(form).items()}, **errors}
    if errors:
        raise ValidationError(errors)
    return form


def unknown(told: Iterable[str], expected: Collection[str]) -> dict[str, list[str]]:
    """What is wrong with the names that nothing is called by."""
    sentence = f"Champ inconnu\u202f; attendu\u00a0: {', '.join(expected)}."
    return {_whole(name): [sentence] for name in told if name not in expected}


def _whole(text: str) -> str:
    """Without the halves of characters that JSON can write, but no answer."""
    return text.encode(errors="replace").decode()


def _text(name: str, value: Any) -> str:
    """A value as it would have been typed."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal | date):
        raise FieldError("Un texte ou un nombre est attendu.")
    text = str(value).strip()
    if text != _whole(text):
        raise FieldError("Ce texte contient la moitié d’un caractère.")
    return _number(text) if OF_PROJECT.get(name) in LIMITS and text else text


def _number(text: str) -> str:
    """A number as programs write it, « 2800.5 »: no one has to guess what « 2.800 » means."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 20:
        raise FieldError("Un nombre est attendu, avec un point pour les décimales.")
    if number != round(number, 2):
        raise FieldError("Deux décimales au plus.")
    return f"{number.normalize():f}"


def errors_of(form: forms.Form) -> dict[str, list[str]]:
    """The sentences of the page, field by field."""
    return {name: list(_sentences(form, name)) for name in form.errors}


def _sentences(form: forms.Form, name: str) -> Iterator[str]:
    """A program has no list before its eyes to choose from."""
    for error in form.errors.as_data()[name]:
        choices = [value for value, _ in getattr(form.fields[name], "choices", ()) if value]
        if error.code == "invalid" and isinstance(form.fields[name], DayField):
            yield "Une date au format AAAA-MM-JJ, par exemple 2027-01-12."
        elif error.code == "invalid_choice" and choices:
            yield f"Valeur inconnue\u202f; attendu\u00a0: {', '.join(choices)}."
        else:
            yield from error.messages


# ------------------------------------------------------------------------------------------------ rules
class RulesForm(QueryForm):
    """The filters of the list of rules."""

    opco = forms.CharField(required=False)
    idcc = forms.CharField(required=False)
    scheme = TermField(Scheme, required=False, blank="Tous")
    headcount = NumberField(LIMITS["headcount"], required=False)
    on = DayField(required=False)

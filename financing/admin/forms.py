"""The forms of a rule: its own, that of its next version, and that of its end."""

from copy import copy
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminURLInputWidget

from branches import attachments
from branches.admin.decisions import day_field
from financing.admin.fields import (
    AMOUNTS,
    LIMIT,
    PERCENTS,
    STEPS,
    AmountField,
    CodesField,
    HoursField,
    PeriodField,
    SentencesField,
    SpanField,
    TermsField,
    ceilings_field,
    tiers_field,
)
from financing.calculator.terms import Kind, Modality, Place, Scheme
from financing.models import Rule
from financing.models.conversion import period
from financing.versions import DAY
from opco_portal.corrections.admin.forms import CorrectionForm, reason_field
from opco_portal.french import typeset


def url_field(help_text: str) -> forms.URLField:
    return forms.URLField(
        label="Source",
        max_length=300,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
        help_text=typeset(help_text),
        error_messages={"required": "Donnez l’adresse de la page qui le dit."},
    )


def note_field() -> forms.CharField:
    return forms.CharField(
        label="Remarque",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=typeset(
            "Affichée avec l’état des fonds : ce qui reste possible, ce que la page recommande."
        ),
    )


def in_french(form: forms.ModelForm) -> None:
    """Typeset what a form explains; the theme words empty choices in English."""
    for field in form.fields.values():
        field.help_text = typeset(str(field.help_text))
        if type(field) is forms.TypedChoiceField:
            choices: Any = field.choices
            field.choices = [(value, label if value else "–") for value, label in choices]


class RuleForm(CorrectionForm):
    """Every field of a rule; what was not changed stays exactly as it was written."""

    validity = PeriodField(label="Période", help_text="Compris tous les deux. Vide : pas de limite connue.")
    idccs = CodesField(
        label="Conventions", help_text="IDCC, séparés par des virgules. Aucun : toutes les branches."
    )
    excluded_idccs = CodesField(label="Conventions exclues")
    headcount = SpanField(label="Effectif", help_text="Nombre de salariés. Vide : pas de limite.")
    duration = HoursField(label="Durée", help_text="Heures de toute la formation.")
    group = SpanField(label="Groupe", help_text="Nombre de stagiaires.")
    kinds = TermsField(Kind.choices(), label="Natures de formation", help_text="Aucune : toutes.")
    modalities = TermsField(Modality.choices(), label="Modalités", help_text="Aucune : toutes.")
    places = TermsField(Place.choices(), label="Lieux", help_text="Aucun : tous.")
    complements = TermsField(
        Scheme.choices(),
        label="S’ajoute à",
        help_text="Seulement si la source dit que ce financement s’ajoute à un autre.",
    )
    rate = AmountField(AMOUNTS, label="Taux", help_text="En euros hors taxes. Vide : non publié.")
    rate_max = AmountField(
        AMOUNTS,
        label="Taux au plus",
        help_text="Quand la source donne une fourchette, dont le taux est le bas.",
    )
    percent = AmountField(PERCENTS, label="Pourcentage", help_text="De 0 à 100.")
    max_units = AmountField(
        STEPS,
        label="Unités au plus",
        help_text="Par personne et par action : heures d’un taux horaire, nuits…",
    )
    verified_on = day_field("Vérifiée le", "Le jour où le chiffre a été lu sur sa page.")
    ceilings = ceilings_field(
        label="Plafonds", help_text="Ce qui n’est jamais dépassé, hors enveloppe commune."
    )
    tiers = tiers_field(
        label="Tranches",
        help_text="Du plus bas au plus haut, une ligne par tranche.",
    )
    requires = SentencesField(
        label="À vérifier",
        help_text="Ce que l’entreprise vérifie elle-même, une phrase par ligne : l’option devient « à vérifier ».",
    )
    conditions = SentencesField(label="Conditions", help_text="Ce qu’il faut savoir, une phrase par ligne.")
    cautions = SentencesField(
        label="Réserves",
        help_text="Contradictions ou lacunes des sources sur ce chiffre, une phrase par ligne.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in {"ceilings", "tiers"} & self.fields.keys():  # none for who may only look
            rows: Any = self.fields[name]
            self.fields[name] = rows.holding(len(getattr(self.instance, name)))
        in_french(self)
        envelopes: Any = self.fields.get("envelope")  # none for who may only look
        if envelopes and self.instance.code:
            envelopes.queryset = envelopes.queryset.filter(opco=self.instance.opco_id)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        kept = {field.name for field in Rule._meta.concrete_fields} - set(self.changed_data)
        for name in kept & cleaned.keys():
            cleaned[name] = getattr(self.instance, name)  # else a list in another order would be a change
        return cleaned


class EnvelopeForm(CorrectionForm):
    """A budget, whose amount is read and written with a French comma."""

    amount = AmountField(LIMIT, label="Montant", help_text="En euros hors taxes. Vide : non publié.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        in_french(self)


class NewVersionForm(RuleForm):
    """What a rule becomes from a day on, starting from what it is."""

    idccs = None  # type: ignore[assignment]  # those of every version
    version = None  # type: ignore[assignment]  # that of the rule it starts from goes with the page

    def __init__(self, *args: Any, row: Rule, **options: Any) -> None:
        draft = copy(row)
        draft.pk, draft._state = None, copy(row._state)
        draft._state.adding = True
        draft.validity, draft.verified_on = period(first_day(row), None), timezone.localdate()
        super().__init__(*args, instance=draft, **options)

    def clean(self) -> dict[str, Any]:
        self._validate_constraints = (
            False  # the versions do not follow one another yet: it is checked once they do
        )
        return super().clean()

    def clean_validity(self) -> Any:
        validity = self.cleaned_data["validity"]
        if validity.lower is None:
            raise forms.ValidationError("Écrivez le premier jour de la nouvelle version.")
        return validity


def first_day(row: Rule) -> date:
    """The day after the last one, or tomorrow while nothing ends it."""
    return (row.until or timezone.localdate()) + DAY


class EndForm(forms.Form):
    """Until which day a rule applies, and why."""

    last = day_field("Dernier jour", "Compris. Le lendemain, la règle ne s’applique plus.")
    source_url = url_field("La page qui annonce la fin, ou qui ne cite plus la règle.")
    reason = reason_field()

    def clean_last(self) -> date:
        last: date = self.cleaned_data["last"]
        if last.year not in attachments.YEARS:
            raise forms.ValidationError(typeset(attachments.NO_SUCH_YEAR))
        return last


class ExhaustedForm(forms.Form):
    """Since when a page says that funds are exhausted, until when, and which page."""

    since = day_field("Constaté le", "Le jour où la page l’a dit, ou celui où vous l’y avez lu.")
    until = day_field("Jusqu’au", "Compris. Laissez vide si la page n’annonce pas de fin.", required=False)
    source_url = url_field("La page qui dit que les fonds sont épuisés.")
    note = note_field()
    reason = reason_field()

    def clean_since(self) -> date:
        since: date = self.cleaned_data["since"]
        if since > timezone.localdate():
            raise forms.ValidationError("Un constat n’est pas à venir : choisissez aujourd’hui ou plus tôt.")
        return since

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        for field, refused in attachments.refusals(since, until) if since else ():
            self.add_error({"first": "since", "last": "until"}[field], typeset(refused))
        return cleaned


class FundsStatusForm(CorrectionForm):
    """What was said of the funds, to correct."""

    since = day_field("Depuis le", "")
    until = day_field("Jusqu’au", "Ce jour compris. Vide : pas de fin annoncée.", required=False)
    note = note_field()


class ReopenForm(forms.Form):
    """From which day a page says that funds are open again, and which page."""

    on = day_field("Disponibles à partir du", "Ce jour compris : les estimations s’y fient de nouveau.")
    source_url = url_field("La page qui annonce la réouverture.")
    note = note_field()
    reason = reason_field()

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on.year not in attachments.YEARS:
            raise forms.ValidationError(typeset(attachments.NO_SUCH_YEAR))
        return on


class VerifiedForm(forms.Form):
    """That figures were read again on their pages, and found the same."""

    reason = reason_field(
        help_text="Ce que vous avez relu : « Critères 2026 relus sur le site d’Atlas ». Publié, sans votre nom."
    )

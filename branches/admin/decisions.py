"""The form of a decision, and of its end: checked, previewed, then confirmed."""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django import forms
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldAdminURLInputWidget

from branches import attachments
from branches.evidence import attachment_fact, reference
from branches.lookup import parse
from branches.models import Agreement, Attachment, Opco
from branches.preview import Preview, bounds, preview
from opco_portal.corrections.admin.forms import reason_field
from opco_portal.french import period, typeset


def day_field(label: str, help_text: str, *, required: bool = True) -> forms.DateField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    widget.format_value = lambda value: value.isoformat() if isinstance(value, date) else value
    return forms.DateField(label=label, help_text=help_text, required=required, widget=widget)


class DecisionForm(forms.Form):
    """Which OPCO an agreement is attached to, from when, until when, why, and what proves it."""

    idcc = forms.CharField(
        label="IDCC", widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "size": 6})
    )
    opco = forms.ModelChoiceField(Opco.objects.all(), label="OPCO", widget=UnfoldAdminSelectWidget)
    first = day_field("Premier jour", "Le rattachement s’applique à partir de ce jour, compris.")
    last = day_field(
        "Dernier jour", "Compris. Laissez vide tant que la fin n’est pas connue.", required=False
    )
    reason = reason_field(
        help_text="Affiché sur la page de la convention, sans votre nom : « Avenant du 3 mars 2026, étendu le… »."
    )
    source_url = forms.URLField(
        label="Lien vers la source",
        max_length=300,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
        help_text="L’arrêté, l’accord ou la page officielle qui le dit.",
    )

    def __init__(self, *args: Any, row: Attachment | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.row = row
        if row:
            self.fields["idcc"].disabled = True

    def clean_idcc(self) -> Agreement:
        query = parse(f"IDCC {self.cleaned_data['idcc']}")
        agreement = Agreement.objects.filter(pk=query.normalized).first() if query.kind == "idcc" else None
        if agreement is None:
            raise forms.ValidationError(attachments.NO_SUCH_IDCC)
        if agreement.status == Agreement.Status.ESCAPE:
            raise forms.ValidationError(attachments.ESCAPE_CODE)
        return agreement

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        for field, sentence in attachments.refusals(first, last) if first else ():
            self.add_error(field, typeset(sentence))
        if self.errors:
            return cleaned
        others = attachments.decisions().filter(agreement=cleaned["idcc"], validity__overlap=self.validity)
        for other in others.exclude(pk=self.row.pk if self.row else 0).select_related("opco"):
            when = period(other.validity.lower, other.validity.upper)
            self.add_error(
                "first",
                typeset(
                    f"La décision « {other.opco} {when} » couvre déjà une partie de cette période : terminez-la "
                    "d’abord, ou choisissez d’autres jours."
                ),
            )
        return cleaned

    @property
    def validity(self) -> DateRange:
        last: date | None = self.cleaned_data["last"]
        return DateRange(self.cleaned_data["first"], last + timedelta(days=1) if last else None)

    def decision(self) -> Attachment:
        """The decision as typed; a new one, or the one that is corrected with its new values."""
        row = self.row or Attachment(source=Attachment.Source.MANUAL, agreement=self.cleaned_data["idcc"])
        row.opco, row.validity = self.cleaned_data["opco"], self.validity
        row.reason = typeset(self.cleaned_data["reason"].strip())
        row.source_url = self.cleaned_data["source_url"]
        return row


def initial_of(row: Attachment) -> dict[str, Any]:
    """A decision as the form shows it."""
    end = row.validity.upper
    return {
        "idcc": row.agreement_id,
        "opco": row.opco_id,
        "first": row.validity.lower,
        "last": end - timedelta(days=1) if end else None,
        "reason": row.reason,
        "source_url": row.source_url,
    }


class EndForm(forms.Form):
    """From when a decision no longer applies, and why."""

    end = day_field(
        "Ne s’applique plus à partir du", "Aujourd’hui pour mettre fin à la décision tout de suite."
    )
    reason = reason_field()

    def __init__(self, *args: Any, row: Attachment, **options: Any) -> None:
        super().__init__(*args, **options)
        self.row = row

    def clean_end(self) -> date:
        end: date = self.cleaned_data["end"]
        if end < timezone.localdate():
            raise forms.ValidationError(
                "Cette date est passée : ce qui a été répondu jusqu’ici ne change plus. Choisissez aujourd’hui ou plus "
                "tard."
            )
        if end.year not in attachments.YEARS:
            raise forms.ValidationError(typeset(attachments.NO_SUCH_YEAR))
        if self.row.validity.upper and end > self.row.validity.upper:
            raise forms.ValidationError("La décision se termine déjà avant cette date.")
        return end

    def decision(self) -> Attachment | None:
        """The decision once ended; None where it will never have applied."""
        end = self.cleaned_data["end"]
        if self.row.validity.lower and self.row.validity.lower >= end:
            return None
        self.row.validity = DateRange(self.row.validity.lower, end)
        return self.row


def effects(idcc: str, before: Sequence[Attachment], after: Attachment | None) -> Preview:
    """What the public would read if `after` took the place of the decisions `before`, none of it saved."""
    current = reference()
    others = Attachment.objects.filter(agreement=idcc).exclude(pk__in=[row.pk for row in before])
    facts = [attachment_fact(row) for row in others]
    days = [each for row in (*before, after) if row for each in bounds(row)]
    wanted = [attachment_fact(after)] if after else []
    return preview(current, idcc, [*facts, *wanted], days, timezone.localdate())


def mark_of(shown: Preview) -> str:
    """What a confirmation must carry: the mark of the preview that was read."""
    return sha256(shown.fingerprint.encode()).hexdigest()

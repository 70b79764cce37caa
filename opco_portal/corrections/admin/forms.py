"""An edit as staff make it: with a reason, and never over what somebody else wrote meanwhile."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.timezone import localtime
from unfold.widgets import UnfoldAdminTextareaWidget

from opco_portal.corrections.history import Change, history_of, version_of
from opco_portal.corrections.models import LONGEST_REASON
from opco_portal.corrections.origins import origin_of, origins_of
from opco_portal.corrections.words import Names, differences
from opco_portal.french import moment, typeset

KEPT = "Votre saisie est conservée. Relisez-la, puis enregistrez de nouveau pour l’appliquer à cette version."


def reason_field(label: str = "Motif", help_text: str = "") -> forms.CharField:
    """Why: published with what changes, without the name of who changes it."""
    return forms.CharField(
        label=typeset(label),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=typeset(help_text or "Pourquoi ce changement ? Il sera publié avec lui, sans votre nom."),
        error_messages={"required": "Écrivez pourquoi : sans motif, le changement n’est pas enregistré."},
    )


class CorrectionForm(forms.ModelForm):
    """The fields of an object, the reason of the edit, and the version of the object that was read."""

    reason = reason_field()
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.instance._state.adding:
            self.initial["version"] = version_of(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.instance._state.adding:
            self._refuse_to_overwrite(cleaned.get("version") or 0)
        return cleaned

    def _refuse_to_overwrite(self, read: int) -> None:
        """Somebody saved a newer version: tell what it changed, and line up what was typed with it."""
        history = history_of(self.instance)
        newer = [change for change in history if change.number > read]
        if not newer:
            return
        self._line_up(next((change for change in history if change.number == read), None), newer[0])
        raise ValidationError([*told(reversed(newer)), KEPT], code="overtaken")

    def _line_up(self, read: Change | None, newest: Change) -> None:
        """Fields that were left as they had been read follow the newer version; the others keep what was typed."""
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict, since the form is bound
        data[self.add_prefix("version")] = str(newest.number)
        before, after = (read.values if read else {}), newest.values
        for name, field in self.fields.items():
            attname = self._attname(name)
            if attname is None or attname not in before:
                continue
            typed = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            if not field.has_changed(before[attname], typed):
                _type(data, self.add_prefix(name), field, after[attname])
        self.data = data

    def _attname(self, name: str) -> str | None:
        fields = {field.name: field.attname for field in self._meta.model._meta.concrete_fields}
        return fields.get(name)


def _type(data: Any, name: str, field: forms.Field, value: Any) -> None:
    """Put a value into what was typed, as the widget of its field would have sent it."""
    widget: Any = field.widget
    value = field.prepare_value(value)
    if hasattr(widget, "widgets_names"):  # several inputs
        for suffix, part in zip(widget.widgets_names, widget.decompress(value), strict=True):
            data[f"{name}{suffix}"] = part
    elif isinstance(value, list):
        data.setlist(name, value)
    else:
        data[name] = value


def changed_meanwhile(row: Model | None, read: str) -> list[str]:
    """What somebody else changed of an object since the version that was read, and that nothing typed is lost."""
    if row is None:
        return []
    newer = [each for each in history_of(row) if not read.isdecimal() or each.number > int(read)]
    return [*told(reversed(newer)), KEPT] if newer else []


def told(changes: Iterable[Change]) -> list[str]:
    """What others changed meanwhile, a sentence for each change."""
    changes = list(changes)
    names, origins = Names(changes), origins_of(changes)
    sentences = []
    for change in changes:
        fields = " ; ".join(
            f"{each.label}, « {each.before} » devenu « {each.after} »" for each in differences(change, names)
        )
        who = origin_of(change, origins).who
        sentences.append(
            typeset(
                f"Pendant votre saisie, le {moment(localtime(change.at))}, {who} a modifié cette fiche : {fields}."
            )
        )
    return sentences


class ReasonForm(forms.Form):
    """Nothing but why, for what is confirmed with a button."""

    reason = reason_field()

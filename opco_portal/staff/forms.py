"""The forms of the second factor."""

from base64 import b32encode
from binascii import unhexlify
from typing import Any

import segno
from django import forms
from django.contrib.auth.models import User
from django.core import signing
from django_otp.models import Device
from unfold.widgets import BASE_INPUT_CLASSES

from opco_portal.staff import second_factor

PATIENCE = 3600  # seconds between the QR code and the code that answers it


class CodeForm(forms.Form):
    """A code that proves the second factor of an account; `device` is what it comes from."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        error_messages={"required": "Indiquez le code."},
        widget=forms.TextInput(
            {
                "autocomplete": "one-time-code",
                "autofocus": True,
                "class": " ".join(BASE_INPUT_CLASSES),
                "inputmode": "numeric",
            }
        ),
    )
    device: Device

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.device = second_factor.check(self.user, code)
        return code


class EnrolmentForm(CodeForm):
    """A key to scan, and the first code of it. Nothing is kept on the server before that: the key travels signed."""

    secret = forms.CharField(widget=forms.HiddenInput)
    recovery_codes: list[str]

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(user, *args, **options)
        try:
            self.key = self._unsigned(self.data.get("secret", ""))
        except signing.BadSignature:
            self.key = ""
        self.is_too_old = self.is_bound and not self.key
        if not self.key:
            self.is_bound = False
            self.key = second_factor.new_key()
        self.initial["secret"] = signing.dumps([user.pk, self.key], salt=__name__)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.device, self.recovery_codes = second_factor.enrol(self.user, self.key, code)
        return code

    def _unsigned(self, secret: str) -> str:
        owner, key = signing.loads(secret, salt=__name__, max_age=PATIENCE)
        return key if owner == self.user.pk else ""

    @property
    def picture(self) -> str:
        """The QR code as the address of an image, dark on light in both themes."""
        address = second_factor.link(self.user, self.key)
        return segno.make(address, micro=False).svg_data_uri(scale=5, border=3, dark="#1c1917", light="#fff")

    @property
    def groups(self) -> list[str]:
        """The key for who types it, four letters at a time."""
        letters = b32encode(unhexlify(self.key)).decode()
        return [letters[start : start + 4] for start in range(0, len(letters), 4)]

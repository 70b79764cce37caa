"""The second factor: the codes of an authenticator application (TOTP), and those kept for the day that it is lost.

An account may have one; an administrator may require one. `User` here is one that `with_factor` read, as that of every
request is.
"""

import time
from binascii import unhexlify
from math import ceil
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from opco_portal.french import duration, typeset
from opco_portal.staff.models import RequiredFactor

RECOVERY_CODES, RECOVERY_DIGITS = 8, 10  # digits, as the field brings up a keypad of digits
CODE, ENROLMENT = "admin:second_factor_code", "admin:second_factor"
WRONG = (
    "Ce code n’est pas le bon, ou il a déjà servi. Vérifiez l’heure de votre téléphone "
    "et essayez le code suivant."
)


def with_factor(users: "QuerySet[User]") -> "QuerySet[User]":
    """Accounts with `has_factor` and `must_have_factor`."""
    return users.annotate(
        has_factor=Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)),
        must_have_factor=Exists(RequiredFactor.objects.filter(user=OuterRef("pk"))),
    )


def step(user: Any) -> str:
    """The page that must come before anything else of the administration; "" when nothing is missing."""
    if not user.is_authenticated or user.is_verified():
        return ""
    if user.has_factor:
        return CODE
    return ENROLMENT if user.must_have_factor else ""


# ------------------------------------------------------------------------------------------------------- the codes
def check(user: User, typed: str) -> Device:
    """The device that a code comes from.

    Raises:
        ValidationError: the code is wrong, or too many wrong ones were given.
    """
    code = "".join(typed.split())
    devices = StaticDevice if len(code) == RECOVERY_DIGITS else TOTPDevice
    with transaction.atomic():  # two requests do not use one code
        device = devices.objects.select_for_update().filter(user=user, confirmed=True).first()
        if device is None:
            raise ValidationError(WRONG)
        allowed, why = device.verify_is_allowed()
        right = allowed and device.verify_token(code)
    if not allowed:
        raise ValidationError(_patience(why))
    if not right:
        raise ValidationError(WRONG)
    return device


def _patience(why: dict[str, Any]) -> str:
    seconds = ceil((why["locked_until"] - timezone.now()).total_seconds())
    return typeset(f"Trop de codes faux : attendez {duration(max(seconds, 1))} avant d’en essayer un autre.")


# --------------------------------------------------------------------------------------------- having it, or not
def new_key() -> str:
    return str(default_key())


def link(user: User, key: str) -> str:
    """What the QR code says to the application."""
    return str(TOTPDevice(user=user, key=key).config_url)


def enrol(user: User, key: str, typed: str) -> tuple[Device, list[str]]:
    """Give an account its factor, once a code proves that the application has the key; with its recovery codes.

    Raises:
        ValidationError: the code is not that of the key, or the account has a factor already.
    """
    code = "".join(typed.split())
    totp = TOTP(unhexlify(key))
    totp.time = time.time()
    if not (code.isdecimal() and totp.verify(int(code), tolerance=1)):
        raise ValidationError(WRONG)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two pages do not make two factors
        if TOTPDevice.objects.filter(user=user).exists():
            raise ValidationError("Ce compte a déjà un second facteur.")
        device = TOTPDevice.objects.create(
            user=user, name="Application", key=key, drift=totp.drift, last_t=totp.t()
        )
        return device, new_recovery_codes(user)


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Each opens once; those given before open no more."""
    device, _ = StaticDevice.objects.get_or_create(user=user, defaults={"name": "Codes de secours"})
    device.token_set.all().delete()
    codes = [get_random_string(RECOVERY_DIGITS, "0123456789") for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def recovery_codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


@transaction.atomic
def forget(user: User) -> bool:
    """Take the factor of an account away; whether it had one."""
    StaticDevice.objects.filter(user=user).delete()
    return bool(TOTPDevice.objects.filter(user=user).delete()[0])


def require(user: User) -> bool:
    """From its next page on, an account is not used without a factor; whether that is new."""
    return RequiredFactor.objects.get_or_create(user=user)[1]


def release(user: User) -> bool:
    """The factor is up to the account again; whether that is new."""
    return bool(RequiredFactor.objects.filter(user=user).delete()[0])

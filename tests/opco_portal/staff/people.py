"""Obviously fictional accounts, by what they may do."""

import time
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from opco_portal.staff.rights import ADMINISTRATORS, FINANCING_EDITORS, MAPPING_EDITORS

PASSWORD = "quinze mots de passe"
GROUP_OF = {"mapper": MAPPING_EDITORS, "financer": FINANCING_EDITORS, "administrator": ADMINISTRATORS}
MEMBERS = frozenset(GROUP_OF)
ROLES = frozenset({"anonymous", "visitor", "outsider", *MEMBERS, "superuser"})


def account(role: str, name: str = "", **values: Any) -> User:
    """An account: a visitor is not staff, an outsider is in no group."""
    values = {"is_staff": role != "visitor", "is_superuser": role == "superuser", **values}
    user = User.objects.create_user(name or role, password=values.pop("password", None), **values)
    if role in GROUP_OF:
        user.groups.add(Group.objects.get(name=GROUP_OF[role]))
    return user


def client_of(user: User | str) -> Client:
    """A browser in which an account gave its password."""
    client = Client()
    if user != "anonymous":
        client.force_login(account(user) if isinstance(user, str) else user)
    return client


def with_factor(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="Application")


def code(device: TOTPDevice, later: int = 0) -> str:
    """What the application shows now, or some codes later."""
    totp = TOTP(device.bin_key)
    totp.time = time.time() + later * device.step
    return f"{totp.token():06}"

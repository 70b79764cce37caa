"""The three groups, and how each app's migrations give them rights."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_permission_codename

MAPPING_EDITORS = "Éditeurs des rattachements"
FINANCING_EDITORS = "Éditeurs des financements"
ADMINISTRATORS = "Administrateurs"
GROUPS = (MAPPING_EDITORS, FINANCING_EDITORS, ADMINISTRATORS)


def grant(apps: Any, groups: Iterable[str], permissions: Iterable[str]) -> None:
    """Give groups permissions such as "branches.change_agreement", in a migration; a second time changes nothing.

    Django creates permissions only after the last migration: those that are missing are created here as it would,
    so that it finds them.

    Raises:
        LookupError: no model of that app has such a permission.
    """
    found = [_permission(apps, *name.split(".")) for name in permissions]
    for name in groups:
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*found)


def _permission(apps: Any, label: str, codename: str) -> Any:
    for model in apps.get_app_config(label).get_models():
        names = _permissions_of(model._meta)
        if codename in names:
            content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
                app_label=label, model=model._meta.model_name
            )
            permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": names[codename]}
            )
            return permission
    raise LookupError(f"no model of {label} has the permission {codename}")


def _permissions_of(opts: Any) -> dict[str, str]:
    """Name by codename; Django's own names are in English whatever the language."""
    usual = {
        get_permission_codename(action, opts): f"Can {action} {opts.verbose_name_raw}"
        for action in opts.default_permissions
    }
    return usual | dict(opts.permissions)

"""The groups hold what they need and no more."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from opco_portal.staff.rights import ADMINISTRATORS, FINANCING_EDITORS, GROUPS, MAPPING_EDITORS, grant

pytestmark = pytest.mark.django_db

SEEN = {
    "branches.view_opco",
    "branches.view_agreement",
    "branches.view_agreementname",
    "branches.view_attachment",
    "branches.view_branch",
    "branches.view_conflict",
    "branches.view_disagreement",
    "sync.view_source",
    "sync.view_syncrun",
    "corrections.view_correction",
    "financing.view_rule",
    "financing.view_envelope",
    "financing.view_fundsstatus",
    "financing.view_criteria",
    "financing.view_sourcepage",
}
MAPPINGS = {
    "branches.change_agreement",
    "branches.add_agreementname",
    "branches.change_agreementname",
    "branches.add_attachment",
    "branches.change_attachment",
    "branches.add_branch",
    "branches.change_branch",
    "branches.change_conflict",
    "branches.change_disagreement",
    "corrections.revert_correction",
}
FINANCING = {
    "financing.add_rule",
    "financing.change_rule",
    "financing.add_envelope",
    "financing.change_envelope",
    "financing.change_fundsstatus",
    "corrections.revert_correction",
}
ADMINISTERED = {
    "sync.synchronise_source",
    "sync.roll_back_source",
    "sync.view_hours",
    "sync.change_hours",
    "auth.view_user",
    "auth.add_user",
    "auth.change_user",
    "auth.view_group",
    "axes.view_accessattempt",
    "axes.delete_accessattempt",
}
EXPECTED = {
    MAPPING_EDITORS: SEEN | MAPPINGS,
    FINANCING_EDITORS: SEEN | FINANCING,
    ADMINISTRATORS: SEEN | MAPPINGS | FINANCING | ADMINISTERED,
}


def held(group):
    rights = Group.objects.get(name=group).permissions.values_list("content_type__app_label", "codename")
    return {f"{label}.{codename}" for label, codename in rights}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_may_do_exactly_this(group):
    assert held(group) == EXPECTED[group]


def test_there_are_three_groups():
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)


def test_migrating_twice_changes_nothing():
    before = {group: held(group) for group in GROUPS}, Permission.objects.count()
    import_module("opco_portal.staff.migrations.0002_groups").create(apps, None)
    assert ({group: held(group) for group in GROUPS}, Permission.objects.count()) == before


def test_django_finds_the_permissions_that_a_migration_needed_first():
    """In a database that is migrated for the first time, a migration comes before Django makes permissions."""
    wanted = Permission.objects.filter(codename__in=["view_hours", "synchronise_source", "change_agreement"])
    before = set(wanted.values_list("content_type__app_label", "content_type__model", "codename", "name"))
    wanted.delete()
    grant(apps, [ADMINISTRATORS], ["sync.view_hours", "sync.synchronise_source", "branches.change_agreement"])
    for label in ("sync", "branches"):
        create_permissions(apps.get_app_config(label), verbosity=0)
    assert (
        set(wanted.values_list("content_type__app_label", "content_type__model", "codename", "name"))
        == before
    )


def test_a_permission_that_does_not_exist_is_not_made_up():
    with pytest.raises(LookupError, match="rewrite_agreement"):
        grant(apps, [ADMINISTRATORS], ["branches.rewrite_agreement"])

from django.db import migrations

from opco_portal.staff.rights import ADMINISTRATORS, FINANCING_EDITORS, GROUPS, MAPPING_EDITORS, grant

SEE = [
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
]
EDIT_MAPPINGS = [
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
]
# Nobody deletes an account, whose name is beside what it did: it is made inactive.
ADMINISTER = [
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
]


def create(apps, schema_editor):
    grant(apps, [MAPPING_EDITORS, FINANCING_EDITORS, ADMINISTRATORS], SEE)
    grant(apps, [MAPPING_EDITORS, ADMINISTRATORS], EDIT_MAPPINGS)
    grant(apps, [ADMINISTRATORS], ADMINISTER)


def remove(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("axes", "0010_accessattemptexpiration"),
        ("branches", "0005_first_events"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("corrections", "0001_initial"),
        ("sync", "0002_syncrun"),
    ]

    operations = [migrations.RunPython(create, remove)]

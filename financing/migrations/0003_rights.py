from django.db import migrations

from opco_portal.staff.rights import ADMINISTRATORS, FINANCING_EDITORS, GROUPS, grant

SEE = [
    "financing.view_rule",
    "financing.view_envelope",
    "financing.view_fundsstatus",
    "financing.view_criteria",
    "financing.view_sourcepage",
]
EDIT = [
    "financing.add_rule",
    "financing.change_rule",
    "financing.add_envelope",
    "financing.change_envelope",
    "financing.change_fundsstatus",
    "corrections.revert_correction",
]


def give(apps, schema_editor):
    grant(apps, GROUPS, SEE)
    grant(apps, [FINANCING_EDITORS, ADMINISTRATORS], EDIT)


class Migration(migrations.Migration):
    dependencies = [
        ("financing", "0002_source_pages"),
        ("corrections", "0001_initial"),
        ("staff", "0002_groups"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]

"""What was there before its history began has a first event, so that the first correction can be undone."""

from typing import Any
from uuid import uuid4

from django.db import migrations
from django.utils import timezone

TRACKED = [
    "Opco",
    "Agreement",
    "AgreementName",
    "Branch",
    "Attachment",
    "DeclaredOpco",
    "Activity",
    "ActivityOpco",
    "ActivityShare",
]


def write_first_events(apps: Any, schema_editor: Any) -> None:
    now = timezone.now()
    context = apps.get_model("pghistory", "Context").objects.create(pk=uuid4(), metadata={"first": True})
    for name in TRACKED:
        model, events = apps.get_model("branches", name), apps.get_model("branches", f"{name}Event")
        columns = [field.attname for field in model._meta.concrete_fields]
        events.objects.bulk_create(
            (
                events(
                    pgh_created_at=now,
                    pgh_label="insert",
                    pgh_obj_id=row.pk,
                    pgh_context_id=context.pk,
                    **{column: getattr(row, column) for column in columns},
                )
                for row in model.objects.all()
            ),
            batch_size=1000,
        )


class Migration(migrations.Migration):
    dependencies = [("branches", "0004_corrections")]

    operations = [migrations.RunPython(write_first_events, migrations.RunPython.noop)]

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class SyncConfig(AppConfig):
    name = "opco_portal.sync"
    label = "sync"
    verbose_name = "Sources et mises à jour"

    def ready(self) -> None:
        autodiscover_modules("sources")
        post_migrate.connect(schedule_sources, sender=self)


def schedule_sources(**kwargs: Any) -> None:
    """Give every source without a schedule its default hours."""
    from opco_portal.sync.schedule import schedule_missing

    schedule_missing()

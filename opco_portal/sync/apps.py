from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "opco_portal.sync"
    label = "sync"
    verbose_name = "Sources et mises à jour"

from django.apps import AppConfig


class FinancingConfig(AppConfig):
    name = "financing"
    verbose_name = "Financements"

    def ready(self) -> None:
        from financing import told

        told.tell_corrections()

from django.apps import AppConfig


class CorrectionsConfig(AppConfig):
    name = "opco_portal.corrections"
    label = "corrections"
    verbose_name = "Corrections"

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.utils.module_loading import autodiscover_modules


class PortalAdminConfig(admin.AdminConfig):
    default = False  # named in the settings, in the place of Django's own
    default_site = "opco_portal.staff.site.PortalSite"


class StaffConfig(AppConfig):
    default = True
    name = "opco_portal.staff"
    label = "staff"
    verbose_name = "Comptes et droits"

    def ready(self) -> None:
        autodiscover_modules("cards", "finding")

from axes import apps as axes
from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.contrib.auth.signals import user_logged_in
from django.utils.module_loading import autodiscover_modules


class PortalAdminConfig(admin.AdminConfig):
    default = False  # named in the settings, in the place of Django's own
    default_site = "opco_portal.staff.site.PortalSite"


class AxesConfig(axes.AppConfig):  # type: ignore[misc]
    default = False
    verbose_name = "Connexions"


class StaffConfig(AppConfig):
    default = True
    name = "opco_portal.staff"
    label = "staff"
    verbose_name = "Comptes et droits"

    def ready(self) -> None:
        from opco_portal.staff.sessions import begin

        user_logged_in.connect(begin, dispatch_uid="begin the session")
        autodiscover_modules("cards", "finding")

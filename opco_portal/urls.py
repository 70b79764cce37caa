from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from opco_portal.health import healthz, readyz

urlpatterns = [
    path("", include("branches.urls")),
    path("api/", include("opco_portal.api.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path(settings.ADMIN_PATH, admin.site.urls),
]

handler404 = "opco_portal.errors.not_found"
handler500 = "opco_portal.errors.server_error"

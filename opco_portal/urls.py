from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from opco_portal.robots import robots

urlpatterns = [
    path("api/", include("opco_portal.api.urls")),  # first: programs ask most
    path("robots.txt", robots),
    path("", include("branches.urls")),
    path("", include("financing.urls")),
    path(settings.ADMIN_PATH, admin.site.urls),
]

handler400 = "opco_portal.errors.bad_request"
handler403 = "opco_portal.errors.forbidden"
handler404 = "opco_portal.errors.not_found"
handler500 = "opco_portal.errors.server_error"

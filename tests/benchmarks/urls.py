"""The yardsticks, behind the portal's own middleware: nothing at all, and the one read without any meaning."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

READ = "SELECT siret, idcc, owner, manager FROM branches_establishment WHERE siret = %s"


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"")


def bare(request: HttpRequest, siret: int) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(READ, [siret])
        key, idcc, owner, manager = cursor.fetchone()
    return JsonResponse({"siret": f"{key:014d}", "idcc": idcc, "owner": owner, "manager": manager})


urlpatterns = [
    path("bench/empty/", empty),
    path("bench/bare/<int:siret>/", bare),
    path("", include("opco_portal.urls")),
]

handler404 = "opco_portal.errors.not_found"
handler500 = "opco_portal.errors.server_error"

"""What is said when a request cannot be answered: a page, or a problem under /api/."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from opco_portal.api.errors import is_api, problem_response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(400, "Le portail ne comprend pas cette demande. Vérifiez l’adresse.")
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(403, "Cette adresse ne vous est pas ouverte.")
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(404, "Cette adresse n’existe pas. La documentation est sur /api/docs/.")
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return problem_response(500, "Le portail n’a pas pu répondre. Réessayez dans quelques minutes.")
    return render(request, "500.html", status=500)

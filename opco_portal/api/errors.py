"""Errors as problem details (RFC 9457), for DRF views and for anything else under /api/."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "Requête incorrecte",
    403: "Accès refusé",
    404: "Introuvable",
    405: "Méthode non autorisée",
    406: "Format non disponible",
    415: "Format non pris en charge",
    429: "Trop de requêtes",
    500: "Erreur interne",
}


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the same statuses and headers, the body as a problem."""
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _body(response.status_code, _detail(error, response), _errors(error, response))
    response.content_type = CONTENT_TYPE
    return response


def problem_response(status: int, detail: str) -> JsonResponse:
    """The same body outside DRF: an unknown address under /api/, a crash."""
    return JsonResponse(
        _body(status, detail),
        status=status,
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _body(status: int, detail: str, errors: Any = None) -> dict[str, Any]:
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    return body


def _detail(error: Exception, response: Response) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Un ou plusieurs paramètres sont à corriger."
    if isinstance(error, exceptions.Throttled):
        return f"Trop de requêtes : réessayez dans {response.get('Retry-After', 'quelques')} secondes."
    if isinstance(error, Http404):
        return "Rien ne correspond à cette adresse."
    data = response.data
    return (
        str(data["detail"])
        if isinstance(data, dict) and "detail" in data
        else TITLES.get(response.status_code, "")
    )


def _errors(error: Exception, response: Response) -> Any:
    return response.data if isinstance(error, exceptions.ValidationError) else None

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from branches.evidence import reference
from branches.lookup import Reference
from financing.api.data import estimate_data, rule_data
from financing.api.examples import A_RULE, ANSWERED, ASKED
from financing.api.parameters import RulesForm, errors_of, form_of, unknown
from financing.api.serializers import EstimateSerializer, ProjectSerializer, RulePageSerializer
from financing.askers import Unknown, asker
from financing.calculator import Envelope, Rule, estimate
from financing.calculator.selection import rules_of
from financing.calculator.terms import Scheme
from financing.rulebook import rulebook
from opco_portal.api.pagination import Pages


class EstimateView(APIView):
    """Ce que l’OPCO financerait d’un projet, option par option, avec le calcul et la source de chaque ligne."""

    @extend_schema(
        operation_id="financing_estimate",
        parameters=[ProjectSerializer],
        responses=EstimateSerializer,
        examples=[ANSWERED],
    )
    def get(self, request: Request) -> Response:
        return _estimate(request.query_params.dict())

    @extend_schema(
        operation_id="financing_estimate_posted",
        request=ProjectSerializer,
        responses=EstimateSerializer,
        examples=[ASKED, ANSWERED],
    )
    def post(self, request: Request) -> Response:
        return _estimate(request.data)


def _estimate(told: Any) -> Response:
    form = form_of(told)
    book = rulebook(form.asker.opco, form.current.version)
    return Response(estimate_data(estimate(form.project(), book, form.day), form.asker))


def parameter(name: str, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, options.pop("type", OpenApiTypes.STR), description=description, **options)


FILTERS = (*RulesForm.base_fields, Pages.page_query_param, "page_size")


class RuleListView(APIView):
    """Les règles en vigueur un jour, avec leur source ; sans filtre, celles de tous les OPCO et du cadre national."""

    @extend_schema(
        operation_id="financing_rules",
        parameters=[
            parameter("opco", "identifiant de l’OPCO : ses règles et celles du cadre national"),
            parameter("idcc", "convention : les règles de sa branche, de son OPCO et du cadre national"),
            parameter("scheme", "dispositif", enum=[scheme.value for scheme in Scheme]),
            parameter("headcount", "effectif de l’entreprise", type=OpenApiTypes.INT),
            parameter("on", "jour voulu, aujourd’hui sans précision", type=OpenApiTypes.DATE),
            parameter("page", "page", type=OpenApiTypes.INT),
            parameter("page_size", "règles par page, 500 au plus", type=OpenApiTypes.INT),
        ],
        responses=RulePageSerializer,
        examples=[A_RULE],
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params.dict()
        form = RulesForm(asked)
        if errors := {**errors_of(form), **unknown(asked, FILTERS)}:
            raise ValidationError(errors)
        told, current = form.cleaned_data, reference()
        on: date = told["on"] or timezone.localdate()
        rules, envelopes, idcc = _known(told, on, current)
        found = rules_of(rules, on, idcc=idcc, headcount=told["headcount"], scheme=told["scheme"])
        pages = Pages()
        page = pages.paginate_queryset(found, request, view=self) or []
        return pages.get_paginated_response(
            [rule_data(rule, envelopes.get(rule.envelope or ""), on) for rule in page]
        )


def _known(
    asked: Mapping[str, Any], on: date, current: Reference
) -> tuple[Iterable[Rule], Mapping[str, Envelope], str | None]:
    """The rules of the OPCO that is named, or that the agreement leads to, else of all of them."""
    opco, idcc = asked["opco"], asked["idcc"]
    if not (opco or idcc):
        books = [rulebook(slug, current.version) for slug in current.opcos]
        own = [rule for book in books for rule in book.rules if rule.opco]
        return [*own, *(rule for rule in books[0].rules if not rule.opco)], books[0].envelopes, None
    try:
        told = asker(opco=opco, idcc=idcc, on=on, current=current)
    except Unknown as unknown:
        raise ValidationError({unknown.field: [unknown.sentence]}) from unknown
    book = rulebook(told.opco, current.version)
    return book.rules, book.envelopes, told.idcc or idcc or None

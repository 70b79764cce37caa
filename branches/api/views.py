from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from branches.api.serializers import (
    AgreementDetailSerializer,
    AgreementSerializer,
    AnswerSerializer,
    BranchSerializer,
    EstablishmentSerializer,
    OpcoSerializer,
    answer_data,
)
from branches.evidence import evidence_for, look_up, reference
from branches.lookup import OpcoFact, parse
from branches.lookup.messages import sample
from branches.models import Agreement, AgreementName, Attachment, Branch, Opco
from opco_portal.identifiers import siren_of


def text_parameter(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, required=required)


SEARCHED = text_parameter("q", "mots du titre, noms usuels ou IDCC")
OF_OPCO = text_parameter("opco", "identifiant de l’OPCO, par exemple atlas")


class LookupView(APIView):
    """De quel OPCO relève ce que l’on écrit : SIRET, SIREN, IDCC, code NAF, convention ou métier."""

    @extend_schema(
        parameters=[text_parameter("q", "ce que l’on a sous la main", required=True)],
        responses=AnswerSerializer,
    )
    def get(self, request: Request) -> Response:
        if "q" not in request.query_params:
            raise ValidationError({"q": ["Ce paramètre est obligatoire, par exemple ?q=1486."]})
        return Response(answer_data(look_up(request.query_params["q"])))


class EstablishmentView(APIView):
    """La ligne d’un établissement dans la table SIRET-OPCO ; 404 quand elle n’y est pas."""

    @extend_schema(responses=EstablishmentSerializer)
    def get(self, request: Request, siret: str) -> Response:
        query = parse(siret)
        if query.kind != "siret":
            raise ValidationError({"siret": ["Un SIRET a 14 chiffres, clé de contrôle comprise."]})
        evidence = evidence_for(query)
        row, current = evidence.establishment, evidence.reference
        source = current.sources["siro"]
        if row is None:
            raise NotFound(
                sample(source.loaded_rows)
                if source.sample
                else f"Ce SIRET n’est pas dans la table SIRET-OPCO ({source.vintage})."
            )
        agreement = current.agreements.get(row.idcc or "")
        return Response(
            {
                "siret": row.siret,
                "siren": siren_of(row.siret),
                "idcc": row.idcc,
                "title": agreement.title if agreement else "",
                "opco": _opco_name(current.opcos.get(row.owner or "")),
                "manager": _opco_name(current.opcos.get(row.manager or "")),
                "source": {"name": source.name, "vintage": source.vintage, "url": source.url},
            }
        )


def _opco_name(opco: OpcoFact | None) -> dict[str, str] | None:
    return {"slug": opco.slug, "name": opco.name} if opco else None


class OpcoListView(generics.ListAPIView):
    """Les onze OPCO."""

    queryset = Opco.objects.with_counts()
    serializer_class = OpcoSerializer
    pagination_class = None


class OpcoView(generics.RetrieveAPIView):
    """Un OPCO : champ, agrément, pages officielles."""

    queryset = Opco.objects.with_counts()
    serializer_class = OpcoSerializer
    lookup_field = "slug"


class AgreementListView(generics.ListAPIView):
    """Les conventions collectives, par IDCC, avec ce que chaque source dit de leur OPCO."""

    serializer_class = AgreementSerializer

    @extend_schema(
        parameters=[SEARCHED, OF_OPCO, text_parameter("status", "active, merged, escape ou unknown")]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Agreement]:
        asked = self.request.query_params
        agreements = Agreement.objects.named(asked.get("q", "")).prefetch_related(_speaking())
        if asked.get("status"):
            _check(asked["status"], Agreement.Status.values, "status")
            agreements = agreements.filter(status=asked["status"])
        if asked.get("opco"):
            _check_opco(asked["opco"])
            speaking = Attachment.objects.speaking(timezone.localdate()).filter(opco=asked["opco"])
            agreements = agreements.filter(pk__in=speaking.values("agreement"))
        return agreements


class AgreementView(generics.RetrieveAPIView):
    """Une convention collective : titres, noms usuels, situation, rattachements et leurs sources."""

    serializer_class = AgreementDetailSerializer
    lookup_field = "idcc"

    def get_queryset(self) -> QuerySet[Agreement]:
        names = Prefetch("names", AgreementName.objects.in_use())
        return Agreement.objects.prefetch_related(_speaking(), names)


def _speaking() -> "Prefetch[Any, Any]":
    """The attachments that hold today: a decision that has ended, or not begun, attaches nothing."""
    return Prefetch("attachments", Attachment.objects.speaking(timezone.localdate()).select_related("opco"))


class BranchListView(generics.ListAPIView):
    """Les lignes des arrêtés d’agrément de 2019 : les branches professionnelles et leur OPCO."""

    serializer_class = BranchSerializer

    @extend_schema(parameters=[SEARCHED, OF_OPCO])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Branch]:
        asked = self.request.query_params
        branches = Branch.objects.named(asked.get("q", "")).select_related("opco")
        if asked.get("opco"):
            _check_opco(asked["opco"])
            branches = branches.filter(opco=asked["opco"])
        return branches


def _check_opco(slug: str) -> None:
    _check(slug, list(reference().opcos), "opco")


def _check(value: str, choices: list[str], parameter: str) -> None:
    if value not in choices:
        raise ValidationError({parameter: [f"Valeur inconnue ; attendu : {', '.join(choices)}."]})

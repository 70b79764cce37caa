"""The shapes of the API. Shares are fractions of 1; null is "not published", never zero."""

from typing import Any

from rest_framework import serializers

from branches.lookup import Answer, Candidate
from branches.models import Agreement, Attachment, Branch, Opco

KINDS = ["siret", "siren", "idcc", "naf", "text", "invalid"]
STATUSES = ["found", "ambiguous", "not_attached", "not_found", "invalid"]
BASES = ["establishment", "manual", "agreement", "activity", "text"]
CONFIDENCES = ["certain", "deduced", "probable", "indicative"]


def answer_data(answer: Answer) -> dict[str, Any]:
    """The whole answer as plain values; `AnswerSerializer` documents the same names."""
    query = answer.query
    return {
        "query": {"raw": query.raw, "kind": query.kind, "normalized": query.normalized},
        "status": answer.status,
        "candidates": [candidate_data(candidate) for candidate in answer.candidates],
        "messages": [{"code": message.code, "text": message.text} for message in answer.messages],
    }


def candidate_data(candidate: Candidate) -> dict[str, Any]:
    manager, source = candidate.manager, candidate.source
    return {
        "opco": {"slug": candidate.opco.slug, "name": candidate.opco.name},
        "manager": {"slug": manager.slug, "name": manager.name} if manager else None,
        "idcc": candidate.idcc,
        "title": candidate.title,
        "basis": candidate.basis,
        "confidence": candidate.confidence,
        "share": None if candidate.share is None else float(candidate.share),
        "establishments": candidate.establishments,
        "source": {"name": source.name, "vintage": source.vintage, "url": source.url},
        "reason": candidate.reason,
    }


# ------------------------------------------------------------------ documentation of what answer_data returns
class QuerySerializer(serializers.Serializer):
    raw = serializers.CharField(help_text="ce qui a été écrit")
    kind = serializers.ChoiceField(choices=KINDS)
    normalized = serializers.CharField(help_text="forme canonique : 14 chiffres, 4 chiffres, 62.01Z…")


class OpcoNameSerializer(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class SourceSerializer(serializers.Serializer):
    name = serializers.CharField()
    vintage = serializers.CharField(help_text="millésime tel qu’il est cité ; vide s’il n’est pas publié")
    url = serializers.CharField()


class CandidateSerializer(serializers.Serializer):
    opco = OpcoNameSerializer()
    manager = OpcoNameSerializer(allow_null=True, help_text="OPCO de gestion, outre-mer seulement")
    idcc = serializers.CharField(allow_null=True)
    title = serializers.CharField(help_text="titre court de la convention, ou intitulé de l’activité")
    basis = serializers.ChoiceField(choices=BASES)
    confidence = serializers.ChoiceField(choices=CONFIDENCES)
    share = serializers.FloatField(allow_null=True, help_text="de 0 à 1")
    establishments = serializers.IntegerField(allow_null=True)
    source = SourceSerializer()  # type: ignore[assignment]  # the stubs know Field.source only
    reason = serializers.CharField()


class MessageSerializer(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField()


class AnswerSerializer(serializers.Serializer):
    query = QuerySerializer()
    status = serializers.ChoiceField(choices=STATUSES)
    candidates = CandidateSerializer(many=True)
    messages = MessageSerializer(many=True)


class EstablishmentSerializer(serializers.Serializer):
    siret = serializers.CharField()
    siren = serializers.CharField()
    idcc = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_blank=True)
    opco = OpcoNameSerializer(allow_null=True)
    manager = OpcoNameSerializer(allow_null=True)
    source = SourceSerializer()  # type: ignore[assignment]


# ------------------------------------------------------------------------------------------- reference tables
class OpcoSerializer(serializers.ModelSerializer):
    branches = serializers.IntegerField(source="branch_count", help_text="lignes des arrêtés de 2019")
    agreements = serializers.IntegerField(source="agreement_count", help_text="IDCC de la table SIRET-OPCO")

    class Meta:
        model = Opco
        fields = [
            "slug",
            "name",
            "siro_label",
            "sector",
            "order_title",
            "order_date",
            "order_url",
            "website",
            "criteria_url",
            "portal_name",
            "portal_url",
            "contact_email",
            "verified_on",
            "branches",
            "agreements",
        ]


class AttachmentSerializer(serializers.ModelSerializer):
    opco = OpcoNameSerializer()
    share = serializers.FloatField(allow_null=True)
    valid_from = serializers.DateField(
        source="validity.lower", default=None, help_text="premier jour d’une décision du portail (manual)"
    )
    valid_to = serializers.DateField(
        source="validity.upper",
        default=None,
        help_text="premier jour où elle ne vaut plus, null sans fin prévue",
    )

    class Meta:
        model = Attachment
        fields = [
            "opco",
            "source",
            "establishments",
            "share",
            "vintage",
            "document_date",
            "source_url",
            "to_confirm",
            "valid_from",
            "valid_to",
            "reason",
        ]


class AgreementSerializer(serializers.ModelSerializer):
    successor = serializers.CharField(source="successor_id", allow_null=True)
    attachments = AttachmentSerializer(many=True)

    class Meta:
        model = Agreement
        fields = [
            "idcc",
            "title",
            "short_title",
            "scope",
            "status",
            "legal_state",
            "successor",
            "legifrance_id",
            "source_url",
            "attachments",
        ]


class AgreementDetailSerializer(AgreementSerializer):
    names: serializers.Field = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta(AgreementSerializer.Meta):
        fields = [*AgreementSerializer.Meta.fields, "names"]


class BranchSerializer(serializers.ModelSerializer):
    opco = OpcoNameSerializer()
    idcc = serializers.CharField(source="agreement_id", allow_null=True)

    class Meta:
        model = Branch
        fields = ["line", "title", "idcc", "opco", "order_date", "order_url"]
